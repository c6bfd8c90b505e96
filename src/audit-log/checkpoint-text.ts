/**
 * The checkpoint and the rewind as JSON in KV, where people can read and edit them. Checked when read back; top-level times
 * are RFC 3339. Pure.
 */

import { parseJson } from '../text/json.ts';
import {
  between,
  boolean,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  orElse,
  type Read,
  readShape,
  type Shape,
  type ShapeOf,
  string,
  where,
} from '../text/shape.ts';
import { readInstant } from '../text/times.ts';
import type { Checkpoint, ScanQuery } from './checkpoint.ts';
import { PAGE_LIMIT_MAX, PAGE_LIMIT_MIN } from './entry.ts';

const nullableNumber = nullable(number);
/** ms since the epoch, within the range of dates (ECMA-262, 21.4.1.1). */
const ms = between(-8.64e15, 8.64e15);
const nullableMs = nullable(ms);
const direction = oneOf('unknown', 'forward', 'backward');
const query = object({
  sort: optional(string),
  created_at_min: optional(string),
  created_at_max: optional(string),
});
const time = where(string, (text) => readInstant(text) !== null, 'is not an RFC 3339 time');

const scanSchema = object({
  from: ms,
  query,
  cursor: nullable(string),
  limit: between(PAGE_LIMIT_MIN, PAGE_LIMIT_MAX),
  began: nullableMs,
  head: nullableMs,
  steps: number,
  brentCheckpoint: nullable(string),
  direction,
  sawAscending: boolean,
  sawDescending: boolean,
  stepsUp: number,
  stepsDown: number,
  filtered: boolean,
  reached: nullableMs,
  first: list(ms),
  last: list(ms),
  endedEarly: orElse(boolean, false),
  emptyEnd: orElse(nullable(object({ after: nullableMs, ticks: number, isHere: boolean })), null),
  goesOn: orElse(nullable(object({ at: ms, to: nullableMs })), null),
  frontier: nullableMs,
  followed: number,
  old: number,
  resumeCursorAt: number,
  staged: boolean,
  cursorsLost: number,
  frontierThen: nullableMs,
  deep: boolean,
  flushing: boolean,
  unreadBefore: nullableMs,
  suppressBefore: nullableMs,
});

const checkpointSchema = object({
  watermark: time,
  lastBegan: optional(nullableMs),
  floor: optional(time),
  scan: optional(nullable(scanSchema)),
  resumeCursor: optional(
    nullable(object({ query, cursor: string, skip: nullableNumber, fallback: orElse(nullable(string), null) })),
  ),
  direction: optional(direction),
  unfilteredUpstream: optional(boolean),
  suppressBefore: optional(nullableMs),
  gap: optional(nullable(object({ from: ms, to: ms, scansLeft: number }))),
  roughUntil: optional(nullableMs),
});

const rewindId = where(string, ({ length }) => length >= 1 && length <= 100, 'has not 1 to 100 characters');
const rewindSchema = object({
  id: rewindId,
  to: time,
  suppress: optional(boolean),
  restored: optional(
    nullable(
      object({
        at: ms,
        undo: string,
        replaces: nullable(rewindId),
        lastAlert: number,
        version: number,
      }),
    ),
  ),
});

export type { Read };

/** The checkpoint as text for KV. */
export function checkpointText(checkpoint: Checkpoint): string {
  const { watermark, floor, ...rest } = checkpoint;
  return JSON.stringify({ watermark: isoOf(watermark), floor: isoOf(floor), ...rest });
}

/** Reads a checkpoint from KV; only `watermark` is required. */
export function checkpointFrom(text: string): Read<Checkpoint> {
  const read = parsed(checkpointSchema, text);
  if (!read.ok) return read;
  const { watermark, lastBegan, floor, scan, resumeCursor, direction, unfilteredUpstream, suppressBefore } = read.value;
  const { gap, roughUntil } = read.value;
  const through = msOf(watermark);
  return {
    ok: true,
    value: {
      version: 0,
      watermark: through,
      lastBegan: lastBegan ?? null,
      floor: Math.min(through, floor === undefined ? through : msOf(floor)),
      scan: scan ? { ...scan, query: withoutUndefined(scan.query) } : null,
      resumeCursor: resumeCursor ? { ...resumeCursor, query: withoutUndefined(resumeCursor.query) } : null,
      direction: direction ?? 'unknown',
      unfilteredUpstream: unfilteredUpstream ?? false,
      suppressBefore: suppressBefore ?? null,
      gap: gap ?? null,
      roughUntil: roughUntil ?? null,
    },
  };
}

/** An operator's order to read the log again from `to`, ms since the epoch. Applied once, by its id. */
export interface Rewind {
  readonly id: string;
  readonly to: number;
  readonly suppress: boolean;
  /** The ledger itself was taken back to `to`. Null or absent in any other rewind. */
  readonly restored?: RestoreMark | null;
}

/** What a restored ledger can't know by itself. A version of the Worker that does not know it rewinds to the same time. */
export interface RestoreMark {
  /** When it was restored; wall, ms. */
  readonly at: number;
  /** The bookmark of the moment before. */
  readonly undo: string;
  /** The id of the rewind that this one replaced in KV; null: there was none. */
  readonly replaces: string | null;
  /** No alert so far has a higher number, and no checkpoint a higher version. */
  readonly lastAlert: number;
  readonly version: number;
}

/** The rewind as text for KV. */
export function rewindText({ id, to, suppress, restored }: Rewind): string {
  return JSON.stringify({ id, to: isoOf(to), suppress, ...(restored ? { restored } : {}) });
}

/** Reads a rewind from KV. */
export function rewindFrom(text: string): Read<Rewind> {
  const read = parsed(rewindSchema, text);
  if (!read.ok) return read;
  const { id, to, suppress, restored } = read.value;
  return { ok: true, value: { id, to: msOf(to), suppress: suppress ?? false, ...(restored ? { restored } : {}) } };
}

function parsed<T>(shape: Shape<T>, text: string): Read<T> {
  return readShape(shape, parseJson(text));
}

function withoutUndefined(value: ShapeOf<typeof query>): ScanQuery {
  return Object.fromEntries(Object.entries(value).filter(([, text]) => text !== undefined));
}

/** For a time that the schema has checked. */
function msOf(text: string): number {
  return readInstant(text) ?? Number.NaN;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
