/** Where a match goes, as the Worker says it, in lines for people. */
import * as z from 'zod/mini';
import { formatDuration } from '../../text/duration.ts';
import { safe, utc } from '../terminal.ts';

export const ROUTES = z.object({
  to: z.array(
    z.object({
      receiver: z.string(),
      via: z.enum(['default', 'route', 'fallback']),
      path: z.nullable(z.string()),
      line: z.nullable(z.number()),
      because: z.nullable(z.string()),
      heldUntil: z.nullable(z.number()),
      groupBy: z.string(),
      mention: z.nullable(z.string()),
      escalate: z.array(z.object({ afterMs: z.number(), to: z.string() })),
    }),
  ),
  not: z.array(z.object({ receiver: z.string(), reason: z.string() })),
});
type Routes = z.output<typeof ROUTES>;

export function silencedLines(silences: readonly number[]): readonly string[] {
  return silences.map((id) => `to nobody: silence ${id} is over it`);
}

export function routesLines({ to, not }: Routes): readonly string[] {
  return [
    ...to.map((each) => `to ${safe(each.receiver)}: ${becauseOf(each)}${settingsOf(each)}`),
    ...(to.length === 0 ? ['to nobody'] : []),
    ...not.map(({ receiver, reason }) => `not to ${safe(receiver)}: ${safe(reason)}`),
  ];
}

function becauseOf({ via, path, line, because, heldUntil }: Routes['to'][number]): string {
  const held = heldUntil === null ? '' : `, held until its active times begin at ${utc(heldUntil)}`;
  switch (via) {
    case 'default':
      return 'there are no routes';
    case 'route':
      return `by ${safe(path ?? '')}, line ${line}${held}`;
    case 'fallback':
      return `the fallback: ${because === 'no route' ? 'no route leads anywhere' : 'critical, outside the active times of its route'}`;
  }
}

function settingsOf({ groupBy, mention, escalate }: Routes['to'][number]): string {
  return [
    ...(groupBy === 'actor' ? [] : [`; grouped by ${safe(groupBy)}`]),
    ...(mention === null ? [] : [`; mentions ${safe(mention)}`]),
    ...escalate.map((step) => `; to ${safe(step.to)} after ${formatDuration(step.afterMs)}`),
  ].join('');
}
