/**
 * Plays attack stories over an ordinary month, and says which of them the pack notices, by which rules and when; and what it
 * alerts on in the month alone: `npm run stories`. The same for the same seed.
 */
import { type Engine, isAbove, type Level, type Rule } from '../../src/sigma/index.ts';
import { createRandom, type Random } from '../sandbox/random.ts';
import type { EntryBody } from '../sandbox/record.ts';
import { DAY, MINUTE } from './calendar.ts';
import { addressIn } from './company.ts';
import { type Dialect, isLogged, logOf } from './dialects.ts';
import { createMonth, MONTH, MONTH_DAYS, type Month } from './month.ts';
import { countNoise, type Noise, type Start } from './noise.ts';
import type { Expected, Stage, Story } from './stories/story.ts';
import { type Watched, type WatchedAlert, watch } from './watch.ts';
import type { Done } from './world.ts';

/** The most alerts a day of the month alone. */
export const MONTH_ALERTS_MAX = 1;

/** What the rules alert on where nobody attacks. */
export type MonthAlone = Pick<Noise, 'rules' | 'messages' | 'problems'> & { readonly entriesPerDay: number };

/** An alert that a story caused. */
export interface Caused {
  /** The rule's id. */
  readonly rule: string;
  readonly level: Level;
  /** When it opened, and when the first message about it came: minutes after the decisive entry. Null: there was no message. */
  readonly opened: number;
  readonly notified: number | null;
}

export interface Outcome {
  readonly what: string;
  /** `not logged`: the dialect has no such entry. */
  readonly kind: 'noticed' | 'missed' | 'not logged';
  readonly within: number;
  /** Of the right alerts, the first whose message came in time; null: there was none. */
  readonly by: Caused | null;
}

export interface Played {
  readonly story: string;
  readonly outcomes: readonly Outcome[];
  /** All alerts that it caused; minutes after its first entry. */
  readonly caused: readonly Caused[];
}

export interface MonthRun {
  readonly engine: Engine;
  readonly dialect: Dialect;
  readonly start: Start;
  readonly seed: number;
}

/** The month alone. Every night somebody resolves what is open. */
export function monthAlone({ engine, dialect, start, seed }: MonthRun): MonthAlone {
  const { world } = createMonth(seed, start);
  const records = logOf(world.done, dialect, createRandom(seed + 2));
  const { rules, messages } = countNoise(
    watch(records, { engine, to: world.to, resolvesNightly: true }),
    MONTH,
    MONTH_DAYS,
  );
  const perDay = Array.from({ length: MONTH_DAYS }, (_, day) =>
    rules.map((rule) => rule.perDay[day] ?? 0).reduce((all, n) => all + n, 0),
  );
  const most = Math.max(...perDay);
  const days = perDay.filter((n) => n > MONTH_ALERTS_MAX).length;
  const problems =
    days === 0 ? [] : [`${most} alerts in a day, more than ${MONTH_ALERTS_MAX} on ${days} of ${MONTH_DAYS}`];
  const counted = records.filter(({ createdAt }) => createdAt >= MONTH).length;
  return { rules, messages, problems, entriesPerDay: Math.round(counted / MONTH_DAYS) };
}

/** The month with the stories in it. */
export function playStories(stories: readonly Story[], { engine, dialect, start, seed }: MonthRun): Played[] {
  const month = createMonth(seed, start);
  const staged = stories.map((story, i) => stage(month, story, createRandom(seed + 100 + i)));
  const records = logOf(month.world.done, dialect, createRandom(seed + 2));
  const watched = watch(records, { engine, to: month.world.to, resolvesNightly: true });
  const log = { dialect, doneAs: new Map(records.map(({ done, body }) => [(body as EntryBody).id, done])) };
  return staged.map((each) => judge(each, watched, log, engine.rules));
}

/** What was noticed of a story. */
export function judge(
  { story, done, expected }: Staged,
  watched: Watched,
  /** By entry, what was done. */
  { dialect, doneAs }: { readonly dialect: Dialect; readonly doneAs: ReadonlyMap<string, Done> },
  rules: ReadonlyMap<string, Pick<Rule, 'name' | 'title' | 'tags'>>,
): Played {
  const own = new Set(done);
  const begins = Math.min(...done.map(({ at }) => at));
  /** Of the story's entries that the alert has, the times. */
  const timesOf = ({ entries }: WatchedAlert): number[] =>
    entries.flatMap((id) => {
      const one = doneAs.get(id);
      return one !== undefined && own.has(one) ? [one.at] : [];
    });
  const alerts = watched.alerts.filter((alert) => timesOf(alert).length > 0);
  // What was sent before is not about the story, even of an alert that was open by then.
  const since = { ...watched, messages: watched.messages.filter(({ at }) => at >= begins) };
  const outcomes = expected.map((step): Outcome => {
    const { what, within, by } = step;
    if (!isLogged(by, dialect)) return { what, kind: 'not logged', within, by: null };
    const right = alerts
      .filter((alert) => isRight(alert, step, rules.get(alert.rule)))
      .filter((alert) => timesOf(alert).some((at) => at > step.since))
      .map((alert) => caused(alert, since, by.at))
      .find(({ notified }) => notified !== null && notified <= within);
    return { what, kind: right === undefined ? 'missed' : 'noticed', within, by: right ?? null };
  });
  return { story: story.name, outcomes, caused: alerts.map((alert) => caused(alert, since, begins)) };
}

/** A story that was laid over a month. */
export interface Staged {
  readonly story: Story;
  readonly done: readonly Done[];
  readonly expected: readonly Step[];
}

/** `since`: when the step before it was decided. */
type Step = Expected & { readonly since: number };

/** Lays a story over a month. */
export function stage({ world, company }: Month, story: Story, random: Random): Staged {
  const day = world.days('Europe/Berlin').find(({ number }) => number === MONTH / DAY + story.day);
  if (day === undefined) throw new Error(`${story.name}: the month has no day ${story.day}`);
  const before = world.done.length;
  const expected: Step[] = [];
  const scene: Stage = {
    ...{ world: { ...world, random }, company },
    at: day.at,
    key: (name) => {
      const found = world.done.find(({ by }) => by.actor?.name === name && by.actor.type === 'api_key');
      if (found === undefined) throw new Error(`${story.name}: nobody has the key ${name}`);
      return found.by;
    },
    person: (role, number) => {
      const found = company.people.filter((each) => each.role === role)[number];
      if (found === undefined) throw new Error(`${story.name}: there is no ${role} ${number}`);
      return found;
    },
    stranger: () => strangersAddress(world.done, random),
    expect: (what, by) => {
      expected.push({ ...what, by, since: expected.at(-1)?.by.at ?? Number.NEGATIVE_INFINITY });
    },
  };
  story.play(scene);
  return { story, done: world.done.slice(before), expected };
}

/** An address of a network that nobody has been in: the block is reserved, so that only other stories may have been. */
function strangersAddress(done: readonly Done[], random: Random): string {
  const network = `240.0.${random.below(256)}`;
  const isTaken = done.some(({ by }) => by.address?.startsWith(`${network}.`));
  return isTaken ? strangersAddress(done, random) : addressIn(network, random);
}

function isRight(
  { level }: WatchedAlert,
  expected: Expected,
  rule: Pick<Rule, 'name' | 'title' | 'tags'> | undefined,
): boolean {
  if (rule === undefined || isAbove(expected.level, level)) return false;
  if (expected.rules.length > 0) return expected.rules.some((name) => name === rule.name || name === rule.title);
  const tags = rule.tags.map((tag) => tag.replaceAll('_', '-'));
  return expected.tactics.some((tactic) => tags.includes(`attack.${tactic}`));
}

function caused({ id, rule, level, openedAt }: WatchedAlert, { messages }: Watched, from: number): Caused {
  const message = messages.find(({ alerts }) => alerts.includes(id));
  const minutes = (at: number): number => Math.round((at - from) / (MINUTE / 10)) / 10;
  return { rule, level, opened: minutes(openedAt), notified: message === undefined ? null : minutes(message.at) };
}
