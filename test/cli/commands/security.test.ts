/** `npm run tocsin -- security`, against the real app over a real ledger. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { securityLines } from '../../../src/cli/commands/security.ts';
import { recordSecurity } from '../../../src/ledger/security-log.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

let local: LocalTocsin;
beforeAll(async () => {
  local = await startLocalTocsin();
});
afterAll(() => local.stop());
const tocsin = (...args: string[]) => runTocsin(args, { TOCSIN_URL: local.url, LINK_SECRET });

describe('security', () => {
  it('lists what was done and refused, newest first, page by page', async () => {
    expect((await tocsin('security')).out).toMatch(/^No events yet\.\n\nRefused requests, by the hour\n {2}none in /);
    await tocsin('notify', '--test');
    await fetch(`${local.url}/wp-login.php`);
    const { code, out } = await tocsin('security');
    expect(code).toBe(0);
    expect(out).toMatch(/^20\d\d-\d\d-\d\d .* UTC {2}receivers tested {2}operator secret, from node$/m);
    expect(out).toMatch(/^ {2}20\d\d-\d\d-\d\d \d\d:00:00 UTC {2}unauthenticated 1$/m);
    for (let i = 0; i < 50; i++) {
      const from = { detail: null, address: null, agent: null };
      recordSecurity(local.store, { act: 'sign-in', who: `viewer ${i}`, ...from }, Date.now());
    }
    const [, id = ''] = /^Next page: --before (\d+)$/m.exec((await tocsin('security')).out) ?? [];
    const older = (await tocsin('security', '--before', id)).out;
    expect(older).toContain('receivers tested');
    expect(older).not.toContain('Refused');
    expect(older).not.toContain('viewer 0');
    expect((await tocsin('security', '--before', '1')).out).toBe('No older events.\n');
  });

  it('--json prints one line', async () => {
    const { out } = await tocsin('security', '--json');
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({ events: expect.any(Array), next: expect.any(Number), refusals: [{}] });
  });

  it.each([[['--before', '0']], [['--before', 'x']], [['--before', '-1']], [['x']]])(
    'rejects wrong arguments without asking the Worker: %j',
    async (args) => {
      expect(await tocsin('security', ...args)).toMatchObject({ code: 2, out: '' });
    },
  );

  it('prints what others wrote without commanding the terminal', () => {
    const hostile = 'a\u001b[2J\u009b\n\u202eb';
    const event = { id: 1, at: 0, act: hostile, who: hostile, detail: hostile, address: hostile, agent: hostile };
    const refusals = [{ from: 0, counts: { [hostile]: 1 } }];
    const lines = securityLines({ events: [event], next: null, refusals }, true);
    expect(lines).toHaveLength(4);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is tested
    expect(lines.join()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});
