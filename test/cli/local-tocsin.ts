/**
 * A Tocsin in plain Node, on a real port: the real app over a real ledger (on `node:sqlite`), which has read one scenario
 * from the sandbox. For tests of the operator's commands.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { NO_LINKS } from '../../src/alert/links.ts';
import { createClient } from '../../src/audit-log/client.ts';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { readConfig } from '../../src/config/config.ts';
import { createOutbox } from '../../src/ledger/health/attempts.ts';
import { createHost } from '../../src/ledger/host.ts';
import { createViews } from '../../src/ledger/read/views.ts';
import { createLedger } from '../../src/ledger/record/ledger.ts';
import { createRestore, type Recovery } from '../../src/ledger/restore.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { createReceivers } from '../../src/notify/receiver.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { type CheckpointKv, poll } from '../../src/poller/poll.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { createApp } from '../../src/web/app.ts';
import { createRandom } from '../sandbox/random.ts';
import { SCENARIOS } from '../sandbox/scenarios.ts';
import { type RunningSandbox, startSandbox } from '../sandbox/server.ts';
import { assets } from '../support/assets.ts';
import { type Inbox, startInbox } from '../support/slack-inbox.ts';
import { readView } from '../support/visitors.ts';

export const LINK_SECRET = '0123456789abcdef0123456789abcdef';

export interface LocalTocsin {
  readonly url: string;
  /** The contents of its KV. */
  readonly kv: ReadonlyMap<string, string>;
  /** Takes its Slack messages. */
  readonly inbox: Inbox;
  /** The audit log that it reads. */
  readonly upstream: RunningSandbox;
  readonly store: Store;
  /** One poll, as the cron trigger runs it; nothing if the settings name no upstream. */
  tick(): Promise<void>;
  /** Sends what is due, as the Durable Object's alarm does. */
  deliver(): Promise<void>;
  /** Its clock goes on by so long. */
  wait(ms: number): void;
  stop(): Promise<void>;
}

/** What workerd does on any machine but Cloudflare's. */
const noRecovery = async (): Promise<never> => {
  throw new Error("This Durable Object's storage back-end does not implement point-in-time recovery.");
};
export const NO_RECOVERY: Recovery = {
  current: noRecovery,
  bookmarkFor: noRecovery,
  restoreAt: noRecovery,
  abort: () => undefined,
};

/** Starts one; `env` overrides valid settings, `recoveryOf` makes a platform that can restore the store. */
export async function startLocalTocsin(
  env: Readonly<Record<string, unknown>> = {},
  recoveryOf: (store: Store) => Recovery = () => NO_RECOVERY,
): Promise<LocalTocsin> {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const upstream = await startSandbox();
  upstream.append(...SCENARIOS['api key deleted'](now() - 60_000, createRandom(1), 1_000));
  const inbox = await startInbox();
  const stored = new Map<string, string>();
  const kv: CheckpointKv & { delete(): void } = {
    get: async (keys) => new Map(keys.map((key) => [key, stored.get(key) ?? null])),
    put: async (key, value) => {
      stored.set(key, value);
    },
    delete: () => undefined,
  };
  const config = readConfig(
    {
      NIRVANA_LABS_API_KEY: upstream.apiKey,
      NIRVANA_LABS_BASE_URL: upstream.url,
      LINK_SECRET,
      SLACK_WEBHOOK_URL: inbox.url,
      KV: kv,
      LEDGER: { idFromName: () => null, get: () => null },
      ASSETS: assets,
      ...env,
    },
    RECEIVER_TYPES,
  );
  const store = nodeStore();
  const recovery = recoveryOf(store);
  const knows = { engine: compile(ruleSet, { derived: DERIVED_FIELDS }), receivers: config.receivers };
  const ledger = createLedger(store, { ...knows, ...config.watch });
  const views = createViews(store, { ...knows, status: ledger.status });
  const alarm = { get: async () => null, set: async () => undefined };
  const host = createHost({
    ledger,
    store,
    outbox: createOutbox(store, knows.receivers),
    receivers: createReceivers(config.receivers, { fetch, now }),
    linksOf: async () => NO_LINKS,
    alarm,
    now,
    log: { sent: () => undefined, failed: () => undefined },
  });
  const tick = async (): Promise<void> => {
    if (config.upstream === null) return;
    const sleep = async () => undefined;
    const auditLog = createClient({ ...config.upstream, fetch, now, sleep });
    const { allowedLatenessMs, suppressFirstRead, pagesPerTick } = config.watch;
    const budget = { requests: pagesPerTick, ms: 10_000 };
    await poll({
      kv,
      ledger: host,
      auditLog,
      now,
      allowedLatenessMs,
      startAt: now() - 3_600_000,
      suppressFirstRead,
      ...budget,
    });
  };
  await tick();
  const app = createApp({
    config,
    ledger: {
      status: async () => ledger.status(now()),
      view: readView,
      overview: async () => views.overview(now()),
      entry: async (id, scope) => views.entry(id, scope),
      entryText: async (id, scope) => views.entryText(id, scope),
      alert: async (id, scope) => views.alert(id, scope),
      linked: async (scope) => views.linked(scope),
      alerts: async (query) => views.alerts(query),
      logLines: async (query) => views.logLines(query),
      actLog: async (after) => views.actLog(after),
      alertWhy: async (id) => views.alertWhy(id, now()),
      alertRoute: async (id) => views.alertRoute(id, now()),
      entryWhy: async (id) => views.entryWhy(id, now()),
      textWhy: async (text) => views.textWhy(text, now()),
      silences: async () => views.silences(now()),
      rules: async () => views.rules(),
      resend: host.resend,
      act: host.act,
      silence: host.silence,
      expireSilence: host.expireSilence,
      testReceivers: host.testReceivers,
      quarantine: async (before) => views.quarantine(before),
      quarantined: async (name) => views.quarantined(name),
      securityLog: async (before) => views.securityLog(before, now()),
      recordSecurity: host.recordSecurity,
      countRefusals: host.countRefusals,
      release: host.release,
      drop: host.drop,
      backfill: host.backfill,
      cancelBackfill: host.cancelBackfill,
      passes: host.passes,
      ledgerId: host.ledgerId,
      spendProof: host.spendProof,
      isProofSpent: host.isProofSpent,
    },
    reconnect: () => ({
      ...createRestore({ ledger, recovery, alarm, now }),
      recordSecurity: host.recordSecurity,
      countRefusals: host.countRefusals,
    }),
    now,
    later: (work) => void work(),
    refusals: { hours: [], reportAt: 0 },
    fetch,
  });
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kv: stored,
    inbox,
    upstream,
    store,
    tick,
    deliver: host.alarm,
    wait: (ms) => {
      aheadMs += ms;
    },
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      await upstream.stop();
      await inbox.stop();
      store.close();
    },
  };
}
