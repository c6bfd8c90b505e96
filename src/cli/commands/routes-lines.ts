/** Where a match goes, as the Worker says it, in lines for people. */
import * as z from 'zod/mini';
import { heldWording, type ShownVia, settingsWording, unroutedWording, viaWording } from '../../alert/route-wording.ts';
import type { RouteSettings } from '../../routing/routing.ts';
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
  not: z.array(
    z.object({ receiver: z.string(), reason: z.string(), minLevel: z._default(z.nullable(z.string()), null) }),
  ),
});
type Routes = z.output<typeof ROUTES>;

export function silencedLines(silences: readonly number[]): readonly string[] {
  return silences.map((id) => `to nobody: silence ${id} is over it`);
}

export function routesLines({ to, not }: Routes): readonly string[] {
  return [
    ...to.map((each) => `to ${safe(each.receiver)}: ${becauseOf(each, each.heldUntil)}${settingsOf(each)}`),
    ...(to.length === 0 ? ['to nobody'] : []),
    ...notToLines(not),
  ];
}

/** Why it goes to a receiver, and until when it is held. */
export function becauseOf(via: ShownVia, heldUntil: number | null): string {
  return `${safe(viaWording(via))}${heldUntil === null ? '' : `, ${heldWording(utc(heldUntil))}`}`;
}

export function notToLines(not: readonly Routes['not'][number][]): readonly string[] {
  return not.map((each) => `not to ${safe(each.receiver)}: ${safe(unroutedWording(each))}`);
}

function settingsOf({ groupBy, mention, escalate }: Routes['to'][number]): string {
  const given: RouteSettings = {
    ...(groupBy !== 'actor' && { groupBy: { field: groupBy } }),
    ...(mention !== null && { mention }),
    escalate,
  };
  const text = settingsWording(given);
  return text === '' ? '' : `; ${safe(text)}`;
}
