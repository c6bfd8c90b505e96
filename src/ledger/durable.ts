/**
 * The Durable Object that owns a ledger; one per organization. It gives the host what only the runtime has: the storage,
 * the alarm, the clock and the network. RPC reaches only methods of the class, so each method passes its call on.
 */

import { DurableObject } from 'cloudflare:workers';
import { type LinkTarget, linksTo } from '../access/link.ts';
import type { Links } from '../alert/links.ts';
import { isTest, type Notification } from '../alert/notification.ts';
import type { Rewind } from '../audit-log/checkpoint-text.ts';
import { DERIVED_FIELDS } from '../audit-log/derived-fields.ts';
import { readConfig } from '../config/config.ts';
import { createReceivers } from '../notify/receiver.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import { routing, ruleCode, ruleSet } from '../rules.gen.ts';
import { compile } from '../sigma/index.ts';
import { log } from '../text/log.ts';
import type { Sent } from './deliver/deliver.ts';
import { alertIdsOf } from './deliver/editable.ts';
import { createOutbox } from './health/attempts.ts';
import { UsageMeter } from './health/usage-meter.ts';
import { createHost, type Host } from './host.ts';
import { meteredHost, meteredViews, viewForVisitor, WITH_WORKER } from './metered.ts';
import type { InvalidRecord } from './model.ts';
import { createViews, type Views } from './read/views.ts';
import { createLedger, type Ledger as LedgerCore } from './record/ledger.ts';
import { ownReadsOptions } from './record/own-reads-memory.ts';
import { createRestore, type Recovery } from './restore.ts';
import type {
  AccessProof,
  Acted,
  ActLog,
  ActRequest,
  AlertDetails,
  AlertList,
  AlertQuery,
  AlertRoute,
  AlertScope,
  AlertSummary,
  AlertWhy,
  Backfilled,
  BackfillRequest,
  Batch,
  BeginInput,
  Begun,
  Dropped,
  EntryDetails,
  EntryWhy,
  FreshRecord,
  LedgerApi,
  LedgerOperator,
  LedgerProofs,
  LedgerRestore,
  LedgerSecurity,
  LedgerStatus,
  LedgerViews,
  LedgerVisitors,
  LogQuery,
  Overview,
  QuarantineCursor,
  QuarantineList,
  Recorded,
  RefusedHour,
  Released,
  RestoreAnswer,
  RestoreTarget,
  RuleActivity,
  SecurityEvent,
  SecurityLog,
  SecurityOutcome,
  ShownPass,
  ShownRecord,
  ShownSilence,
  Silenced,
  SilenceRequest,
  TestResult,
  TextWhy,
  TickFailure,
  Viewed,
} from './rpc.ts';
import { durableStore } from './store/durable-store.ts';
import { readLedgerId } from './store/identity.ts';
import type { Store } from './store/store.ts';

export class Ledger
  extends DurableObject<Cloudflare.Env>
  implements LedgerApi, LedgerOperator, LedgerProofs, LedgerRestore, LedgerSecurity, LedgerViews, LedgerVisitors
{
  readonly #ledger: LedgerCore;
  readonly #views: Views;
  readonly #host: Host;
  readonly #restore: LedgerRestore;
  readonly #usage: UsageMeter;
  readonly #store: Store;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const config = readConfig(env, RECEIVER_TYPES, routing);
    const now = () => Date.now();
    const receivers = createReceivers(config.receivers, { fetch: (url, init) => fetch(url, init), now });
    const usage = new UsageMeter(config.watch.plan, now());
    const store = durableStore(ctx.storage, usage);
    const knows = {
      engine: compile(ruleSet, { code: ruleCode, derived: DERIVED_FIELDS }),
      receivers: config.receivers,
      routing,
    };
    this.#ledger = createLedger(store, {
      ...knows,
      apiKeyExpiresAt: config.apiKeyExpiresAt,
      ownReads: ownReadsOptions(config.linkSecret, config.watch.apiKeyShared, config.linkSecretPrevious),
      usage,
      ...config.watch,
    });
    const views = createViews(store, { ...knows, status: this.#ledger.status });
    this.#views = meteredViews(views, usage, now);
    this.#usage = usage;
    this.#store = store;
    const alarm = {
      get: () => ctx.storage.getAlarm(),
      set: (at: number) => {
        // "Each setAlarm() is billed as a single row written": developers.cloudflare.com/durable-objects/platform/pricing.
        usage.addRows(0, 1);
        return ctx.storage.setAlarm(at);
      },
    };
    const linksOf = async (notification: Notification, receiver?: string): Promise<Links> =>
      linksTo(config, linkTargetOf(notification, store), now(), receiver);
    const host = createHost({
      ledger: this.#ledger,
      store,
      outbox: createOutbox(store, knows.receivers),
      receivers,
      linksOf,
      alarm,
      now,
      log: { sent: logSent, failed: logFailed },
    });
    this.#restore = createRestore({ ledger: this.#ledger, recovery: recoveryOf(ctx), alarm, now });
    this.#host = meteredHost(host, usage, now);
  }

  begin(input: BeginInput): Promise<Begun> {
    return this.#host.begin(input);
  }

  record(batch: Batch): Promise<Recorded> {
    return this.#host.record(batch);
  }

  flush(expectedVersion: number, most: number): Promise<Recorded> {
    return this.#host.flush(expectedVersion, most);
  }

  quarantineCandidate(record: InvalidRecord | null): Promise<boolean> {
    return this.#host.quarantineCandidate(record);
  }

  recordFailedTick(failure: TickFailure): Promise<void> {
    return this.#host.recordFailedTick(failure);
  }

  canRecord(): Promise<boolean> {
    return this.#host.canRecord();
  }

  release(name: string, fresh: FreshRecord | null): Promise<Released> {
    return this.#host.release(name, fresh);
  }

  drop(names: readonly string[]): Promise<readonly Dropped[]> {
    return this.#host.drop(names);
  }

  backfill(request: BackfillRequest): Promise<Backfilled> {
    return this.#host.backfill(request);
  }

  cancelBackfill(id: number): Promise<ShownPass | null> {
    return this.#host.cancelBackfill(id);
  }

  passes(): Promise<readonly ShownPass[]> {
    return this.#host.passes();
  }

  silence(request: SilenceRequest): Promise<Silenced> {
    return this.#host.silence(request);
  }

  expireSilence(id: number, who: string): Promise<ShownSilence | null> {
    return this.#host.expireSilence(id, who);
  }

  async silences(): Promise<readonly ShownSilence[]> {
    return this.#views.silences(Date.now());
  }

  act(request: ActRequest): Promise<readonly Acted[]> {
    return this.#host.act(request);
  }

  resend(receiver: string | null, to: string | null): Promise<number> {
    return this.#host.resend(receiver, to);
  }

  testReceivers(): Promise<readonly TestResult[]> {
    return this.#host.testReceivers();
  }

  recordSecurity(event: SecurityEvent): Promise<SecurityOutcome> {
    return this.#host.recordSecurity(event);
  }

  countRefusals(hours: readonly RefusedHour[]): Promise<boolean> {
    return this.#host.countRefusals(hours);
  }

  planRestore(target: RestoreTarget, id: string | null): Promise<RestoreAnswer> {
    return this.#restore.planRestore(target, id);
  }

  restore(bookmark: string): Promise<void> {
    return this.#restore.restore(bookmark);
  }

  finishRestore(mark: Rewind): Promise<boolean> {
    return this.#restore.finishRestore(mark);
  }

  async status(): Promise<LedgerStatus> {
    this.#usage.add(WITH_WORKER, Date.now());
    return this.#ledger.status(Date.now());
  }

  async overview(): Promise<Overview> {
    return this.#views.overview(Date.now());
  }

  async entry(id: string, scope: AlertScope): Promise<EntryDetails | null> {
    return this.#views.entry(id, scope);
  }

  async entryText(id: string, scope: AlertScope): Promise<string | null> {
    return this.#views.entryText(id, scope);
  }

  async alert(id: number, scope: AlertScope): Promise<AlertDetails | null> {
    return this.#views.alert(id, scope);
  }

  async linked(scope: NonNullable<AlertScope>): Promise<readonly AlertSummary[]> {
    return this.#views.linked(scope);
  }

  async alerts(query: AlertQuery): Promise<AlertList> {
    return this.#views.alerts(query);
  }

  async logLines(query: LogQuery): Promise<string> {
    return this.#views.logLines(query);
  }

  async actLog(after: number | null): Promise<ActLog> {
    return this.#views.actLog(after);
  }

  async alertWhy(id: number): Promise<AlertWhy | null> {
    return this.#views.alertWhy(id, Date.now());
  }

  async alertRoute(id: number): Promise<AlertRoute | null> {
    return this.#views.alertRoute(id, Date.now());
  }

  async entryWhy(id: string): Promise<EntryWhy | null> {
    return this.#views.entryWhy(id, Date.now());
  }

  async textWhy(text: string): Promise<TextWhy> {
    return this.#views.textWhy(text, Date.now());
  }

  async rules(): Promise<readonly RuleActivity[]> {
    return this.#views.rules();
  }

  async quarantine(before: QuarantineCursor | null): Promise<QuarantineList> {
    return this.#views.quarantine(before);
  }

  async quarantined(name: string): Promise<ShownRecord> {
    return this.#views.quarantined(name);
  }

  async securityLog(before: number | null): Promise<SecurityLog> {
    return this.#views.securityLog(before, Date.now());
  }

  async view(...asked: Parameters<LedgerVisitors['view']>): Promise<Viewed> {
    return viewForVisitor(this.#views, this.#usage, this.#store, ...asked, Date.now());
  }

  ledgerId(): Promise<string> {
    return this.#host.ledgerId();
  }

  spendProof(proof: AccessProof): Promise<boolean> {
    return this.#host.spendProof(proof);
  }

  isProofSpent(proof: AccessProof): Promise<boolean> {
    return this.#host.isProofSpent(proof);
  }

  override alarm(): Promise<void> {
    return this.#host.alarm();
  }
}

/** Cloudflare's own (developers.cloudflare.com/durable-objects/api/sqlite-storage-api). */
function recoveryOf(ctx: DurableObjectState): Recovery {
  return {
    current: () => ctx.storage.getCurrentBookmark(),
    bookmarkFor: (at) => ctx.storage.getBookmarkForTime(at),
    restoreAt: async (bookmark) => {
      await ctx.storage.onNextSessionRestoreBookmark(bookmark);
    },
    abort: () => ctx.abort('the ledger is restored'),
  };
}

/** What a message's links lead to; null for a message about Tocsin itself. */
function linkTargetOf(notification: Notification, store: Store): LinkTarget | null {
  const of = 'group' in notification ? notification.group.first : notification;
  if (!('alert' in of) || isTest(of)) return null;
  const several = 'group' in notification ? { alerts: alertIdsOf(notification) } : {};
  return { alert: of.alert.id, ...several, ledger: readLedgerId(store), entry: of.entry.id };
}

function logSent({ due, outcome, settled }: Sent): void {
  log(outcome.kind === 'delivered' ? 'log' : 'error', {
    at: 'delivery',
    id: due.id,
    what: due.notification.kind,
    receiver: due.receiver,
    attempt: due.attempt,
    ...outcome,
    state: settled.state,
  });
}

function logFailed(error: unknown): void {
  log('error', { at: 'alarm', error: error instanceof Error ? error.message : String(error) });
}
