/**
 * Worlds in which the log records reads: the real client, poll, lookup and ledger over the sandbox, with faults, evictions,
 * overlapping ticks, and somebody who has the API key. Which requests are ours, the world knows from who sent them.
 */
import { createClient } from '../../src/audit-log/client.ts';
import { createUserAgents } from '../../src/audit-log/mark.ts';
import { createProxy } from '../../src/audit-log/proxy.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import { ownReadsOptions } from '../../src/ledger/record/own-reads-memory.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { poll } from '../../src/poller/poll.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { createSandbox } from '../sandbox/app.ts';
import { entryAt } from '../sandbox/odd.ts';
import { DIALECTS } from '../sandbox/query.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { createDice } from './random.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12);
const ALLOWED_LATENESS_MS = 5 * MINUTE;
const API_KEY = 'sandbox-key-0123456789abcdef';
const SECRET = 'a3f1c95be07d4826a3f1c95be07d4826';
const THEFT = "Tocsin's API key used by somebody else";

export interface OwnReadsRun {
  readonly problems: readonly string[];
  /** How much of everything happened. */
  readonly reads: number;
  readonly thefts: number;
  readonly evictions: number;
}

/** Runs one seed. */
export async function runOwnReads(seed: number): Promise<OwnReadsRun> {
  const dice = createDice(seed);
  let now = START;
  const isLogged = dice.chance(0.8);
  const isShared = dice.chance(0.2);
  const lateMs = dice.pick([0, 0, 2_000, 90_000, 4 * MINUTE]);
  /** What somebody else is sending at present. A retry of an abandoned request of ours may come meanwhile. */
  let thief: { readonly userAgent: string; readonly mark: 'missing' | 'reused' } | null = null;
  const ours = new Map<string, LogRecord>();
  const theirs = new Map<string, 'missing' | 'reused'>();
  const sandbox = createSandbox({
    ...{ seed, dialect: dice.pick(DIALECTS), apiKey: API_KEY, now: () => now, sleep: () => Promise.resolve() },
    logOwnReads: isLogged && { lateMs },
    keepOwnRead: (record) => {
      const { id, user_agent: userAgent } = record.body as EntryBody;
      if (thief?.userAgent === userAgent) theirs.set(id, thief.mark);
      else ours.set(id, record);
      return record;
    },
  });
  const fetch = (url: string, init?: RequestInit): Promise<Response> => sandbox.fetch(url, init);
  const upstream = { baseUrl: 'https://upstream.example', apiKey: API_KEY, fetch };

  const store = nodeStore();
  const start = (): Ledger =>
    createLedger(store, {
      engine: compile({ version: 'one', rules: ruleSet.rules.filter(({ title }) => title === THEFT) }),
      ...{ allowedLatenessMs: ALLOWED_LATENESS_MS, retentionMs: 30 * 24 * 60 * MINUTE, blindAfterMs: 15 * MINUTE },
      receivers: [{ name: 'slack', minLevel: 'low', problem: null }],
      ownReads: ownReadsOptions(SECRET, isShared),
    });
  let ledger = start();
  const api: LedgerApi = {
    begin: async (input) => ledger.begin(input, now),
    record: async (batch) => ledger.record(batch, now),
    flush: async (version, most) => ledger.flush(version, most, now),
    quarantineCandidate: async (record) => ledger.quarantineCandidate(record, now),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now),
    canRecord: async () => ledger.canRecord(now),
  };
  const tick = async (): Promise<number> => {
    const userAgent = createUserAgents(SECRET, () => now);
    const client = { ...upstream, userAgent, sleep: () => Promise.resolve(), random: () => 0 };
    const auditLog = createClient({ ...client, now: () => now });
    const deps = {
      kv: { get: async () => new Map(), put: async () => undefined },
      ledger: api,
      auditLog,
      now: () => now,
    };
    const budget = { requests: 40, ms: 45_000, startAt: START - 60 * MINUTE, suppressFirstRead: false };
    const polled = await poll({ ...deps, allowedLatenessMs: ALLOWED_LATENESS_MS, ...budget }).catch(() => undefined);
    // The hourly re-read stands beside the scan.
    return auditLog.requests - (polled?.reread ?? 0);
  };

  /** Sends a request with our key: without a mark, or with one that stands in the log for all to see. */
  const steal = async (): Promise<void> => {
    const seen = [...ours.values()].filter(
      ({ createdAt, appearsAt }) => appearsAt <= now && createdAt < now - 61_000 && createdAt >= START,
    );
    const copied = dice.chance(0.5) && seen.length > 0 ? dice.pick(seen) : null;
    const foreign = createUserAgents(`${SECRET}x`, () => now)();
    const userAgent =
      copied === null ? dice.pick(['curl/8.0', 'Tocsin/0.1.0', foreign]) : (copied.body as EntryBody).user_agent;
    thief = { userAgent, mark: copied === null ? 'missing' : 'reused' };
    await fetch('https://upstream.example/v1/audit_logs', {
      headers: { authorization: `Bearer ${API_KEY}`, 'user-agent': userAgent },
    }).catch(() => undefined);
    thief = null;
  };

  const rates = {
    ...{
      error: dice.next() * 0.2,
      breakOff: dice.next() * 0.2,
      reset: dice.next() * 0.1,
      emptyPage: dice.next() * 0.1,
    },
    ...{ rejectedCursor: dice.next() * 0.1 },
  };
  let evictions = 0;
  let written = 0;
  let provenAt = Number.POSITIVE_INFINITY;
  const minutes = dice.between(60, 120);
  for (let minute = 0; minute < minutes; minute++) {
    sandbox.faults.set({
      error: { probability: rates.error },
      breakOff: { probability: rates.breakOff },
      reset: { probability: rates.reset },
      emptyPage: { probability: rates.emptyPage },
      rejectedCursor: { probability: rates.rejectedCursor },
    });
    for (let n = dice.chance(0.03) ? 180 : dice.between(0, 2); n > 0; n--)
      sandbox.append(entryAt(now + n * 10, `entry-${written++}`));
    if (dice.chance(0.1)) {
      const proxy = createProxy({ ...upstream, userAgent: createUserAgents(SECRET, () => now) });
      await proxy.list('?limit=10');
    }
    now += dice.between(1, 20) * 1_000;
    const isProven = now > provenAt + 2 * MINUTE;
    if (isProven && dice.chance(0.05)) {
      sandbox.faults.clear();
      await steal();
    }
    if (dice.chance(0.05)) {
      evictions++;
      ledger = start();
    }
    now = START + (minute + 1) * MINUTE;
    if (!dice.chance(0.1)) await (dice.chance(0.1) ? Promise.all([tick(), tick()]) : tick());
    if (ledger.status(now).ownReads !== null) provenAt = Math.min(provenAt, now);
  }

  const problems: string[] = [];
  sandbox.faults.clear();
  for (let minute = 0; minute < 15; minute++) {
    now += MINUTE;
    const requests = await tick();
    // Oldest first, the page at the resume cursor is full now and then.
    if (minute > 8 && requests > (sandbox.dialect === 'oldest-first' ? 2 : 1))
      problems.push(`a quiet tick made ${requests} requests`);
  }
  const rows = store.all<{ id: string; mark: string | null }>('SELECT id, mark FROM entries');
  const recorded = new Map(rows.map(({ id, mark }) => [id, mark]));
  for (const [id, mark] of recorded) {
    const due = theirs.has(id) && !isShared ? theirs.get(id) : ours.has(id) ? 'own' : null;
    if (mark !== due) problems.push(`${id} is ${mark}, not ${due}`);
  }
  for (const id of theirs.keys()) if (!recorded.has(id)) problems.push(`theft ${id} is not recorded`);
  for (let n = 0; n < written; n++) if (!recorded.has(`entry-${n}`)) problems.push(`entry-${n} is not recorded`);
  const samples = rows.filter(({ mark }) => mark === 'own').length;
  if (samples > minutes / 60 + 2) problems.push(`${samples} own reads are recorded`);
  // Those of the last tick may or may not be on its own pages.
  const back = [...ours.values()].filter(({ appearsAt }) => appearsAt <= now);
  const sure = back.filter(({ createdAt }) => createdAt < now);
  const counted = ledger.status(now).ownReads?.count ?? 0;
  if (counted < sure.length || counted > back.length)
    problems.push(`${counted} own reads counted, ${sure.length} to ${back.length} came back`);
  const alerts = store.all<{ title: string; level: string }>('SELECT title, level FROM alerts');
  const thefts = isShared ? 0 : theirs.size;
  if (alerts.length > 0 !== thefts > 0) problems.push(`${alerts.length} alerts for ${thefts} thefts`);
  const health = store.all<{ kind: string }>("SELECT kind FROM health_alerts WHERE kind = 'incomplete-log'");
  if (health.length > 0) problems.push('the log counted as incomplete');
  store.close();
  return { problems, reads: ours.size, thefts, evictions };
}
