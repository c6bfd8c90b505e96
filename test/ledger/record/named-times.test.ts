/** Rules that match at named times only, in the ledger: by the time an entry counts with. */
import { describe, expect, it } from 'vitest';
import { compile, type Expression } from '../../../src/sigma/index.ts';
import type { TimeRange } from '../../../src/text/time-ranges.ts';
import { counting, createScene, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const range: TimeRange = { weekdays: [1], from: 720, to: 780, timeZone: 'UTC' };
const LUNCH = { kind: 'leaf', selection: 'during lunch', field: 'local time' } as const;
const at = (outside: boolean): Expression => ({ ...LUNCH, test: { op: 'during', outside, ranges: [range] } });
const SEEN = onAction('vm.read');
const ruleAt = (outside: boolean, alerts = true) =>
  onAction('vm.read', { alerts, expression: { kind: 'and', of: [SEEN.expression, at(outside)] } });
const evidence = (value: string) => [
  { selection: 'selection', field: 'action', value: 'vm.read' },
  { selection: 'during lunch', field: 'local time', value },
];
/** An entry that counts with another time than its own. */
const counted = (id: string, createdAt: number, occurredAt: number) => ({ ...entry(id, createdAt), occurredAt });
const record = (scene: Scene, ...entries: readonly ReturnType<typeof counted>[]) =>
  scene.record(entries, { entries, now: NOON + 2 * HOUR });
const alerts = ({ store }: Scene) => store.all<{ rule: string; count: number }>('SELECT rule, count FROM alerts');

describe('a rule that matches at named times', () => {
  it('goes by the time the entry counts with, and says so on its page', () => {
    const scene = createScene([ruleAt(false)]);
    record(scene, counted('a', NOON + 2 * HOUR, NOON + MINUTE), counted('b', NOON + MINUTE, NOON + 2 * HOUR));
    expect(alerts(scene)).toEqual([{ rule: SEEN.id, count: 1 }]);
    const [message] = scene.makeDue(NOON + 3 * HOUR);
    expect(message.evidence).toEqual(evidence('Mon 2026-01-05 12:01 UTC'));
    const [a, b] = ['a', 'b'].map((id) => scene.views.entryWhy(id, NOON));
    expect(a?.matched.map((each) => each.evidence)).toEqual([evidence('Mon 2026-01-05 12:01 UTC')]);
    expect(b?.matched).toEqual([]);
    expect(b?.near[0]?.failed).toEqual([
      { selection: 'during lunch', field: 'local time', value: 'Mon 2026-01-05 14:00 UTC', excluded: false },
    ]);
    expect(scene.views.entry('a', null)?.rules[0]?.evidence).toEqual(evidence('Mon 2026-01-05 12:01 UTC'));
    expect(scene.views.entry('b', null)?.rules).toEqual([]);
  });

  it('counts in a correlation, whose entries are found again', () => {
    const many = counting(SEEN.id, 3, { timespanMs: 3 * HOUR });
    const scene = createScene([ruleAt(false, false), many]);
    record(scene, counted('a', NOON + HOUR, NOON), counted('b', NOON, NOON + HOUR), counted('c', NOON, NOON + 1));
    expect(alerts(scene)).toEqual([]);
    const reopened = scene.reopened();
    record(reopened, counted('d', NOON, NOON + 2));
    expect(alerts(reopened)).toEqual([{ rule: many.id, count: 1 }]);
    expect(reopened.store.all('SELECT seq FROM matches ORDER BY seq').map(({ seq }) => seq)).toEqual([1, 2, 4]);
  });

  it.each([
    ['occurred at lunch', NOON + 2 * HOUR, NOON, 1],
    ['is only dated at lunch', NOON, NOON + 2 * HOUR, 0],
  ])('is built from recorded entries by the same time: what %s', (_, createdAt, occurredAt, opened) => {
    const many = counting(SEEN.id, 3, { timespanMs: 3 * HOUR });
    const scene = createScene([{ ...SEEN, alerts: false }]);
    record(scene, counted('a', createdAt, occurredAt), counted('b', createdAt, occurredAt));
    const engine = compile({ version: 'two', rules: [ruleAt(false, false), many] });
    const after = scene.reopened({ engine });
    record(after, counted('c', NOON, NOON + MINUTE));
    expect(alerts(after)).toHaveLength(opened);
  });

  it('is for a correlation what its filter demands', () => {
    const many = counting(SEEN.id, 2, { timespanMs: 3 * HOUR, filter: at(true) });
    const scene = createScene([{ ...SEEN, alerts: false }, many], {
      engine: compile({ version: 'one', rules: [{ ...SEEN, alerts: false }, many] }),
    });
    record(scene, counted('a', NOON - 1, NOON), counted('b', NOON, NOON + 1), counted('c', NOON, NOON - 1));
    expect(alerts(scene)).toEqual([]);
    record(scene, counted('d', NOON, NOON + HOUR));
    expect(alerts(scene)).toEqual([{ rule: many.id, count: 1 }]);
  });
});
