/**
 * Generates the entries for measuring rules, the same for the same seed. Pure.
 *
 * Contract: a log of ordinary days of several organizations (the sandbox's), in order of time. A few percent have a value
 * that rules search for, so each kind of rule has matches, and most entries match nothing.
 */
import { createOrganization } from '../../sandbox/organization.ts';
import { createRandom, type Random } from '../../sandbox/random.ts';
import { ADDRESSES, AGENTS, KINDS, NAMES, PATHS, VERBS } from './vocabulary.ts';

export interface BenchEntry {
  readonly id: string;
  readonly action: string;
  readonly actor: { readonly id: string; readonly name: string; readonly type: string } | null;
  readonly client_ip: string;
  readonly created_at: string;
  readonly method: string;
  readonly path: string;
  readonly status_code: number;
  readonly user_agent: string;
  readonly target: { readonly id: string; readonly type: string } | null;
}

const ORGANIZATIONS = 8;
const ODD = 0.04;
const DAY_MS = 86_400_000;
const DAYS = 5;
/** A Monday, 2026-01-05. */
const FROM = Date.UTC(2026, 0, 5);

/** A number of entries. */
export function benchEntries(count: number, seed = 1): BenchEntry[] {
  const random = createRandom(seed);
  const entriesPerDay = Math.ceil((count * 1.2) / DAYS / ORGANIZATIONS);
  const records = Array.from({ length: ORGANIZATIONS }, (_, i) =>
    createOrganization(seed * ORGANIZATIONS + i).between(FROM, FROM + DAYS * DAY_MS, { entriesPerDay }),
  ).flat();
  if (records.length < count) throw new Error(`${records.length} entries were made, not ${count}`);
  return records
    .slice()
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, count)
    .map(({ body }) => {
      const entry = body as unknown as BenchEntry;
      return random.chance(ODD) ? oddOf(entry, random) : entry;
    });
}

/** The same entries without repeated values, for which caching values does not help. */
export function distinctEntries(entries: readonly BenchEntry[]): BenchEntry[] {
  return entries.map((entry, i) => {
    const mark = i.toString(36);
    return {
      ...entry,
      action: `${entry.action}.${mark}`,
      actor: entry.actor && {
        id: `${entry.actor.id}-${mark}`,
        name: `${entry.actor.name} ${mark}`,
        type: `user-${mark}`,
      },
      client_ip: `${1 + ((i >> 24) & 127)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
      method: `${entry.method}-${mark}`,
      path: `${entry.path}/${mark}`,
      status_code: 1_000 + i,
      user_agent: `${entry.user_agent} ${mark}`,
      target: entry.target && { id: `${entry.target.id}-${mark}`, type: `${entry.target.type}-${mark}` },
    };
  });
}

/** Sets one or two values that rules search for. */
function oddOf(entry: BenchEntry, random: Random): BenchEntry {
  const odd: ((one: BenchEntry) => BenchEntry)[] = [
    (one) => ({ ...one, action: `${random.pick(KINDS)}.${random.pick(VERBS)}` }),
    (one) => ({ ...one, action: one.action.toUpperCase(), method: one.method.toLowerCase() }),
    (one) => ({ ...one, user_agent: `${random.pick(AGENTS)}${random.below(9)}.${random.below(30)}` }),
    (one) => ({ ...one, client_ip: random.pick(ADDRESSES).replace('*', String(1 + random.below(250))) }),
    (one) => ({ ...one, path: `${one.path}${random.pick(PATHS)}` }),
    (one) => ({ ...one, status_code: random.pick([401, 403, 409, 429, 500, 502, 503]) }),
    (one) => ({ ...one, actor: one.actor && { ...one.actor, name: random.pick(NAMES) } }),
    (one) => ({ ...one, actor: null }),
  ];
  const once = random.pick(odd)(entry);
  return random.chance(0.5) ? random.pick(odd)(once) : once;
}
