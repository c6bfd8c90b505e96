/** `npm run tocsin -- viewers`, against the real app on a real port. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../../src/audit-log/derived-fields.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLedger } from '../../../src/ledger/record/ledger.ts';
import type { AccessProof, SecurityEvent } from '../../../src/ledger/rpc.ts';
import { recordSecurity } from '../../../src/ledger/security-log.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { ruleSet } from '../../../src/rules.gen.ts';
import { compile } from '../../../src/sigma/index.ts';
import { createApp } from '../../../src/web/app.ts';
import type { AllDeps } from '../../../src/web/context.ts';
import { runTocsin } from '../run-command.ts';

const LINK_SECRET = '0123456789abcdef0123456789abcdef';
const DAY = 24 * 3_600_000;
const TOKEN = /^tocsin_[0-9a-f]{16}_[\w-]{43}$/m;

interface Stored {
  readonly value: string;
  readonly metadata: unknown;
}
const stored = new Map<string, Stored>();
/** The part of KV that viewers use. */
const KV = {
  get: async (key: string) => stored.get(key)?.value ?? null,
  put: async (key: string, value: string, options: { metadata?: unknown } = {}) => {
    stored.set(key, { value, metadata: options.metadata });
  },
  delete: async (key: string) => {
    stored.delete(key);
  },
  list: async ({ prefix }: { prefix: string }) => ({
    keys: [...stored].flatMap(([name, { metadata }]) => (name.startsWith(prefix) ? [{ name, metadata }] : [])),
    list_complete: true,
  }),
};

let now = Date.UTC(2026, 0, 31, 9);
const config = readConfig({ LINK_SECRET, KV }, []);
/** The part of the ledger that viewers use. */
const store = nodeStore();
const ledger = createLedger(store, {
  engine: compile(ruleSet, { derived: DERIVED_FIELDS }),
  receivers: [],
  ...config.watch,
});
const used = {
  spendProof: async (proof: AccessProof) => ledger.spendProof(proof, now),
  recordSecurity: async (event: SecurityEvent) => recordSecurity(store, event, now),
};
const app = createApp({
  config,
  ledger: used as unknown as AllDeps['ledger'],
  reconnect: () => null,
  now: () => now,
  later: () => undefined,
  refusals: { hours: [], reportAt: 0 },
  fetch,
});
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
let url: string;
beforeAll(() => {
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => stored.clear());

const tocsin = (...args: string[]) => runTocsin(args, { TOCSIN_URL: url, LINK_SECRET }, () => now);

describe('viewers', () => {
  it('add prints a token once, alone on its line, and it gives access', async () => {
    const { code, out } = await tocsin('viewers', 'add', 'Ada Lovelace', '--expires', '90d');
    expect(code).toBe(0);
    expect(out).toContain('Ada Lovelace');
    expect(out).toContain('valid until 2026-05-01 09:00:00 UTC');
    expect(out).toContain(`NIRVANA_LABS_BASE_URL=${url}`);
    const [token = ''] = TOKEN.exec(out) ?? [];
    const answer = await fetch(`${url}/rules`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).not.toBe(404);
    expect(JSON.stringify([...stored])).not.toContain(token.slice(-43));
  });

  it('list shows what only a newer Worker knows, and what is damaged, and revoke revokes it', async () => {
    await tocsin('viewers', 'add', 'Ada');
    const ids = ['0123456789abcdef', 'fedcba9876543210'] as const;
    const metadata = { name: 'Eve', createdAt: 5, expiresAt: null, role: 'aud\u001bitor' };
    stored.set(`viewer:${ids[0]}`, { value: JSON.stringify({ ...metadata, hash: '0'.repeat(64) }), metadata });
    stored.set(`viewer:${ids[1]}`, { value: '{', metadata: { name: 5, createdAt: 'x', expiresAt: [], role: {} } });
    const { code, out } = await tocsin('viewers', 'list');
    expect([code, out.trim().split('\n').length]).toEqual([0, 3]);
    expect(out).toContain('Eve, aud\ufffditor, ');
    expect(out).toContain('Ada, viewer, ');
    for (const id of ids) expect((await tocsin('viewers', 'revoke', id)).code).toBe(0);
    expect([...stored.keys()].filter((key) => ids.some((id) => key.endsWith(id)))).toEqual([]);
  });

  it('list shows the viewers, and no token', async () => {
    expect((await tocsin('viewers', 'list')).out).toContain('No viewers.');
    const { out } = await tocsin('viewers', 'add', 'ci', '--expires', '1d');
    now += 1_000;
    await tocsin('viewers', 'add', 'Ada', '--expires', 'never');
    await tocsin('viewers', 'add', 'Bob', '--role', 'operator');
    await tocsin('viewers', 'add', 'Eve', '--expires', '16d', '--role', 'responder');
    now += 2 * DAY;
    const list = await tocsin('viewers', 'list');
    expect(list.code).toBe(0);
    expect(list.out).toMatch(
      /^[0-9a-f]{16} {2}ci, viewer, created 2026-01-31 09:00:00 UTC, EXPIRED 2026-02-01 09:00:00 UTC$/m,
    );
    expect(list.out).toMatch(/^[0-9a-f]{16} {2}Ada, viewer, created .* UTC, NEVER EXPIRES$/m);
    expect(list.out).toMatch(/^[0-9a-f]{16} {2}Bob, operator, created .* UTC, valid until 2026-05-01 09:00:01 UTC$/m);
    expect(list.out).toMatch(
      /^[0-9a-f]{16} {2}Eve, responder, created .* UTC, EXPIRES SOON, 2026-02-16 09:00:01 UTC$/m,
    );
    expect(list.out).not.toContain((TOKEN.exec(out)?.[0] ?? '').slice(-43));
    now -= 2 * DAY;
  });

  it('revoke takes a name or an id, revokes only that token, and says how long it may still be accepted', async () => {
    await tocsin('viewers', 'add', 'Ada');
    await tocsin('viewers', 'add', 'Bob');
    const { code, out } = await tocsin('viewers', 'revoke', 'Ada');
    expect([code, out]).toEqual([0, expect.stringContaining('up to a minute more')]);
    const [id = ''] = /[0-9a-f]{16}/.exec((await tocsin('viewers', 'list')).out) ?? [];
    expect((await tocsin('viewers', 'revoke', id)).out).toContain('Revoked: Bob');
    expect(stored.size).toBe(0);
    expect(await tocsin('viewers', 'revoke', 'Ada')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no token'),
    });
  });

  it('names are unique; if there are two of a name, revoke asks for the id', async () => {
    await tocsin('viewers', 'add', 'Ada');
    expect(await tocsin('viewers', 'add', 'Ada')).toMatchObject({ code: 1, err: expect.stringContaining('already') });
    const [[key, value] = ['', { value: '', metadata: null }]] = [...stored];
    stored.set(
      key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      value,
    );
    const { code, err } = await tocsin('viewers', 'revoke', 'Ada');
    expect([code, err]).toEqual([2, expect.stringMatching(/2 tokens have that name: [0-9a-f]{16}, [0-9a-f]{16}/)]);
    expect(stored.size).toBe(2);
  });

  it('--json prints one line', async () => {
    const { out } = await tocsin('viewers', 'add', 'Ada', '--json');
    expect(JSON.parse(out)).toMatchObject({
      name: 'Ada',
      expiresAt: now + 90 * DAY,
      role: 'viewer',
      token: expect.stringMatching(TOKEN),
    });
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse((await tocsin('viewers', 'list', '--json')).out)).toMatchObject({ viewers: [{ name: 'Ada' }] });
  });

  it.each([
    [['viewers']],
    [['viewers', 'make', 'x']],
    [['viewers', 'add']],
    [['viewers', 'revoke']],
    [['viewers', 'list', 'x']],
    [['viewers', 'add', 'Ada', 'Lovelace']],
    [['viewers', 'add', 'Ada', '--expires', 'soon']],
    [['viewers', 'add', 'Ada', '--expires', '0s']],
    [['viewers', 'add', 'Ada', '--role', 'admin']],
    [['viewers', 'list', '--expires', '1d']],
    [['viewers', 'revoke', 'Ada', '--role', 'viewer']],
    [['viewers', 'list', '--all']],
  ])('rejects wrong arguments without asking the Worker: %j', async (args) => {
    const { code, out, err } = await tocsin(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('viewers --help');
  });

  it('takes an operator’s token in place of LINK_SECRET, and no other', async () => {
    const { out } = await tocsin('viewers', 'add', 'Ada', '--role', 'operator');
    expect(out).toContain('TOCSIN_TOKEN');
    const [TOCSIN_TOKEN = ''] = TOKEN.exec(out) ?? [];
    const byToken = (...args: string[]) => runTocsin(args, { TOCSIN_URL: url, TOCSIN_TOKEN }, () => now);
    const viewer = await byToken('viewers', 'add', 'Bob');
    expect(viewer).toMatchObject({ code: 0, err: '' });
    expect(viewer.out).not.toContain('TOCSIN_TOKEN');
    expect((await byToken('viewers', 'list')).out).toMatch(/Ada, operator[\s\S]*Bob, viewer/);
    const bobs = { TOCSIN_URL: url, TOCSIN_TOKEN: TOKEN.exec(viewer.out)?.[0] };
    expect(await runTocsin(['viewers', 'list'], bobs, () => now)).toMatchObject({
      code: 1,
      err: expect.stringContaining('TOCSIN_TOKEN is an operator'),
    });
  });

  it('says what is wrong with a name', async () => {
    expect(await tocsin('viewers', 'add', 'a\u001b[2J')).toMatchObject({
      code: 1,
      err: expect.stringContaining('a name has'),
    });
  });
});
