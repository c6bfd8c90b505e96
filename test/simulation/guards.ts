/**
 * The guards that keep the promises, each with the change that takes it away. `npm run sim:guards` makes each change in
 * a copy and shows that the simulation then fails: a guard whose loss nobody notices is not tested, or not needed. The first
 * seed that notices each is in known-seeds.json.
 */

export interface Guard {
  /** What it ensures. */
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const GUARDS: readonly Guard[] = [
  {
    name: 'dedupe: an entry already known is not recorded again',
    file: 'src/ledger/record/dedupe.ts',
    find: "if (compared.kind !== 'changed') {",
    replace: 'if (false) {',
  },
  {
    name: 'one transaction: what failed half-way is rolled back, checkpoint and all',
    file: 'src/ledger/store/node-store.ts',
    find: "database.exec('ROLLBACK');",
    replace: "database.exec('COMMIT');",
  },
  {
    name: 'compare and swap: a tick that was overtaken changes nothing',
    file: 'src/ledger/record/record.ts',
    find: "if (batch.expectedVersion !== state.checkpoint.version) return { kind: 'conflict' };",
    replace: '',
  },
  {
    name: 'allowed lateness: the watermark stays that far behind the beginning of the scan',
    file: 'src/audit-log/tail.ts',
    find: 'Math.max(checkpoint.watermark, began - leftMs)',
    replace: 'Math.max(checkpoint.watermark, began)',
  },
  {
    name: 'a record that was malformed is recorded once it is right',
    file: 'src/ledger/record/quarantine.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
    find: 'return id === null ? `record:${sha256Hex(text)}` : `invalid:${sha256Hex(id)}`;',
    replace: 'return crashKey({ id, text });',
  },
  {
    name: 'a record is taken out of quarantine in the transaction that records it',
    file: 'src/ledger/record/release.ts',
    find: 'removeQuarantined(store, key);',
    replace: '',
  },
  {
    name: 'a storage that refuses writes makes no entry a quarantine candidate',
    file: 'src/ledger/record/ledger.ts',
    find: 'isSound(now) && store',
    replace: 'store',
  },
  {
    name: 'a scan begins no later than our clock says, however far Date is ahead',
    file: 'src/audit-log/clocks.ts',
    find: 'Math.min(askedAt, date - Math.max(0, answeredAt - askedAt))',
    replace: 'date - Math.max(0, answeredAt - askedAt)',
  },
  {
    name: 'a scan begins no later than Date says, however far our clock is ahead',
    file: 'src/audit-log/clocks.ts',
    find: 'Math.min(askedAt, date - Math.max(0, answeredAt - askedAt))',
    replace: 'askedAt',
  },
  {
    name: 'a scan begins before its answer did, however long that took',
    file: 'src/audit-log/clocks.ts',
    find: 'Math.min(askedAt, date - Math.max(0, answeredAt - askedAt))',
    replace: 'Math.max(askedAt, date)',
  },
  {
    name: 'a scan ends only behind what was there when it began, by both clocks',
    file: 'src/audit-log/tail.ts',
    find: 'head: scan.head ?? latest(page.times),',
    replace: 'head: scan.head ?? began,',
  },
  {
    name: 'an entry that claims the future counts at the time it was read',
    file: 'src/audit-log/clocks.ts',
    find: 'return isFuture(createdAt, times) ? latest(times) : createdAt;',
    replace: 'return createdAt;',
  },
  {
    name: 'an entry keeps its milliseconds, whatever Date has',
    file: 'src/audit-log/clocks.ts',
    find: 'return isFuture(createdAt, times) ? latest(times) : createdAt;',
    replace: 'return Math.min(createdAt, earliest(times));',
  },
  {
    name: "an entry's created_at never moves the watermark",
    file: 'src/audit-log/tail.ts',
    find: 'const began = checkpoint.scan?.began ?? null;',
    replace: 'const began = checkpoint.scan?.reached ?? null;',
  },
  {
    name: 'order check: only a log that has shown that it descends ends a scan from the head',
    file: 'src/audit-log/tail.ts',
    find: "if (shown !== 'backward' || level === null) return null;",
    replace: 'if (level === null) return null;',
  },
  {
    name: 'a log in rough order is read from the newest to two latenesses before the watermark',
    file: 'src/audit-log/tail.ts',
    find: 'last.every((time) => time < bound - 2 * allowedLatenessMs)',
    replace: 'last.every((time) => time < bound + 10 * allowedLatenessMs)',
  },
  {
    name: 'a query that is read in parts: the earlier part is read too',
    file: 'src/audit-log/tail.ts',
    find: 'if (min > from && next.resumeCursor === null) {',
    replace: 'if (min < 0) {',
  },
  {
    name: 'what a tick does not reach is a gap until it is read',
    file: 'src/audit-log/gap.ts',
    find: 'if (scan.unreadBefore !== null) {',
    replace: 'if (scan.unreadBefore !== null && scan.deep) {',
  },
  {
    name: 'the gap is tried again',
    file: 'src/audit-log/gap.ts',
    find: 'return gap !== null && gap.scansLeft <= 0;',
    replace: 'return gap !== null && gap.scansLeft < -1_000;',
  },
  {
    name: 'a lost cursor: two latenesses are left to what is listed aside',
    file: 'src/audit-log/scan.ts',
    find: "return direction === 'backward' ? Math.max(...last) + aside : Math.min(...last) - aside;",
    replace: 'return levelOf(last);',
  },
  {
    name: 'windows wait for what is slightly out of order in the past',
    file: 'src/poller/poll.ts',
    find: 'return Math.min(began - allowedLatenessMs, Math.max(readsFrom(before), unread ?? from - 2 * allowedLatenessMs));',
    replace: 'return began - allowedLatenessMs;',
  },
  {
    name: 'windows wait for all that a query may bring that has not shown its order',
    file: 'src/audit-log/scan.ts',
    find: "if (shownOrder(checkpoint, allowedLatenessMs) !== 'forward') return null;",
    replace: 'if (last.length === 0) return null;',
  },
  {
    name: 'windows wait for the earlier part, which a scan in parts reads last',
    file: 'src/poller/poll.ts',
    find: 'const unread = min <= from ?',
    replace: 'const unread = min <= began ?',
  },
  {
    name: 'staged entries are recorded in the order in which they occurred',
    file: 'src/ledger/record/staging.ts',
    find: 'ORDER BY occurred_at, created_at, id, revision LIMIT ?',
    replace: 'ORDER BY created_at, id, revision LIMIT ?',
  },
  {
    name: 'an empty page with a next cursor is not the end',
    file: 'src/audit-log/tail.ts',
    find: 'if (page.nextCursor === null) return',
    replace: 'if (page.nextCursor === null || page.entries.length === 0) return',
  },
  {
    name: 'a rejected cursor: the scan goes on from what is certainly recorded',
    file: 'src/audit-log/restart.ts',
    find: 'const certain = Math.min(followedTo(checkpoint, allowedLatenessMs) ?? min, noFarther);',
    replace: 'const certain = noFarther;',
  },
  {
    name: 'staged entries are recorded before the scan ends',
    file: 'src/ledger/record/record.ts',
    find: '!hasStaged(store) || next.scan === null',
    replace: 'next.scan !== null || next.scan === null',
  },
  {
    name: "the ledger's checkpoint counts, not KV's",
    file: 'src/ledger/record/begin.ts',
    find: 'const checkpoint = unsaved.current(state);',
    replace:
      'const checkpoint = { ...(input.kv?.checkpoint ?? unsaved.current(state)), version: state.checkpoint.version };',
  },
  {
    name: 'a rewind is applied once',
    file: 'src/ledger/record/begin.ts',
    find: 'if (rewind === null || state.rewinds.includes(rewind.id)) return null;',
    replace: 'if (rewind === null) return null;',
  },
  {
    name: 'outbox before send: a delivery is delivered only when the receiver has confirmed it',
    file: 'src/ledger/deliver/outbox.ts',
    find: 'beginAttempt(store, receiver, row.id, now);',
    replace: "end(store, row.id, 1, 'delivered', null, now);",
  },
  {
    name: 'the most severe delivery goes first',
    file: 'src/ledger/deliver/outbox.ts',
    find: 'ORDER BY level DESC, queued_at, id`',
    replace: 'ORDER BY queued_at, id`',
  },
  {
    name: 'the oldest delivery of a level goes first',
    file: 'src/ledger/deliver/outbox.ts',
    find: 'ORDER BY level DESC, queued_at, id`',
    replace: 'ORDER BY level DESC, queued_at DESC, id`',
  },
  {
    name: 'a failing receiver kills no message',
    file: 'src/ledger/deliver/after-attempt.ts',
    find: "const isSpent = of === 'own' && receiver.failingSince === null && own.ms >= OWN_FAILURES_MAX_MS;",
    replace: 'const isSpent = now - (tried.failingSince ?? now) >= OWN_FAILURES_MAX_MS;',
  },
  {
    name: 'what waits for a receiver is not dead for seven days',
    file: 'src/ledger/deliver/after-attempt.ts',
    find: 'export const WAIT_MAX_MS = 7 * DAY_MS;',
    replace: 'export const WAIT_MAX_MS = 1.01 * DAY_MS;',
  },
  {
    name: 'a dead delivery raises a health alert',
    file: 'src/ledger/health/attempts.ts',
    find: "if (settled.state === 'dead' && !isHealthAlert) {",
    replace: "if (settled.state === 'dead' && isHealthAlert) {",
  },
  {
    name: 'what has waited too long without an attempt raises a health alert when it dies',
    file: 'src/ledger/health/watchdog.ts',
    find: 'if (!dead.isHealthAlert) raiseDead(',
    replace: 'if (dead.isHealthAlert) raiseDead(',
  },
  {
    name: 'what has waited for seven days is dead',
    file: 'src/ledger/deliver/after-attempt.ts',
    find: 'export const WAIT_MAX_MS = 7 * DAY_MS;',
    replace: 'export const WAIT_MAX_MS = 8 * DAY_MS;',
  },
  {
    name: 'a message that has failed by itself for a day is dead',
    file: 'src/ledger/deliver/after-attempt.ts',
    find: 'export const OWN_FAILURES_MAX_MS = DAY_MS;',
    replace: 'export const OWN_FAILURES_MAX_MS = 100 * DAY_MS;',
  },
  {
    name: 'what waits for a receiver goes to another one on request',
    file: 'src/ledger/deliver/outbox.ts',
    find: 'const count = isElsewhere ? move(store, receiver, to) : resent;',
    replace: 'const count = resent;',
  },
  {
    name: 'a missing alarm is set again by the next call',
    file: 'src/ledger/host.ts',
    find: 'if (set === null || set > at) await alarm.set(at);',
    replace: 'if (set !== null && set > at) await alarm.set(at);',
  },
  {
    name: 'windows keep the events that a late entry may still join',
    file: 'src/ledger/record/evaluate.ts',
    find: 'correlator.correlate(event, scanContext.horizon, windows)',
    replace: 'correlator.correlate(event, at, windows)',
  },
  {
    name: 'a late match joins the alert that begins after it',
    file: 'src/alert/decisions.ts',
    find: '?? takes.find((alert) => at < alert.begins && alert.begins < at + alert.periodMs) ?? null',
    replace: '?? null',
  },
  {
    name: 'people are notified of the first live match of a backfilled alert',
    file: 'src/alert/decisions.ts',
    find: 'const notified = joins !== null && !joins.backfilled ? joins : null;',
    replace: 'const notified = joins;',
  },
  {
    name: 'people are notified when the count reaches ten, a hundred …, and not of every match after',
    file: 'src/alert/decisions.ts',
    find: 'return count === milestone;',
    replace: 'return count >= 10;',
  },
  {
    name: 'people are notified of a closing once: a closed alert stays closed',
    file: 'src/ledger/record/closing.ts',
    find: "SET state = 'closed', closing = ?",
    replace: 'SET closing = ?',
  },
  {
    name: 'an alert closes when the watermark passes its period, and not before',
    file: 'src/ledger/record/commit.ts',
    find: 'if (closes) closeAlerts(store, checkpoint.watermark,',
    replace: 'if (closes) closeAlerts(store, now,',
  },
  {
    name: 'a receiver is not notified below its minimum level',
    file: 'src/ledger/deliver/enqueue.ts',
    find: 'if (decision.send) enqueue(',
    replace: "if (decision.send || receiver.name !== '') enqueue(",
  },
  {
    name: 'a correlation counts entries recorded before the one that fired it',
    file: 'src/ledger/record/evaluation-store.ts',
    find: 'AND +seq < ?',
    replace: 'AND +seq <> ?',
  },
  {
    name: 'a match stays, though a correlation counts its entry later',
    file: 'src/ledger/record/evaluation-store.ts',
    find: "'INSERT OR IGNORE INTO matches",
    replace: "'INSERT OR REPLACE INTO matches",
  },
  {
    name: 'changed rules start with new windows',
    file: 'src/ledger/record/evaluation-store.ts',
    find: 'row.fingerprint === fingerprint(rule) ? row.text : null',
    replace: 'row.text',
  },
  {
    name: 'a correlation starts with new windows when a rule it refers to changes',
    file: 'src/ledger/record/evaluation-store.ts',
    find: "each.kind === 'correlation' ? each.rules : []",
    replace: "each === rule ? rule.rules.filter((id) => engine.rules.get(id)?.kind === 'detection') : []",
  },
  {
    name: 'a rule that only feeds another opens no alerts',
    file: 'src/ledger/record/evaluate.ts',
    find: 'if (!rule.alerts) return;',
    replace: '',
  },
  {
    name: 'a window outlives its batch',
    file: 'src/ledger/record/windows.ts',
    find: 'before?.text ?? null',
    replace: 'null',
  },
  {
    name: 'blindness raises a health alert',
    file: 'src/ledger/health/watchdog.ts',
    find: 'if (quietMs >= watched.blindAfterMs) {',
    replace: 'if (quietMs >= 100 * watched.blindAfterMs) {',
  },
  {
    name: 'the first alert of each rule at high is in no digest',
    file: 'src/ledger/deliver/digest.ts',
    find: "if (level !== HIGH || kind !== 'opened' ||",
    replace: "if (level !== HIGH || kind !== 'nothing' ||",
  },
  {
    name: 'what has waited for less than an hour is in no digest',
    file: 'src/ledger/deliver/digest.ts',
    find: 'const WAITED_MS = 60 * 60_000;',
    replace: 'const WAITED_MS = 60_000;',
  },
  {
    name: 'what is in a digest ends with it',
    file: 'src/ledger/deliver/outbox.ts',
    find: '  endBundled(store, id, state, reason, now);',
    replace: '',
  },
  {
    name: 'the checkpoint moves with the last part of a page, and not with the first',
    file: 'src/poller/batching.ts',
    find: 'next: isLast ? page.next : null,',
    replace: 'next: page.next,',
  },
  {
    name: 'an almost full storage makes no entry a quarantine candidate',
    file: 'src/ledger/record/trial-write.ts',
    find: "if (!takesAnEntry(context, 'r'.repeat(ROOM_CHARS), now)) return false;",
    replace: "if (!takesAnEntry(context, '', now)) return false;",
  },
  {
    name: 'an upstream that asks to be left alone is, across ticks',
    file: 'src/ledger/record/begin.ts',
    find: 'const waitMs = waitOf(state, now);',
    replace: 'const waitMs = waitOf(state, now) > 0 ? 0 : 0;',
  },
  {
    name: 'what was evicted is not recorded again when RETENTION grows',
    file: 'src/ledger/record/retention.ts',
    find: 'return Math.max(state.latestBegan - retentionMs, began - retentionMs, evictedThrough);',
    replace: 'return Math.max(state.latestBegan - retentionMs, began - retentionMs, Math.min(0, evictedThrough));',
  },
  {
    name: 'an entry that is older than what is kept is not recorded',
    file: 'src/ledger/record/dedupe.ts',
    find: 'const isOutside = isExpired || entry.createdAt < floor;',
    replace: 'const isOutside = entry.createdAt < floor;',
  },
  {
    name: 'an entry from before where reading began is not recorded',
    file: 'src/ledger/record/dedupe.ts',
    find: 'const isOutside = isExpired || entry.createdAt < floor;',
    replace: 'const isOutside = isExpired;',
  },
  {
    name: 'an id counts once in an alert',
    file: 'src/ledger/record/evaluate.ts',
    find: '(joins !== null && earlier !== null && hasCounted(joins, rule, earlier))',
    replace: '(joins !== null && earlier !== null && hasCounted(joins, rule, earlier) && false)',
  },
  {
    name: 'an id counts once in a window',
    file: 'src/ledger/record/evaluate.ts',
    find: 'const windows = earlier === null ? batch.windows : earlier.uncounted(batch.windows);',
    replace:
      'const windows = earlier === null || earlier.seqs.length > 0 ? batch.windows : earlier.uncounted(batch.windows);',
  },
  {
    name: 'an id is shown once among what a correlation counted',
    file: 'src/ledger/record/contributing.ts',
    find: 'if (other >= 0 && (counted[other]?.entry.seq ?? 0) < entry.seq) continue;',
    replace: '',
  },
  {
    name: 'an entry that is written again with other content is a revision',
    file: 'src/ledger/record/content.ts',
    find: "  'status_code',\n",
    replace: "  'status_code_',\n",
  },
  {
    name: 'an alert closes as soon as the watermark has passed its period',
    file: 'src/ledger/record/commit.ts',
    find: 'const closes = isClosingDue(store, checkpoint.watermark);',
    replace: 'const closes = isClosingDue(store, before.watermark);',
  },
  {
    name: "a ledger that can't write is reported without it",
    file: 'src/poller/tick.ts',
    find: 'if (ofLedger !== null) await notifyLedgerFailure(',
    replace: 'if (ofLedger !== null && ledger === null) await notifyLedgerFailure(',
  },
  {
    name: 'what a correlation counted is found among many of its instant',
    file: 'src/ledger/record/evaluation-store.ts',
    find: 'const ENTRIES_READ = [100, 400, 1_500] as const;',
    replace: 'const ENTRIES_READ = [100] as const;',
  },
];
