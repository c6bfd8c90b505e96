/** Recording: new entries are numbered and stored once, together with the checkpoint. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/audit-log/checkpoint.ts';
import type { InvalidRecord } from '../../../src/ledger/model.ts';
import { PUBLISH_MS, QUIET_SAVE_MS } from '../../../src/ledger/record/commit.ts';
import { compile } from '../../../src/sigma/index.ts';
import { sha256Hex } from '../../../src/text/sha256.ts';
import { answeredAt } from '../../support/answer-times.ts';
import {
  ALLOWED_LATENESS,
  createScene,
  DAY,
  done,
  entries,
  entry,
  HOUR,
  incoming,
  MINUTE,
  NOON,
  onAction,
  SECOND,
} from '../scene.ts';

describe('a new entry', () => {
  it('is numbered by time and id, whatever the order of the page', () => {
    const { record, ids } = createScene();
    const page = [entry('b', NOON), entry('z', NOON - 1), entry('a', NOON)];
    expect(record(page)).toMatchObject({ recorded: 3, known: 0, quarantined: 0, expired: 0 });
    expect(ids()).toEqual(['z', 'a', 'b']);
  });

  it('is recognized among known ones, in the page and in the ledger', () => {
    const { record, ids } = createScene();
    record([entry('a', NOON)]);
    expect(record([entry('a', NOON), entry('b', NOON), entry('b', NOON)])).toMatchObject({ recorded: 1, known: 1 });
    expect(ids()).toEqual(['a', 'b']);
  });

  it('is stored with its scan’s beginning and the version of the rules', () => {
    const { record, store } = createScene();
    record(entries(3, NOON, 1), { began: NOON - 7, suppressBefore: 5 });
    record([entry('later', NOON)], { began: NOON + 7 });
    expect(store.all('SELECT * FROM batches ORDER BY first_seq')).toEqual([
      {
        first_seq: 1,
        last_seq: 3,
        began: NOON - 7,
        horizon: NOON - 7 - ALLOWED_LATENESS,
        suppress_before: 5,
        rules: 'one',
      },
      {
        first_seq: 4,
        last_seq: 4,
        began: NOON + 7,
        horizon: NOON + 7 - ALLOWED_LATENESS,
        suppress_before: null,
        rules: 'one',
      },
    ]);
  });

  it('is ignored before the floor', () => {
    const { record, count } = createScene();
    const floor = NOON - HOUR;
    expect(record([entry('a', floor - 1), entry('b', floor)])).toMatchObject({ recorded: 1, known: 0, expired: 0 });
    expect(count('entries')).toBe(1);
  });

  it('is counted and not stored if it is older than retention', () => {
    const { ledger, record, checkpoint } = createScene([], { retentionMs: DAY });
    const rewind = { id: 'r', to: NOON - 10 * DAY, suppress: false };
    ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    expect(checkpoint().floor).toBe(NOON - 10 * DAY);
    expect(record([entry('a', NOON - DAY - 1), entry('b', NOON - DAY)])).toMatchObject({ recorded: 1, expired: 1 });
    expect(ledger.status(NOON).counters?.expired).toBe(1);
  });
});

describe('odd ids', () => {
  const odd: readonly [string, string][] = [
    ['a NUL', 'a\u0000b'],
    ['another NUL', 'a\u0000c'],
    ['half a character', 'a\ud800'],
    ['the other half', 'a\udc00'],
    ['the replacement character', 'a\ufffd'],
    ['ten thousand characters', 'x'.repeat(10_000)],
    ['one more', 'x'.repeat(10_001)],
    ['a hash sign', '#'],
    ['the hash of another', `#${sha256Hex('a\u0000b')}`],
    ['a text with a hash of 53 bits that another has', '#057121d6'],
    ['the other text with that hash', '#16eaf209'],
    ['a prototype', '__proto__'],
    ['a constructor', 'constructor'],
    ['quotes', `'; DROP TABLE entries; --"`],
    ['another case', 'CONSTRUCTOR'],
    ['a space at the end', 'constructor '],
    ['a line end', 'constructor\n'],
    ['composed', '\u00fc'],
    ['decomposed', 'u\u0308'],
  ];
  it('are quarantined under different keys', () => {
    const { record, count } = createScene();
    const invalid = odd.map(([, id]) => ({ id, problem: 'no created_at', text: '{}' }));
    const withoutId = odd.map(([, text]) => ({ id: null, problem: 'no id', text }));
    expect(record([], { invalid: [...invalid, ...withoutId] })).toMatchObject({ quarantined: 2 * odd.length });
    expect(count('quarantine', "key GLOB 'invalid:*' AND length(key) = 8 + 64")).toBe(odd.length);
    expect(count('quarantine', "key GLOB 'record:*' AND length(key) = 7 + 64")).toBe(odd.length);
  });
  it('are all different, and known again', () => {
    const { record, reopened, count } = createScene();
    const page = odd.map(([, id]) => entry(id, NOON));
    expect(record(page)).toMatchObject({ recorded: odd.length });
    expect(reopened().record(page)).toMatchObject({ recorded: 0, known: odd.length });
    expect(count('entries')).toBe(odd.length);
  });
  it.each(odd)('%s is kept as it is in the entry', (_, id) => {
    const { record, store } = createScene();
    record([entry(id, NOON)]);
    expect(JSON.parse(store.all<{ body: string }>('SELECT body FROM entries')[0]?.body ?? '')).toMatchObject({ id });
  });
});

describe('large entries', () => {
  const MB = 1024 * 1024;
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const rule = onAction('vm.read', {
    expression: {
      kind: 'leaf',
      selection: 'selection',
      field: 'user_agent',
      test: { op: 'endswith', values: ['the end'], cased: false },
    },
  });

  const rows: readonly [string, string][] = [
    ['a user agent of 3 MB', JSON.stringify({ user_agent: `${'z'.repeat(3 * MB)}the end` })],
    ['many long strings', JSON.stringify({ list: Array(3_000).fill('y'.repeat(900)), user_agent: 'the end' })],
    ['very many short ones', JSON.stringify({ list: Array(90_000).fill('short'), user_agent: 'the end' })],
    ['long names', JSON.stringify({ ['n'.repeat(MB)]: 1, user_agent: 'the end' })],
    ['bells', JSON.stringify({ user_agent: `${'🔔'.repeat(100_000)}the end` })],
    ['a deep nest', `{"x":${nested(3_500)},"y":"${'z'.repeat(70_000)}","user_agent":"the end"}`],
  ];
  it.each(rows)('%s: stored in 64 KB, evaluated whole', (_, rest) => {
    const { record, store, count } = createScene([rule]);
    const text = `{"id":"big","created_at":"2026-01-05T12:00:00Z",${rest.slice(1)}`;
    expect(record([incoming('big', NOON, text)])).toMatchObject({ recorded: 1, quarantined: 0 });
    expect(count('alerts')).toBe(1);
    const body = store.all<{ body: string }>('SELECT body FROM entries')[0]?.body ?? '';
    expect(body.length).toBeLessThanOrEqual(64 * 1024);
    expect(JSON.parse(body)).toMatchObject({ id: 'big', created_at: '2026-01-05T12:00:00Z' });
  });

  it('an endless id and time, among endless names', () => {
    const { record, count } = createScene();
    const id = 'i'.repeat(3 * MB);
    const text = JSON.stringify({ id, created_at: `2026-01-05T12:00:00.${'0'.repeat(MB)}Z`, ['n'.repeat(MB)]: 1 });
    expect(record([incoming(id, NOON, text)])).toMatchObject({ recorded: 1 });
    expect(count('entries', 'length(body) > 65536')).toBe(0);
  });

  it('states the length of a cut string', () => {
    const { record, store } = createScene();
    record([entry('big', NOON, { user_agent: 'z'.repeat(70_000) })]);
    expect(store.all<{ body: string }>('SELECT body FROM entries')[0]?.body).toContain('zz… (70000 characters)"');
  });
});

describe('an invalid record', () => {
  const malformed: InvalidRecord = { id: null, problem: 'no id', text: '{"action":"vm.read"}' };

  it('is quarantined and notified once, however often it is read', () => {
    const { record, reopened, count, ledger } = createScene();
    expect(record([], { invalid: [malformed, malformed] })).toMatchObject({ quarantined: 1 });
    expect(reopened().record([], { invalid: [malformed] })).toMatchObject({ quarantined: 0 });
    expect(count('quarantine')).toBe(1);
    expect(count('deliveries', "health = 'quarantine'")).toBe(1);
    expect(ledger.status(NOON).counters?.quarantined).toBe(1);
  });

  it('costs a batch without any nothing', () => {
    const { record, store } = createScene();
    const asked: string[] = [];
    const { all } = store;
    const watched = (sql: string, ...binds: never[]) => {
      asked.push(sql);
      return all(sql, ...binds);
    };
    Object.assign(store, { all: watched });
    record([entry('a', NOON)]);
    // Its ids, and whether there is anything at all, for the state.
    expect(asked.filter((sql) => sql.startsWith('SELECT') && sql.includes('quarantine'))).toHaveLength(2);
  });

  it('that is right the next time is recorded', () => {
    const { record, ids, count } = createScene();
    const invalid: InvalidRecord = { id: 'a', problem: 'no created_at', text: '{"id":"a","created_at":null}' };
    expect(record([], { invalid: [invalid] })).toMatchObject({ quarantined: 1 });
    expect(record([entry('a', NOON)])).toMatchObject({ recorded: 1 });
    expect(record([], { invalid: [invalid] })).toMatchObject({ quarantined: 0 });
    expect([ids(), count('quarantine')]).toEqual([['a'], 1]);
  });

  it('is kept without its text where there are many, and people are notified', () => {
    const { record, count, notifications, store } = createScene();
    const text = JSON.stringify({ action: 'x'.repeat(2_000) });
    const many = (from: number, length: number): InvalidRecord[] =>
      Array.from({ length }, (_, i) => ({ id: `bad ${from + i}`, problem: 'no created_at', text }));
    for (let from = 0; from < 1_000; from += 100) record([], { invalid: many(from, 100) });
    expect(count('quarantine', 'length(body) > 2000')).toBe(1_000);
    expect(notifications("health = 'quarantine'").at(-1).health.summary).not.toContain('only their ids');
    expect(record([], { invalid: many(1_000, 100), now: NOON + DAY })).toMatchObject({ quarantined: 100 });
    expect(count('quarantine', 'length(body) < 100')).toBe(100);
    expect(store.all("SELECT body FROM quarantine WHERE body LIKE '%bad 1050%'")).toEqual([
      { body: '{"id":"bad 1050"}' },
    ]);
    expect(notifications("health = 'quarantine'").at(-1).health.summary).toContain('only their ids');
  });

  it('is recognized by its id, or else by its text', () => {
    const { record } = createScene();
    const invalid: InvalidRecord[] = [
      { id: 'a', problem: 'no created_at', text: 'x' },
      { id: 'b', problem: 'no created_at', text: 'x' },
      { id: null, problem: 'no id', text: 'x' },
      { id: null, problem: 'no id', text: 'y' },
      { id: 'x', problem: 'no created_at', text: 'x' },
    ];
    expect(record([], { invalid })).toMatchObject({ quarantined: 5 });
  });

  it('is also an entry that evaluation fails on, and only that one', () => {
    const { store, ...rest } = createScene();
    const engine = compile({ version: 'one', rules: [] });
    const trips = {
      ...engine,
      evaluate: (body: Readonly<Record<string, unknown>>) => {
        if (Object.values(body).includes('bad')) throw new Error('a bug');
        return [];
      },
    };
    const { record, ids, count } = rest.reopened({ engine: trips });
    expect(record([entry('a', NOON), entry('bad', NOON), entry('c', NOON)])).toMatchObject({
      recorded: 2,
      quarantined: 1,
    });
    expect(record([entry('bad', NOON)])).toMatchObject({ recorded: 0, quarantined: 0, known: 0 });
    expect(ids()).toEqual(['a', 'c']);
    expect(count('quarantine')).toBe(1);
    expect(store.all('SELECT problem FROM quarantine')).toEqual([{ problem: 'evaluation failed: Error: a bug' }]);
  });

  it('is kept to 64 KB of its text', () => {
    const { record, count } = createScene();
    record([], { invalid: [{ ...malformed, text: 'z'.repeat(3_000_000) }] });
    expect(count('quarantine', 'length(body) > 65536')).toBe(0);
  });
});

describe('an entry suspected of crashing the ledger', () => {
  const recordFailure: InvalidRecord = { id: 'bad', problem: 'it crashed the ledger: no', text: '{}' };

  it('is quarantined the third time, notified once, and skipped from then on', () => {
    const { ledger, record, count } = createScene();
    expect([1, 2, 3].map(() => ledger.quarantineCandidate(recordFailure, NOON))).toEqual([false, false, true]);
    expect(count('deliveries', "health = 'quarantine'")).toBe(1);
    expect(ledger.status(NOON).counters?.quarantined).toBe(1);
    expect(record([entry('bad', NOON), entry('good', NOON)])).toMatchObject({ recorded: 1 });
  });

  it('is counted once, though it keeps crashing the ledger', () => {
    const { ledger, count } = createScene();
    expect([1, 2, 3, 4, 5].map(() => ledger.quarantineCandidate(recordFailure, NOON))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect([ledger.status(NOON).counters?.quarantined, count('quarantine'), count('deliveries')]).toEqual([1, 1, 1]);
  });

  it('is recorded while it is only suspected', () => {
    const { ledger, record } = createScene();
    ledger.quarantineCandidate(recordFailure, NOON);
    ledger.quarantineCandidate(recordFailure, NOON);
    expect(record([entry('bad', NOON)])).toMatchObject({ recorded: 1 });
  });

  it('is not suspected once it is recorded: only the answer was lost', () => {
    const { ledger, record, count } = createScene();
    record([entry('bad', NOON)]);
    expect([1, 2, 3, 4].map(() => ledger.quarantineCandidate(recordFailure, NOON))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([count('quarantine'), count('deliveries')]).toEqual([0, 0]);
  });
});

describe('a batch', () => {
  it('from a checkpoint that another has moved does nothing', () => {
    const { ledger, record, checkpoint, written, count } = createScene();
    const old = checkpoint();
    record([entry('a', NOON)]);
    const batch = {
      expectedVersion: old.version,
      next: { ...old, watermark: NOON + DAY },
      ends: true,
      handle: 'record',
      began: NOON,
      times: answeredAt(NOON),
      horizon: null,
      suppressBefore: null,
      entries: [entry('b', NOON)],
      invalid: [{ id: null, problem: 'no id', text: '' }],
      save: true,
      reread: null,
    } as const;
    expect(written(() => expect(ledger.record(batch, NOON)).toEqual({ kind: 'conflict' }))).toBe(0);
    expect([count('entries'), count('quarantine')]).toEqual([1, 0]);
    expect(checkpoint().watermark).toBe(NOON - ALLOWED_LATENESS);
  });

  it('that fails half-way stores nothing', () => {
    const { store, ledger, record, checkpoint, count } = createScene([onAction('vm.read')]);
    const before = ledger.status(NOON);
    const { version } = checkpoint();
    store.run("CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    expect(() => record([entry('a', NOON)])).toThrow('the disk is full');
    expect(['entries', 'batches', 'alerts', 'matches', 'windows'].map((table) => count(table))).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect([checkpoint().version, ledger.status(NOON)]).toEqual([version, before]);
    store.run('DROP TRIGGER full');
    expect(record([entry('a', NOON)]).opened).toHaveLength(1);
  });

  it('that is part of a page does not move the scan', () => {
    const { record, checkpoint } = createScene();
    const before = checkpoint();
    const result = record([entry('a', NOON)], { next: null, ends: false });
    expect(result.checkpoint).toEqual({ ...before, version: before.version + 1 });
  });
});

describe('a quiet batch', () => {
  it('writes nothing, and is kept in memory', () => {
    const { record, written, checkpoint, reopened } = createScene();
    const page = entries(3, NOON - 2 * MINUTE, SECOND);
    record(page);
    const { version, watermark } = checkpoint();
    const later = NOON + MINUTE;
    expect(written(() => record(page, { now: later }))).toBe(0);
    expect(checkpoint()).toMatchObject({ version, watermark: watermark + MINUTE });
    expect(reopened().checkpoint()).toMatchObject({ version, watermark });
  });

  it('is saved every five minutes, as one row', () => {
    const { record, written, checkpoint } = createScene();
    record(entries(3, NOON - 2 * MINUTE, SECOND));
    const { version } = checkpoint();
    const rows = Array.from({ length: 60 }, (_, i) => written(() => record([], { now: NOON + (i + 1) * MINUTE })));
    expect(rows.reduce((sum, n) => sum + n)).toBe(60 / (QUIET_SAVE_MS / MINUTE));
    expect(Math.max(...rows)).toBe(1);
    expect(checkpoint().version).toBe(version + 12);
  });

  it('is saved at once if the tick stops during a scan', () => {
    const { record, checkpoint, reopened } = createScene();
    record([], { ends: false, save: true });
    expect(reopened().checkpoint().scan).toEqual(checkpoint().scan);
  });

  it('never moves the watermark back', () => {
    const { ledger, record, checkpoint } = createScene();
    record(entries(3, NOON - 2 * MINUTE, SECOND));
    const stale = checkpoint();
    record([], { now: NOON + MINUTE });
    const batch = {
      expectedVersion: stale.version,
      next: { ...stale, watermark: NOON - HOUR },
      ends: false,
      handle: 'record',
      began: NOON,
      times: answeredAt(NOON),
      horizon: null,
      suppressBefore: null,
      entries: [],
      invalid: [],
      save: false,
      reread: null,
    } as const;
    done(ledger.record(batch, NOON + MINUTE));
    expect(checkpoint().watermark).toBe(NOON + MINUTE - ALLOWED_LATENESS);
  });
});

describe('publishing', () => {
  it('comes with something new, and at most every two minutes', () => {
    const { record } = createScene();
    const asked = Array.from({ length: 300 }, (_, second) => {
      const now = NOON + second * SECOND;
      return record([entry(`e${second}`, now)], { now }).publish;
    });
    expect(asked.flatMap((publish, second) => (publish ? [second * SECOND] : []))).toEqual([
      0,
      PUBLISH_MS,
      2 * PUBLISH_MS,
    ]);
  });

  it('does not come with nothing new', () => {
    const { record } = createScene();
    expect(record([], { now: NOON + HOUR }).publish).toBe(false);
  });

  it('is asked for again where KV has no copy, though nothing is new: a tick may have died before it wrote it', () => {
    const { ledger, record } = createScene();
    expect(record([entry('a', NOON)]).publish).toBe(true);
    const begin = (checkpoint: Checkpoint | null, now: number) =>
      ledger.begin({ kv: { checkpoint, rewind: null }, startAt: NOON, suppressFirstRead: false }, now).checkpoint;
    const later = NOON + 6 * MINUTE;
    const copy = begin(null, later);
    expect(record([], { now: later }).publish).toBe(true);
    begin(copy, later + 6 * MINUTE);
    expect(record([], { now: later + 6 * MINUTE }).publish).toBe(false);
  });
});
