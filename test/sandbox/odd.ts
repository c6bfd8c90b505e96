/** Malformed and unusual records to append. Pure. */

import { type EntryBody, type LogRecord, type Precision, writeInstant } from './record.ts';

const ORDINARY: Omit<EntryBody, 'id' | 'created_at'> = {
  action: 'vm.listed',
  actor: { id: '0d4f7c2e-8a55-4c0b-9f3e-6b1f2a7d9c10', name: 'Alice Smith', type: 'user' },
  client_ip: '203.0.113.1',
  method: 'GET',
  path: '/v1/compute/vms',
  status_code: 200,
  user_agent: 'Mozilla/5.0',
  target: null,
};

/** An ordinary entry; `fields` replace its own, or add to them. */
export function entryAt(
  createdAt: number,
  id: string,
  fields: { readonly [field: string]: unknown } = {},
  precision: Precision = 'microseconds',
): LogRecord {
  const body = { id, ...ORDINARY, created_at: writeInstant(precision, createdAt), ...fields };
  return { createdAt, appearsAt: createdAt, body };
}

/** The same record, visible only `lateMs` after its created_at. */
export function late(record: LogRecord, lateMs: number): LogRecord {
  return { ...record, appearsAt: record.createdAt + lateMs };
}

/** Visible now, with a created_at `aheadMs` later. */
export function futureDated(now: number, aheadMs: number, id: string): LogRecord {
  return { ...entryAt(now + aheadMs, id), appearsAt: now };
}

/** `count` entries with the same created_at; with more than a page holds, a page boundary lies inside it. */
export function sharedInstant(createdAt: number, count: number, idPrefix: string): LogRecord[] {
  return Array.from({ length: count }, (_, i) => entryAt(createdAt, `${idPrefix}${String(i).padStart(5, '0')}`));
}

/** Records that can't be recorded: without an id, without a readable created_at, or not an object. */
export function malformedAt(at: number): LogRecord[] {
  const { id: _, ...noId } = entryAt(at, 'x').body as EntryBody;
  const { created_at: __, ...noTime } = entryAt(at, 'malformed-no-time').body as EntryBody;
  const bodies: unknown[] = [
    noId,
    { ...noId, id: '' },
    { ...noId, id: 42 },
    noTime,
    { ...noTime, id: 'malformed-yesterday', created_at: 'yesterday' },
    { ...noTime, id: 'malformed-month', created_at: '2025-13-01T00:00:00Z' },
    { ...noTime, id: 'malformed-number', created_at: at },
    'a string',
    null,
    [],
    7,
  ];
  return bodies.map((body) => ({ createdAt: at, appearsAt: at, body }));
}

/** Valid entries with unusual fields. */
export function oddAt(at: number, idPrefix: string): LogRecord[] {
  const rows: readonly { readonly [field: string]: unknown }[] = [
    { actor: null },
    { actor: { id: null, name: null, type: 'robot' } },
    { actor: 'Alice' },
    { target: 'vm' },
    { action: 'wormhole.opened', target: { id: 'w-1', type: 'wormhole' } },
    { severity: { score: 9.5, tags: ['new', null] }, request_id: 'req_1', 'dotted.key': true },
    { status_code: '418', client_ip: '2001:db8::1%eth0', method: null },
    { path: '/v1/compute/vms/%00%FF/../../etc/passwd?key=<script>alert(1)</script>' },
    { action: '🔔.sent', user_agent: '\u202Egnp.exe\u0000\uD800' },
    { __proto__x: 1, constructor: 'x', toString: 'y' },
  ];
  return rows.map((fields, i) => entryAt(at, `${idPrefix}${i}`, fields));
}

/** An entry with a user agent of `bytes`. */
export function hugeAt(at: number, id: string, bytes = 3_000_000): LogRecord {
  return entryAt(at, id, { user_agent: `Mozilla/5.0 ${'A'.repeat(bytes)}` });
}
