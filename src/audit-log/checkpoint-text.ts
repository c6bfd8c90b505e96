/**
 * The checkpoint and the rewind as they lie in KV: JSON for people to read and move, checked when it is read back.
 * Top-level times are RFC 3339. What can't be read is said, and treated as if it weren't there.
 */

import * as z from 'zod/mini';
import { parseJson } from '../text/json.ts';
import { readInstant } from '../text/times.ts';
import type { Checkpoint } from './checkpoint.ts';

const nullableNumber = z.nullable(z.number());
/** ms since the epoch, as far as dates go (ECMA-262, 21.4.1.1). */
const nullableMs = z.nullable(z.number().check(z.gte(-8.64e15), z.lte(8.64e15)));
const direction = z.enum(['unknown', 'forward', 'backward']);
const query = z.object({ sort: z.optional(z.string()), created_at_min: z.optional(z.string()) });
const time = z.string().check(z.refine((text) => readInstant(text) !== null, 'is not an RFC 3339 time'));

const scanSchema = z.object({
  query,
  cursor: z.nullable(z.string()),
  limit: z.number().check(z.gte(10), z.lte(100)),
  began: nullableMs,
  steps: z.number(),
  brentCheckpoint: z.nullable(z.string()),
  direction,
  sawDescending: z.boolean(),
  ascending: z.boolean(),
  filtered: z.boolean(),
  reached: nullableMs,
  frontier: nullableMs,
  followed: z.number(),
  old: z.number(),
  resumeCursorAt: z.number(),
  flushing: z.boolean(),
  suppressBefore: nullableMs,
});

const checkpointSchema = z.object({
  watermark: time,
  floor: z.optional(time),
  scan: z.optional(z.nullable(scanSchema)),
  resumeCursor: z.optional(z.nullable(z.object({ query, cursor: z.string(), skip: nullableNumber }))),
  direction: z.optional(direction),
  unfilteredUpstream: z.optional(z.boolean()),
  suppressBefore: z.optional(nullableMs),
});

const rewindSchema = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(100)),
  to: time,
  suppress: z.optional(z.boolean()),
});

/** A value read from KV, or what is wrong with it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** The checkpoint as KV's text. */
export function checkpointText(checkpoint: Checkpoint): string {
  const { watermark, floor, ...rest } = checkpoint;
  return JSON.stringify({ watermark: isoOf(watermark), floor: isoOf(floor), ...rest });
}

/** Reads KV's checkpoint; only `watermark` must be there. */
export function checkpointFrom(text: string): Read<Checkpoint> {
  const read = parsed(checkpointSchema, text);
  if (!read.ok) return read;
  const { watermark, floor, scan, resumeCursor, direction, unfilteredUpstream, suppressBefore } = read.value;
  const through = msOf(watermark);
  return {
    ok: true,
    value: {
      version: 0,
      watermark: through,
      floor: Math.min(through, floor === undefined ? through : msOf(floor)),
      scan: scan ? { ...scan, query: withoutUndefined(scan.query) } : null,
      resumeCursor: resumeCursor ? { ...resumeCursor, query: withoutUndefined(resumeCursor.query) } : null,
      direction: direction ?? 'unknown',
      unfilteredUpstream: unfilteredUpstream ?? false,
      suppressBefore: suppressBefore ?? null,
    },
  };
}

/** An operator's order to read the past again, `to` in ms since the epoch. Obeyed once, by its id. */
export interface Rewind {
  readonly id: string;
  readonly to: number;
  readonly suppress: boolean;
}

/** The rewind as KV's text. */
export function rewindText({ id, to, suppress }: Rewind): string {
  return JSON.stringify({ id, to: isoOf(to), suppress });
}

/** Reads KV's rewind. */
export function rewindFrom(text: string): Read<Rewind> {
  const read = parsed(rewindSchema, text);
  if (!read.ok) return read;
  const { id, to, suppress } = read.value;
  return { ok: true, value: { id, to: msOf(to), suppress: suppress ?? false } };
}

function parsed<S extends z.ZodMiniType>(schema: S, text: string): Read<z.output<S>> {
  const json = parseJson(text);
  if (json === undefined) return { ok: false, problem: 'it is not JSON' };
  const result = schema.safeParse(json);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is not as it should be'}` };
}

function withoutUndefined(value: { sort?: string | undefined; created_at_min?: string | undefined }) {
  return {
    ...(value.sort === undefined ? {} : { sort: value.sort }),
    ...(value.created_at_min === undefined ? {} : { created_at_min: value.created_at_min }),
  };
}

/** Of a time that was checked before. */
function msOf(text: string): number {
  return readInstant(text) ?? Number.NaN;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
