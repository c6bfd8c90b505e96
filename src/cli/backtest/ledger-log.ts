/**
 * The log as a deployed Tocsin has it: what its ledger recorded, and from before that what its lookup answers.
 *
 * Contract: asks the Worker only. The audit log itself is never asked with Tocsin's key: a read without Tocsin's mark would look
 * like a theft of it. The lookup wants a viewer token, the ledger that or LINK_SECRET. The next page of the ledger is asked for
 * while the last one is evaluated. What the ledger has from before `since` fills windows.
 */
import * as z from 'zod/mini';
import type { PastAct } from '../../backtest/past-act.ts';
import { type PastEntry, pastEntries } from '../../backtest/past-entry.ts';
import { parseJson } from '../../text/json.ts';
import { counted } from '../../text/numbers.ts';
import { API_ACT_LOG_PATH, API_ENTRIES_PATH, LOOKUP_PATH } from '../../web/api/paths.ts';
import { type OperatorClient, unreadableAnswer } from '../operator-client.ts';
import { utc } from '../terminal.ts';
import type { PastLog } from './past-log.ts';
import { createSorter } from './sorter.ts';
import { Unreadable } from './unreadable.ts';

export interface LedgerLogOptions {
  /** From when on entries count; ms since the epoch. */
  readonly since: number;
  /** How much earlier windows begin. */
  readonly leadMs: number;
  readonly now: number;
  /** Called with what the ledger answers, as lines of an export. */
  readonly save?: (lines: string) => void;
}

const ACT_LOG = z.object({
  acts: z.array(
    z.object({
      id: z.number(),
      ...{ seq: z.number(), at: z.number(), act: z.string(), who: z.string(), via: z.nullable(z.string()) },
      ...{ detail: z.nullable(z.string()), rule: z.string(), key: z.string(), firstAt: z.number() },
    }),
  ),
});
const LOOKUP_LIMIT = 100;
/** Around the beginning of the ledger, it may have what the lookup has. */
const BOTH_MS = 2 * 60 * 60_000;

/** The log of a Tocsin since a time. Throws a `Failure` where it can't be asked; so does reading it. */
export async function readLedgerLog(client: OperatorClient, options: LedgerLogOptions): Promise<PastLog> {
  const { since, leadMs, now, save } = options;
  const unreadable = new Unreadable();
  const acts = await readActs(client);
  save?.(acts.map((act) => `${JSON.stringify({ act })}\n`).join(''));
  const [oldest] = entriesIn(
    await client.text({ method: 'GET', path: `${API_ENTRIES_PATH}?most=1` }),
    new Unreadable(),
  );
  const beginsAt = oldest === undefined ? now : Math.min(oldest.occurredAt, oldest.read?.began ?? now);
  const isShort = since < beginsAt;
  const looksUp = isShort && client.hasToken;
  const readFrom = Math.max(since - leadMs, beginsAt);
  const begin = isShort ? since : readFrom;
  let lookedUp = 0;
  let done = 0;
  const noteDone = (at: number): void => {
    done = Math.max(done, Math.min(1, (at - begin) / Math.max(1, now - begin)));
  };

  async function* entries(): AsyncGenerator<readonly PastEntry[]> {
    const near = new Set<string>();
    for (const some of looksUp ? await lookUp(client, since, beginsAt, unreadable, noteDone) : []) {
      lookedUp += some.length;
      for (const { id, occurredAt } of some) if (occurredAt > beginsAt - BOTH_MS) near.add(id);
      yield some;
    }
    for await (const lines of ledgerPages(client, isShort ? null : readFrom)) {
      save?.(lines);
      const some = entriesIn(lines, unreadable);
      noteDone(some.at(-1)?.occurredAt ?? begin);
      yield near.size === 0 ? some : some.filter(({ id, revision }) => revision !== 0 || !near.has(id));
    }
  }
  return {
    acts,
    entries: entries(),
    countFrom: isShort && !looksUp ? beginsAt : since,
    done: () => done,
    notes: () => [
      ...(isShort ? [shortNote(oldest === undefined ? null : beginsAt, looksUp ? lookedUp : null)] : []),
      ...unreadable.notes(),
    ],
  };
}

/** `lookedUp`: how many entries the lookup had; null: it was not asked. */
function shortNote(beginsAt: number | null, lookedUp: number | null): string {
  const begins = beginsAt === null ? 'The ledger has no entries' : `The ledger has entries from ${utc(beginsAt)} on`;
  if (lookedUp !== null)
    return `${begins}: ${counted(lookedUp, 'earlier entry comes', 'earlier entries come')} from the lookup.`;
  return `${begins}, and only these count: set TOCSIN_TOKEN to a viewer token to read earlier ones by the lookup.`;
}

async function readActs(client: OperatorClient): Promise<readonly PastAct[]> {
  const all: z.output<typeof ACT_LOG>['acts'] = [];
  for (;;) {
    const last = all.at(-1)?.id;
    const path = `${API_ACT_LOG_PATH}${last === undefined ? '' : `?after=${last}`}`;
    const { data } = ACT_LOG.safeParse(parseJson(await client.text({ method: 'GET', path })));
    if (data === undefined) throw unreadableAnswer(client.origin);
    if (data.acts.length === 0) return all;
    all.push(...data.acts);
  }
}

/** The pages of the ledger from a time on, as lines; null: from its beginning. */
async function* ledgerPages(client: OperatorClient, from: number | null): AsyncGenerator<string> {
  const ask = (query: string): Promise<string> => client.text({ method: 'GET', path: `${API_ENTRIES_PATH}${query}` });
  const since = from === null ? '' : `?since=${new Date(Math.max(0, from)).toISOString()}`;
  for (let lines = await ask(since); lines !== ''; ) {
    const last = (parseJson(lines.slice(lines.lastIndexOf('\n', lines.length - 2) + 1)) ?? {}) as { seq?: unknown };
    if (typeof last.seq !== 'number') throw unreadableAnswer(client.origin);
    const next = ask(`?after=${last.seq}`);
    // The loop awaits it, and sees the error.
    next.catch(() => {});
    yield lines;
    lines = await next;
  }
}

function entriesIn(lines: string, unreadable: Unreadable): readonly PastEntry[] {
  return lines
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => pastEntries(parseJson(line)))
    .filter((each) => {
      if ('problem' in each) unreadable.add("the ledger's", each.problem);
      return !('problem' in each);
    }) as readonly PastEntry[];
}

/** What the lookup has of a time, in order. Older ones than the audit log's newest documents promise no order. */
async function lookUp(
  client: OperatorClient,
  from: number,
  to: number,
  unreadable: Unreadable,
  reached: (at: number) => void,
): Promise<Iterable<readonly PastEntry[]>> {
  const sorter = createSorter();
  const range = { created_at_min: new Date(from).toISOString(), created_at_max: new Date(to - 1).toISOString() };
  const query = new URLSearchParams({ sort: 'created_at:asc', limit: String(LOOKUP_LIMIT), ...range });
  for (;;) {
    const page = parseJson(await client.text({ method: 'GET', path: `${LOOKUP_PATH}?${query}` })) as LookupPage | null;
    const entries = pastEntries({ items: page?.items ?? [] }).flatMap((each) => {
      if (!('problem' in each)) return [each];
      unreadable.add("the lookup's", each.problem);
      return [];
    });
    // An upstream that does not know these parameters answers with everything.
    sorter.add(entries.filter(({ createdAt }) => createdAt >= from && createdAt < to));
    reached(entries.at(-1)?.occurredAt ?? from);
    const cursor = page?.pagination?.next_cursor;
    if (typeof cursor !== 'string' || cursor === '' || cursor === query.get('cursor')) return sorter.sorted();
    query.set('cursor', cursor);
  }
}

interface LookupPage {
  readonly items?: unknown;
  readonly pagination?: { readonly next_cursor?: unknown } | null;
}
