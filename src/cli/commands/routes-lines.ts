/** Where a match goes, as the Worker says it, in lines for people. */
import * as z from 'zod/mini';
import { heldWording, type ShownVia, settingsWording, unroutedWording, viaWording } from '../../alert/route-wording.ts';
import type { RouteSettings } from '../../routing/routing.ts';
import { counted } from '../../text/numbers.ts';
import { API_SILENCES_PATH } from '../../web/api/paths.ts';
import type { OperatorClient } from '../operator-client.ts';
import { safe, utc } from '../terminal.ts';
import { SILENCES, type SilenceAnswer } from './silence.ts';

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

/** All silences, where one covers any of these: an answer has the ids alone. */
export async function silencesOver(
  client: OperatorClient,
  answers: readonly { readonly silencedBy: readonly number[] }[],
): Promise<readonly SilenceAnswer[]> {
  if (answers.every(({ silencedBy }) => silencedBy.length === 0)) return [];
  const { answer } = await client.ask({ method: 'GET', path: API_SILENCES_PATH }, SILENCES);
  return answer.silences;
}

/** Where a match goes; to nobody until the last of the silences over it, `silencedBy`, ends. */
export function whereLines(
  { silencedBy, routes }: { readonly silencedBy: readonly number[]; readonly routes: Routes },
  silences: readonly SilenceAnswer[] = [],
): readonly string[] {
  const [first] = silencedBy;
  if (first === undefined) return routesLines(routes);
  const of = silences.filter(({ id }) => silencedBy.includes(id)).toSorted((a, b) => b.endsAt - a.endsAt)[0];
  const others = silencedBy.length > 1 ? `, and ${counted(silencedBy.length - 1, 'other silence')}` : '';
  // It may have ended between the two answers.
  if (of === undefined) return [`to nobody: silence ${first} is over it${others}`];
  const { id, endsAt, author, comment } = of;
  return [`to nobody until ${utc(endsAt)}: silence ${id} (${safe(author)}: ${safe(comment)}) is over it${others}`];
}

function routesLines({ to, not }: Routes): readonly string[] {
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
