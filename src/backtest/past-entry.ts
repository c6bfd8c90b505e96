/**
 * Entries of the past, as an export has them.
 *
 * Contract: pure. Two forms are read, from JSON that was parsed: a line of Tocsin's own export (GET /api/entries), which says
 * how the entry was recorded, and what the audit log's API has: an entry, a page of them (`{items}`), or a list. What can't be
 * read is a problem in its place, never an error: it would have been quarantined, and the rest recorded.
 */
import type { EntryBody } from '../audit-log/entry.ts';
import { MARKED_PREFIX } from '../audit-log/mark.ts';
import { readRecord } from '../audit-log/page.ts';
import type { MarkFinding, ScanContext } from '../ledger/model.ts';
import { isObject } from '../text/json.ts';

/** An entry as it was, or would have been, recorded. Times in ms since the epoch. */
export interface PastEntry {
  readonly id: string;
  readonly createdAt: number;
  /** The time it counts with. */
  readonly occurredAt: number;
  readonly body: EntryBody;
  /** The body as JSON. Absent: it is written again. */
  readonly text?: string;
  /** Its number in the ledger that recorded it. */
  readonly seq?: number;
  /** 0, or absent: the first with its id. */
  readonly revision?: number;
  /** What the mark in it shows. */
  readonly mark?: MarkFinding | null;
  /** The scan that read it. */
  readonly read?: ScanContext;
}

/** Something that is no entry, and why. */
export interface Unreadable {
  readonly problem: string;
}

/** The entries in a value of an export, in its order. */
export function pastEntries(value: unknown): readonly (PastEntry | Unreadable)[] {
  if (Array.isArray(value)) return value.map(pastEntry);
  const items = isObject(value) && value.id === undefined ? value.items : undefined;
  return Array.isArray(items) ? items.map(pastEntry) : [pastEntry(value)];
}

function pastEntry(value: unknown): PastEntry | Unreadable {
  return isObject(value) && Number.isSafeInteger(value.seq) && 'entry' in value ? ofLine(value) : ofApi(value);
}

function ofLine({ seq, revision, occurredAt, mark = null, read, entry }: EntryBody): PastEntry | Unreadable {
  const record = readRecord(entry);
  if ('problem' in record) return { problem: entry === null ? 'damaged in the ledger' : record.problem };
  return {
    ...record,
    ...{ seq: seq as number, revision: isTime(revision) ? revision : 0, mark: isMark(mark) ? mark : null },
    occurredAt: isTime(occurredAt) ? occurredAt : record.createdAt,
    ...scanIn(read),
  };
}

function scanIn(read: unknown): Pick<PastEntry, 'read'> {
  if (!isObject(read) || !isTime(read.began) || !isTime(read.horizon)) return {};
  const { began, horizon, suppressBefore } = read;
  return { read: { began, horizon, suppressBefore: isTime(suppressBefore) ? suppressBefore : null } };
}

function ofApi(value: unknown): PastEntry | Unreadable {
  const record = readRecord(value);
  if ('problem' in record) return record;
  const { user_agent: userAgent } = record.body;
  // Whether a mark is genuine, only the Worker knows. No rule sees a read of Tocsin's own.
  const isOurs = typeof userAgent === 'string' && userAgent.startsWith(MARKED_PREFIX);
  return { ...record, occurredAt: record.createdAt, ...(isOurs && { mark: 'own' as const }) };
}

function isMark(value: unknown): value is MarkFinding {
  return value === 'own' || value === 'missing' || value === 'reused';
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
