/** End to end in workerd: cron, upstream, ledger, Slack. */
import { createScheduledController, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, inject, it, vi } from 'vitest';
import worker from '../../src/index.ts';
import { LEDGER_NAME } from '../../src/poller/tick.ts';

const upstream = inject('upstreamUrl');
const slack = new URL(inject('slackUrl')).origin;

describe('a tick', () => {
  it('reads that a key was deleted, and notifies', async () => {
    await fetch(`${upstream}/__sandbox/scenario`, {
      method: 'POST',
      body: JSON.stringify({ name: 'api key deleted', at: Date.now() - 60_000 }),
    });
    await worker.scheduled(createScheduledController(), env);
    const stub = env.LEDGER.getByName(LEDGER_NAME);
    const status = await stub.status();
    expect(status.alerts.newest.map((alert) => alert.title)).toContain('API key deleted');
    // What is medium waits a little for others of its group.
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(stub);
        const { messages } = (await (await fetch(`${slack}/__inbox/messages`)).json()) as {
          messages: { text: string }[];
        };
        expect(messages.map((message) => message.text).join('\n')).toContain('API key deleted');
      },
      { timeout: 60_000, interval: 500 },
    );
  });
});
