/**
 * Which receivers a match goes to, and why: the tree of routes, as in Alertmanager.
 *
 * Contract: pure and total. Of the routes below one another, the innermost that match take a match; of those beside one
 * another, the first, and further ones after each that says `continue`. Every receiver is in exactly one of the two lists of
 * a decision. `at` is wall time, ms since the epoch.
 */
import { type EntryBody, isAbove, isSevere, type Level } from '../sigma/index.ts';
import { isActive, nextActiveAt } from '../text/time-ranges.ts';
import { type MatchFacts, matchEntry, matchRule } from './matchers.ts';
import type { Route, RoutedReceiver, RouteSettings, Routing } from './routing.ts';

/** A match, as far as routes depend on it. */
export interface RouteFacts extends MatchFacts {
  /** The entry; of a correlation, the one that completed it. */
  readonly body: EntryBody;
}

/** Why a match goes to a receiver. */
export type Via =
  /** No tree is declared. */
  | { readonly kind: 'default' }
  /** `path`: the place of each route among those beside it, from the root's routes on; empty for the root. */
  | { readonly kind: 'route'; readonly path: readonly number[]; readonly line: number }
  | { readonly kind: 'fallback'; readonly because: 'no route' | 'outside active times' };

/** A receiver that a match goes to. */
export interface RoutedTo {
  /** As the ledger knows it: `email/2` for the second address. */
  readonly receiver: string;
  readonly via: Via;
  /** Without a digest where the match is high or critical. */
  readonly settings: RouteSettings;
  /** When the active times of its route begin: it is notified then. Null: it is notified now. */
  readonly heldUntil: number | null;
}

/** Why a match does not go to a receiver. */
export type UnroutedReason = "below the receiver's level" | 'no route' | 'outside active times';

export interface RoutesDecision {
  readonly to: readonly RoutedTo[];
  readonly not: readonly NotRoutedTo[];
}

/** A receiver that a match does not go to. */
export interface NotRoutedTo {
  readonly receiver: string;
  readonly reason: UnroutedReason;
  /** The receiver's. */
  readonly minLevel: Level;
  /** Outside of active times: those of the route that leads there. */
  readonly settings?: RouteSettings;
}

/** An innermost route that takes the match. */
interface Leaf {
  readonly route: Route;
  readonly path: readonly number[];
}

/** Decides which of the receivers a match goes to. */
export function routesOf(
  routing: Routing | null,
  receivers: readonly RoutedReceiver[],
  facts: RouteFacts,
  at: number,
): RoutesDecision {
  const { fallback = null } = routing ?? {};
  const route = rootFor(routing, facts);
  const leaves = route === undefined ? null : leavesOf(route, facts, []);
  const to: RoutedTo[] = [];
  const not: NotRoutedTo[] = [];
  for (const receiver of receivers) {
    const decided = decideReceiver(receiver, leaves, facts, at, fallback);
    if ('reason' in decided) not.push(decided);
    else to.push(decided);
  }
  const isOutside = not.some(({ reason }) => reason === 'outside active times');
  if (fallback === null || !(isOutside || (to.length === 0 && isSevere(facts.level)))) return { to, not };
  const via: Via = { kind: 'fallback', because: isOutside ? 'outside active times' : 'no route' };
  const isFallback = ({ receiver }: { readonly receiver: string }) => declaredName(receiver) === fallback;
  const taking = not.filter(isFallback).map(({ receiver }): RoutedTo => {
    return { receiver, via, settings: {}, heldUntil: null };
  });
  return { to: [...to, ...taking], not: not.filter((each) => !isFallback(each)) };
}

/** The root of the tree for a match; undefined: no tree is declared. A rule's own receivers stand in its place. */
export function rootFor(routing: Routing | null, { receivers }: MatchFacts): Route | undefined {
  if (receivers === undefined) return routing?.route;
  return { line: 0, match: {}, receivers, settings: {}, continue: false, routes: [] };
}

function decideReceiver(
  receiver: RoutedReceiver,
  leaves: readonly Leaf[] | null,
  { level }: RouteFacts,
  at: number,
  fallback: string | null,
): RoutedTo | NotRoutedTo {
  const { name, minLevel } = receiver;
  if (isAbove(minLevel, level)) return { receiver: name, reason: "below the receiver's level", minLevel };
  if (leaves === null) {
    return { receiver: name, via: { kind: 'default' }, settings: {}, heldUntil: null };
  }
  const leading = leaves
    .filter(({ route }) => route.receivers.includes(declaredName(name)))
    .map((leaf) => ({ ...leaf, held: heldUntil(leaf.route, at) }));
  const leaf = leading.find(({ held }) => held === null) ?? leading[0];
  if (leaf === undefined) return { receiver: name, reason: 'no route', minLevel };
  const { route, path, held } = leaf;
  const isNow = held === null || level === 'critical';
  if (held !== null && isNow && fallback !== null && fallback !== declaredName(name))
    return { receiver: name, reason: 'outside active times', minLevel, settings: route.settings };
  return {
    receiver: name,
    via: { kind: 'route', path, line: route.line },
    settings: settingsAt(route, level),
    heldUntil: isNow ? null : held,
  };
}

/** What a route sets for a match of a level: nothing severe is in a digest. */
export function settingsAt({ settings }: Route, level: Level): RouteSettings {
  return isSevere(level) ? { ...settings, digest: undefined } : settings;
}

/** When a route's active times begin; null: it is active now, or never again. */
function heldUntil({ settings: { activeTimes } }: Route, at: number): number | null {
  return activeTimes === undefined || isActive(activeTimes.ranges, at) ? null : nextActiveAt(activeTimes.ranges, at);
}

/** The innermost routes that take a match, in the order of the file. */
function leavesOf(route: Route, facts: RouteFacts, path: readonly number[]): readonly Leaf[] {
  if (!matchRule(route.match, facts) || !matchEntry(route.match, facts.body)) return [];
  const inner: Leaf[] = [];
  for (const [index, below] of route.routes.entries()) {
    const found = leavesOf(below, facts, [...path, index]);
    inner.push(...found);
    if (found.length > 0 && !below.continue) break;
  }
  if (inner.length > 0) return inner;
  return route.receivers.length === 0 ? [] : [{ route, path }];
}

/** The name in routing.yml: of `email/2` it is `email`. */
export function declaredName(name: string): string {
  return name.split('/', 1)[0] ?? name;
}

/** A route's place in routing.yml, in its words: `route.routes[1].routes[0]`, counted from 0. */
export function pathText(path: readonly number[]): string {
  return `route${path.map((index) => `.routes[${index}]`).join('')}`;
}
