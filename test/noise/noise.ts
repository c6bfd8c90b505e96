/**
 * Runs a week of an ordinary behaviour through the pack, and says where it is too loud: `npm run noise`. The same for the same
 * seed.
 */
import { type Engine, isAbove, type Level } from '../../src/sigma/index.ts';
import { createRandom } from '../sandbox/random.ts';
import type { Behaviour } from './behaviours/behaviour.ts';
import { DAY } from './calendar.ts';
import { createCompany } from './company.ts';
import { DIALECTS, type Dialect, type Logged, logOf } from './dialects.ts';
import { live } from './life.ts';
import { RECEIVERS, type Watched, watch } from './watch.ts';
import { createWorld, type Span } from './world.ts';

/** A Monday. New York changes its clocks in the week. */
export const WEEK = Date.UTC(2026, 2, 2);
const DAYS = 7;
const PAST_DAYS = 10;
const HEADCOUNT = 8;

/**
 * `first`: Tocsin is new, and nobody acts on its alerts. `later`: it has watched for ten days or more, and every night somebody
 * resolves what is open.
 */
export const STARTS = ['first', 'later'] as const;
export type Start = (typeof STARTS)[number];

/** What a rule opened in the week. */
export interface RuleNoise {
  /** The rule's id. */
  readonly rule: string;
  readonly level: Level;
  /** Alerts, by day. */
  readonly perDay: readonly number[];
}

export interface Noise {
  readonly behaviour: string;
  readonly dialect: Dialect;
  readonly start: Start;
  /** A day, in the week. */
  readonly entriesPerDay: number;
  /** The most severe first. */
  readonly rules: readonly RuleNoise[];
  /** By receiver, messages by day. */
  readonly messages: Readonly<Record<string, readonly number[]>>;
  /** Which limits it exceeds, a sentence each. */
  readonly problems: readonly string[];
}

/** The most alerts at medium or above a day, and the most messages to a receiver. */
export const ALERTS_MAX = 1;
export const MESSAGES_MAX = 5;

export interface NoiseRuns {
  readonly engine: Engine;
  readonly seed: number;
  /** Absent: all. */
  readonly starts?: readonly Start[];
  readonly dialects?: readonly Dialect[];
}

/** The runs of a behaviour. */
export function* noiseOf(
  behaviour: Behaviour,
  { engine, seed, starts = STARTS, dialects = DIALECTS }: NoiseRuns,
): Generator<Noise> {
  for (const start of starts) {
    for (const dialect of dialects) {
      const records = logOfWeek(behaviour, dialect, start, seed);
      const watched = watch(records, { engine, to: WEEK + DAYS * DAY, resolvesNightly: start === 'later' });
      const counted = records.filter(({ createdAt }) => createdAt >= WEEK).length;
      yield {
        ...{ behaviour: behaviour.name, dialect, start, entriesPerDay: Math.round(counted / DAYS) },
        ...countNoise(watched, WEEK, DAYS),
      };
    }
  }
}

/** The log of the behaviour's week, and of its past. */
export function logOfWeek(
  { add, pastDays = PAST_DAYS }: Behaviour,
  dialect: Dialect,
  start: Start,
  seed: number,
): Logged[] {
  const from = start === 'first' ? WEEK : WEEK - pastDays * DAY;
  const span: Span = { from, countedFrom: WEEK, to: WEEK + DAYS * DAY };
  const company = createCompany(createRandom(seed), HEADCOUNT);
  const world = createWorld(span, seed + 1);
  live(world, company);
  add(world, company);
  return logOf(world.done, dialect, createRandom(seed + 2));
}

/** Counts alerts and messages by day, from `from` on. */
export function countNoise(
  { alerts, messages }: Watched,
  from: number,
  days: number,
): Pick<Noise, 'rules' | 'messages' | 'problems'> {
  const dayOf = (at: number): number => Math.floor((at - from) / DAY);
  const perDay = (times: readonly number[]): number[] =>
    Array.from({ length: days }, (_, day) => times.filter((at) => dayOf(at) === day).length);
  const counted = alerts.filter(({ openedAt }) => openedAt >= from);
  const groups = Map.groupBy(counted, ({ rule, level }) => `${level} ${rule}`);
  const rules = [...groups.values()].map((of): RuleNoise => {
    const { rule, level } = of[0] as (typeof of)[number];
    return { rule, level, perDay: perDay(of.map(({ openedAt }) => openedAt)) };
  });
  const byReceiver = RECEIVERS.map(({ name }) => {
    return [name, perDay(messages.filter(({ receiver }) => receiver === name).map(({ at }) => at))] as const;
  });
  const sorted = rules.toSorted((a, b) => (isAbove(a.level, b.level) ? -1 : isAbove(b.level, a.level) ? 1 : 0));
  return { rules: sorted, messages: Object.fromEntries(byReceiver), problems: problemsOf(sorted, byReceiver, days) };
}

function problemsOf(
  rules: readonly RuleNoise[],
  messages: readonly (readonly [receiver: string, perDay: readonly number[]])[],
  days: number,
): string[] {
  const problems: string[] = [];
  const critical = sum(rules.filter(({ level }) => level === 'critical').flatMap(({ perDay }) => perDay));
  if (critical > 0) problems.push(`${critical} critical: none is allowed`);
  const loud = rules.filter(({ level }) => isAbove(level, 'low'));
  const most = Math.max(...Array.from({ length: days }, (_, day) => sum(loud.map(({ perDay }) => perDay[day] ?? 0))));
  if (most > ALERTS_MAX) problems.push(`${most} alerts at medium or above in a day: at most ${ALERTS_MAX} is allowed`);
  for (const [receiver, perDay] of messages) {
    const worst = Math.max(...perDay);
    if (worst > MESSAGES_MAX)
      problems.push(`${worst} messages to ${receiver} in a day: at most ${MESSAGES_MAX} are allowed`);
  }
  return problems;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all + n, 0);
}
