/**
 * Silences as they are stored: made, ended before their time, counted, listed.
 *
 * Contract: call what writes in a transaction. A silence stays listed after it is over, with what it suppressed. It is over a
 * match by event time; `made_at` and `seq` say since when decisions knew it, `expired_seq` until when they knew its
 * `planned_end`: a replay makes and ends it there.
 */
import type { Alert } from '../../alert/alert.ts';
import { matchersHold, readSilence, type Silence } from '../../alert/silence.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import { type Engine, isOfOneEntry, listedRules } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { once } from '../../text/once.ts';
import type { SilencedChange } from '../model.ts';
import { UNRESOLVED } from '../model.ts';
import type { ShownSilence, Silenced, SilenceRequest } from '../rpc.ts';
import { bodyOf, type EntryRow } from '../store/rows.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store } from '../store/store.ts';

/** The most silences that are not over: each is compared with every match. */
export const SILENCES_MAX = 200;
const ALERTS_MAX = 20;
const LISTED_MAX = 100;
/** Of an alert with more matches, not all of them are stored (`MATCHES_MAX`, record/evaluate.ts). */
const COVERED_MAX = 100;
const NAME_MAX = 200;
/** One that is the same but begins so little later is the same request again: a form that was posted twice. */
const REPEATED_MS = 10 * 60_000;

type SilenceRow = {
  readonly id: number;
  readonly matchers: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly author: string;
  readonly via: string;
  readonly comment: string;
  readonly made_at: number;
  readonly expired_by: string | null;
  readonly suppressed: number;
  readonly suppressed_at: number | null;
  readonly alerts: string;
};

/** The silences that are not over at `from`. */
export function readSilences(store: Store, from: number): readonly Silence[] {
  // SQLite would read all of them to save the sorting.
  const rows = store.all<SilenceRow>(
    'SELECT * FROM silences INDEXED BY silences_by_end WHERE ends_at > ? ORDER BY id',
    from,
  );
  return rows.map(silenceFrom);
}

/** Those that are not over first, then the newest. */
export function listSilences(store: Store, now: number): readonly ShownSilence[] {
  return store
    .all<SilenceRow>(
      `SELECT * FROM (SELECT * FROM silences ORDER BY ends_at DESC LIMIT ${LISTED_MAX})
       ORDER BY ends_at > ? DESC, id DESC`,
      now,
    )
    .map(shownFrom);
}

/** Those that end after `from`, as they are listed: all that are not over, and of the others the last. */
export function silencesAfter(store: Store, from: number): readonly (Silence & { readonly shown: ShownSilence })[] {
  const rows = store.all<SilenceRow>(
    `SELECT * FROM silences WHERE ends_at > ? ORDER BY ends_at DESC LIMIT ${SILENCES_MAX}`,
    from,
  );
  return rows.map((row) => ({ ...silenceFrom(row), shown: shownFrom(row) }));
}

/** What silences are compared with of an alert. */
type CoveredAlert = Pick<Alert, 'id' | 'rule' | 'key' | 'level' | 'count'>;

/**
 * Of these silences, those that cover the alert, and so hold what is due of it. What is due may be about any of its matches:
 * each must be covered, by the dedup key that they share, or by its entry. Where one is not stored any more, only the key
 * counts, and of a correlation neither. Reads 100 matches with their entries at most, and mostly just the last.
 */
export function silencesCovering<S extends Pick<Silence, 'matchers'>>(
  store: Store,
  engine: Engine,
  alert: CoveredAlert,
  silences: readonly S[],
): readonly S[] {
  const rule = engine.rules.get(alert.rule) ?? null;
  const facts = { rule: alert.rule, level: alert.level, tags: rule?.tags ?? [] };
  const isSingle = rule !== null && isOfOneEntry(rule);
  // As text, a key is an object of its fields; a cut one is no JSON.
  const shared = isSingle ? [(parseJson(alert.key) ?? {}) as EntryBody] : null;
  const newest = once(() => (isSingle ? newestEntries(store, alert, 1) : null));
  const all = once(() => newestEntries(store, alert, COVERED_MAX));
  return silences.filter((silence) => {
    const holds = (entries: readonly EntryBody[] | null): boolean => matchersHold(silence, { ...facts, entries });
    return holds(shared) || (holds(newest()) && holds(all()));
  });
}

/** The entries of an alert's last matches, `most` of them at most; null: one is not known. */
function newestEntries(store: Store, { id, count }: CoveredAlert, most: number): readonly EntryBody[] | null {
  if (count > COVERED_MAX) return null;
  const rows = store.all<EntryRow>(
    `SELECT entries.seq, id, revision, created_at, body FROM matches JOIN entries ON entries.seq = matches.seq
     WHERE alert = ? AND decision IS NOT NULL ORDER BY matches.seq DESC LIMIT ?`,
    ...[id, most],
  );
  const bodies = rows.map(bodyOf).filter((body) => body !== null);
  return bodies.length === Math.min(count, most) ? bodies : null;
}

function silenceFrom(row: SilenceRow): Silence {
  return {
    id: row.id,
    // Where they are damaged, it is over nothing.
    matchers: (parseJson(row.matchers) ?? { rules: [] }) as Silence['matchers'],
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    author: row.author,
    comment: row.comment,
  };
}

function shownFrom(row: SilenceRow): ShownSilence {
  const { matchers, ...silence } = silenceFrom(row);
  const { fields, ...others } = matchers;
  const shown = fields?.map(([field, values]) => ({ field, values }));
  return {
    ...silence,
    matchers: { ...others, ...(shown && { fields: shown }) },
    via: row.via,
    madeAt: row.made_at,
    expiredBy: row.expired_by,
    suppressed: row.suppressed,
    suppressedAt: row.suppressed_at,
    alerts: (parseJson(row.alerts) ?? []) as readonly number[],
  };
}

/** Makes a silence; refused where it can't be. One that is the same as a recent one is that one. */
export function makeSilence(store: Store, engine: Engine, request: SilenceRequest, now: number): Silenced {
  const read = readSilence(parseJson(request.silence), now, listedRules([...engine.rules.values()]));
  if (!read.ok) return { kind: 'refused', problem: read.problem };
  const { matchers, startsAt, endsAt, comment } = read.value;
  const author = request.who.slice(0, NAME_MAX);
  const given = JSON.stringify(matchers);
  // The same request twice makes one.
  const [same] = store.all<SilenceRow>(
    `SELECT * FROM silences WHERE ends_at > ?1 AND matchers = ?2 AND author = ?3 AND comment = ?4 AND ends_at - starts_at = ?5
       AND expired_by IS NULL AND abs(starts_at - ?6) < ?7 ORDER BY id DESC LIMIT 1`,
    ...[now, given, author, comment, endsAt - startsAt, startsAt, REPEATED_MS],
  );
  const rules = (matchers.rules ?? []).map((id) => ({ id, title: engine.rules.get(id)?.title ?? id }));
  if (same !== undefined) return { kind: 'made', silence: shownFrom(same), rules };
  if (readSilences(store, now).length >= SILENCES_MAX) {
    return { kind: 'refused', problem: `there are ${SILENCES_MAX} silences: expire one, or make a rule's filter` };
  }
  const [row] = store.all<SilenceRow>(
    `INSERT INTO silences (matchers, starts_at, ends_at, author, via, comment, made_at, seq, suppressed, alerts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '[]') RETURNING *`,
    ...[given, startsAt, endsAt, author, request.via.slice(0, NAME_MAX)],
    ...[comment, now, readLastSeq(store)],
  );
  if (row === undefined) throw new Error('the silence was not stored');
  return { kind: 'made', silence: shownFrom(row), rules };
}

/** Ends a silence now. What it suppressed at high and critical is notified next, unless another silence is over it. */
export function expireSilence(store: Store, id: number, who: string, now: number): ShownSilence | null {
  const before = store.all<SilenceRow>('SELECT * FROM silences WHERE id = ?', id)[0];
  if (before === undefined) return null;
  if (before.ends_at <= now) return shownFrom(before);
  store.run(
    'UPDATE silences SET planned_end = ends_at, ends_at = ?, expired_by = ?, expired_seq = ? WHERE id = ?',
    ...[now, who.slice(0, NAME_MAX), readLastSeq(store), id],
  );
  store.run(
    `UPDATE alerts SET silenced_until = ?1, wakes_at = min(coalesce(wakes_at, ?1), ?1)
     WHERE ${UNRESOLVED} AND level IN ('high', 'critical') AND silenced_until = ?2`,
    now,
    before.ends_at,
  );
  return shownFrom({ ...before, ends_at: now, expired_by: who });
}

/** Counts what a silence suppressed in a batch. */
export function countSilenced(store: Store, id: number, { matches, lastAt, alerts }: SilencedChange): void {
  const row = store.all<{ alerts: string }>('SELECT alerts FROM silences WHERE id = ?', id)[0];
  const known = (parseJson(row?.alerts ?? '[]') ?? []) as readonly number[];
  const newest = [...new Set([...known, ...alerts])].slice(-ALERTS_MAX);
  store.run(
    `UPDATE silences SET suppressed = suppressed + ?1, suppressed_at = max(coalesce(suppressed_at, ?2), ?2), alerts = ?3
     WHERE id = ?4`,
    ...[matches, lastAt, JSON.stringify(newest), id],
  );
}
