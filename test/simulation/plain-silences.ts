/** The model's silences: which one is over a match; written apart from src/alert and src/routing, for the matchers people use. */
import type { Level } from '../../src/sigma/index.ts';
import { field } from './plain-windows.ts';

/** A silence as it was stored once an entry was recorded. */
export interface ModelSilence {
  readonly id: number;
  /** The number of the last entry then. */
  readonly after: number;
  readonly matchers: {
    readonly rules?: readonly string[];
    readonly actors?: readonly string[];
    readonly addresses?: readonly string[];
    readonly levels?: readonly Level[];
  };
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The ranges that people name, and what the addresses of traffic in them begin with. */
export const RANGES: { readonly [range: string]: RegExp } = {
  '203.0.113.0/24': /^(::ffff:)?203\.0\.113\./,
  '203.0.113.1': /^(::ffff:)?203\.0\.113\.1$/,
  '198.51.100.0/24': /^198\.51\.100\./,
  '2001:db8::/32': /^2001:db8:/i,
};

/** The silences that were known when an entry was recorded. */
export function knownAt(seq: number, all: readonly ModelSilence[]): readonly ModelSilence[] {
  return [...new Map(all.filter(({ after }) => after < seq).map((of) => [of.id, of])).values()];
}

/** The one over a match; of several, that which ends last. `entries` null: not all that a correlation counted is known. */
export function silenceOver(
  silences: readonly ModelSilence[],
  { rule, level, at }: { readonly rule: string; readonly level: Level; readonly at: number },
  entries: () => readonly { readonly [field: string]: unknown }[] | null,
): ModelSilence | null {
  const over = silences.filter(({ matchers: { rules, levels, actors, addresses }, startsAt, endsAt }) => {
    if (at < startsAt || at >= endsAt) return false;
    if (rules?.includes(rule) === false || levels?.includes(level) === false) return false;
    if (level === 'critical' && levels === undefined) return false;
    if (actors === undefined && addresses === undefined) return true;
    const of = entries();
    return of?.every((body) => isOf(body, actors) && isFrom(body, addresses)) === true;
  });
  over.sort((a, b) => b.endsAt - a.endsAt || a.id - b.id);
  return over[0] ?? null;
}

type Body = { readonly [field: string]: unknown };

/** A value as texts; a list is each of its members. */
function texts(body: Body, name: string): string[] {
  return [field(body, name)]
    .flat()
    .filter((value) => value !== null && typeof value !== 'object')
    .map(String);
}

function isOf(body: Body, actors: readonly string[] | undefined): boolean {
  const own = [...texts(body, 'actor.id'), ...texts(body, 'actor.name')];
  return actors === undefined || own.some((text) => actors.includes(text));
}

function isFrom(body: Body, addresses: readonly string[] | undefined): boolean {
  const own = texts(body, 'client_ip');
  return addresses === undefined || addresses.some((range) => own.some((text) => RANGES[range]?.test(text)));
}
