/**
 * The health alerts about the limits of Cloudflare's plan: at 80 % of a day's allowance, and at 99 %, while people can still
 * be notified. At the limit itself the ledger can't write; the tick notifies then (poller/ledger-failure.ts).
 *
 * Contract: once a day for each limit and step; over when the next day begins, at 00:00 UTC, or with the paid plan. Nothing is
 * read but the open ones. KV writes keep nothing from being read and recorded: they have the first step only.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Allowance, AllowanceUsage } from '../rpc.ts';
import type { Store } from '../store/store.ts';
import { type HealthAlert, raiseHealthAlert, resolveHealthAlert } from './health-alerts.ts';
import { ALLOWANCES, allowancesOf, beganAt, resetsAt } from './usage.ts';
import type { UsageMeter } from './usage-meter.ts';
import { AT_THE_LIMIT, allowanceText, WATCHING_GOES_ON } from './usage-words.ts';

type LimitKind = 'limit-near' | 'limit-reached';
type LimitAlert = HealthAlert<LimitKind>;

interface OpenLimit {
  readonly alert: LimitAlert;
  /** Wall, ms. */
  readonly since: number;
}

/** What is to be done, each at most once. */
interface Changes {
  readonly resolve: readonly LimitAlert[];
  readonly raise: readonly { readonly alert: LimitAlert; readonly usage: AllowanceUsage }[];
}

/** Raises and resolves what is due. */
export function checkLimits(
  store: Store,
  meter: UsageMeter | null,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  if (meter === null) return;
  const { resolve, raise } = changesOf(meter, readOpen(store), now);
  const over = meter.plan === 'paid' ? 'the paid plan has no limits a day' : 'a new day began at 00:00 UTC';
  for (const alert of resolve) resolveHealthAlert(store, alert, over, receivers, now);
  for (const { alert, usage } of raise) {
    // One message that it is over is enough.
    if (alert.kind === 'limit-reached') close(store, limitAlert('limit-near', usage.of));
    raiseHealthAlert(store, alert, summaryOf(alert.kind, usage), receivers, now);
  }
}

/** When `checkLimits` next has something to do; null: never, as things are. */
export function limitsDueAt(store: Store, meter: UsageMeter | null, now: number): number | null {
  if (meter === null) return null;
  const open = readOpen(store);
  const { resolve, raise } = changesOf(meter, open, now);
  if (resolve.length + raise.length > 0) return now;
  return open.length > 0 ? resetsAt(meter.current(now)) : null;
}

function changesOf(meter: UsageMeter, open: readonly OpenLimit[], now: number): Changes {
  const usage = meter.current(now);
  // The clock was set back over midnight: what is raised now would seem to be of the day before.
  if (now < beganAt(usage)) return { resolve: [], raise: [] };
  const isToday = ({ since }: OpenLimit): boolean => since >= beganAt(usage) && since < resetsAt(usage);
  const isOver = (limit: OpenLimit): boolean => meter.plan === 'paid' || !isToday(limit);
  const current = new Set(open.filter((limit) => !isOver(limit)).map(({ alert }) => alert.key));
  const due = allowancesOf(usage, meter.plan).flatMap((each) => {
    const alert = dueAlert(each);
    // Counts that an eviction lost may fall below a step again.
    const isRaised = alert === null || current.has(alert.key) || current.has(limitAlert('limit-reached', each.of).key);
    return isRaised ? [] : [{ alert, usage: each }];
  });
  return { resolve: open.filter(isOver).map(({ alert }) => alert), raise: due };
}

function dueAlert({ of, state }: AllowanceUsage): LimitAlert | null {
  switch (state) {
    case 'ok':
      return null;
    case 'near':
      return limitAlert('limit-near', of);
    case 'reached':
      return limitAlert(WATCHING_GOES_ON.includes(of) ? 'limit-near' : 'limit-reached', of);
  }
}

function limitAlert(kind: LimitKind, of: Allowance): LimitAlert {
  return { kind, key: `${kind}:${of}`, subject: null, except: null };
}

function summaryOf(kind: LimitKind, usage: AllowanceUsage): string {
  const used = `${allowanceText(usage)} are used since 00:00 UTC`;
  const then = AT_THE_LIMIT[usage.of];
  return kind === 'limit-near'
    ? `${used}. At the limit, ${then}, until 00:00 UTC`
    : `${used}. With the rest of them used, ${then}: Tocsin is blind until 00:00 UTC`;
}

const ALL = (['limit-near', 'limit-reached'] as const).flatMap((kind) => ALLOWANCES.map((of) => limitAlert(kind, of)));

/** The open ones, by the index of the keys: this is asked for at every call. */
function readOpen(store: Store): readonly OpenLimit[] {
  const rows = store.all<{ kind: string; since: number }>(
    "SELECT kind, since FROM health_alerts WHERE kind >= 'limit-' AND kind < 'limit.' AND state = 'open'",
  );
  return rows.flatMap(({ kind, since }) => {
    const alert = ALL.find(({ key }) => key === kind);
    return alert === undefined ? [] : [{ alert, since }];
  });
}

/** Without a message. */
function close(store: Store, { key }: LimitAlert): void {
  store.run("UPDATE health_alerts SET state = 'over' WHERE kind = ? AND state = 'open'", key);
}
