/**
 * Where a decision about an alert goes: to which receivers, with which subject, and how they are notified.
 *
 * Contract: pure. `at`: event time of the match, so that a replay decides the same; a match is as late as the allowed
 * lateness, and active times as much.
 */
import type { Alert } from '../../alert/alert.ts';
import type { EntryView } from '../../alert/notification.ts';
import { fieldSubject, subjectOf } from '../../alert/subject.ts';
import { clientNetwork } from '../../audit-log/derived-fields.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import { type NotRoutedTo, type RoutedTo, type RoutesDecision, routesOf } from '../../routing/routes.ts';
import type { GroupBy, RoutedReceiver, RouteSettings, Routing } from '../../routing/routing.ts';
import type { Engine, Rule } from '../../sigma/index.ts';
import type { NotifyTo } from '../model.ts';

/** What notifying needs to know of the setup. */
export interface Notifying {
  readonly engine: Engine;
  readonly receivers: readonly RoutedReceiver[];
  /** Null or absent: everything goes to every receiver. */
  readonly routing?: Routing | null;
}

/** Where a match of a rule goes by the routes. `rule`: null where it is gone. */
export function routesOfMatch(
  { routing = null, receivers }: Notifying,
  rule: Rule | null,
  { rule: id, level }: Pick<Alert, 'rule' | 'level'>,
  body: EntryBody,
  at: number,
): RoutesDecision {
  const { tags = [], tocsin } = rule ?? {};
  return routesOf(routing, receivers, { rule: id, level, tags, receivers: tocsin?.receivers, body }, at);
}

/** Who is notified now: for one outside of its active times, as what is critical is, the fallback. */
export function receiversNow({ to, not }: RoutesDecision, receivers: readonly string[]): readonly string[] {
  const fallback = to.find(({ via }) => via.kind === 'fallback')?.receiver;
  const isOutside = (name: string): boolean =>
    not.some(({ receiver, reason }) => receiver === name && reason === 'outside active times');
  return [...new Set(receivers.map((name) => (fallback !== undefined && isOutside(name) ? fallback : name)))];
}

/** Until when a match waits outside of active times, wherever it goes; null: somebody is notified now. */
export function heldUntilOf({ to }: RoutesDecision): number | null {
  const times = to.flatMap(({ heldUntil }) => heldUntil ?? []);
  return times.length < to.length || times.length === 0 ? null : Math.min(...times);
}

/** What the route that leads to a receiver says, whatever the time; undefined: none does. */
export function settingsOf({ to, not }: RoutesDecision, receiver: string): RouteSettings | undefined {
  const all: readonly Pick<RoutedTo | NotRoutedTo, 'receiver' | 'settings'>[] = [...to, ...not];
  return all.find((each) => each.receiver === receiver)?.settings;
}

/** A receiver of a decision. Where no route leads there any more, as without a routing. */
export function placeOf(
  { to }: RoutesDecision,
  receiver: string,
  rule: Rule | null,
  alert: Alert,
  view: EntryView,
  body: EntryBody,
): NotifyTo {
  const routed = to.find((each) => each.receiver === receiver);
  const { settings = {}, heldUntil = null } = routed ?? {};
  return { receiver, settings, heldUntil, subject: subjectIn(settings.groupBy, rule, alert, view, body) };
}

function subjectIn(
  groupBy: GroupBy | undefined,
  rule: Rule | null,
  alert: Alert,
  view: EntryView,
  body: EntryBody,
): string {
  if (groupBy === undefined || groupBy === 'actor') return subjectOf(rule, alert, view);
  if (groupBy === 'rule') return `rule ${alert.rule}`;
  if (groupBy === 'address') return `network ${clientNetwork(body) ?? ''}`;
  return fieldSubject(groupBy.field, body);
}
