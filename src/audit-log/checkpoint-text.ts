/**
 * The checkpoint and the rewind as JSON in KV, where people can read and edit them. Checked when read back; top-level times
 * are RFC 3339. Pure.
 */

import * as z from 'zod/mini';
import { parseJson } from '../text/json.ts';
import { readInstant } from '../text/times.ts';
import type { Checkpoint, ScanQuery } from './checkpoint.ts';
import { PAGE_LIMIT_MAX, PAGE_LIMIT_MIN } from './entry.ts';

function between(least: number, most: number) {
  return z.number().check(z.refine((value) => value >= least && value <= most, `is not between ${least} and ${most}`));
}

const nullableNumber = z.nullable(z.number());
/** ms since the epoch, within the range of dates (ECMA-262, 21.4.1.1). */
const ms = between(-8.64e15, 8.64e15);
const nullableMs = z.nullable(ms);
const direction = z.enum(['unknown', 'forward', 'backward']);
const query = z.object({
  sort: z.optional(z.string()),
  created_at_min: z.optional(z.string()),
  created_at_max: z.optional(z.string()),
});
const time = z.string().check(z.refine((text) => readInstant(text) !== null, 'is not an RFC 3339 time'));

const scanSchema = z.object({
  from: ms,
  query,
  cursor: z.nullable(z.string()),
  limit: between(PAGE_LIMIT_MIN, PAGE_LIMIT_MAX),
  began: nullableMs,
  head: nullableMs,
  steps: z.number(),
  brentCheckpoint: z.nullable(z.string()),
  direction,
  sawAscending: z.boolean(),
  sawDescending: z.boolean(),
  stepsUp: z.number(),
  stepsDown: z.number(),
  filtered: z.boolean(),
  reached: nullableMs,
  first: z.array(ms),
  last: z.array(ms),
  endedEarly: z._default(z.boolean(), false),
  emptyEnd: z._default(z.nullable(z.object({ after: nullableMs, ticks: z.number(), isHere: z.boolean() })), null),
  goesOn: z._default(z.nullable(z.object({ at: ms, to: nullableMs })), null),
  frontier: nullableMs,
  followed: z.number(),
  old: z.number(),
  resumeCursorAt: z.number(),
  staged: z.boolean(),
  cursorsLost: z.number(),
  frontierThen: nullableMs,
  deep: z.boolean(),
  flushing: z.boolean(),
  unreadBefore: nullableMs,
  suppressBefore: nullableMs,
});

const checkpointSchema = z.object({
  watermark: time,
  lastBegan: z.optional(nullableMs),
  floor: z.optional(time),
  scan: z.optional(z.nullable(scanSchema)),
  resumeCursor: z.optional(
    z.nullable(
      z.object({ query, cursor: z.string(), skip: nullableNumber, fallback: z._default(z.nullable(z.string()), null) }),
    ),
  ),
  direction: z.optional(direction),
  unfilteredUpstream: z.optional(z.boolean()),
  suppressBefore: z.optional(nullableMs),
  gap: z.optional(z.nullable(z.object({ from: ms, to: ms, scansLeft: z.number() }))),
  roughUntil: z.optional(nullableMs),
});

const rewindId = z
  .string()
  .check(z.refine(({ length }) => length >= 1 && length <= 100, 'has not 1 to 100 characters'));
const rewindSchema = z.object({
  id: rewindId,
  to: time,
  suppress: z.optional(z.boolean()),
  restored: z.optional(
    z.nullable(
      z.object({
        at: ms,
        undo: z.string(),
        replaces: z.nullable(rewindId),
        lastAlert: z.number(),
        version: z.number(),
      }),
    ),
  ),
});

/** A value read from KV, or what is wrong with it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

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

function parsed<S extends z.ZodMiniType>(schema: S, text: string): Read<z.output<S>> {
  const json = parseJson(text);
  if (json === undefined) return { ok: false, problem: 'not JSON' };
  const result = schema.safeParse(json);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is invalid'}` };
}

function withoutUndefined(value: z.output<typeof query>): ScanQuery {
  return Object.fromEntries(Object.entries(value).filter(([, text]) => text !== undefined));
}

/** For a time that the schema has checked. */
function msOf(text: string): number {
  return readInstant(text) ?? Number.NaN;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
