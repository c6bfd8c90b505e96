/** What the tests of a poll share: entries, a scene's ledger as a poll calls it, a KV in memory, and a poll's dependencies. */
import type { AuditLog, Entry } from '../../src/audit-log/entry.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import type { CheckpointKv, PollDeps } from '../../src/poller/poll.ts';
import { ALLOWED_LATENESS, MINUTE, NOON, type Scene } from '../ledger/scene.ts';

export const VM_DELETED = { action: 'vm.deleted', actor: { id: 'alice' } };

export function record(id: string, createdAt: number, fields: Readonly<Record<string, unknown>> = {}): Entry {
  const body = { id, created_at: new Date(createdAt).toISOString(), action: 'vm.read', ...fields };
  return { id, createdAt, body };
}

/** The scene's ledger, as a poll calls it. */
export function callable({ ledger }: Pick<Scene, 'ledger'>, now = () => NOON): LedgerApi {
  return {
    begin: async (input) => ledger.begin(input, now()),
    record: async (batch) => ledger.record(batch, now()),
    flush: async (expect, most) => ledger.flush(expect, most, now()),
    quarantineCandidate: async (record) => ledger.quarantineCandidate(record, now()),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now()),
    canRecord: async () => ledger.canRecord(now()),
  };
}

export function memoryKv(
  values: Readonly<Record<string, string>> = {},
): CheckpointKv & { readonly stored: Map<string, string> } {
  const stored = new Map(Object.entries(values));
  return {
    stored,
    get: async (keys) => new Map(keys.map((key) => [key, stored.get(key) ?? null])),
    put: async (key, value) => void stored.set(key, value),
  };
}

export function deps(auditLog: AuditLog, ledger: LedgerApi, more: Partial<PollDeps> = {}): PollDeps {
  return {
    kv: memoryKv(),
    ledger,
    auditLog,
    now: () => NOON,
    allowedLatenessMs: ALLOWED_LATENESS,
    startAt: NOON - 60 * MINUTE,
    suppressFirstRead: false,
    requests: 10,
    ms: 30_000,
    ...more,
  };
}
