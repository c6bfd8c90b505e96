/**
 * A stub of the ledger for the tests of access: two alerts with one entry each, and a list of the calls. The real ledger
 * has its own tests.
 */
import type {
  AlertScope,
  AlertSummary,
  EntrySummary,
  LedgerOperator,
  LedgerProofs,
  LedgerSecurity,
  LedgerStatus,
  LedgerViews,
  LedgerVisitors,
} from '../../src/ledger/rpc.ts';

import { readView } from '../support/visitors.ts';

/** The ledger that has them. */
export const LEDGER_ID = '5a5a5a5a5a5a5a5a';
/** The id of a session that was signed out of. */
export const SIGNED_OUT = '0ff0ff0ff0ff0ff0';
export const ALERT = 5;
export const OTHER_ALERT = 6;
export const ENTRY = 'entry-of-5';
export const OTHER_ENTRY = 'entry-of-6';
/** The key of the record in quarantine. */
export const QUARANTINED = `invalid:${'0'.repeat(64)}`;

export interface StubLedger {
  readonly ledger: LedgerViews & LedgerOperator & LedgerProofs & LedgerSecurity & LedgerVisitors;
  /** The names of the methods that were called. */
  readonly asked: string[];
}

const AT = Date.UTC(2026, 0, 31, 9);

/** `status`: of a real ledger, for the pages that show it. */
export function stubLedger(status: LedgerStatus): StubLedger {
  const asked: string[] = [];
  const scopes: { readonly [id: string]: number } = { [ENTRY]: ALERT, [OTHER_ENTRY]: OTHER_ALERT };
  const isOpen = (alert: number | undefined, scope: AlertScope): boolean =>
    scope?.some((each) => each.alert === alert && each.ledger === LEDGER_ID) ?? true;
  const holds = (id: string, scope: AlertScope): boolean => scopes[id] !== undefined && isOpen(scopes[id], scope);
  const spent = new Set([SIGNED_OUT]);
  const answer = <T>(name: string, value: T): Promise<T> => {
    asked.push(name);
    return Promise.resolve(value);
  };
  const ledger: LedgerViews & LedgerOperator & LedgerProofs & LedgerSecurity & LedgerVisitors = {
    view: readView,
    status: () => answer('status', status),
    overview: () =>
      answer('overview', {
        status,
        chart: { from: AT, stepMs: 3_600_000, entries: [1, 2], alerts: [0, 1] },
        open: [alertLine(ALERT)],
        newest: [entryLine(ENTRY)],
      }),
    entry: (id, scope) =>
      answer(
        'entry',
        holds(id, scope)
          ? {
              entry: entryLine(id),
              text: entryText(id),
              cut: false,
              rules: [],
              rulesChanged: false,
              parts: [],
              versions: [],
              actorActivity: {
                value: null,
                withinMs: 3_600_000,
                before: [],
                after: [],
                moreBefore: false,
                moreAfter: false,
                isIndexed: true,
                open: [],
              },
              networkActivity: null,
            }
          : null,
      ),
    entryText: (id, scope) => answer('entryText', holds(id, scope) ? entryText(id) : null),
    alert: (id, scope) =>
      answer(
        'alert',
        (id === ALERT || id === OTHER_ALERT) && isOpen(id, scope)
          ? {
              ...{ alert: alertLine(id), timeline: [], more: 0, moreContributing: 0, deliveries: [], acts: [] },
              ...{ decided: {}, previous: null, silences: [] },
              next: { notified: {}, escalations: [], silencedUntil: null, resolvesAt: null },
            }
          : null,
      ),
    linked: (scope) =>
      answer(
        'linked',
        scope.filter(({ alert }) => alert === ALERT || alert === OTHER_ALERT).map(({ alert }) => alertLine(alert)),
      ),
    alerts: () => answer('alerts', { alerts: [alertLine(ALERT)], next: null, searchedTo: null }),
    logLines: () => answer('logLines', ''),
    actLog: () => answer('actLog', { acts: [] }),
    alertWhy: (id) =>
      answer(
        'alertWhy',
        id === ALERT
          ? {
              ...{ alert: alertLine(id), timeline: [], more: 0, moreContributing: 0, deliveries: [], acts: [] },
              ...{
                decided: {},
                previous: null,
                silences: [],
                next: { notified: {}, escalations: [], silencedUntil: null, resolvesAt: null },
                ruleIsGone: false,
                silencedBy: [],
                routes: { to: [], not: [] },
              },
            }
          : null,
      ),
    alertRoute: (id) =>
      answer('alertRoute', id === ALERT ? { alert: alertLine(id), silencedBy: [], routes: { to: [], not: [] } } : null),
    entryWhy: (id) =>
      answer(
        'entryWhy',
        id === ENTRY ? { isOwnRead: false, rulesChanged: false, parts: [], matched: [], near: [] } : null,
      ),
    textWhy: () => answer('textWhy', { matched: [], near: [] }),
    rules: () => answer('rules', []),
    resend: () => answer('resend', 0),
    act: () => answer('act', []),
    silence: () => answer('silence', { kind: 'refused', problem: 'this is a stub' }),
    expireSilence: () => answer('expireSilence', null),
    silences: () => answer('silences', []),
    testReceivers: () => answer('testReceivers', []),
    quarantine: () => answer('quarantine', { records: [], next: null }),
    quarantined: (name) =>
      answer(
        'quarantined',
        name === QUARANTINED
          ? {
              kind: 'found',
              record: { key: name, id: null, problem: 'x', firstAt: AT, isCut: false, isRecorded: false, text: '{}' },
            }
          : { kind: 'missing' },
      ),
    securityLog: () => answer('securityLog', { events: [], next: null, refusals: [] }),
    recordSecurity: () => answer('recordSecurity', 'recorded'),
    countRefusals: () => answer('countRefusals', true),
    release: (name) => answer('release', { name, kind: 'missing' }),
    drop: () => answer('drop', []),
    backfill: () => answer('backfill', { kind: 'begun', passes: [], nothing: [] }),
    cancelBackfill: () => answer('cancelBackfill', null),
    passes: () => answer('passes', []),
    // Not in `asked`: that is for what a caller gets to see.
    ledgerId: async () => LEDGER_ID,
    spendProof: async ({ id }) => {
      const isFirst = !spent.has(id);
      spent.add(id);
      return isFirst;
    },
    isProofSpent: async ({ id, ledger: of }) => spent.has(id) || (of !== null && of !== LEDGER_ID),
  };
  return { ledger, asked };
}

/** As the ledger stores it. */
export function entryText(id: string): string {
  return JSON.stringify({ id, action: 'vm.created', created_at: new Date(AT).toISOString(), kept: true });
}

function alertLine(id: number): AlertSummary {
  return {
    id,
    rule: 'rule-1',
    title: 'A rule',
    level: 'high',
    status: 'open',
    backfilled: false,
    count: 1,
    firstAt: AT,
    lastAt: AT,
    assignee: null,
    acknowledged: null,
    resolution: null,
    key: [],
    latest: null,
    networks: 0,
  };
}

function entryLine(id: string): EntrySummary {
  return {
    seq: 1,
    revision: 0,
    id,
    createdAt: AT,
    action: 'vm.created',
    actor: { id: null, name: null, type: null },
    target: { id: null, type: null },
    clientIp: null,
    method: 'GET',
    path: '/v1/x',
    statusCode: '200',
    userAgent: null,
  };
}
