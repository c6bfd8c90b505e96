/** When a receiver gets what it is to be notified of: a row for each rule of groups, reminders and floods. */
import { describe, expect, it } from 'vitest';
import {
  afterDecision,
  afterMessage,
  FLOOD_END_MS,
  FLOOD_GROUPS,
  type Floods,
  findGroup,
  type Group,
  type Grouped,
  type GroupKey,
  type GroupKind,
  isOver,
  NO_FLOODS,
  type Waiting,
} from '../../src/alert/groups.ts';
import type { Level } from '../../src/sigma/index.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T = 1_000 * HOUR;

const waiting = (level: Level, at = T, kind: Waiting['kind'] = 'opened'): Waiting => ({ kind, level, at });
/** A group that has sent so many messages, the last one at `T`. */
const sent = (times: number, level: Level = 'high', kind: GroupKind = 'group'): Group => {
  let group = afterDecision(null, kind, waiting(level, T - HOUR));
  for (let n = 0; n < times; n++) group = afterMessage(group, [level], [], T);
  return group;
};
/** In seconds after `T`. */
const due = (group: Group | null, decision: Waiting, kind: GroupKind = 'group'): number =>
  ((afterDecision(group, kind, decision).dueAt ?? 0) - T) / SECOND;

describe('a message is due', () => {
  const rows: readonly [string, Group | null, Waiting, number, GroupKind?][] = [
    ['30 s after the first decision', null, waiting('high'), 30],
    ['5 s after a critical one', null, waiting('critical'), 5],
    ['30 s after a low one', null, waiting('low'), 30],
    ['5 min after the first message', sent(1), waiting('high', T, 'updated'), 5 * 60],
    ['at once where the interval has passed', sent(1), waiting('high', T + HOUR, 'updated'), 60 * 60],
    ['10 min after the second', sent(2), waiting('high', T, 'updated'), 10 * 60],
    ['20 min after the third', sent(3), waiting('high', T, 'updated'), 20 * 60],
    ['at most 4 h after the last', sent(20), waiting('high', T, 'updated'), 4 * 60 * 60],
    ['10 min at most after what opened at high', sent(20), waiting('high'), 10 * 60],
    ['10 min at most after what was raised to high', sent(20), waiting('high', T, 'raised'), 10 * 60],
    ['with no such bound at medium', sent(20, 'medium'), waiting('medium'), 4 * 60 * 60],
    ['5 s after a critical one, however long the interval', sent(20, 'critical'), waiting('critical'), 5],
    ['5 s after what is more severe than all it has sent', sent(20, 'medium'), waiting('high', T, 'raised'), 5],
    ['30 s after the first that a silence suppressed', null, waiting('high', T, 'recurred'), 30, 'silence ended'],
    ['5 s after what is critical of it', null, waiting('critical', T, 'recurred'), 5, 'silence ended'],
    [
      '10 min at most after what a silence suppressed, whatever it is',
      sent(20, 'high', 'silence ended'),
      waiting('high', T, 'recurred'),
      10 * 60,
      'silence ended',
    ],
    ['30 s after the first reminder', null, waiting('high', T, 'recurred'), 30, 'reminder'],
    [
      '4 h after the last reminder',
      sent(1, 'high', 'reminder'),
      waiting('high', T, 'recurred'),
      4 * 60 * 60,
      'reminder',
    ],
    [
      '1 h after it where critical is among them',
      sent(9, 'high', 'reminder'),
      waiting('critical', T, 'recurred'),
      60 * 60,
      'reminder',
    ],
    [
      'a minute after a critical one in a flood',
      sent(9, 'critical', 'critical flood'),
      waiting('critical'),
      60,
      'critical flood',
    ],
    ['5 min after the first high one in a flood', null, waiting('high'), 5 * 60, 'high flood'],
    [
      '1 h at most after the last high ones in a flood',
      sent(9, 'high', 'high flood'),
      waiting('high'),
      60 * 60,
      'high flood',
    ],
    ['15 min after the first of a digest', null, waiting('medium'), 15 * 60, 'digest'],
    ['30 min after its second message', sent(2, 'medium', 'digest'), waiting('medium'), 30 * 60, 'digest'],
    ['4 h at most after its last', sent(20, 'medium', 'digest'), waiting('medium'), 4 * 60 * 60, 'digest'],
  ];
  it.each(rows)('%s', (_, group, decision, seconds, kind = 'group') => {
    expect(due(group, decision, kind)).toBe(seconds);
  });

  it('at the earliest of what waits, and again at what is left', () => {
    const both = afterDecision(afterDecision(null, 'group', waiting('high')), 'group', waiting('critical', T + SECOND));
    expect(both.dueAt).toBe(T + 6 * SECOND);
    const left = afterMessage(both, ['critical'], [waiting('high')], T + 6 * SECOND);
    expect(left).toMatchObject({ sentLevel: 'critical', dueAt: T + 6 * SECOND + 5 * MINUTE });
    expect(afterMessage(both, ['critical', 'high'], [], T + 6 * SECOND).dueAt).toBeNull();
  });
});

describe('a group is over', () => {
  it.each<[string, Group, number, boolean]>([
    ['an hour after its last decision', { ...sent(1), decidedAt: T }, T + HOUR, true],
    ['not sooner', { ...sent(1), decidedAt: T }, T + HOUR - 1, false],
    ['twice its interval after, where that is longer', { ...sent(5), decidedAt: T }, T + 2 * 80 * MINUTE, true],
    ['and not sooner', { ...sent(5), decidedAt: T }, T + 2 * 80 * MINUTE - 1, false],
    ['never while something waits', afterDecision(sent(1), 'group', waiting('low')), T + 100 * HOUR, false],
  ])('%s', (_, group, now, over) => {
    expect(isOver(group, now)).toBe(over);
  });
});

describe('a decision waits', () => {
  const grouped = (of: Partial<Grouped> = {}): Grouped => ({
    ...{ alert: 1, rule: 'r', subject: 'ci', kind: 'opened', level: 'high', at: T },
    ...of,
  });
  const none = (): boolean => false;
  const keyOf = (floods: Floods, of: Partial<Grouped>, exists: (own: GroupKey) => boolean = none): string =>
    findGroup(floods, grouped(of), exists).of.key;
  /** After so many groups began, one each `everyMs`, the last at `T`. */
  const begun = (times: number, everyMs: number, of: (n: number) => Partial<Grouped>): Floods => {
    let floods = NO_FLOODS;
    for (let n = 0; n < times; n++)
      floods = findGroup(floods, grouped({ at: T - (times - 1 - n) * everyMs, ...of(n) }), none).floods;
    return floods;
  };
  const rules = (n: number) => ({ rule: `rule ${n}`, subject: `actor ${n}` });
  const actors = (n: number) => ({ subject: `actor ${n}` });

  const rows: readonly [string, Floods, Partial<Grouped>, string][] = [
    ['with its subject at high', NO_FLOODS, {}, 'of ci'],
    ['with its rule at medium', NO_FLOODS, { level: 'medium' }, 'rule r'],
    ['with the reminders', NO_FLOODS, { kind: 'recurred' }, 'reminder'],
    ['in its group after 18 others', begun(18, SECOND, rules), {}, 'of ci'],
    ['by itself as the 20th within ten minutes', begun(19, SECOND, rules), { alert: 20 }, 'alert 20'],
    ['in its group where the 20 took ten minutes', begun(19, 34 * SECOND, rules), {}, 'of ci'],
    ['by itself as the 20th of its rule within a day', begun(19, HOUR, actors), { alert: 20 }, 'alert 20'],
    ['in its group where its rule was slower', begun(19, 2 * HOUR, actors), {}, 'of ci'],
    ['with its rule, after the first of it in a flood', begun(21, SECOND, actors), {}, 'high flood of r'],
    ['apart by level', begun(21, SECOND, actors), { level: 'critical' }, 'critical flood of r'],
    ['in the digest at medium', begun(20, SECOND, rules), { level: 'medium' }, 'digest'],
    ['in the digest only in a flood of all', begun(20, HOUR, actors), { level: 'medium', rule: 'other' }, 'rule other'],
    ['with the reminders in a flood too', begun(30, SECOND, actors), { kind: 'recurred' }, 'reminder'],
    ['in its group once the flood is over', begun(20, SECOND, rules), { at: T + FLOOD_END_MS }, 'of ci'],
    ['in the flood until then', begun(20, SECOND, rules), { at: T + FLOOD_END_MS - 1, alert: 5 }, 'alert 5'],
  ];
  it.each(rows)('%s', (_, floods, of, key) => {
    expect(keyOf(floods, of)).toBe(key);
  });

  it('with its rule in a flood, also where its group has begun; and in its group afterwards', () => {
    const exists = ({ key }: GroupKey): boolean => key === 'of ci';
    expect(keyOf(begun(18, SECOND, actors), {}, exists)).toBe('of ci');
    expect(keyOf(begun(30, SECOND, actors), {}, exists)).toBe('high flood of r');
    expect(keyOf(begun(30, SECOND, actors), { at: T + FLOOD_END_MS }, exists)).toBe('of ci');
  });

  it('and a flood remembers a bounded number of times, and forgets rules after a day', () => {
    const floods = begun(5_000, SECOND, (n) => ({ rule: `rule ${n % 60}` }));
    expect(floods.begun).toHaveLength(FLOOD_GROUPS);
    expect(Object.keys(floods.rules)).toHaveLength(60);
    const later = findGroup(floods, grouped({ at: T + 25 * HOUR }), none).floods;
    expect([Object.keys(later.rules), later.first, later.ruleFloodAt]).toEqual([['r'], [], {}]);
  });
});
