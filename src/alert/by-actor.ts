/**
 * Alerts of one actor that follow each other in a list: pages and the command line show them under one heading.
 *
 * Contract: pure. The groups are in the list's order; within one, the most severe comes first. Who has no id is nobody, and
 * several of nobody are no group.
 */
import { LEVELS } from '../sigma/index.ts';

/** An alert, as far as it matters here. `latest`: of its last match. */
interface Listed {
  readonly level: string;
  readonly latest: { readonly actor: { readonly id: string | null } } | null;
}

/** The list in groups; one alert is a group, too. */
export function groupsByActor<T extends Listed>(alerts: readonly T[]): readonly (readonly [T, ...T[]])[] {
  const groups: [T, ...T[]][] = [];
  for (const alert of alerts) {
    const last = groups.at(-1);
    const id = alert.latest?.actor.id ?? null;
    if (last !== undefined && id !== null && last[0].latest?.actor.id === id) last.push(alert);
    else groups.push([alert]);
  }
  for (const group of groups) group.sort((a, b) => rankOf(b) - rankOf(a));
  return groups;
}

function rankOf({ level }: Listed): number {
  return LEVELS.findIndex((known) => known === level);
}
