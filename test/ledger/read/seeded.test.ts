import { afterAll, describe, expect, it } from 'vitest';
import { EVERY_ALERT } from '../../../src/ledger/alert-query.ts';
import { readStatus } from '../../../src/ledger/health/status.ts';
import { createViews, readChart, type Views } from '../../../src/ledger/read/views.ts';
import { evict } from '../../../src/ledger/record/retention.ts';
import { readState, UnsavedCheckpoint, UnsavedRereads } from '../../../src/ledger/store/state.ts';
import type { Store } from '../../../src/ledger/store/store.ts';
import { compile, LEVELS } from '../../../src/sigma/index.ts';
import { scopeIn } from '../../support/scope.ts';
import { seededStore } from '../../support/seeded-store.ts';
import { DAY, MINUTE } from '../scene.ts';
import { planOf, recordStatements, wholeReads } from '../store/plans.ts';

const NOW = Date.UTC(2026, 10, 20, 15, 20);
const { store, views, ledger, facts } = seededStore(NOW);
afterAll(() => store.close());

const one = (sql: string): number => store.all<{ n: number }>(sql)[0]?.n ?? 0;
const alertOf = (id: string): number => views.entry(id, null)?.parts.at(-1)?.alert.id ?? 0;

describe('a ledger of 100,000 entries', () => {
  it('has the facts that it states', () => {
    expect(one('SELECT count(*) AS n FROM entries')).toBe(100_000);
    expect(facts.entries).toBe(100_000);
    const counted = (sql: string) => store.all<{ of: string }>(sql).map(({ of }) => of);
    expect(counted('SELECT DISTINCT state AS of FROM deliveries ORDER BY of')).toEqual([
      ...['bundled', 'dead', 'delivered', 'pending', 'suppressed', 'waiting'],
    ]);
    expect(counted('SELECT DISTINCT level AS of FROM alerts ORDER BY of')).toEqual(
      LEVELS.filter((level) => level !== 'informational').toSorted(),
    );
    expect(counted('SELECT DISTINCT state AS of FROM alerts ORDER BY of')).toEqual([
      'acknowledged',
      'open',
      'resolved',
    ]);
    expect(one('SELECT count(*) AS n FROM alerts WHERE backfilled = 1')).toBeGreaterThan(0);
    expect(one('SELECT count(*) AS n FROM quarantine')).toBe(facts.malformed);
    expect(ledger.status(NOW).healthAlerts.map(({ kind }) => kind)).toContain('quarantine');
  });

  it('counts the day as a query over all of it does', () => {
    const { from, stepMs, entries, alerts } = views.overview(NOW).chart;
    const within = `BETWEEN ${from} AND ${from + entries.length * stepMs - 1}`;
    expect(entries.reduce((a, b) => a + b)).toBe(one(`SELECT count(*) AS n FROM entries WHERE created_at ${within}`));
    expect(alerts.reduce((a, b) => a + b)).toBe(one(`SELECT count(*) AS n FROM alerts WHERE begins ${within}`));
    expect(Math.min(...entries.slice(0, -1))).toBeGreaterThan(10);
  });

  it.each([
    facts.quiet.entry,
    facts.updated.entry,
    facts.scenarios['stolen key'].entry,
    facts.hostile.entry,
    facts.nobody,
  ])('tells the story that a search through all of it finds: %s', (id) => {
    const page = views.entry(id, null);
    if (page === null) throw new Error('it is not there');
    const { seq, createdAt } = page.entry;
    const near = (order: 'before' | 'after'): string[] => {
      const [than, way] = order === 'before' ? ['<', 'DESC'] : ['>', 'ASC'];
      return store
        .all<{ id: string }>(
          `SELECT id FROM entries NOT INDEXED WHERE actor = ? AND (created_at, seq) ${than} (?, ?)
               AND abs(created_at - ?) <= ${DAY} ORDER BY created_at ${way}, seq ${way} LIMIT 26`,
          page.actorActivity.value,
          createdAt,
          seq,
          createdAt,
        )
        .map((row) => row.id);
    };
    const [before, after] = [near('before'), near('after')];
    expect(page.actorActivity.before.map((line) => line.id)).toEqual(before.slice(0, 25).toReversed());
    expect(page.actorActivity.after.map((line) => line.id)).toEqual(after.slice(0, 25));
    expect([page.actorActivity.moreBefore, page.actorActivity.moreAfter]).toEqual([
      before.length > 25,
      after.length > 25,
    ]);
  });

  it('has each story’s alert', () => {
    for (const { entry } of Object.values(facts.scenarios)) expect(alertOf(entry)).toBeGreaterThan(0);
    const grown = views.alert(alertOf(facts.updated.entry), null);
    expect(grown).toMatchObject({ alert: { count: 40, status: 'open' }, more: 0 });
    expect(new Set(grown?.deliveries.map(({ what }) => what))).toEqual(new Set(['opened', 'updated']));
    expect(views.entry(facts.hostile.entry, null)?.parts[0]?.alert.status).toBe('open');
    expect(views.entry(facts.cut, null)?.cut).toBe(true);
    expect(views.entry(facts.quiet.entry, null)).toMatchObject({ rules: [], parts: [] });
  });

  it('gives each entry of an alert to its scope, and none besides', () => {
    const alert = alertOf(facts.updated.entry);
    const held = new Set(views.alert(alert, null)?.timeline.map(({ entry }) => entry?.id));
    const sample = store.all<{ id: string }>('SELECT id FROM entries WHERE seq % 997 = 0').map(({ id }) => id);
    for (const id of [...held, ...sample]) {
      const page = views.entry(id ?? '', scopeIn(store, alert));
      if (held.has(id)) expect(page?.entry.id).toBe(id);
      else expect(page).toBeNull();
    }
  });
});

/** Every view, in every way it can be asked. */
const ASKED: readonly (readonly [string, (views: Views) => unknown])[] = [
  ['overview', (of) => of.overview(NOW)],
  ['entry', (of) => of.entry(facts.quiet.entry, null)],
  ['entry in a scope', (of) => of.entry(facts.updated.entry, scopeIn(store, alertOf(facts.updated.entry)))],
  ['entry that does not exist', (of) => of.entry('none', null)],
  ['entry out of scope', (of) => of.entry(facts.quiet.entry, scopeIn(store, 1))],
  ['entryText', (of) => of.entryText(facts.quiet.entry, null)],
  ['entryText in a scope', (of) => of.entryText(facts.updated.entry, scopeIn(store, alertOf(facts.updated.entry)))],
  ['alert', (of) => of.alert(alertOf(facts.updated.entry), null)],
  ...(['unresolved', 'resolved', 'all'] as const).flatMap((status) =>
    [null, 'high'].flatMap((level) =>
      [null, 'seeded-low'].flatMap((rule) =>
        [null, 100].map(
          (before) =>
            [
              `alerts ${status} ${level} ${rule} ${before}`,
              (of: Views) => of.alerts({ ...EVERY_ALERT, status, level, rule, before, text: rule }),
            ] as const,
        ),
      ),
    ),
  ),
  ['rules', (of) => of.rules()],
];

describe('plans', () => {
  it.each(ASKED)('no statement reads a growing table whole: %s', (_, ask) => {
    const { store: recorded, statements } = recordStatements(store);
    const status = (now: number) => createStatus(recorded, now);
    const engine = compile({ version: 'x', rules: [] });
    ask(createViews(recorded, { engine, status }));
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) {
      const plan = planOf(store, statement);
      expect(wholeReads(plan), statement.sql).toEqual([]);
      expect(statement.sql).toMatch(/^(SELECT|WITH)/);
    }
  });

  it('the chart reads the state alone', () => {
    const { store: recorded, statements } = recordStatements(store);
    readChart(recorded, NOW);
    expect(statements.map(({ sql }) => sql)).toEqual(['SELECT value FROM state WHERE id = 1']);
  });

  it('deliveries that grow old are found by their index too', () => {
    const { store: recorded, statements } = recordStatements(store);
    const state = readState(store);
    if (state === null) throw new Error('no state');
    const options = { retentionMs: 30 * DAY, allowedLatenessMs: MINUTE, engine: compile({ version: 'x', rules: [] }) };
    evict(recorded, { ...state, evictedAt: 0 }, options);
    const steps = statements.flatMap((statement) => planOf(store, statement));
    expect(wholeReads(steps.filter((step) => step.includes('deliveries')))).toEqual([]);
  });

  it('a reading of the whole table would be noticed', () => {
    const whole = [
      'SELECT * FROM entries WHERE body = ?',
      'SELECT count(*) FROM entries',
      'SELECT * FROM deliveries WHERE reason = ?',
      'SELECT * FROM alerts ORDER BY last_at LIMIT 1',
      'SELECT * FROM matches WHERE at = ?',
    ];
    for (const sql of whole) {
      const binds = sql.includes('?') ? ['x'] : [];
      expect(wholeReads(planOf(store, { sql, binds })), sql).toHaveLength(1);
    }
  });
});

/** The status as the ledger reads it, but through this store. */
function createStatus(recorded: Store, now: number) {
  return readStatus(recorded, {
    now,
    countedMax: 50,
    engine: compile({ version: 'x', rules: [] }),
    receivers: [],
    blindAfterMs: 1,
    allowedLatenessMs: 1,
    unsaved: new UnsavedCheckpoint(),
    removed: () => [],
    rereads: new UnsavedRereads(),
    ...{ ownReads: null, keyTheft: 'no secret', usage: null },
  });
}
