/**
 * What a ledger remembers of its own reads: read once, kept in memory, and stored with the state's row, so that it costs no
 * row of its own.
 *
 * Contract: what quiet batches bring is lost with the memory, as their checkpoint is. Then the same reads are read again and
 * are new again. What a transaction that failed brought stays, and is known when it is read again.
 */
import { type MarkKey, markKey } from '../../audit-log/mark.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { parseJson } from '../../text/json.ts';
import { raiseHealthAlert, resolveHealthAlert } from '../health/health-alerts.ts';
import type { KeyTheft, OwnReadsStatus } from '../rpc.ts';
import { readOwnReads } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import type { Unrecorded } from './dedupe.ts';
import { NO_OWN_READS, type OwnReads, type SortedReads, sortOwnReads, withoutKnownReads } from './own-reads.ts';
import { UsedMarks } from './used-marks.ts';

const MINUTE_MS = 60_000;
/** Beyond the allowed lateness, so long may no read come back before the log is incomplete: a few ticks may fail. */
export const INCOMPLETE_AFTER_MS = 10 * MINUTE_MS;
/** After so long the upstream has stopped to record reads, on purpose it seems. */
export const GIVE_UP_AFTER_MS = 7 * 24 * 60 * MINUTE_MS;

/** What own reads are recognized by. */
export interface OwnReadsOptions {
  readonly key: MarkKey;
  /** The key before; null: none, or nobody is to know it any more. */
  readonly previousKey: MarkKey | null;
  /** Others use our API key on purpose: no findings. */
  readonly isShared: boolean;
}

/** The options for these settings; null without a LINK_SECRET. */
export function ownReadsOptions(
  linkSecret: string | null,
  isShared: boolean,
  previous: string | null = null,
): OwnReadsOptions | null {
  if (linkSecret === null) return null;
  return { key: markKey(linkSecret), previousKey: previous === null ? null : markKey(previous), isShared };
}

export class OwnReadsMemory {
  readonly #store: Store;
  readonly #options: OwnReadsOptions | null;
  #loaded: { reads: OwnReads; readonly marks: UsedMarks } | null = null;
  /** Something is not stored yet; and the transaction under way stores it. */
  #changed = false;
  #isStoring = false;

  /** Without options (there is no LINK_SECRET) nothing is recognized. */
  constructor(store: Store, options: OwnReadsOptions | null) {
    this.#store = store;
    this.#options = options;
  }

  /** Sorts new entries, which are in order. `isSaving`: whether rows are written anyway. */
  sort(entries: readonly Unrecorded[], now: number, isSaving: boolean): SortedReads | null {
    if (this.#options === null) return null;
    const loaded = this.#load(this.#options);
    if ((loaded.reads.keySince ?? null) === null) {
      loaded.reads = { ...loaded.reads, keySince: now };
      this.#changed = true;
    }
    const sorted = sortOwnReads(loaded.reads, entries, { ...this.#options, marks: loaded.marks, now, isSaving });
    this.#changed ||= sorted.reads !== loaded.reads;
    loaded.reads = sorted.reads;
    return sorted;
  }

  /** The entries that are not own reads known by now. */
  withoutKnown(entries: readonly Unrecorded[]): readonly Unrecorded[] {
    return this.#options === null ? entries : withoutKnownReads(entries, this.#load(this.#options).marks);
  }

  /** After the end of a scan: raises or resolves the health alert about reads that do not come back. */
  checkAfterScan(allowedLatenessMs: number, receivers: readonly RoutedReceiver[], now: number): void {
    if (this.#options === null) return;
    const loaded = this.#load(this.#options);
    if (loaded.reads.newestSentAt === null) return;
    const awaitedSince = Math.min(loaded.reads.awaitedSince ?? now, now);
    loaded.reads = { ...loaded.reads, awaitedSince, checkedAt: now };
    this.#changed = true;
    const waited = now - awaitedSince;
    if (waited > GIVE_UP_AFTER_MS) {
      loaded.reads = { ...loaded.reads, actors: [], newestSentAt: null, awaitedSince: null };
      const summary = 'for a week the audit log has shown no read by Tocsin: it seems to record reads no longer';
      resolveHealthAlert(this.#store, 'incomplete-log', summary, receivers, now);
    } else if (waited > allowedLatenessMs + INCOMPLETE_AFTER_MS) {
      const summary =
        "the audit log recorded Tocsin's reads, and has shown none of the latest: it is incomplete, or shows entries later " +
        'than ALLOWED_LATENESS allows';
      raiseHealthAlert(this.#store, 'incomplete-log', summary, receivers, now);
    } else {
      resolveHealthAlert(this.#store, 'incomplete-log', "the audit log shows Tocsin's reads again", receivers, now);
    }
  }

  /** Raises a health alert about marks that were forgotten before their time. */
  reportOverflow(receivers: readonly RoutedReceiver[], now: number): void {
    const summary =
      "there were more of Tocsin's reads within 27 hours than it can remember: the same mark twice may pass unnoticed";
    raiseHealthAlert(this.#store, 'forgotten-marks', summary, receivers, now);
  }

  /** As text for the state's row, which this transaction stores; null where it is stored already. */
  text(): string | null {
    if (this.#loaded === null || !this.#changed) return null;
    this.#isStoring = true;
    const { reads, marks } = this.#loaded;
    const forgottenBefore = Number.isFinite(marks.forgottenBefore) ? marks.forgottenBefore : null;
    return [JSON.stringify({ ...reads, forgottenBefore }), ...marks.lines()].join('\n');
  }

  /** The same store, through which this memory sees which transactions were committed. */
  watched(store: Store): Store {
    const transaction: Store['transaction'] = (work) => {
      this.#isStoring = false;
      const result = store.transaction(work);
      if (this.#isStoring) this.#changed = false;
      return result;
    };
    return Object.assign(Object.create(store) as Store, { transaction });
  }

  /** For the status; null where no read has come back. */
  status(): OwnReadsStatus | null {
    if (this.#options === null) return null;
    const { newestSentAt, checkedAt, count } = this.#load(this.#options).reads;
    if (newestSentAt === null) return null;
    return { delayMs: Math.max(0, checkedAt - newestSentAt), at: checkedAt, count };
  }

  /** Whether it would be noticed if others used our API key. */
  keyTheft(): KeyTheft {
    if (this.#options === null) return 'no secret';
    if (this.#options.isShared) return 'shared';
    const { newestSentAt, actors } = this.#load(this.#options).reads;
    if (actors.length > 0) return 'detected';
    return newestSentAt === null ? 'no read' : 'no key';
  }

  #load(options: OwnReadsOptions): { reads: OwnReads; readonly marks: UsedMarks } {
    this.#loaded ??= loadedFrom(readOwnReads(this.#store), options);
    return this.#loaded;
  }
}

type Stored = OwnReads & { readonly forgottenBefore: number | null };

/**
 * Another key has proven nothing yet, except for the one that follows the stored one. It remembers the marks of the one
 * before in any case: entries read again are still known by them.
 */
function loadedFrom(
  text: string | null,
  { key: { id: key }, previousKey }: OwnReadsOptions,
): { reads: OwnReads; marks: UsedMarks } {
  const [head = '', ...lines] = text === null ? [] : text.split('\n');
  const stored = parseJson(head) as Stored | undefined;
  if (stored === undefined)
    return { reads: { ...NO_OWN_READS, key }, marks: new UsedMarks(Number.NEGATIVE_INFINITY, []) };
  const { forgottenBefore, ...reads } = stored;
  const { count, sampledAt } = reads;
  const proven = reads.key === previousKey?.id ? reads : { ...NO_OWN_READS, count, sampledAt };
  return {
    reads: reads.key === key ? reads : { ...proven, key, keySince: null },
    marks: new UsedMarks(forgottenBefore ?? Number.NEGATIVE_INFINITY, lines),
  };
}
