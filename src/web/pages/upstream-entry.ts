/** Reads an entry from the upstream: for the page of one that the ledger does not have, and to release a record. */
import { entryView } from '../../alert/entry-view.ts';
import { type Client, createClient } from '../../audit-log/client.ts';
import { UpstreamError } from '../../audit-log/errors.ts';
import { createUserAgents } from '../../audit-log/mark.ts';
import type { EntryDetails } from '../../ledger/rpc.ts';
import type { AppDeps } from '../context.ts';

/** Someone is waiting: one attempt, and not a long one. */
const TIMEOUT_MS = 10_000;
/** The longest entry that is shown. /v1/audit_logs/:id has longer ones. */
const ENTRY_BYTES_MAX = 4 * 1024 * 1024;

type UpstreamDeps = Pick<AppDeps, 'config' | 'fetch' | 'now'>;

export type UpstreamEntry =
  | { readonly kind: 'found'; readonly entry: EntryDetails }
  | { readonly kind: 'missing' }
  /** `reason`: in words, without secrets. */
  | { readonly kind: 'failed'; readonly reason: string };

/** The entry with this id. It has no rules, alerts or actor activity: those are only known of recorded entries. */
export async function readUpstreamEntry(id: string, deps: UpstreamDeps): Promise<UpstreamEntry> {
  const found = await fetchUpstreamEntry(id, deps, ENTRY_BYTES_MAX);
  if (found.kind !== 'found') return found;
  const createdAt = Date.parse(String(found.entry.created_at));
  return { kind: 'found', entry: unrecorded(entryView(id, createdAt, found.entry), found.body) };
}

/** The entry with this id as the upstream has it: parsed, and its JSON. */
export async function fetchUpstreamEntry(
  id: string,
  { config, fetch, now }: UpstreamDeps,
  maxBytes: number,
): Promise<Exclude<UpstreamEntry, { kind: 'found' }> | ({ readonly kind: 'found' } & Found)> {
  if (config.upstream === null) return { kind: 'missing' };
  const client = createClient({
    ...config.upstream,
    fetch,
    userAgent: createUserAgents(config.linkSecret, now),
    sleep: () => Promise.resolve(),
    now,
    timeoutMs: TIMEOUT_MS,
    retries: 0,
    maxBytes,
  });
  try {
    const found = await client.get(id);
    return found === null ? { kind: 'missing' } : { kind: 'found', ...found };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return error.kind === 'bad-request' ? { kind: 'missing' } : { kind: 'failed', reason: error.message };
  }
}

type Found = NonNullable<Awaited<ReturnType<Client['get']>>>;

function unrecorded(entry: ReturnType<typeof entryView>, text: string): EntryDetails {
  const actorActivity = {
    value: null,
    withinMs: 0,
    before: [],
    after: [],
    moreBefore: false,
    moreAfter: false,
    isIndexed: true,
    open: [],
  };
  return {
    entry: { ...entry, seq: 0, revision: 0 },
    text,
    cut: false,
    rules: [],
    rulesChanged: false,
    parts: [],
    versions: [],
    actorActivity,
    networkActivity: null,
  };
}
