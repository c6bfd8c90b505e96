/**
 * Where the alerts of a rule can go, before there is an entry: what `routesOf` would decide, for all entries and times at once.
 *
 * Contract: pure and total. Level, rule and tags are known; whether matchers of entries (actor, address, fields) hold is not,
 * nor the time. Whatever `routesOf` decides for a match of the rule is among what is found, and what is found to be so always is
 * so. Each matcher of an entry counts by itself: where two exclude one another, more is found than can be.
 */
import { isAbove, isSevere, type Level } from '../sigma/index.ts';
import { type Matchers, type MatchFacts, matchEntry, matchRule } from './matchers.ts';
import { declaredName, type NotRoutedTo, rootFor, type Via } from './routes.ts';
import type { Route, RoutedReceiver, Routing } from './routing.ts';

/** A route that can take a match of the rule for its own receivers. */
export interface RuleRoute {
  readonly route: Route;
  /** As in `Via`. */
  readonly path: readonly number[];
  /** What an entry must match besides: of the route and those around it. Empty: nothing. */
  readonly conditions: readonly Matchers[];
  /** Paths of the routes that come first: what one of them takes does not come here. */
  readonly unless: readonly (readonly number[])[];
  /** Its receivers from whose level on the rule is. */
  readonly to: readonly RoutedReceiver[];
  /** Its other ones. */
  readonly not: readonly RoutedReceiver[];
}

/** Whether it is so for every match of the rule, or depends on the entry, or on the time. */
export type HowOften = 'always' | 'in some cases';

type FallbackReason = Extract<Via, { readonly kind: 'fallback' }>['because'];

/** Where the alerts of a rule can go. */
export interface RuleRoutes {
  /** In the order in which they are tried. Null: no tree is declared. */
  readonly routes: readonly RuleRoute[] | null;
  /** The receivers that can be notified. */
  readonly to: readonly { readonly receiver: RoutedReceiver; readonly often: HowOften }[];
  /** Those that can't be. */
  readonly not: readonly NotRoutedTo[];
  /** For what the fallback is notified where no route leads to it. Empty: it is not. */
  readonly fallback: readonly FallbackReason[];
}

/** What can become of a match at a route, as bits: the higher one wins where several routes take it. */
const UNTAKEN = 1;
/** A route takes it that does not lead to the receiver. */
const ELSEWHERE = 2;
/** It goes to the receiver within active times; at others, to the fallback. */
const TIMED = 4;
const SENT = 8;
const FATES = [UNTAKEN, ELSEWHERE, TIMED, SENT] as const;

/** Finds where the alerts of a rule can go. */
export function ruleRoutes(
  routing: Routing | null,
  receivers: readonly RoutedReceiver[],
  facts: MatchFacts,
): RuleRoutes {
  const { fallback = null } = routing ?? {};
  const root = rootFor(routing, facts);
  const { level } = facts;
  const fateOf = (route: Route, receiver: RoutedReceiver): number => fateAt(route, receiver, level, fallback);
  const fates = receivers.map((receiver) => {
    const withoutTree = isAbove(receiver.minLevel, level) ? ELSEWHERE : SENT;
    const of = root === undefined ? withoutTree : fatesOf(root, facts, (route) => fateOf(route, receiver));
    return { receiver, fates: of };
  });
  /** Of whichever receiver gets the most. */
  const anyFates =
    root === undefined
      ? Math.max(ELSEWHERE, ...fates.map((each) => each.fates))
      : fatesOf(root, facts, (route) => Math.max(ELSEWHERE, ...receivers.map((each) => fateOf(route, each))));
  const isLost = isSevere(level) && (anyFates & (UNTAKEN | ELSEWHERE)) !== 0;
  const because: FallbackReason[] = [
    ...(isLost ? (['no route'] as const) : []),
    ...(fates.some((each) => (each.fates & TIMED) !== 0) ? (['outside active times'] as const) : []),
  ];
  const to: { receiver: RoutedReceiver; often: HowOften }[] = [];
  const not: NotRoutedTo[] = [];
  let isTaken = false;
  for (const { receiver, fates: of } of fates) {
    const isRouted = (of & (TIMED | SENT)) !== 0;
    const isFallback = because.length > 0 && declaredName(receiver.name) === fallback && of !== SENT;
    isTaken ||= isFallback;
    if (isRouted || isFallback) {
      // No route leads to any receiver: the fallback gets each one.
      const isOnly = isFallback && (anyFates & (TIMED | SENT)) === 0;
      to.push({ receiver, often: of === SENT || isOnly ? 'always' : 'in some cases' });
      continue;
    }
    const { name, minLevel } = receiver;
    not.push({
      receiver: name,
      reason: isAbove(minLevel, level) ? "below the receiver's level" : 'no route',
      minLevel,
    });
  }
  const routes = root === undefined ? null : leavesOf(root, facts, receivers, { path: [], conditions: [], unless: [] });
  return { routes, to, not, fallback: isTaken ? because : [] };
}

/** What becomes of a match for one receiver at a route that takes it, as `routesOf` decides it. */
function fateAt(route: Route, { name, minLevel }: RoutedReceiver, level: Level, fallback: string | null): number {
  const declared = declaredName(name);
  if (isAbove(minLevel, level) || !route.receivers.includes(declared)) return ELSEWHERE;
  const isTimed = route.settings.activeTimes !== undefined && level === 'critical';
  return isTimed && fallback !== null && fallback !== declared ? TIMED : SENT;
}

/** What can become of a match at a route: several bits. `fateOf`: what the route's own receivers make of it. */
function fatesOf(route: Route, facts: MatchFacts, fateOf: (route: Route) => number): number {
  if (!matchRule(route.match, facts)) return UNTAKEN;
  let open: number = UNTAKEN;
  let ended = 0;
  for (const below of route.routes) {
    const fates = fatesOf(below, facts, fateOf);
    let next = 0;
    for (const before of FATES.filter((fate) => open & fate)) {
      for (const fate of FATES.filter((each) => fates & each)) {
        if (fate === UNTAKEN || below.continue) next |= Math.max(before, fate);
        else ended |= Math.max(before, fate);
      }
    }
    open = next;
  }
  const own = route.receivers.length === 0 ? UNTAKEN : fateOf(route);
  const taken = ended | (open & ~UNTAKEN) | (open & UNTAKEN ? own : 0);
  return isConditional(route) ? taken | UNTAKEN : taken;
}

/** Whether it has matchers of entries. */
function isConditional({ match }: Route): boolean {
  return !matchEntry(match, {});
}

/** What is known where a route is reached. */
type Reached = Pick<RuleRoute, 'path' | 'conditions' | 'unless'>;

/** The innermost routes that can take a match, in the order in which they are tried. */
function leavesOf(
  route: Route,
  facts: MatchFacts,
  receivers: readonly RoutedReceiver[],
  { path, conditions: around, unless }: Reached,
): readonly RuleRoute[] {
  if (!matchRule(route.match, facts)) return [];
  const conditions = isConditional(route) ? [...around, route.match] : around;
  const found: RuleRoute[] = [];
  /** Those below it that can take a match: for its own receivers, and for the routes after them. */
  const below: (readonly number[])[] = [];
  const before = [...unless];
  let isTaken = route.receivers.length === 0;
  for (const [index, each] of route.routes.entries()) {
    const fates = fatesOf(each, facts, () => ELSEWHERE);
    if (fates === UNTAKEN) continue;
    const inner = [...path, index];
    found.push(...leavesOf(each, facts, receivers, { path: inner, conditions, unless: [...before] }));
    // It takes every match that comes here: nothing is left for the route's own receivers, nor for the routes after it.
    const takesAll = (fates & UNTAKEN) === 0;
    if (takesAll && !each.continue) return found;
    isTaken ||= takesAll;
    below.push(inner);
    if (!each.continue) before.push(inner);
  }
  if (isTaken) return found;
  const own = receivers.filter(({ name }) => route.receivers.includes(declaredName(name)));
  const isBelow = ({ minLevel }: RoutedReceiver): boolean => isAbove(minLevel, facts.level);
  return [
    ...found,
    {
      ...{ route, path, conditions, unless: [...unless, ...below] },
      to: own.filter((each) => !isBelow(each)),
      not: own.filter(isBelow),
    },
  ];
}
