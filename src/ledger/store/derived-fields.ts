/**
 * The entry as rules see it: with the field that Tocsin stores beside it, and without what it claims under `tocsin.`. What
 * can be computed from an entry is not stored (audit-log/derived-fields.ts). Pure.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import type { Engine, Match } from '../../sigma/index.ts';
import type { MarkFinding } from '../model.ts';

/** What the mark in an entry shows (record/own-reads.ts). */
const MARK_FIELD = 'tocsin.mark';

/** The entry as rules see it. */
export function withDerivedFields(body: EntryBody, mark: MarkFinding | null): EntryBody {
  const claimed = Object.keys(body).some((name) => name === 'tocsin' || name.startsWith('tocsin.'));
  const own = claimed ? withoutClaims(body) : body;
  return mark === null ? own : { ...own, [MARK_FIELD]: mark };
}

/** The detections that match an entry. A read of ours matches none. */
export function matchesOf(body: EntryBody, occurredAt: number, mark: MarkFinding | null, engine: Engine): Match[] {
  return mark === 'own' ? [] : engine.evaluate(withDerivedFields(body, mark), occurredAt);
}

function withoutClaims(body: EntryBody): EntryBody {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'tocsin' && !name.startsWith('tocsin.')));
}
