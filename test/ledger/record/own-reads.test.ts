/** Our own reads in the log: what is ours by proof, what is somebody else's with our key, and what all of it costs. */
import { describe, expect, it } from 'vitest';
import { createUserAgents, markKey, readMark } from '../../../src/audit-log/mark.ts';
import type { OwnReadsOptions } from '../../../src/ledger/record/own-reads-memory.ts';
import { ownReadsOptions } from '../../../src/ledger/record/own-reads-memory.ts';
import { MARKS_MAX } from '../../../src/ledger/record/used-marks.ts';
import type { Incoming } from '../../../src/ledger/rpc.ts';
import { ruleSet } from '../../../src/rules.gen.ts';
import {
  ALLOWED_LATENESS,
  createScene,
  DAY,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
} from '../scene.ts';

const SECRET = 'a3f1c95be07d4826a3f1c95be07d4826';
const KEY_ID = 'key-of-tocsin';
const ADDRESS = '198.51.100.77';
const READ_RULE = onAction('audit_log.listed', { level: 'high' });
const THEFT = ruleSet.rules.filter(({ title }) => title === "Tocsin's API key used by somebody else");

/** The User-Agent of a request of ours, sent then. */
function sent(at: number, secret = SECRET): string {
  return createUserAgents(secret, () => at)();
}

/** A read of the log as the upstream logs it. */
function read(id: string, at: number, userAgent: unknown, more: Readonly<Record<string, unknown>> = {}): Incoming {
  return entry(id, at, {
    action: 'audit_log.listed',
    actor: { id: KEY_ID, name: 'anything', type: 'api_key' },
    client_ip: ADDRESS,
    method: 'GET',
    path: '/v1/audit_logs',
    status_code: 200,
    user_agent: userAgent,
    ...more,
  });
}

function marked(id: string, at: number, more: Readonly<Record<string, unknown>> = {}): Incoming {
  return read(id, at, sent(at), more);
}

function sceneWith(own: OwnReadsOptions | null = ownReadsOptions(SECRET, false), rules = [...THEFT, READ_RULE]): Scene {
  return createScene(rules, { ownReads: own });
}

/** A ledger to which our key's reads have come back, a minute ago. */
function proven(own: OwnReadsOptions | null = ownReadsOptions(SECRET, false)): Scene {
  const scene = sceneWith(own);
  scene.record([marked('first', NOON - MINUTE)], { now: NOON });
  return scene;
}

/** Each recorded entry with its finding. */
function findings(scene: Scene): Record<string, string | null> {
  const rows = scene.store.all<{ id: string; mark: string | null }>('SELECT id, mark FROM entries ORDER BY seq');
  return Object.fromEntries(rows.map(({ id, mark }) => [id, mark]));
}

function titles(scene: Scene): string[] {
  return scene.store.all<{ title: string }>('SELECT title FROM alerts ORDER BY id').map(({ title }) => title);
}

const STOLEN = "Tocsin's API key used by somebody else";
const LATER = NOON + MINUTE;

describe('what a failed transaction did not store', () => {
  it('is stored by the next one: a restart forgets no mark', () => {
    const scene = proven();
    const userAgent = sent(NOON);
    const { transaction } = scene.store;
    let isStored = false;
    scene.watch((sql) => {
      isStored ||= sql.includes('own_reads');
    });
    Object.assign(scene.store, {
      transaction: <T>(work: () => T): T =>
        transaction(() => {
          const result = work();
          if (isStored) throw new Error('the commit failed');
          return result;
        }),
    });
    expect(() => scene.record([read('a', NOON, userAgent)], { now: LATER, save: true })).toThrow('the commit failed');
    Object.assign(scene.store, { transaction });
    scene.record([], { now: LATER + MINUTE, save: true, ends: false });
    const copied = read('copied', NOON + SECOND, userAgent, { client_ip: '192.0.2.1' });
    scene.reopened().record([copied], { now: LATER + 2 * MINUTE });
    expect(findings(scene)).toEqual({ copied: 'reused' });
  });
});

describe('a read with a genuine mark', () => {
  it('is ours: counted, not recorded, and matches no rule', () => {
    const scene = proven();
    const done = scene.record([marked('a', NOON), marked('b', NOON + SECOND)], { now: LATER });
    expect(done).toMatchObject({ recorded: 0, own: 2, known: 0, publish: false });
    expect(findings(scene)).toEqual({});
    expect(titles(scene)).toEqual([]);
    expect(scene.ledger.status(LATER).ownReads).toMatchObject({ count: 3 });
  });

  it('is ours whatever its actor, address and other fields claim', () => {
    const scene = sceneWith();
    const odd = [
      marked('a', NOON, { actor: null }),
      marked('b', NOON, { actor: { id: { deep: [1] } } }),
      marked('c', NOON, { client_ip: 7, method: null, path: undefined, status_code: '200' }),
      marked('d', NOON, { path: '/v1/organizations/o-1/audit_logs?limit=100', method: 'get' }),
      marked('e', NOON, { path: '/api/v1/audit_logs/entry-1' }),
      marked('f', NOON, { 'tocsin.mark': 'missing', tocsin: { mark: 'reused' } }),
    ];
    expect(scene.record(odd, { now: LATER })).toMatchObject({ own: odd.length, recorded: 0 });
  });

  it('is known when it is read again, by this ledger and by one that remembers nothing', () => {
    const scene = proven();
    const page = [marked('a', NOON), marked('b', NOON + SECOND)];
    expect(scene.record(page, { now: LATER, save: true })).toMatchObject({ own: 2 });
    for (const again of [scene, scene.reopened()]) {
      expect(again.record(page, { now: LATER + MINUTE })).toMatchObject({ own: 0, known: 2, recorded: 0 });
    }
    expect(titles(scene)).toEqual([]);
    expect(scene.ledger.status(LATER).ownReads).toMatchObject({ count: 3 });
  });

  it('that was lost with the memory is new again', () => {
    const scene = proven();
    const page = [marked('a', NOON)];
    scene.record(page, { now: LATER });
    expect(scene.reopened().record(page, { now: LATER })).toMatchObject({ own: 1, known: 0 });
  });

  it('is still known after a storage that failed', () => {
    const scene = proven();
    const page = [marked('a', NOON), entry('b', NOON)];
    scene.failNext('INTO entries');
    expect(() => scene.record(page, { now: LATER })).toThrow('the disk is full');
    expect(scene.record(page, { now: LATER })).toMatchObject({ known: 1, recorded: 1 });
    expect(titles(scene)).toEqual([]);
  });

  it('is staged once while a newest-first scan goes on, and counted when it ends', () => {
    const scene = proven();
    const [a, b] = [marked('a', NOON - 3 * SECOND), marked('b', NOON - SECOND)] as const;
    expect(scene.stage([b, entry('x', NOON - 2 * SECOND)])).toMatchObject({ staged: 2, own: 0 });
    expect(scene.stage([a], { ends: true })).toMatchObject({ staged: 1 });
    expect(scene.flush()).toMatchObject({ own: 2, recorded: 2 });
    expect(findings(scene)).toEqual({ a: 'own', x: null });
    expect(scene.stage([a, b], { now: LATER })).toMatchObject({ staged: 0, known: 2 });
  });
});

describe('one own read an hour', () => {
  it('is recorded as a sample that no rule sees, where rows are written anyway', () => {
    const scene = sceneWith();
    const reads = Array.from({ length: 120 }, (_, minute) => marked(`read-${minute}`, NOON + minute * MINUTE));
    const rows = reads.map((each) => scene.written(() => scene.record([each], { now: each.createdAt + MINUTE })));
    // Every fifth minute the state's row; with a sample also the entry and its batch, whose indexes SQLite does not count.
    expect(Object.values(findings(scene))).toEqual(['own', 'own']);
    expect(rows.filter((n) => n > 0)).toHaveLength(24);
    expect(rows.reduce((sum, n) => sum + n)).toBe(24 + 2 * 2);
    expect(titles(scene)).toEqual([]);
    expect(scene.count('activity')).toBe(0);
    expect(scene.count('matches')).toBe(0);
    const sample = reads.find(({ id }) => id === scene.ids()[0]) as Incoming;
    expect(scene.record([sample], { now: NOON + 3 * HOUR })).toMatchObject({ known: 1, own: 0 });
    // No rule sees what the upstream makes of it later, either.
    const changed = { ...sample, text: sample.text.replace('"status_code":200', '"status_code":500') };
    expect(scene.record([changed], { now: NOON + 3 * HOUR })).toMatchObject({ recorded: 1, own: 0 });
    expect(findings(scene)).toEqual({ [scene.ids()[0] ?? '']: 'own', [scene.ids()[1] ?? '']: 'own' });
    expect(titles(scene)).toEqual([]);
  });

  it('publishes no checkpoint', () => {
    const scene = sceneWith();
    const done = scene.record([marked('a', NOON)], { now: NOON + 6 * MINUTE });
    expect(done).toMatchObject({ recorded: 1, own: 1, publish: false });
  });
});

describe('an entry of our key', () => {
  const [first] = [sent(NOON)];
  const rows: readonly (readonly [string, Incoming, 'missing' | 'reused'])[] = [
    ['without a user agent', read('x', NOON + SECOND, undefined), 'missing'],
    ['of another program', read('x', NOON + SECOND, 'curl/8.0'), 'missing'],
    ['with our user agent, without a mark', read('x', NOON + SECOND, 'Tocsin/0.1.0'), 'missing'],
    ['with a mark cut short', read('x', NOON + SECOND, sent(NOON + SECOND).slice(0, 50)), 'missing'],
    ['with a mark of another deployment', read('x', NOON + SECOND, sent(NOON + SECOND, `${SECRET}x`)), 'missing'],
    ['with a mark that was changed', read('x', NOON + SECOND, first?.replace(/.\)$/, '!)')), 'missing'],
    ['with a mark that came back before', read('x', NOON + 61 * SECOND, first), 'reused'],
    ['with such a mark, at once from elsewhere', read('x', NOON + SECOND, first, { client_ip: '192.0.2.1' }), 'reused'],
    ['with such a mark, a day later', read('x', NOON + DAY, first), 'reused'],
    ['with a mark that is too old to be its own', read('x', NOON + 50 * HOUR, sent(NOON + HOUR)), 'reused'],
    [
      'with an unused mark on something else',
      read('x', NOON + SECOND, sent(NOON + SECOND), { method: 'DELETE', path: '/v1/compute/vms/v-1' }),
      'reused',
    ],
    [
      'with an unused mark on a path that mentions the log',
      read('x', NOON + SECOND, sent(NOON + SECOND), { path: '/v1/api_keys?x=/audit_logs' }),
      'reused',
    ],
    [
      'that deletes something',
      read('x', NOON + SECOND, 'curl/8.0', { method: 'DELETE', path: '/v1/vms/1' }),
      'missing',
    ],
    [
      'that claims to be ours in other fields',
      read('x', NOON + SECOND, 'curl/8.0', { 'tocsin.mark': 'own', tocsin: { mark: 'own' } }),
      'missing',
    ],
  ];

  it.each(rows)('%s alerts as critical', (_, theirs, finding) => {
    const scene = proven();
    scene.record([read('ours', NOON, first)], { now: LATER });
    const now = theirs.createdAt + MINUTE;
    expect(scene.record([theirs], { now })).toMatchObject({ recorded: 1, own: 0 });
    expect(findings(scene)).toEqual({ x: finding });
    const opened = titles(scene);
    expect(opened).toContain(STOLEN);
    const notification = scene.notifications().find(({ alert }) => alert.title === STOLEN);
    expect(notification.alert).toMatchObject({ level: 'critical', title: STOLEN });
    expect(notification.alert.runbook).toMatch(/Revoke the API key.*API_KEY_SHARED = "true"/s);
    expect(notification.evidence).toEqual([{ selection: 'selection', field: 'tocsin.mark', value: finding }]);
    // Read again, it is known, and alerts nobody.
    expect(scene.record([theirs], { now: now + MINUTE })).toMatchObject({ recorded: 0, known: 1 });
    expect(titles(scene)).toEqual(opened);
    expect(scene.ledger.status(now).alerts.newest.find(({ title }) => title === STOLEN)?.count).toBe(1);
  });

  it.each(rows)('%s alerts nobody where the key is shared on purpose', (_, theirs) => {
    const scene = proven(ownReadsOptions(SECRET, true));
    scene.record([read('ours', NOON, first)], { now: LATER });
    scene.record([theirs], { now: theirs.createdAt + MINUTE });
    expect(findings(scene)).toEqual({ x: null });
    expect(titles(scene)).not.toContain(STOLEN);
  });

  it.each(rows)('%s is an entry like any other without a LINK_SECRET', (_, theirs) => {
    const scene = sceneWith(null);
    scene.record([read('ours', NOON, first)], { now: LATER });
    expect(scene.record([theirs], { now: theirs.createdAt + MINUTE })).toMatchObject({ recorded: 1, own: 0 });
    expect(findings(scene)).toEqual({ ours: null, x: null });
  });

  it('twice with one mark within 60 s from one address is a duplicate', () => {
    const scene = proven();
    scene.record([read('ours', NOON, first)], { now: LATER });
    const twice = [read('x', NOON + 30 * SECOND, first), read('y', NOON + 60 * SECOND, first)];
    expect(scene.record(twice, { now: NOON + 2 * MINUTE })).toMatchObject({ own: 0, known: 2, recorded: 0 });
    expect(titles(scene)).toEqual([]);
  });

  it('from before the first mark came back is no sign of anything', () => {
    const scene = sceneWith();
    const before = [read('x', NOON - 2 * MINUTE, 'curl/8.0'), marked('first', NOON - MINUTE)];
    scene.record([...before, read('y', NOON - SECOND, 'curl/8.0')], { now: NOON });
    expect(findings(scene)).toEqual({ first: 'own', x: null, y: null });
    scene.record([read('z', NOON + SECOND, 'curl/8.0')], { now: LATER });
    expect(findings(scene)).toMatchObject({ z: 'missing' });
  });

  it('differs from another key by its id alone', () => {
    const scene = proven();
    const other = { actor: { id: 'another-key', name: 'anything', type: 'api_key' } };
    scene.record([read('x', NOON + SECOND, 'Tocsin/0.1.0', other), read('y', NOON + SECOND, first, other)], {
      now: LATER,
    });
    expect(titles(scene)).not.toContain(STOLEN);
  });

  it('may have a user agent of a megabyte', () => {
    const scene = proven();
    scene.record([read('x', NOON + SECOND, `Tocsin/1 ${'('.repeat(1_000_000)}`)], { now: LATER });
    expect(findings(scene)).toEqual({ x: 'missing' });
  });
});

describe('a log that names a user as the actor of our reads', () => {
  const user = (type: unknown) => ({ actor: { id: 'user-of-the-key', name: 'Ada', type } });
  const later = (id: string, type: unknown, at = LATER) => read(id, at, 'curl/8.0', user(type));

  it.each(['user', 'User', 'USER'])('(%s) claims nothing about what that user does', (type) => {
    const scene = sceneWith();
    const reads = [marked('first', NOON - MINUTE, user(type)), marked('second', NOON, user(type))];
    expect(scene.record(reads, { now: NOON })).toMatchObject({ own: 2 });
    const mark = sent(NOON);
    const deletes = read('deletes', LATER, mark, { ...user(type), method: 'DELETE', path: '/v1/vms/1' });
    scene.record([later('reads', type), deletes], { now: LATER + MINUTE });
    expect(findings(scene)).toMatchObject({ reads: null, deletes: null });
    expect(titles(scene)).not.toContain(STOLEN);
    expect(scene.ledger.status(LATER)).toMatchObject({ keyTheft: 'no key', ownReads: { count: 2 } });
  });

  it.each(['api_key', 'service_account', undefined, null, 7])('is another than one that says %s', (type) => {
    const scene = sceneWith();
    scene.record([marked('first', NOON - MINUTE, user(type))], { now: NOON });
    scene.record([later('x', type)], { now: LATER + MINUTE });
    expect(findings(scene)).toMatchObject({ x: 'missing' });
    expect(scene.ledger.status(LATER).keyTheft).toBe('detected');
  });

  it('claims nothing any more where it named a key before under that id', () => {
    const scene = sceneWith();
    scene.record([marked('first', NOON - MINUTE, user('api_key'))], { now: NOON });
    scene.record([marked('second', NOON, user('user'))], { now: LATER });
    scene.record([later('x', 'user', LATER + SECOND)], { now: LATER + MINUTE });
    expect(findings(scene)).toMatchObject({ x: null });
  });

  it('hides nothing that the key does: a mark sent with a session of somebody else', () => {
    const scene = proven();
    const mark = sent(NOON);
    scene.record([read('theirs', NOON, mark, user('user'))], { now: LATER });
    scene.record([read('stolen', LATER, 'curl/8.0')], { now: LATER + MINUTE });
    expect(findings(scene)).toMatchObject({ stolen: 'missing' });
    expect(titles(scene)).toContain(STOLEN);
  });
});

describe('whether a stolen key would be noticed', () => {
  it.each([
    ['once a mark has come back', ownReadsOptions(SECRET, false), true, 'detected'],
    ['before that', ownReadsOptions(SECRET, false), false, 'no read'],
    ['where the key is shared on purpose', ownReadsOptions(SECRET, true), true, 'shared'],
    ['without a LINK_SECRET', null, true, 'no secret'],
  ] as const)('%s', (_, options, comesBack, theft) => {
    const scene = sceneWith(options);
    scene.record(comesBack ? [marked('first', NOON - MINUTE)] : [], { now: NOON });
    expect(scene.ledger.status(NOON).keyTheft).toBe(theft);
  });
});

describe('somebody who reads our marks in the log', () => {
  it('and sends one with a key of their own does not hide what they do with ours', () => {
    const scene = proven();
    const mark = sent(NOON + SECOND);
    // Theirs is shown first: the log shows ours late.
    const theirs = read('theirs', NOON + 5 * SECOND, mark, { actor: { id: 'their-key' }, client_ip: '192.0.2.1' });
    scene.record([theirs], { now: NOON + MINUTE });
    scene.record([read('ours', NOON + SECOND, mark), read('stolen', NOON + MINUTE, 'curl/8.0')], {
      now: NOON + 2 * MINUTE,
    });
    expect(findings(scene)).toMatchObject({ ours: 'reused', stolen: 'missing' });
  });
});

describe('a new API key', () => {
  it('is ours from its first mark on; the previous one is until its last reads are a day old', () => {
    const scene = proven();
    const next = { actor: { id: 'next-key' } };
    scene.record([marked('a', NOON, next)], { now: LATER });
    scene.record([read('x', NOON + 2 * MINUTE, 'curl/8.0', next), read('y', NOON + 2 * MINUTE, 'curl/8.0')], {
      now: NOON + 3 * MINUTE,
    });
    expect(findings(scene)).toMatchObject({ x: 'missing', y: 'missing' });
    for (const at of [NOON + 26 * HOUR, NOON + 27 * HOUR])
      scene.record([marked(`b${at}`, at, next)], { now: at + MINUTE });
    scene.record([read('z', NOON + 28 * HOUR, 'curl/8.0')], { now: NOON + 28 * HOUR + MINUTE });
    expect(findings(scene)).toMatchObject({ z: null });
  });
});

describe('a new LINK_SECRET', () => {
  const next = `${SECRET}next`;

  it('alerts nobody of the reads that the previous one marked', () => {
    const scene = proven();
    const a = marked('a', NOON);
    scene.record([a], { now: LATER, save: true });
    const after = scene.reopened({ ownReads: ownReadsOptions(next, false) });
    // One was known already, one was sent before the change.
    const now = NOON + 3 * MINUTE;
    expect(after.record([a, marked('b', LATER)], { now })).toMatchObject({ known: 1, recorded: 1, own: 0 });
    expect(titles(after)).not.toContain(STOLEN);
    after.record([read('c', NOON + 3 * MINUTE, sent(NOON + 3 * MINUTE, next))], { now: NOON + 4 * MINUTE });
    after.record([read('x', NOON + 5 * MINUTE, 'curl/8.0')], { now: NOON + 6 * MINUTE });
    expect(findings(after)).toMatchObject({ b: null, x: 'missing' });
  });
});

describe('a new LINK_SECRET with the previous one', () => {
  const next = `${SECRET}next`;
  const both = ownReadsOptions(next, false, SECRET);
  /** A ledger to which the previous secret's reads had come back, opened again with both a minute later. */
  function rotated(): Scene {
    const scene = proven();
    scene.record([marked('a', NOON)], { now: LATER, save: true });
    const after = scene.reopened({ ownReads: both });
    after.record([], { now: LATER, save: true });
    return after;
  }
  const readBy = (id: string, at: number, secret: string) => read(id, at, sent(at, secret));

  it('knows the reads of both, and notices a theft without a gap', () => {
    const after = rotated();
    const now = NOON + 4 * MINUTE;
    const reads = [readBy('b', LATER, SECRET), readBy('c', now - MINUTE, next)];
    expect(after.record(reads, { now })).toMatchObject({ own: 2 });
    expect(titles(after)).not.toContain(STOLEN);
    after.record([read('x', now, 'curl/8.0')], { now: now + MINUTE });
    expect(findings(after)).toMatchObject({ x: 'missing' });
    expect(titles(after)).toContain(STOLEN);
  });

  it('notices a theft before a read with the new one has come back', () => {
    const after = rotated();
    after.record([read('x', NOON + 3 * MINUTE, 'curl/8.0')], { now: NOON + 4 * MINUTE });
    expect(findings(after)).toMatchObject({ x: 'missing' });
  });

  it('counts marks of the previous one for 25 hours, however often it is opened again', () => {
    let scene = rotated();
    for (const [id, hours, own] of [
      ['b', 1, 1],
      ['c', 12, 1],
      ['d', 24.9, 1],
      ['e', 25.1, 0],
    ] as const) {
      const at = LATER + hours * HOUR;
      expect([id, scene.record([readBy(id, at, SECRET)], { now: at + MINUTE, save: true })]).toMatchObject([
        id,
        { own },
      ]);
      scene = scene.reopened({ ownReads: both });
    }
    expect(findings(scene)).toMatchObject({ e: 'missing' });
    const at = LATER + 26 * HOUR;
    expect(scene.record([readBy('f', at, next)], { now: at + MINUTE })).toMatchObject({ own: 1 });
  });

  it('takes a used mark of the previous one for a copy', () => {
    const after = rotated();
    const at = NOON + 5 * MINUTE;
    const mark = sent(LATER);
    after.record([read('b', LATER, mark)], { now: at });
    after.record([read('x', at, mark, { client_ip: '203.0.113.66' })], { now: at + MINUTE });
    expect(findings(after)).toMatchObject({ x: 'reused' });
  });

  it('proves nothing where the previous one is not that of the ledger', () => {
    const scene = proven();
    scene.record([marked('a', NOON)], { now: LATER, save: true });
    const after = scene.reopened({ ownReads: ownReadsOptions(next, false, `${SECRET}other`) });
    expect(after.ledger.status(LATER).keyTheft).toBe('no read');
    after.record([readBy('b', LATER, SECRET)], { now: NOON + 3 * MINUTE });
    expect(findings(after)).toMatchObject({ b: null });
  });
});

describe('the time until an entry is visible', () => {
  it('is known at each tick, by our clock alone', () => {
    const scene = sceneWith();
    expect(scene.ledger.status(NOON).ownReads).toBeNull();
    for (const delay of [1, 3, 2]) {
      const now = NOON + delay * HOUR;
      // The clock of the entries is half an hour behind.
      const at = now - delay * MINUTE;
      scene.record([read(`r${delay}`, at - HOUR / 2, sent(at))], { now });
      expect(scene.ledger.status(now).ownReads).toMatchObject({ delayMs: delay * MINUTE, at: now });
    }
  });

  it('grows while nothing comes back', () => {
    const scene = proven();
    scene.record([], { now: NOON + 7 * MINUTE });
    expect(scene.ledger.status(NOON + 8 * MINUTE).ownReads).toMatchObject({
      delayMs: 8 * MINUTE,
      at: NOON + 7 * MINUTE,
    });
  });

  it('is not shortened by a clock of ours that was ahead', () => {
    const scene = proven();
    scene.record([read('a', NOON, sent(NOON + HOUR))], { now: LATER });
    expect(scene.ledger.status(LATER).ownReads).toMatchObject({ delayMs: 0 });
    scene.record([marked('b', LATER)], { now: NOON + 2 * MINUTE });
    expect(scene.ledger.status(LATER).ownReads).toMatchObject({ delayMs: MINUTE });
  });

  it('survives a restart', () => {
    const scene = proven();
    scene.record([marked('a', NOON)], { now: LATER, save: true });
    expect(scene.reopened().ledger.status(LATER).ownReads).toEqual({ delayMs: MINUTE, at: LATER, count: 2 });
  });
});

describe('reads that do not come back any more', () => {
  function healthOf(scene: Scene): unknown[] {
    return scene.store.all("SELECT state FROM health_alerts WHERE kind = 'incomplete-log'").map(({ state }) => state);
  }
  const LIMIT = ALLOWED_LATENESS + 10 * MINUTE;

  it('are a health alert, until one comes back', () => {
    const scene = proven();
    for (let now = NOON + MINUTE; now <= NOON + LIMIT; now += MINUTE) scene.record([], { now });
    expect(healthOf(scene)).toEqual([]);
    const end = NOON + LIMIT + MINUTE;
    scene.record([], { now: end });
    expect(healthOf(scene)).toEqual(['open']);
    for (let now = end; now < end + HOUR; now += MINUTE) scene.record([], { now });
    expect(scene.count('deliveries', "health = 'incomplete-log'")).toBe(1);
    scene.record([marked('a', end + HOUR)], { now: end + HOUR + MINUTE });
    expect(healthOf(scene)).toEqual(['over']);
  });

  it('are none where no scan ended meanwhile, and the next one shows them', () => {
    const scene = proven();
    // Three hours without a tick.
    scene.record([marked('a', NOON)], { now: NOON + 3 * HOUR });
    expect(healthOf(scene)).toEqual([]);
  });

  it('are none where the log never showed any', () => {
    const scene = sceneWith();
    for (let now = NOON; now <= NOON + HOUR; now += MINUTE) scene.record([entry(`e${now}`, now)], { now });
    expect(healthOf(scene)).toEqual([]);
  });

  it('are none where an old one comes to light late', () => {
    const scene = proven();
    for (let now = NOON + MINUTE; now <= NOON + LIMIT; now += MINUTE) scene.record([], { now });
    scene.record([marked('old', NOON - 2 * MINUTE)], { now: NOON + LIMIT + MINUTE });
    expect(healthOf(scene)).toEqual(['open']);
  });

  it('are given up after a week: the upstream records reads no longer', () => {
    const scene = proven();
    scene.record([], { now: NOON + HOUR });
    expect(healthOf(scene)).toEqual(['open']);
    scene.record([], { now: NOON + 8 * DAY });
    expect(healthOf(scene)).toEqual(['over']);
    expect(scene.ledger.status(NOON + 8 * DAY).ownReads).toBeNull();
    scene.record([read('x', NOON + 8 * DAY, 'curl/8.0')], { now: NOON + 8 * DAY + MINUTE });
    expect(findings(scene)).toEqual({ x: null });
  });
});

describe('what is remembered', () => {
  it('is bounded, and what is forgotten is held against nobody', () => {
    const scene = proven();
    const many = (from: number, count: number): Incoming[] =>
      Array.from({ length: count }, (_, i) => marked(`m${from + i}`, NOON + from + i));
    for (let at = 0; at < MARKS_MAX + 1_000; at += 100)
      scene.record(many(at, 100), { now: LATER, save: at % 1_000 === 0 });
    const [state] = scene.store.all<{ n: number }>('SELECT length(own_reads) AS n FROM state');
    expect(state?.n).toBeLessThan(1_000_000);
    expect(scene.store.all("SELECT state FROM health_alerts WHERE kind = 'forgotten-marks'")).toEqual([
      { state: 'open' },
    ]);
    for (const again of [scene, scene.reopened()]) {
      const known = again.record(many(0, 100), { now: LATER });
      expect(known).toMatchObject({ own: 0, recorded: 0 });
      expect(titles(again)).toEqual([]);
    }
  });

  it('is for 27 hours: a mark is then too old for another entry', () => {
    const scene = proven();
    const mark = sent(NOON);
    scene.record([read('a', NOON, mark)], { now: LATER });
    for (let at = NOON + HOUR; at <= NOON + 40 * HOUR; at += HOUR)
      scene.record([marked(`b${at}`, at)], { now: at + MINUTE });
    const [state] = scene.store.all<{ own_reads: string }>('SELECT own_reads FROM state');
    expect(state?.own_reads.split('\n').length).toBeLessThan(32);
    for (const hours of [24, 26, 40]) {
      scene.record([read(`x${hours}`, NOON + hours * HOUR, mark)], { now: NOON + 41 * HOUR });
    }
    expect(findings(scene)).toMatchObject({ x26: 'reused', x40: 'reused' });
  });

  it('has nothing of a key in it', () => {
    const scene = proven();
    scene.record([marked('a', NOON)], { now: LATER, save: true });
    const [state] = scene.store.all<{ own_reads: string }>('SELECT own_reads FROM state');
    const { hmac } = readMark(sent(NOON)) as { hmac: string };
    expect(state?.own_reads).toContain(markKey(SECRET).id);
    expect(state?.own_reads).not.toContain(hmac);
    expect(state?.own_reads).not.toContain(SECRET);
  });
});
