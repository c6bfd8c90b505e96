/** More than correlations may keep: what is dropped is counted and reported, and nothing that is stored is large. */
import { describe, expect, it } from 'vitest';
import { GROUPS_DROPPED, GROUPS_MAX } from '../../../src/ledger/record/group-limit.ts';
import { CORRELATION_TYPES, type CorrelationRule } from '../../../src/sigma/index.ts';
import { counting, createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const READ = onAction('vm.read', { alerts: false });
const many = (more: Partial<CorrelationRule> = {}) =>
  counting('vm.read', 1_000, { id: 'many', title: 'Many', ...more });

const summaries = (scene: Scene) => scene.notifications("health = 'overflow'").map(({ health }) => health.summary);

/** So many entries from `number` on, each of another actor. */
const actors = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => entry(`e${from + i}`, NOON, { actor: { id: `u${from + i}` } }));

/** A ledger whose rule `many` has so many groups, none of them touched lately. */
function grown(groups: number, known = groups): Scene {
  const scene = createScene([READ, many()]);
  scene.store.run(
    `INSERT INTO windows (rule, key, touched, newest, fingerprint, text)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${groups})
     SELECT 'many', 'k' || i, i - 200000, ${NOON}, 'f', '' FROM n`,
  );
  scene.record([entry('first', NOON - MINUTE, { action: 'other' })]);
  scene.store.run("UPDATE state SET value = json_set(value, '$.groups', json_object('many', ?))", known);
  return scene;
}

describe('too many groups', () => {
  it('are dropped, the longest untouched first, counted and reported', () => {
    const scene = grown(GROUPS_MAX - 100);
    scene.record(actors(0, 100));
    expect([scene.count('windows'), summaries(scene)]).toEqual([GROUPS_MAX, []]);
    scene.record(actors(100, 3));
    expect(scene.count('windows')).toBe(GROUPS_MAX - GROUPS_DROPPED);
    expect(summaries(scene)).toEqual([
      'the rule Many has more groups than Tocsin can keep. The least recently active were dropped.',
    ]);
    expect(scene.ledger.status(NOON)).toMatchObject({
      counters: { overflowed: GROUPS_DROPPED + 3 },
      healthAlerts: [{ kind: 'overflow', count: 1 }],
    });
    expect([scene.count('windows', "key = 'k5003'"), scene.count('windows', "key = 'k5004'")]).toEqual([0, 1]);
    expect(scene.count('windows', 'key LIKE \'{"actor.id":"u%\'')).toBe(103);
  });

  it('are looked for without counting the table, and once it is full, once in thousands', () => {
    const scene = grown(GROUPS_MAX - 150);
    let counted = 0;
    const { all } = scene.store;
    Object.assign(scene.store, {
      all: (sql: string, ...binds: never[]) => {
        if (sql.includes('count(*) AS n FROM windows')) counted++;
        return all(sql, ...binds);
      },
    });
    const after = scene.reopened();
    after.record(actors(0, 100));
    expect(counted).toBe(0);
    for (let i = 1; i < 12; i++) after.record(actors(100 * i, 100));
    expect(counted).toBe(1);
  });

  it('that were evicted are noticed before anything is dropped', () => {
    const scene = grown(10, GROUPS_MAX);
    scene.record(actors(0, 1));
    expect([scene.count('windows'), summaries(scene)]).toEqual([11, []]);
    expect(scene.store.all("SELECT value ->> '$.groups.many' AS n FROM state")).toEqual([{ n: 11 }]);
  });

  it('of one rule cost the others nothing', () => {
    const scene = createScene([READ, many(), counting('vm.read', 9, { id: 'other' })]);
    scene.record(actors(0, 5));
    scene.record(actors(3, 5).map((each) => ({ ...each, id: `again ${each.id}` })));
    const [state] = scene.store.all<{ groups: string }>("SELECT value ->> '$.groups' AS groups FROM state");
    expect(JSON.parse(state?.groups ?? '')).toEqual({ many: 8, other: 8 });
  });

  it('a rule whose id is strange is a rule', () => {
    const scene = createScene([READ, counting('vm.read', 9, { id: '__proto__' })]);
    scene.record(actors(0, 5));
    expect(scene.reopened().record(actors(5, 5)).recorded).toBe(5);
    expect(scene.store.all("SELECT value ->> '$.groups.__proto__' AS n FROM state")).toEqual([{ n: 10 }]);
  });
});

/** Records pages of 100 entries of one actor, a second apart, each with another value; returns when that ended. */
function record(scene: Scene, pages: number, value: (i: number) => unknown): number {
  for (let page = 0; page < pages; page++) {
    const numbers = Array.from({ length: 100 }, (_, i) => page * 100 + i);
    scene.record(
      numbers.map((i) => entry(`v${i}`, NOON + i * 1_000, { value: value(i) })),
      { now: NOON + (page + 1) * 100_000 },
    );
  }
  return NOON + pages * 100_000;
}

describe('too many values in a group', () => {
  const sum = many({
    type: 'value_sum',
    fields: ['value'],
    timespanMs: 10 * HOUR,
    condition: [{ op: 'lt', value: 0 }],
  });

  it('are dropped, the oldest first, counted, and reported once a day for each rule', () => {
    const scene = createScene([READ, sum, { ...sum, id: 'again', title: 'Again' }]);
    const now = record(scene, 103, (i) => i + 0.5);
    const dropped = scene.ledger.status(now).counters?.overflowed ?? 0;
    expect(dropped).toBe(2 * 300);
    expect(summaries(scene)).toEqual([
      'the rule Many has a group with more matches than Tocsin can keep. The oldest were dropped.',
      'the rule Again has a group with more matches than Tocsin can keep. The oldest were dropped.',
    ]);
    scene.record([entry('next day', now + DAY - HOUR, { value: 1 })], { now: now + DAY });
    expect(summaries(scene)).toHaveLength(2);
  });

  it('of many groups at once are one alarm, and one row', () => {
    const scene = createScene([READ, sum]);
    const page = (name: string) =>
      Array.from({ length: 40 }, (_, i) => entry(`${name}${i}`, NOON, { actor: { id: `a${i}` }, value: 1 }));
    scene.record(page('first'));
    // Each of them is full.
    const steps = JSON.stringify([NOON - 10_000, ...new Array(9_999).fill(1)]);
    const samples = JSON.stringify(new Array(10_000).fill(1));
    scene.store.run('UPDATE windows SET text = ?', `[1,"value_sum",${steps},${samples},[]]`);
    const healthAlerts: string[] = [];
    scene.watch((sql) => {
      if (sql.includes('INTO health_alerts') || sql.includes('UPDATE health_alerts')) healthAlerts.push(sql);
    });
    scene.record(page('second'));
    expect(healthAlerts).toHaveLength(1);
    expect(scene.ledger.status(NOON).counters?.overflowed).toBe(40);
    expect(summaries(scene)).toHaveLength(1);
  });

  it.each(CORRELATION_TYPES)('%s: no window is stored that is larger than 1 MB', (type) => {
    const isNumber = /^value_(sum|avg|median)$/.test(type);
    const hostile = (i: number) => `${i} ${'\u0000"\\😀'.repeat(20)}`;
    const scene = createScene([
      READ,
      many({
        type,
        ...{ rules: ['vm.read'], timespanMs: 100 * DAY, percentile: null },
        fields: type.startsWith('value_') ? ['value'] : [],
        condition: [{ op: 'gte', value: 1e9 }],
      }),
    ]);
    record(scene, 105, (i) => (isNumber ? -Math.PI * 1e-200 * (i + 1) : hostile(i)));
    const [row] = scene.store.all<{ bytes: number }>('SELECT max(octet_length(text)) AS bytes FROM windows');
    expect(row?.bytes).toBeLessThan(1_000_000);
  });
});
