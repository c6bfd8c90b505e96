/** Releasing and dropping what is in quarantine: recorded once or not at all, and never lost. */
import { describe, expect, it } from 'vitest';
import type { InvalidRecord } from '../../../src/ledger/model.ts';
import { createViews } from '../../../src/ledger/read/views.ts';
import type { Released } from '../../../src/ledger/rpc.ts';
import { compile } from '../../../src/sigma/index.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  entries,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
} from '../scene.ts';

const RULES = [onAction('vm.deleted'), counting('vm.deleted', 3)];

/** A ledger that has quarantined this entry because it crashed. */
function withCrashed(incoming = deleted('bad', NOON), scene: Scene = createScene(RULES)): Scene {
  const { id, text, occurredAt: readAt } = incoming;
  for (let n = 0; n < 3; n++) {
    scene.ledger.quarantineCandidate({ id, problem: 'it crashed the ledger: no', text, readAt }, NOON);
  }
  expect(scene.ledger.status(NOON).inQuarantine).toBe(1);
  return scene;
}

/** A ledger that has quarantined this record because it is malformed. */
function withInvalid(record: Partial<InvalidRecord>, scene: Scene = createScene(RULES)): Scene {
  const invalid = { id: 'bad', problem: 'no created_at', text: '{"id":"bad","created_at":null}', ...record };
  scene.record([], { invalid: [invalid] });
  return scene;
}

function views({ store, ledger }: Scene) {
  return createViews(store, { engine: compile({ version: 'one', rules: RULES }), status: (at) => ledger.status(at) });
}

function keysIn(scene: Scene): string[] {
  return views(scene)
    .quarantine(null)
    .records.map(({ key }) => key);
}

const sound = (id = 'bad', at = NOON) => ({ text: deleted(id, at).text, readAt: NOON });

describe('an entry that crashed the ledger', () => {
  it('is recorded from its stored text, evaluated, notified, and taken out', () => {
    const scene = withCrashed();
    const released = scene.ledger.release('bad', null, NOON + HOUR);
    expect(released).toMatchObject({ kind: 'recorded', name: 'bad', opened: [{ title: 'Seen: vm.deleted' }] });
    expect(scene.ids()).toEqual(['bad']);
    expect(scene.count('deliveries', 'alert IS NOT NULL')).toBe(1);
    expect([keysIn(scene), scene.count('quarantine'), scene.ledger.status(NOON).inQuarantine]).toEqual([[], 0, 0]);
    expect(scene.ledger.status(NOON).counters).toMatchObject({ recorded: 1, quarantined: 1 });
  });

  it('counts in the correlation that it belongs to, though the others came first', () => {
    const scene = createScene(RULES);
    scene.record([deleted('a', NOON - SECOND), deleted('c', NOON + SECOND)], { now: NOON + SECOND });
    withCrashed(deleted('bad', NOON), scene);
    const released = scene.ledger.release('bad', null, NOON + HOUR);
    expect(released).toMatchObject({ opened: [{ title: 'Many: vm.deleted' }] });
  });

  it('lets correlations wait for all that the scan under way may still bring', () => {
    const scene = createScene(RULES);
    const early = { ends: false, horizon: NOON - HOUR };
    scene.record([deleted('a', NOON - 50 * MINUTE)], early);
    withCrashed(deleted('bad', NOON), scene);
    scene.ledger.release('bad', null, NOON);
    const { opened } = scene.record([deleted('b', NOON - 49 * MINUTE), deleted('c', NOON - 48 * MINUTE)], early);
    expect(opened).toMatchObject([{ title: 'Many: vm.deleted' }]);
  });

  it('is not skipped any more: it is known', () => {
    const scene = withCrashed();
    scene.ledger.release('bad', null, NOON);
    expect(scene.record([deleted('bad', NOON)])).toMatchObject({ recorded: 0, known: 1 });
    expect(scene.count('alerts')).toBe(1);
  });

  it('released twice is recorded once', () => {
    const scene = withCrashed();
    const [key = ''] = keysIn(scene);
    expect(scene.ledger.release(key, null, NOON).kind).toBe('recorded');
    expect(scene.ledger.release(key, null, NOON)).toEqual({ name: key, kind: 'missing' });
    expect(scene.ledger.release('bad', null, NOON)).toEqual({ name: 'bad', kind: 'missing' });
    expect([scene.count('entries'), scene.count('alerts'), scene.count('deliveries', 'alert IS NOT NULL')]).toEqual([
      1, 1, 1,
    ]);
  });

  it('leaves the checkpoint to the tick that is reading meanwhile', () => {
    const scene = withCrashed();
    const before = scene.checkpoint();
    scene.ledger.release('bad', null, NOON);
    expect(scene.checkpoint()).toEqual(before);
  });

  it.each([
    'INSERT INTO entries',
    'INSERT INTO batches',
    'INSERT INTO alerts',
    'INSERT INTO deliveries',
    'DELETE FROM quarantine',
  ])('that fails at %s is in quarantine as before with the reason, and can be released later', (statement) => {
    const scene = withCrashed();
    scene.failNext(statement);
    const released = scene.ledger.release('bad', null, NOON + HOUR);
    const problem = 'released, it crashed the ledger again: the disk is full';
    expect(released).toMatchObject({ kind: 'failed', problem });
    expect(['entries', 'batches', 'alerts', 'matches', 'windows'].map((table) => scene.count(table))).toEqual([
      0, 0, 0, 0, 0,
    ]);
    const { records } = views(scene).quarantine(null);
    expect(records).toMatchObject([{ id: 'bad', problem, firstAt: NOON }]);
    expect(scene.record([deleted('bad', NOON)])).toMatchObject({ recorded: 0 });
    expect(scene.ledger.release('bad', null, NOON + HOUR)).toMatchObject({ kind: 'recorded' });
  });

  it('is not blamed for a storage that refuses writes', () => {
    const scene = withCrashed();
    scene.watch((sql) => {
      if (sql.startsWith('INSERT')) throw new Error('the disk is full');
    });
    const released = scene.ledger.release('bad', null, NOON);
    scene.watch(() => {});
    expect(released).toMatchObject({ kind: 'failed', problem: "the ledger can't write: the disk is full" });
    expect(views(scene).quarantine(null).records).toMatchObject([{ problem: 'it crashed the ledger: no' }]);
  });

  it('keeps the time it counts with: its own, or when it was read where that was in the future', () => {
    const future = { ...deleted('future', NOON + DAY), occurredAt: NOON + SECOND };
    const scene = withCrashed(future);
    scene.ledger.release('future', null, NOON + 2 * DAY);
    expect(scene.store.all('SELECT created_at, occurred_at FROM entries')).toEqual([
      { created_at: NOON + DAY, occurred_at: NOON + SECOND },
    ]);
    const past = withCrashed(deleted('past', NOON - 4 * DAY), createScene(RULES));
    past.store.run("UPDATE state SET value = json_set(value, '$.checkpoint.floor', 0)");
    past.ledger.release('past', null, NOON + DAY);
    expect(past.store.all('SELECT occurred_at FROM entries')).toEqual([{ occurred_at: NOON - 4 * DAY }]);
  });

  it('that was staged meanwhile is recorded once', () => {
    const scene = withCrashed();
    const [key = ''] = keysIn(scene);
    scene.store.run('UPDATE quarantine SET failures = 0 WHERE key = ?', key);
    scene.stage([deleted('bad', NOON)]);
    scene.store.run('UPDATE quarantine SET failures = 3 WHERE key = ?', key);
    expect(scene.ledger.release(key, null, NOON)).toMatchObject({ kind: 'recorded' });
    scene.stage([], { ends: true });
    scene.flush();
    expect([scene.ids(), scene.count('alerts')]).toEqual([['bad'], 1]);
  });
});

describe('a malformed record', () => {
  it('that is still malformed is refused with the problem, and stays', () => {
    const scene = withInvalid({});
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({ kind: 'ask', id: 'bad' });
    const fresh = { text: '{"id":"bad","created_at":"never"}', readAt: NOON };
    expect(scene.ledger.release('bad', fresh, NOON)).toMatchObject({
      kind: 'refused',
      problem: 'unreadable created_at',
    });
    const gone = { text: null, readAt: NOON };
    expect(scene.ledger.release('bad', gone, NOON)).toMatchObject({
      kind: 'refused',
      problem: 'no created_at, and the upstream has no entry with this id',
    });
    expect([scene.count('entries'), keysIn(scene)]).toEqual([0, [expect.stringMatching(/^invalid:/)]]);
  });

  it('without an id, or with an impossible one, is refused: nothing can be asked for', () => {
    const scene = createScene(RULES);
    const text = '{"action":"vm.read"}';
    scene.record([], {
      invalid: [
        { id: null, problem: 'no id', text },
        { id: '../v1/api_keys', problem: 'no created_at', text: '{"id":"../v1/api_keys"}' },
      ],
    });
    for (const key of keysIn(scene)) {
      expect(scene.ledger.release(key, null, NOON)).toMatchObject({
        kind: 'refused',
        problem: key.startsWith('record:') ? 'no id' : 'no created_at',
      });
    }
    expect(keysIn(scene)).toHaveLength(2);
  });

  it('is recorded from the upstream where that has it right by now', () => {
    const scene = withInvalid({});
    expect(scene.ledger.release('bad', sound(), NOON)).toMatchObject({ kind: 'recorded', opened: [{}] });
    expect([scene.ids(), keysIn(scene)]).toEqual([['bad'], []]);
  });

  it('is recorded from its stored text where that is sound by now', () => {
    // As if an older version could not read the time.
    const scene = withInvalid({ text: deleted('bad', NOON).text, problem: 'unreadable created_at' });
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({ kind: 'recorded' });
  });

  it('for which the upstream has another entry is refused', () => {
    const scene = withInvalid({});
    expect(scene.ledger.release('bad', sound('other'), NOON)).toMatchObject({
      kind: 'refused',
      problem: 'the upstream has another entry under its id',
    });
    expect([scene.ids(), keysIn(scene).length]).toEqual([[], 1]);
  });

  it('that was recorded meanwhile is only taken out, and is shown so before', () => {
    const scene = withInvalid({});
    scene.record([deleted('bad', NOON)]);
    expect(views(scene).quarantine(null).records).toMatchObject([{ id: 'bad', isRecorded: true }]);
    expect(scene.ledger.release('bad', sound(), NOON)).toMatchObject({ kind: 'known' });
    expect([scene.ids(), keysIn(scene), scene.count('alerts')]).toEqual([['bad'], [], 1]);
  });

  it.each([
    ['an id with odd characters', 'ü\u0000\u202e'],
    ['an endless id', 'x'.repeat(5_000)],
  ])('that was recorded meanwhile is shown so: %s', (_, id) => {
    const scene = withInvalid({ id, text: JSON.stringify({ id }) });
    scene.record([deleted(id, NOON)]);
    expect(views(scene).quarantine(null).records).toMatchObject([{ isRecorded: true }]);
    expect(scene.ledger.release(id, null, NOON).kind).toBe('refused');
    scene.record([], { invalid: [{ id: 'other', problem: 'no created_at', text: '{}' }] });
    expect(
      views(scene)
        .quarantine(null)
        .records.map(({ isRecorded }) => isRecorded),
    ).toContain(false);
  });

  it('whose stored text was cut is asked for again, and recorded whole', () => {
    const text = JSON.stringify({ ...JSON.parse(deleted('bad', NOON).text), path: 'p'.repeat(100_000) });
    const scene = withCrashed({ ...deleted('bad', NOON), text });
    expect(views(scene).quarantined('bad')).toMatchObject({ record: { isCut: true } });
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({ kind: 'ask', id: 'bad' });
    expect(scene.ledger.release('bad', { text: null, readAt: NOON }, NOON)).toMatchObject({
      problem: 'not all of it was kept, and the upstream has no entry with this id',
    });
    expect(scene.ledger.release('bad', { text, readAt: NOON }, NOON)).toMatchObject({ kind: 'recorded', opened: [{}] });
  });

  it('beyond a thousand is asked for again', () => {
    const scene = createScene(RULES);
    const many = (from: number): InvalidRecord[] =>
      Array.from({ length: 100 }, (_, i) => ({
        id: `bad-${from + i}`,
        problem: 'no created_at',
        text: deleted(`bad-${from + i}`, NOON).text,
      }));
    for (let from = 0; from < 1_100; from += 100) scene.record([], { invalid: many(from) });
    expect(scene.ledger.status(NOON).inQuarantine).toBe(101);
    expect(scene.ledger.release('bad-7', null, NOON)).toMatchObject({ kind: 'recorded' });
    expect(scene.ledger.release('bad-1050', null, NOON)).toMatchObject({ kind: 'ask', id: 'bad-1050' });
    expect(scene.ledger.release('bad-1050', sound('bad-1050'), NOON)).toMatchObject({ kind: 'recorded' });
  });

  it('that evaluation still fails on is refused, without another health alert', () => {
    const { reopened } = createScene();
    const engine = compile({ version: 'one', rules: [] });
    const trips = {
      ...engine,
      evaluate: () => {
        throw new Error('a bug');
      },
    };
    const scene = reopened({ engine: trips });
    scene.record([entry('bad', NOON)]);
    const before = scene.count('deliveries');
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({ kind: 'ask' });
    expect(scene.ledger.release('bad', { text: null, readAt: NOON }, NOON)).toMatchObject({
      kind: 'refused',
      problem: 'evaluation failed: Error: a bug, and the upstream has no entry with this id',
    });
    expect([scene.count('quarantine'), scene.count('deliveries')]).toEqual([1, before]);
    expect(scene.reopened({ engine }).ledger.release('bad', null, NOON)).toMatchObject({ kind: 'recorded' });
  });
});

describe('what reading the entry now would not record', () => {
  it('is refused where it is older than RETENTION, though RETENTION may have grown', () => {
    const scene = withCrashed();
    const now = NOON + 29 * DAY;
    // It was quarantined long after it happened, so it is still there when its own time is past.
    scene.store.run('UPDATE quarantine SET first_at = ?', now);
    scene.record(entries(2, NOON + 31 * DAY, 1), { now: NOON + 31 * DAY });
    const refused = { kind: 'refused', problem: 'it is older than RETENTION' };
    expect(scene.ledger.release('bad', null, NOON + 31 * DAY)).toMatchObject(refused);
    expect(keysIn(scene)).toHaveLength(1);
  });

  it('is refused where it is from before reading began, until a rewind goes back there', () => {
    const scene = withCrashed(deleted('bad', NOON - 2 * HOUR));
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({
      kind: 'refused',
      problem: 'it is dated before Tocsin began to read: rewind to an earlier time first',
    });
    const rewind = { id: 'r', to: NOON - 3 * HOUR, suppress: false };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: NOON, suppressFirstRead: false }, NOON);
    expect(scene.ledger.release('bad', null, NOON)).toMatchObject({ kind: 'recorded' });
  });
});

describe('a record is named', () => {
  it('by its key, or the beginning of it, or its id', () => {
    for (const nameOf of [(key: string) => key, (key: string) => key.slice(0, 20), () => 'bad']) {
      const scene = withCrashed();
      const [key = ''] = keysIn(scene);
      expect(scene.ledger.release(nameOf(key), null, NOON)).toMatchObject({ kind: 'recorded', key });
    }
  });

  it('by more than one: nothing happens', () => {
    const scene = withInvalid({}, withCrashed());
    const keys = keysIn(scene).sort();
    expect(keys).toHaveLength(2);
    const wanted: Released = { name: 'bad', kind: 'ambiguous', keys };
    expect(scene.ledger.release('bad', sound(), NOON)).toEqual(wanted);
    expect(scene.ledger.drop(['bad'])).toEqual([wanted]);
    expect(keysIn(scene)).toHaveLength(2);
  });

  it.each(['', 'entry:', 'entry:0', '%', "' OR 1=1 --", 'entry:%', `entry:${'0'.repeat(64)}`, 'bad\u0000'])(
    'by none: %j',
    (name) => {
      const scene = withCrashed();
      expect(scene.ledger.release(name, null, NOON)).toEqual({ name, kind: 'missing' });
      expect(scene.ledger.drop([name])).toEqual([{ name, kind: 'missing' }]);
      expect(keysIn(scene)).toHaveLength(1);
    },
  );

  it('not while it is only a candidate', () => {
    const scene = createScene();
    scene.ledger.quarantineCandidate({ id: 'bad', problem: 'no', text: '{}' }, NOON);
    expect(scene.ledger.release('bad', sound(), NOON).kind).toBe('missing');
    expect([keysIn(scene), scene.ledger.status(NOON).inQuarantine]).toEqual([[], 0]);
  });
});

describe('what is dropped', () => {
  it('is neither listed nor released, and its text is gone', () => {
    const scene = withInvalid({}, withCrashed(deleted('worse', NOON)));
    expect(scene.ledger.drop(['bad', 'worse', 'none'])).toMatchObject([
      { name: 'bad', kind: 'dropped' },
      { name: 'worse', kind: 'dropped' },
      { name: 'none', kind: 'missing' },
    ]);
    expect([keysIn(scene), scene.ledger.status(NOON).quarantine, scene.count('quarantine', "body <> ''")]).toEqual([
      [],
      [],
      0,
    ]);
    expect(scene.ledger.release('worse', sound('worse'), NOON).kind).toBe('missing');
    expect(scene.ledger.drop(['bad'])).toEqual([{ name: 'bad', kind: 'missing' }]);
  });

  it('does not come back when it is read again: it neither crashes the ledger nor notifies anybody', () => {
    const scene = withInvalid({}, withCrashed(deleted('worse', NOON)));
    scene.ledger.drop(['bad', 'worse']);
    const before = scene.count('deliveries');
    const invalid = [{ id: 'bad', problem: 'no created_at', text: '{"id":"bad"}' }];
    expect(scene.record([deleted('worse', NOON)], { invalid, now: NOON + HOUR })).toMatchObject({
      recorded: 0,
      quarantined: 0,
    });
    expect([keysIn(scene), scene.count('deliveries')]).toEqual([[], before]);
  });

  it('is recorded once it is right, where it was only malformed', () => {
    const scene = withInvalid({});
    scene.ledger.drop(['bad']);
    expect(scene.record([deleted('bad', NOON)])).toMatchObject({ recorded: 1 });
  });

  it('makes room for others with their text', () => {
    const scene = createScene();
    const many = (from: number, length: number): InvalidRecord[] =>
      Array.from({ length }, (_, i) => ({ id: `bad-${from + i}`, problem: 'no created_at', text: '{"a":1}' }));
    for (let from = 0; from < 1_000; from += 100) scene.record([], { invalid: many(from, 100) });
    scene.ledger.drop(['bad-1']);
    scene.record([], { invalid: many(1_000, 1) });
    expect(scene.count('quarantine', "id = 'bad-1000' AND cut IS NULL AND body = '{\"a\":1}'")).toBe(1);
  });
});

describe('the list', () => {
  it('is newest first, in pages, each record once', () => {
    const scene = createScene();
    for (let i = 0; i < 120; i++) {
      const invalid = [{ id: `bad-${i}`, problem: 'no created_at', text: '{}' }];
      scene.record([], { invalid, now: NOON + Math.floor(i / 7) * MINUTE });
    }
    const pages = [];
    for (let before = null as Parameters<ReturnType<typeof views>['quarantine']>[0]; ; ) {
      const { records, next } = views(scene).quarantine(before);
      pages.push(records);
      if (next === null) break;
      before = next;
    }
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 20]);
    const times = pages.flat().map(({ firstAt }) => firstAt);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(120);
  });

  it('reads an index, and no text', () => {
    const scene = withInvalid({});
    const plan = scene.store.all<{ detail: string }>(
      `EXPLAIN QUERY PLAN SELECT key FROM quarantine WHERE state = 'quarantined' AND (first_at, key) < (1, '')
       ORDER BY first_at DESC, key DESC LIMIT 51`,
    );
    expect(plan.map(({ detail }) => detail).join()).toMatch(/quarantine_by_time/);
    expect(plan.map(({ detail }) => detail).join()).not.toMatch(/TEMP B-TREE/);
  });
});
