/**
 * The seeded log (seeded-log.ts) in a ledger in plain Node: the real ledger, all the real rules and one of each level that
 * they lack, and receivers of which one is healthy, one has a high minimum level, one refuses, one has no setting and one is
 * down. So there are alerts of every level and status, and deliveries in every state.
 *
 * Contract: the same for the same `now`. The first days are backfilled.
 */
import { parsePage } from '../../src/audit-log/page.ts';
import { startOrResumeScan } from '../../src/audit-log/tail.ts';
import { nextGroupAt, sendGroups } from '../../src/ledger/deliver/group-message.ts';
import { createOutbox, type LedgerOutbox } from '../../src/ledger/health/attempts.ts';
import { createViews, type Views } from '../../src/ledger/read/views.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { Outcome } from '../../src/notify/receiver.ts';
import { toIncoming } from '../../src/poller/batching.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { compile, type Rule } from '../../src/sigma/index.ts';
import { onAction } from '../ledger/scene.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { answeredAt } from './answer-times.ts';
import { SEEDED_DAYS, type SeededFacts, seededLog } from './seeded-log.ts';

export interface SeededStore {
  readonly store: ReturnType<typeof nodeStore>;
  readonly ledger: Ledger;
  readonly views: Views;
  readonly facts: SeededFacts;
  /** The time it was seeded for, ms. */
  readonly now: number;
}

const DAY = 24 * 60 * 60_000;
const PAGE = 100;
/** The first message of a group waits so long for more. */
const GROUP_WAIT_MS = 30_000;
/** How many messages are still pending for a receiver. */
const LEFT_PENDING = 5;

/** Levels that no shipped rule has. */
const MORE_RULES: readonly Rule[] = [
  onAction('vm.deleted', { id: 'seeded-low', title: 'A machine deleted', level: 'low' }),
  onAction('nks_cluster.kubeconfig_read', { id: 'seeded-critical', title: 'A kubeconfig read', level: 'critical' }),
];

const route = (name: string, from: RoutedReceiver['minLevel'], problem: string | null = null): RoutedReceiver => ({
  name,
  minLevel: from,
  problem,
});
const ROUTES: readonly RoutedReceiver[] = [
  route('slack', 'low'),
  route('pager', 'critical'),
  { ...route('webhook', 'medium'), forPrograms: true },
  route('mail', 'high', 'EMAIL_TO is not set'),
  route('siem', 'high'),
];
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  slack: { kind: 'delivered' },
  pager: { kind: 'delivered' },
  webhook: { kind: 'refused', reason: 'answered with 410' },
  siem: { kind: 'retry', reason: 'answered with 503', afterMs: null },
};

/** Seeds a ledger in memory, or in the file at `path`. */
export function seededStore(now: number, path = ':memory:'): SeededStore {
  const { records, facts } = seededLog(now);
  const store = nodeStore(path);
  const engine = compile({ version: `${ruleSet.version} seeded`, rules: [...ruleSet.rules, ...MORE_RULES] });
  const allowedLatenessMs = 5 * 60_000;
  const ledger = createLedger(store, {
    engine,
    allowedLatenessMs,
    retentionMs: 30 * DAY,
    blindAfterMs: 15 * 60_000,
    receivers: ROUTES,
    apiKeyExpiresAt: null,
  });
  recordAll(ledger, records, now);
  const sentAt = now + GROUP_WAIT_MS;
  for (let at = nextGroupAt(store); at !== null && at <= sentAt; at = nextGroupAt(store))
    store.transaction(() => sendGroups(store, { engine, receivers: ROUTES }, sentAt));
  sendAll(store, createOutbox(store, ROUTES), sentAt);
  actOnSome(ledger, sentAt);
  const views = createViews(store, { engine, status: ledger.status });
  return { store, ledger, views, facts, now };
}

/** Somebody takes care of a few alerts, and has resolved others. */
function actOnSome(ledger: Ledger, now: number): void {
  const of = { who: 'Ada', via: 'page', seenLevel: null };
  ledger.act({ ...of, alerts: [1, 4, 7], act: { act: 'acknowledge', comment: null } }, now);
  ledger.act({ ...of, alerts: [2, 5, 8], act: { act: 'resolve', reason: 'expected', comment: null } }, now);
}

/** Records everything in one scan, page by page. */
function recordAll(ledger: Ledger, records: readonly LogRecord[], now: number): void {
  const startAt = now - (SEEDED_DAYS + 1) * DAY;
  let { checkpoint } = ledger.begin({ kv: { checkpoint: null, rewind: null }, startAt, suppressFirstRead: false }, now);
  for (let i = 0; i < records.length; i += PAGE) {
    const page = parsePage({ items: records.slice(i, i + PAGE).map(({ body }) => body) }, answeredAt(now));
    const at = startOrResumeScan(checkpoint);
    const last = page.entries.at(-1)?.createdAt ?? now;
    const recorded = ledger.record(
      {
        expectedVersion: at.version,
        next: { ...at, scan: { ...at.scan, began: now, direction: 'forward', frontier: last } },
        ends: i + PAGE >= records.length,
        handle: 'record',
        began: now,
        times: answeredAt(now),
        horizon: null,
        suppressBefore: last < now - (SEEDED_DAYS - 1) * DAY ? now : null,
        ...toIncoming(page),
        save: false,
        reread: null,
      },
      now,
    );
    if (recorded.kind !== 'done') throw new Error('the ledger took a page for another tick’s');
    checkpoint = recorded.checkpoint;
  }
}

/** Sends until each receiver has nothing due, but the last few to the healthy one. What was refused long enough is dead. */
function sendAll(store: Store, outbox: LedgerOutbox, now: number): void {
  store.run(
    `UPDATE deliveries SET state = 'dead', attempts = 31, settled_at = ?,
       reason = 'failed for a day while others were delivered (31 attempts): answered with 410'
     WHERE receiver = 'webhook' AND state = 'pending' AND id NOT IN
       (SELECT id FROM deliveries WHERE receiver = 'webhook' ORDER BY id DESC LIMIT ${LEFT_PENDING})`,
    now,
  );
  for (const [receiver, outcome] of Object.entries(OUTCOMES)) {
    const pending = store.all<{ n: number }>(
      "SELECT count(*) AS n FROM deliveries WHERE receiver = ? AND state = 'pending'",
      receiver,
    )[0]?.n;
    for (let left = (pending ?? 0) - (receiver === 'slack' ? LEFT_PENDING : 0); left > 0; left--) {
      const taken = outbox.take(receiver, now);
      if (taken.kind !== 'due') break;
      outbox.settle(taken.due, { reachedAt: now, outcome, paceMs: 0 }, now);
    }
  }
}
