/** The quarantine in workerd, from the tick that fills it to the operator and the page that empty it. */
import { describe, expect, it } from 'vitest';
import type { Released } from '../../src/ledger/rpc.ts';
import { entryAt, hugeAt } from '../sandbox/odd.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { createRequests, createSite, type Kind, type Site } from './site.ts';
import { MINUTE, type World } from './world.ts';

const DELETED = { action: 'api_key.deleted', status_code: 204 };
const HOSTILE = '<script>alert(1)</script>\u001b[2J\u202e';

/** A site over the real ledger. */
async function createReal() {
  const site = await createSite();
  const requests = await createRequests();
  const visit = async (kind: Kind, method: string, path: string, body?: unknown, ledger: unknown = site.world.stub) => {
    const { init } = await requests(kind, method, path.replace(/\?.*$/, ''));
    const sent = { ...init, method, body: body === undefined ? null : JSON.stringify(body) };
    return site.visit(path, sent, { deps: { ledger: ledger as Site['deps']['ledger'] } });
  };
  const release = async (...records: string[]): Promise<Released[]> => {
    const answer = await visit('an operator', 'POST', '/operator/quarantine/release', { records });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { released: Released[] }).released;
  };
  return { world: site.world, visit, release };
}

const malformed = (id: string, fields: object = {}): LogRecord => ({
  createdAt: Date.now() - MINUTE,
  appearsAt: 0,
  body: { id, created_at: 'never', ...fields },
});

/** Makes the ledger crash whenever it records this entry, until `cure`. */
async function poison(world: World, id: string): Promise<() => Promise<unknown>> {
  await world.status();
  await world.sql(
    `CREATE TRIGGER poison BEFORE INSERT ON entries WHEN new.id = '${id}' BEGIN SELECT RAISE(ABORT, 'poison'); END`,
  );
  return () => world.sql('DROP TRIGGER poison');
}

async function counts(world: World) {
  const [row] = await world.sql<{ entries: number; alerts: number; quarantine: number }>(
    `SELECT (SELECT count(*) FROM entries) AS entries, (SELECT count(*) FROM alerts) AS alerts,
       (SELECT count(*) FROM quarantine WHERE state = 'quarantined') AS quarantine`,
  );
  return row;
}

/** A site whose ledger has quarantined an entry that crashes it. */
async function withPoison(record = entryAt(Date.now() - MINUTE, 'poison', DELETED)) {
  const real = await createReal();
  const { world } = real;
  const cure = await poison(world, 'poison');
  await world.append([record, entryAt(Date.now() - MINUTE, 'good')]);
  for (let n = 0; n < 2; n++) await expect(world.tick()).rejects.toThrow('poison');
  await world.tick();
  expect(await counts(world)).toEqual({ entries: 1, alerts: 0, quarantine: 1 });
  return { ...real, cure };
}

describe('an entry that crashes the ledger', () => {
  it('is released once it no longer does, alerts, and is delivered; a second release does nothing', async () => {
    const { world, release, cure } = await withPoison();
    expect(await release('poison')).toMatchObject([
      {
        name: 'poison',
        kind: 'failed',
        problem: expect.stringMatching(/^released, it crashed the ledger again: poison/),
      },
    ]);
    expect(await counts(world)).toEqual({ entries: 1, alerts: 0, quarantine: 1 });
    expect((await world.status()).quarantine).toMatchObject([{ problem: expect.stringContaining('again: poison') }]);
    await world.tick();
    expect(await counts(world)).toEqual({ entries: 1, alerts: 0, quarantine: 1 });

    await cure();
    expect(await release('poison')).toMatchObject([{ kind: 'recorded', opened: [{ title: 'API key deleted' }] }]);
    expect(await release('poison')).toEqual([{ name: 'poison', kind: 'missing' }]);
    expect(await counts(world)).toEqual({ entries: 2, alerts: 1, quarantine: 0 });
    await world.delivered();
    const { messages } = await world.slack.read();
    expect(messages.filter(({ text }) => text.includes('API key deleted'))).toHaveLength(1);
    await world.tick();
    expect(await counts(world)).toEqual({ entries: 2, alerts: 1, quarantine: 0 });
  });

  it('of 3 MB is read from the upstream again', async () => {
    const { body } = hugeAt(Date.now() - MINUTE, 'poison');
    const huge = { createdAt: Date.now() - MINUTE, appearsAt: 0, body: { ...(body as object), ...DELETED } };
    const { world, release, cure } = await withPoison(huge);
    await cure();
    const before = await world.requests();
    expect(await release('poison')).toMatchObject([{ kind: 'recorded', opened: [{}] }]);
    expect((await world.requests()) - before).toBe(1);
    expect(await counts(world)).toEqual({ entries: 2, alerts: 1, quarantine: 0 });
  });

  it('is lost by no abort of the ledger in the middle, and recorded once', async () => {
    const { world, release, cure } = await withPoison();
    await cure();
    for (let n = 0; n < 3; n++) {
      const releasing = release('poison').catch((error: unknown) => error);
      await world.abort();
      await releasing;
      const { entries, quarantine } = (await counts(world)) ?? {};
      expect((entries ?? 0) + (quarantine ?? 0)).toBe(2);
    }
    await release('poison');
    expect(await counts(world)).toEqual({ entries: 2, alerts: 1, quarantine: 0 });
  });

  it('whose release gets no answer is reported where it is', async () => {
    const { world, visit, cure } = await withPoison();
    const lost = () => Promise.reject(new Error('the object was reset'));
    const answer = async (ledger: object) => {
      const body = { records: ['poison'] };
      const response = await visit('an operator', 'POST', '/operator/quarantine/release', body, ledger);
      return ((await response.json()) as { released: Released[] }).released[0];
    };
    const quarantined = (name: string) => world.stub.quarantined(name);
    expect(await answer({ release: lost, quarantined })).toMatchObject({
      kind: 'failed',
      problem: 'the ledger failed, and it is still in quarantine: the object was reset',
    });
    expect(await answer({ release: lost, quarantined: lost })).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('either recorded or still in quarantine'),
    });
    await cure();
    const done = (name: string) => world.stub.release(name, null).then(lost);
    expect(await answer({ release: done, quarantined })).toEqual({ name: 'poison', kind: 'missing' });
    expect(await counts(world)).toEqual({ entries: 2, alerts: 1, quarantine: 0 });
  });
});

describe('a malformed record', () => {
  it('is refused with the problem while it is malformed, and recorded when the upstream has it right', async () => {
    const { world, release } = await createReal();
    await world.append([malformed('bad')]);
    await world.tick();
    const refused = { name: 'bad', kind: 'refused', problem: 'unreadable created_at' };
    expect(await release('bad', 'none')).toMatchObject([refused, { name: 'none', kind: 'missing' }]);
    expect(await counts(world)).toEqual({ entries: 0, alerts: 0, quarantine: 1 });
    // The upstream has it right from now on, so late that no tick reads it again.
    await world.append([{ ...entryAt(Date.now() - 20 * MINUTE, 'bad', DELETED), appearsAt: 0 }]);
    expect(await release('bad')).toMatchObject([{ kind: 'recorded', opened: [{ title: 'API key deleted' }] }]);
    expect(await counts(world)).toEqual({ entries: 1, alerts: 1, quarantine: 0 });
  });

  it('stays while the upstream fails, which is asked once for all', async () => {
    const { world, release } = await createReal();
    await world.append(['a', 'b', 'c'].map((id) => malformed(id)));
    await world.tick();
    await world.knobs({ error: { probability: 1, status: 503 } });
    const before = await world.requests();
    const problem = expect.stringMatching(/^it must be read again, and the upstream is failing \(503\)/);
    expect(await release('a', 'b', 'c')).toMatchObject(Array.from({ length: 3 }, () => ({ kind: 'failed', problem })));
    expect((await world.requests()) - before).toBe(1);
    expect(await counts(world)).toMatchObject({ quarantine: 3 });
  });

  it('is dropped, and stays so when it is read again', async () => {
    const { world, visit } = await createReal();
    await world.append([malformed('bad')]);
    await world.tick();
    const drop = () => visit('an operator', 'POST', '/operator/quarantine/drop', { records: ['bad'] });
    expect(await (await drop()).json()).toMatchObject({ dropped: [{ name: 'bad', kind: 'dropped' }] });
    await world.tick();
    expect(await counts(world)).toMatchObject({ quarantine: 0 });
    expect(await (await drop()).json()).toMatchObject({ dropped: [{ kind: 'missing' }] });
  });
});

describe('the pages', () => {
  it('show the list and a record, as text, to viewers', async () => {
    const { world, visit } = await createReal();
    const overview = async () => (await visit('a viewer', 'GET', '/')).text();
    await world.tick();
    expect(await overview()).not.toContain('href="/quarantine"');
    expect(await (await visit('a viewer', 'GET', '/quarantine')).text()).toContain('Nothing is in quarantine.');
    await world.append([malformed(HOSTILE, { [HOSTILE]: HOSTILE }), malformed('bad')]);
    await world.tick();
    expect(await overview()).toContain('<a href="/quarantine">2 in quarantine</a>');
    const list = await (await visit('a viewer', 'GET', '/quarantine')).text();
    const paths = [...list.matchAll(/href="(\/quarantine\/invalid:[0-9a-f]{64})"/g)].map(([, path]) => path ?? '');
    expect(paths).toHaveLength(2);
    const pages = [list];
    for (const path of paths) pages.push(await (await visit('a viewer', 'GET', path)).text());
    for (const html of pages) expect(html).not.toMatch(/<script>|\p{Bidi_Control}|(?!\n)\p{Cc}/u);
    const shown = '&lt;script&gt;alert(1)&lt;/script&gt;';
    expect(pages.map((html) => html.includes(shown)).sort()).toEqual([false, true, true]);
    expect(pages.join('')).toContain('\\u001b[2J\\u202e');
    expect(pages.join('')).toContain('unreadable created_at');
    expect((await visit('a viewer', 'GET', `/quarantine/invalid:${'0'.repeat(64)}`)).status).toBe(404);
    expect((await visit('a viewer', 'GET', '/quarantine/entry:x')).status).toBe(404);
  });
});

describe('the operator’s requests', () => {
  it.each([
    ['no body', undefined],
    ['no records', { records: [] }],
    ['too many records', { records: Array.from({ length: 101 }, (_, i) => `r${i}`) }],
    ['an empty name', { records: [''] }],
    ['another type', { records: 'bad' }],
  ])('%s: refused with what to send', async (_, body) => {
    const { visit } = await createReal();
    for (const path of ['/operator/quarantine/release', '/operator/quarantine/drop']) {
      const response = await visit('an operator', 'POST', path, body);
      expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('`records` must be')]);
    }
  });

  it('a viewer may neither release nor drop', async () => {
    const { world, visit } = await createReal();
    await world.append([malformed('bad')]);
    await world.tick();
    for (const path of ['/operator/quarantine/release', '/operator/quarantine/drop']) {
      for (const kind of ['a viewer', 'a session', 'a link', 'an Access user', 'nobody'] as const) {
        expect((await visit(kind, 'POST', path, { records: ['bad'] })).status).toBe(404);
      }
    }
    expect(await counts(world)).toMatchObject({ quarantine: 1 });
  });
});
