/**
 * From accepted entries to what they change: windows, alerts, what is to be said.
 *
 * Contract: a function of what is stored (read through `EvaluationReads`) and the entries in their order, their walk's beginning
 * and the rules; it changes nothing itself. The event time of an entry is its `created_at`, or the walk's beginning
 * where it claims to be later. One entry counts once in an alert.
 */
import type { AlertRow, MatchedWindow } from '../../alert/alert.ts';
import { DEDUP_BY, DEDUP_PERIOD_MS, decideNotification, findOpenAlert } from '../../alert/decisions.ts';
import { entryView } from '../../alert/entry-view.ts';
import { keyText } from '../../alert/key.ts';
import type { AlertNotification, EntryView } from '../../alert/notification.ts';
import { buildNotification, notifiedWindow } from '../../alert/notification-builder.ts';
import { numberWords } from '../../alert/number-wording.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import {
  createCorrelator,
  type Engine,
  type Evidence,
  type KeyPart,
  keyOf,
  type Match,
  type Rule,
} from '../../sigma/index.ts';
import type {
  Accepted,
  ActivityRow,
  Changes,
  ContributingRow,
  EvaluationReads,
  MatchRow,
  ScanContext,
} from '../model.ts';
import { contributingEntries } from './contributing.ts';
import { createBatchWindows } from './windows.ts';

/** The most matches of one alert that are kept with their evidence. */
const MATCHES_KEPT = 100;
/** An open alert keeps its period when its rule's gets shorter: alerts are looked for at least so far. */
const LONGEST_USUAL_MS = 24 * 60 * 60_000;
/** Of the entries a correlation counted, a message shows so many. */
const CONTRIBUTING_SHOWN = 3;
/** What a stored key shows of a value. */
const KEY_VALUE_LIMIT = 256;

/** Creates the evaluation for one compiled set of rules. */
export function createEvaluation(engine: Engine, allowedLatenessMs: number, receivers: readonly RoutedReceiver[]) {
  const correlator = createCorrelator([...engine.rules.values()]);
  const titleOf = (id: string): string => engine.rules.get(id)?.title ?? id;

  /** The matches of one entry's detections. Throws only by a bug in a rule's evaluation: the entry is to blame then. */
  const match = (body: EntryBody): readonly Match[] => engine.evaluate(body);

  const evaluate = (
    entries: readonly { readonly entry: Accepted; readonly matches: readonly Match[] }[],
    scanContext: ScanContext,
    reads: EvaluationReads,
    lastAlert: number,
  ): Changes => {
    const windows = createBatchWindows(reads.window);
    const alerts = new Map<number, AlertRow>();
    const openedIds = new Set<number>();
    const matches: MatchRow[] = [];
    const countedRows: ContributingRow[] = [];
    const activity = new Map<string, ActivityRow>();
    const notifications: AlertNotification[] = [];
    let alertId = lastAlert;

    // The alerts this batch has opened, by rule and key.
    const opened = new Map<string, number[]>();

    const alertsNear = (rule: string, key: string, from: number, to: number): AlertRow[] => {
      const stored = reads.alerts(rule, key, from, to).map((row) => alerts.get(row.id) ?? row);
      const fresh = (opened.get(`${rule}\n${key}`) ?? []).map((id) => alerts.get(id));
      return [...stored, ...fresh.filter((row) => row !== undefined)];
    };

    const active = (rule: Rule, entry: Accepted, at: number): void => {
      const known = activity.get(rule.id);
      const lastAt = Math.max(at, known?.lastAt ?? at);
      activity.set(rule.id, { rule: rule.id, matched: (known?.matched ?? 0) + 1, lastAt, lastSeq: entry.seq });
    };

    const happened = (
      rule: Rule,
      entry: Accepted,
      at: number,
      parts: readonly KeyPart[],
      why: { readonly evidence: readonly Evidence[] },
      window: MatchedWindow | null,
    ): void => {
      active(rule, entry, at);
      if (!rule.alerts) return;
      const key = keyText(parts);
      const periodMs = rule.tocsin.dedupPeriodMs ?? DEDUP_PERIOD_MS;
      const suppress = scanContext.suppressBefore !== null && entry.createdAt < scanContext.suppressBefore;
      const reach = Math.max(periodMs, LONGEST_USUAL_MS);
      const joins = findOpenAlert(alertsNear(rule.id, key, at - reach, at + reach), at);
      // A correlation that fired for several groups of one entry may have one dedup key for them.
      if (joins?.lastSeq === entry.seq) return;
      const decision = decideNotification({ level: rule.level, suppress, joins, receivers });
      const row: AlertRow =
        joins === null
          ? {
              id: ++alertId,
              rule: rule.id,
              key,
              begins: at,
              periodMs,
              state: 'open',
              backfilled: suppress,
              count: 1,
              firstSeq: entry.seq,
              lastSeq: entry.seq,
              lastAt: at,
              level: rule.level,
              title: rule.title,
              keyParts: parts.map(({ field, value }) => ({ field, value: value.slice(0, KEY_VALUE_LIMIT) })),
            }
          : {
              ...joins,
              count: joins.count + 1,
              backfilled: joins.backfilled && suppress,
              lastSeq: entry.seq,
              lastAt: Math.max(joins.lastAt, at),
            };
      alerts.set(row.id, row);
      if (joins === null) {
        openedIds.add(row.id);
        const findOpenAlert = `${rule.id}\n${key}`;
        opened.set(findOpenAlert, [...(opened.get(findOpenAlert) ?? []), row.id]);
      }
      if (row.count <= MATCHES_KEPT || decision.notify) {
        const number = window === null ? null : numberWords(notifiedWindow(window, titleOf));
        matches.push({ alert: row.id, seq: entry.seq, at, decision, evidence: why.evidence, number });
      }
      const opens = joins === null || (decision.notify && decision.kind === 'opened');
      const counted = opens && window !== null ? contributingEntries(window, entry.seq, reads, engine, correlator) : [];
      for (const each of counted) {
        countedRows.push({ alert: row.id, seq: each.entry.seq, at: each.entry.createdAt, evidence: each.evidence });
      }
      if (!decision.notify) return;
      const shown = { entry: viewOf(entry), evidence: why.evidence };
      const first = counted.slice(0, CONTRIBUTING_SHOWN).map((each) => viewOf(each.entry));
      const told = window === null ? null : { ...notifiedWindow(window, titleOf), first };
      notifications.push(buildNotification(decision.kind, rule, row, shown, told));
    };

    for (const { entry, matches: found } of entries) {
      const at = Math.min(entry.createdAt, scanContext.began);
      for (const match of found) {
        const { rule } = match;
        happened(rule, entry, at, keyOf(rule.tocsin.dedupBy ?? DEDUP_BY, entry.body), match, null);
      }
      const seen = { at, body: entry.body, matches: found };
      for (const correlationMatch of correlator.correlate(seen, scanContext.began - allowedLatenessMs, windows)) {
        const { rule, group, window: fired } = correlationMatch;
        const by = rule.tocsin.dedupBy;
        const parts = by === null ? group : keyOf(by, entry.body);
        happened(rule, entry, fired.at, parts, correlationMatch, {
          correlation: rule,
          key: keyText(group),
          window: fired,
        });
      }
    }
    return {
      windows: windows.touched(),
      alerts: [...alerts.values()],
      openedIds,
      matches,
      counted: countedRows,
      activity: [...activity.values()],
      notifications,
      lastAlert: alertId,
    };
  };

  return { match, evaluate };
}

function viewOf({ id, createdAt, body }: Accepted): EntryView {
  return entryView(id, createdAt, body);
}
