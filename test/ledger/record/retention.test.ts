/** Old rows are evicted by the log's own time, never by what an entry claims. */
import { describe, expect, it } from 'vitest';
import { answeredAt } from '../../support/answer-times.ts';
import {
  ALLOWED_LATENESS,
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
  route,
} from '../scene.ts';

const LATER = NOON + 31 * DAY;

/** A ledger that recorded something at noon, and has something new to record later. */
function aged(rules: Parameters<typeof createScene>[0] = []) {
  const scene = createScene(rules);
  scene.record([entry('old', NOON)]);
  return { ...scene, later: (now = LATER, id = 'new') => scene.record([entry(id, now, { action: 'other' })], { now }) };
}

describe('what was evicted', () => {
  it('is not recorded again, even if RETENTION grows', () => {
    const scene = createScene();
    const old = entries(10, NOON - HOUR, 1, 'old');
    const now = NOON + 31 * DAY;
    scene.record(old);
    scene.record(entries(1, now - MINUTE, 1, 'new'), { now, began: now });
    expect(scene.ids()).toEqual(['new00000']);
    const more = scene.reopened({ retentionMs: 90 * DAY });
    expect(more.record(old, { now, began: now })).toMatchObject({ recorded: 0, expired: 10 });
  });
});

describe('a window', () => {
  it('outlives what a long scan may still bring that is nearly too old', () => {
    const daily = counting('vm.deleted', 2, { timespanMs: DAY });
    const scene = createScene([onAction('vm.deleted', { alerts: false }), daily], { retentionMs: DAY });
    const rewind = { id: 'r', to: NOON - DAY, suppress: false };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: NOON - HOUR, suppressFirstRead: false }, NOON);
    const early = { ends: false, horizon: NOON - DAY, began: NOON };
    scene.record([deleted('a', NOON - DAY + MINUTE)], early);
    const now = NOON + 2 * HOUR;
    scene.record([deleted('b', NOON - DAY + 150 * MINUTE)], { ...early, times: answeredAt(now), now });
    expect(scene.count('alerts')).toBe(1);
  });

  it.each([
    ['where staged entries are flushed', 70],
    ['where they are flushed hours later, since the scan is long', 600],
  ])('outlives what is staged, %s', (_, minutes) => {
    const daily = counting('vm.deleted', 2, { timespanMs: DAY });
    const scene = createScene([onAction('vm.deleted', { alerts: false }), daily], { retentionMs: DAY });
    scene.record([deleted('a', NOON - 30 * MINUTE)]);
    const now = NOON + 2 * DAY - 32 * MINUTE;
    // Not too old when it is staged, by a minute.
    scene.stage([deleted('b', NOON + DAY - 31 * MINUTE)], { now });
    const later = now + minutes * MINUTE;
    scene.stage([], { began: now, times: answeredAt(later), now: later, ends: true });
    expect(scene.flush(later)).toMatchObject({ recorded: 1 });
    expect(scene.count('alerts')).toBe(1);
    // And it is not kept for ever.
    const end = later + 3 * DAY;
    scene.record([entry('c', end)], { now: end });
    expect(scene.count('windows')).toBe(0);
  });
});

describe('a full database', () => {
  it('frees what is old before the next batch is recorded', () => {
    const scene = createScene();
    for (let i = 0; i < 10; i++) scene.record(entries(100, NOON - HOUR + i * 1_000, 1, `old${i}-`));
    const pages = scene.store.all<{ page_count: number }>('PRAGMA page_count')[0]?.page_count ?? 0;
    scene.store.all(`PRAGMA max_page_count = ${pages}`);
    const now = NOON + 31 * DAY;
    for (let i = 0; i < 10; i++) {
      const fresh = entries(100, now - MINUTE + i, 1, `new${i}-`);
      expect(scene.record(fresh, { now, began: now })).toMatchObject({ recorded: 100 });
    }
    expect(scene.ids().filter((id) => id.startsWith('old'))).toEqual([]);
  });

  it('frees what grows old while a scan can be neither recorded nor ended', () => {
    const scene = full();
    const page = { began: LATER, times: answeredAt(LATER), now: LATER, ends: false };
    expect(() => scene.record(entries(100, LATER - MINUTE, 1, 'new'), page)).toThrow('full');
    const hours = { ...page, times: answeredAt(LATER + 25 * HOUR), now: LATER + 25 * HOUR };
    expect(scene.record(entries(100, LATER - MINUTE, 1, 'new'), hours)).toMatchObject({ recorded: 100 });
    expect(scene.ids().filter((id) => id.startsWith('old'))).toEqual([]);
  });

  it('frees what grows old while staged entries can’t be flushed', () => {
    const scene = full();
    scene.store.all('PRAGMA max_page_count = 1000000');
    scene.stage(entries(100, LATER - MINUTE, 1, 'new'), { now: LATER, began: LATER });
    scene.stage([], { now: LATER, began: LATER, ends: true });
    limit(scene);
    expect(() => scene.flush(LATER + MINUTE)).toThrow('full');
    expect(scene.flush(LATER + 25 * HOUR)).toMatchObject({ recorded: 100 });
  });

  it('frees what a shorter RETENTION makes old, at once', () => {
    const scene = full();
    scene.store.all('PRAGMA max_page_count = 1000000');
    scene.record([entry('older', NOON)]);
    const aged = NOON + 30 * DAY + 2 * HOUR;
    expect(scene.ids()).toContain('older');
    scene.record([entry('b', aged)], { now: aged });
    expect(scene.ids()).not.toContain('older');
    limit(scene);
    const now = aged + MINUTE;
    const page = entries(100, now, 1, 'new');
    expect(() => scene.record(page, { now })).toThrow('full');
    expect(scene.reopened({ retentionMs: 20 * DAY }).record(page, { now })).toMatchObject({ recorded: 100 });
  });
});

/** A ledger with 300 entries that become old a day after `LATER`, and no room. */
function full() {
  const scene = createScene([onAction('vm.read')]);
  const from = LATER - 29 * DAY;
  for (let i = 0; i < 3; i++) scene.record(entries(100, from + i, 1, `old${i}-`), { began: from, now: from });
  limit(scene);
  return scene;
}

/** Lets the database of a scene grow no more. */
function limit({ store }: ReturnType<typeof createScene>): void {
  const pages = store.all<{ page_count: number }>('PRAGMA page_count')[0]?.page_count ?? 0;
  store.all(`PRAGMA max_page_count = ${pages}`);
}

describe('retention', () => {
  it('evicts entries and their batches after thirty days', () => {
    const { later, ids, count } = aged();
    later(NOON + 30 * DAY);
    expect(ids()).toEqual(['old', 'new']);
    later(NOON + 30 * DAY + 2 * HOUR, 'newer');
    expect(ids()).toEqual(['new', 'newer']);
    expect(count('batches')).toBe(2);
  });

  it('is counted from the latest beginning of a scan, not from the wall clock', () => {
    const { record, ids } = aged();
    record([entry('b', NOON + 1)], { now: NOON + 90 * DAY, began: NOON + DAY });
    expect(ids()).toEqual(['old', 'b']);
  });

  it.each([
    ['keeps', 20, ['old', 'new']],
    ['evicts', 28, ['new']],
  ] as const)('where staged entries are flushed, by our clock alone, %s what a tenth more decides', (_, days, ids) => {
    const scene = createScene();
    scene.record([entry('old', NOON)]);
    const now = NOON + days * DAY;
    scene.stage([entry('new', now)], { now });
    scene.stage([], { now, ends: true });
    scene.flush(NOON + 300 * DAY);
    expect(scene.ids()).toEqual(ids);
  });

  it('is not moved by an entry dated in the future', () => {
    const { record, ids } = aged();
    record([entry('future', NOON + 3_000 * DAY)], { now: NOON + 2 * HOUR });
    record([entry('b', NOON + 5 * HOUR)], { now: NOON + 5 * HOUR });
    expect(ids()).toEqual(['old', 'future', 'b']);
  });

  it('keeps an entry dated in the future until its own time is old enough, since its id must be known while the log shows it', () => {
    const { record, later, ids } = aged();
    record([entry('future', NOON + 60 * DAY)]);
    later();
    expect(ids()).toEqual(['future', 'new']);
    expect(record([entry('future', NOON + 60 * DAY)], { now: LATER + HOUR })).toMatchObject({ known: 1, recorded: 0 });
  });

  it('never records an evicted entry again', () => {
    const { record, later } = aged();
    later();
    expect(record([entry('old', NOON)], { now: LATER + HOUR })).toMatchObject({ recorded: 0, expired: 1 });
  });

  it('runs at most once an hour', () => {
    const { later, ids, record } = aged();
    later();
    record([entry('late', LATER - 30 * DAY + MINUTE)], { now: LATER + MINUTE / 2 });
    later(LATER + 30 * MINUTE, 'c');
    expect(ids()).toContain('late');
    later(LATER + 61 * MINUTE, 'd');
    expect(ids()).not.toContain('late');
  });

  it('finishes, however many rows there are', () => {
    const scene = createScene();
    for (let i = 0; i < 50; i++) scene.record(entries(100, NOON - HOUR / 2, 1, `p${i}-`));
    for (let i = 0; i < 3; i++) scene.record([entry(`n${i}`, LATER + i * MINUTE)], { now: LATER + i * MINUTE });
    expect(scene.count('entries', `created_at < ${NOON + DAY}`)).toBe(0);
  });

  it('evicts windows that nothing can reach any more, settled deliveries and quarantined records', () => {
    const { outbox, later, record, makeDue, count } = aged([onAction('vm.read'), counting('vm.read', 5)]);
    record([], { invalid: [{ id: null, problem: 'no id', text: 'x' }] });
    makeDue(NOON + MINUTE);
    for (let taken = outbox.take('slack', NOON); taken.kind === 'due'; taken = outbox.take('slack', NOON + MINUTE)) {
      outbox.settle(taken.due, { reachedAt: NOON, outcome: { kind: 'delivered' }, paceMs: 0 }, NOON);
    }
    later();
    expect(['windows', 'quarantine', 'deliveries'].map((table) => count(table))).toEqual([0, 0, 0]);
  });

  it('evicts groups that are over, and none that waits or goes on', () => {
    const scene = createScene([onAction('vm.read')]);
    const keys = (): unknown[] => scene.store.all('SELECT key FROM groups ORDER BY key').map(({ key }) => key);
    const of = (id: string, now: number) => scene.record([entry(id, now, { actor: { id } })], { now });
    of('alice', NOON);
    scene.makeDue(NOON + MINUTE);
    of('bob', NOON + 30 * MINUTE);
    scene.makeDue(NOON + 31 * MINUTE);
    of('carol', NOON + 59 * MINUTE);
    // Alice's group is over after an hour, Bob's is not; Carol's waits.
    of('other', NOON + 80 * MINUTE);
    expect(keys()).toEqual(['bob', 'carol', 'other'].map((name) => `of actor ${name}`));
    // However long it waits.
    scene.record([entry('new', LATER, { action: 'other' })], { now: LATER });
    expect(keys()).toEqual(['carol', 'other'].map((name) => `of actor ${name}`));
  });

  it('evicts suppressed deliveries like delivered ones', () => {
    const scene = createScene([onAction('vm.read')]);
    scene.record([entry('old', NOON)]);
    scene.ledger.act(
      { alerts: [1], act: { act: 'acknowledge', comment: null }, who: 'alice', via: 'cli', seenLevel: null },
      NOON,
    );
    expect(scene.count('deliveries', "state = 'suppressed'")).toBe(1);
    scene.record([entry('new', LATER, { action: 'other' })], { now: LATER });
    expect(scene.count('deliveries', "state = 'suppressed'")).toBe(0);
  });

  it('finds delivered, suppressed and dead deliveries by an index', () => {
    const scene = createScene();
    const seen: string[] = [];
    const { all } = scene.store;
    Object.assign(scene.store, {
      all: (sql: string, ...binds: never[]) => {
        if (sql.startsWith('DELETE FROM deliveries'))
          seen.push(
            all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, 0)
              .map(({ detail }) => detail)
              .join(),
          );
        return all(sql, ...binds);
      },
    });
    scene.reopened().record([entry('a', NOON)]);
    expect(seen).toHaveLength(2);
    for (const plan of seen) expect(plan).toContain('INDEX deliveries_ended (state=? AND queued_at<?)');
  });

  it.each(['waiting', 'pending'])('keeps %s deliveries', (state) => {
    const { later, makeDue, count } = aged([onAction('vm.read')]);
    if (state === 'pending') makeDue(NOON + MINUTE);
    later();
    expect(count('deliveries', `alert IS NOT NULL AND state = '${state}'`)).toBe(1);
  });

  const counts = ['alerts', 'matches', 'acts'];
  it('keeps alerts with their matches and acts for a year', () => {
    const { later, ledger, count } = aged([onAction('vm.read')]);
    const resolve = { act: 'resolve', reason: 'expected', comment: null } as const;
    ledger.act({ alerts: [1], act: resolve, who: 'alice', via: 'cli', seenLevel: null }, NOON);
    later(NOON + 364 * DAY);
    expect(counts.map((table) => count(table))).toEqual([1, 1, 1]);
    later(NOON + 366 * DAY, 'newer');
    expect(counts.map((table) => count(table))).toEqual([0, 0, 0]);
  });

  it('keeps an alert that nobody has resolved', () => {
    const { later, count } = aged([onAction('vm.read')]);
    later(NOON + 400 * DAY);
    expect([count('alerts'), count('matches')]).toEqual([1, 1]);
  });

  it('keeps a window as long as its timespan reaches back', () => {
    const scene = createScene([
      onAction('vm.read', { alerts: false }),
      counting('vm.read', 2, { timespanMs: 60 * DAY }),
    ]);
    scene.record([entry('a', NOON)]);
    scene.record([entry('x', LATER, { actor: { id: 'bob' } })], { now: LATER });
    scene.record([entry('b', LATER + 2 * HOUR)], { now: LATER + 2 * HOUR });
    expect(scene.count('alerts')).toBe(1);
  });
});

describe('the status', () => {
  it('has every number', () => {
    const scene = createScene([onAction('vm.read')], { receivers: [route('slack'), route('mail')] });
    scene.record([entry('a', NOON - MINUTE)], { invalid: [{ id: 'bad', problem: 'no created_at', text: '{}' }] });
    expect(scene.ledger.status(NOON + MINUTE)).toMatchObject({
      watching: 'watching',
      startedAt: NOON,
      movedAt: NOON,
      watermark: NOON - ALLOWED_LATENESS,
      lagMs: 6 * MINUTE,
      staged: 0,
      counters: { recorded: 1, quarantined: 1, expired: 0, overflowed: 0 },
      rules: { version: 'one', count: 1 },
      receivers: [{ name: 'slack' }, { name: 'mail' }],
      alerts: { open: { high: 1 }, newest: [{ id: 1, title: 'Seen: vm.read', count: 1, status: 'open' }] },
      deliveries: { waiting: 2, pending: 2, delivered: 0, dead: 0 },
      dead: [],
      healthAlerts: [{ kind: 'quarantine', count: 1 }],
      quarantine: [{ problem: 'no created_at' }],
    });
  });

  it('says when it is blind', () => {
    const scene = createScene();
    scene.record([]);
    expect(['watching', 'blind']).toEqual(
      [14, 15].map((minutes) => scene.ledger.status(NOON + minutes * MINUTE).watching),
    );
  });

  it('writes nothing', () => {
    const scene = createScene([onAction('vm.read')]);
    scene.record([entry('a', NOON)]);
    expect(scene.written(() => scene.ledger.status(NOON + DAY))).toBe(0);
  });

  it('does not list an entry that is only suspected', () => {
    const scene = createScene();
    scene.ledger.quarantineCandidate({ id: 'a', problem: 'it crashed the ledger', text: '' }, NOON);
    expect(scene.ledger.status(NOON).quarantine).toEqual([]);
  });
});
