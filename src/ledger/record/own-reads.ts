/**
 * Our own reads, where the log records reads: told apart by the marks that they carry (audit-log/mark.ts).
 *
 * Contract: an entry is ours by proof alone, a genuine mark that no other entry brought; nothing else in an entry makes it
 * ours. The actors of such entries are our API key's, unless the log names users: what a user does is not all done with our
 * key. What those actors do later without a genuine mark, or with a used one, is a finding. After a change of the key, marks
 * of the one before count for 25 h. Without a LINK_SECRET there are no marks and no findings. Pure, over `UsedMarks`, which it
 * changes: sorting an entry again gives the same.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { isGenuine, MARKED_PREFIX, type Mark, type MarkKey, readMark } from '../../audit-log/mark.ts';
import { fieldValue } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import type { MarkFinding } from '../model.ts';
import { storedActor, type Unrecorded } from './dedupe.ts';
import { type MarkUse, type UsedMarks, useBy } from './used-marks.ts';

const HOUR_MS = 60 * 60_000;
/**
 * How much later than its mark was sent a read may be dated: a day's re-read with the most allowed lateness. Both times are
 * of different clocks, so much less would be wrong on some of them.
 */
export const VALID_MS = 25 * HOUR_MS;
/** Marks are remembered for longer than they are valid, since an entry may come late. */
const REMEMBERED_MS = VALID_MS + 2 * HOUR_MS;
/** The same mark twice within this time from one address: the network repeated a request. */
const DUPLICATE_MS = 60_000;
/** One own read in this time is recorded as a sample. */
const SAMPLE_MS = HOUR_MS;
/** After a change of the API key, the previous one is ours for as long as its reads may come back. */
const ACTORS_MAX = 4;

/** An actor that was proven to be our API key. */
export interface OwnActor {
  /** `actor.id`. */
  readonly id: string;
  /** What it does after this must carry marks: when its first mark came back, by the clock of the entries. */
  readonly since: number;
  /** When it was last proven, ms, ours. */
  readonly provenAt: number;
}

/** What is known of our own reads. Times are ours, ms. */
export interface OwnReads {
  /** The key of the marks. Another one has proven nothing yet, except for the one before. */
  readonly key: string;
  /** When this ledger first used it; null or absent: not yet. */
  readonly keySince?: number | null;
  readonly actors: readonly OwnActor[];
  /** When the newest read that came back was sent; null: none has come back. */
  readonly newestSentAt: number | null;
  /** When a scan last ended, for which `newestSentAt` holds. */
  readonly checkedAt: number;
  /** The end of the first scan since the newest read came back. Its own read is awaited since then. */
  readonly awaitedSince: number | null;
  readonly count: number;
  readonly sampledAt: number;
}

export const NO_OWN_READS: Omit<OwnReads, 'key'> = {
  actors: [],
  newestSentAt: null,
  checkedAt: 0,
  awaitedSince: null,
  count: 0,
  sampledAt: 0,
};

export interface SortContext {
  readonly key: MarkKey;
  /** The key before, whose marks come back for as long as reads may after the change; null: none. */
  readonly previousKey: MarkKey | null;
  /** Others use our API key on purpose (API_KEY_SHARED): no findings. */
  readonly isShared: boolean;
  readonly marks: UsedMarks;
  /** Wall, ms. */
  readonly now: number;
  /** Whether rows are written anyway, so that a sample may be recorded. */
  readonly isSaving: boolean;
}

export interface SortedReads {
  readonly reads: OwnReads;
  /** What is to be recorded, in the same order: entries that are not ours, with their findings, and a sample of ours. */
  readonly entries: readonly Unrecorded[];
  /** What came back for the first time: these, and all reads of ours. */
  readonly arrived: readonly Unrecorded[];
  /** How many of the entries are samples: 0 or 1. */
  readonly sampled: number;
  /** Own reads that came back. */
  readonly own: number;
  /** Own reads that had come back before, and their duplicates. */
  readonly known: number;
  /** Marks were forgotten before their time. */
  readonly overflowed: boolean;
}

/** What an entry is. */
type Kind =
  | { readonly kind: 'entry'; readonly mark: MarkFinding | null }
  | { readonly kind: 'known' }
  | { readonly kind: 'own'; readonly mark: Mark; readonly use: MarkUse; readonly actor: ActorOfRead | null };

/** Whom the log names as the actor of a read of ours. */
interface ActorOfRead {
  readonly id: string;
  readonly isUser: boolean;
}

/** Sorts new entries, which are in order. */
export function sortOwnReads(before: OwnReads, entries: readonly Unrecorded[], context: SortContext): SortedReads {
  const { marks, now, isSaving } = context;
  let reads = before;
  let own = 0;
  let known = 0;
  let overflowed = false;
  const arrived: Unrecorded[] = [];
  const recorded: Unrecorded[] = [];
  let sample: Unrecorded | null = null;
  for (const entry of entries) {
    const sorted = mayBeOurs(entry.text, reads.actors) ? kindOf(entry, reads, context) : ORDINARY;
    if (sorted.kind === 'known') {
      known++;
      continue;
    }
    const mark = sorted.kind === 'own' ? 'own' : sorted.mark;
    const found = mark === null ? entry : { ...entry, mark };
    arrived.push(found);
    if (sorted.kind === 'entry') recorded.push(found);
    else {
      own++;
      if (sample === null) recorded.push(found);
      sample ??= found;
      overflowed = !marks.add(sorted.mark.name, sorted.use) || overflowed;
      marks.forgetBefore(Math.min(sorted.use.at, now) - REMEMBERED_MS);
      reads = proven(reads, sorted, now);
    }
  }
  const isDue = now - reads.sampledAt >= SAMPLE_MS && (isSaving || recorded.length > 1);
  const isSampled = sample !== null && isDue;
  return {
    reads: isSampled ? { ...reads, sampledAt: now } : reads,
    entries: isSampled ? recorded : recorded.filter((entry) => entry !== sample),
    arrived,
    own,
    known,
    sampled: isSampled ? 1 : 0,
    overflowed,
  };
}

const ORDINARY: Kind = { kind: 'entry', mark: null };

/** The entries that are not own reads known by now. Read-only. */
export function withoutKnownReads(entries: readonly Unrecorded[], marks: UsedMarks): readonly Unrecorded[] {
  return entries.filter(({ id, revision, occurredAt, text }) => {
    const body = revision === 0 && text.includes(MARKED_PREFIX) ? bodyOf(text) : null;
    const use = body === null ? null : marks.useOf(readMark(body.user_agent)?.name ?? '');
    return body === null || use === null || use.entry !== useBy(id, occurredAt, body).entry;
  });
}

/** Whether an entry is worth parsing: its text has a mark or one of our actors in it. JSON text that is ours has no escapes for these. */
function mayBeOurs(text: string, actors: readonly OwnActor[]): boolean {
  return text.includes(MARKED_PREFIX) || actors.some(({ id }) => text.includes(JSON.stringify(id).slice(1, -1)));
}

function kindOf({ id, revision, occurredAt, text }: Unrecorded, reads: OwnReads, context: SortContext): Kind {
  const body = bodyOf(text);
  if (body === null) return ORDINARY;
  const { key, previousKey, isShared, marks } = context;
  const actor = storedActor(body);
  const isOurActor = reads.actors.some((each) => each.id === actor && occurredAt > each.since);
  const finding = (mark: MarkFinding): Kind => (isOurActor && !isShared ? { kind: 'entry', mark } : ORDINARY);

  const mark = readMark(body.user_agent);
  if (mark === null) return finding('missing');
  const use = useBy(id, occurredAt, body);
  const first = marks.useOf(mark.name);
  const isItsOwn = first?.entry === use.entry;
  if (isItsOwn && revision === 0) return { kind: 'known' };
  const isRecent = occurredAt - (reads.keySince ?? occurredAt) <= VALID_MS;
  const isOurs = isGenuine(mark, key) || (previousKey !== null && isRecent && isGenuine(mark, previousKey));
  if (!isOurs) return finding('missing');
  if (!isReadOfTheLog(body)) return finding('reused');
  // A sample that the upstream changed later.
  if (isItsOwn) return { kind: 'entry', mark: 'own' };
  if (first !== null) return isDuplicate(first, use) ? { kind: 'known' } : finding('reused');
  if (occurredAt - mark.sentAt > VALID_MS) return finding('reused');
  return marks.isForgotten(mark.sentAt) ? { kind: 'known' } : { kind: 'own', mark, use, actor: actorOfRead(body) };
}

function actorOfRead(body: EntryBody): ActorOfRead | null {
  const id = storedActor(body);
  const type = fieldValue(body, 'actor.type');
  return id === null ? null : { id, isUser: typeof type === 'string' && type.toLowerCase() === 'user' };
}

function isDuplicate(first: MarkUse, use: MarkUse): boolean {
  return first.address === use.address && Math.abs(use.at - first.at) <= DUPLICATE_MS;
}

/** We only ever ask the audit log. A mark on anything else was copied, even if its own request is nowhere to be seen. */
function isReadOfTheLog({ method, path }: EntryBody): boolean {
  const isGet = typeof method !== 'string' || method.toUpperCase() === 'GET';
  return isGet && (typeof path !== 'string' || LOG_PATH.test(path));
}

/** The list or one entry, below any base, with or without a query. */
const LOG_PATH = /^[^?#]*\/audit_logs(?:\/[^/?#]*)?(?:[?#]|$)/;

/** What is known after an own read. */
function proven(reads: OwnReads, { mark, use, actor }: Extract<Kind, { kind: 'own' }>, now: number): OwnReads {
  const newest = reads.newestSentAt !== null && reads.newestSentAt <= now ? reads.newestSentAt : null;
  const isNewer = newest === null || mark.sentAt > newest;
  return {
    ...reads,
    count: reads.count + 1,
    newestSentAt: isNewer ? mark.sentAt : newest,
    awaitedSince: isNewer ? null : reads.awaitedSince,
    actors:
      actor === null ? reads.actors : withActor(reads.actors, actor, use.at + Math.max(0, now - mark.sentAt), now),
  };
}

function withActor(
  actors: readonly OwnActor[],
  { id, isUser }: ActorOfRead,
  since: number,
  now: number,
): readonly OwnActor[] {
  if (isUser) return actors.filter((each) => each.id !== id);
  const known = actors.find((each) => each.id === id);
  const others = actors.filter((each) => each.id !== id && now - each.provenAt <= VALID_MS);
  return [{ id, since: known?.since ?? since, provenAt: now }, ...others].slice(0, ACTORS_MAX);
}

function bodyOf(text: string): EntryBody | null {
  const body = parseJson(text);
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as EntryBody) : null;
}
