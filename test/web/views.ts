/**
 * Views of a ledger made by hand, for states of pages that a real ledger seldom has. All untrusted text in them can be
 * given. Pure.
 */
import type { ShownDecision } from '../../src/alert/decision-wording.ts';
import { newDay, usageStatus } from '../../src/ledger/health/usage.ts';
import type {
  AlertDetails,
  AlertSummary,
  EntryDetails,
  EntrySummary,
  LedgerOperator,
  LedgerProofs,
  LedgerSecurity,
  LedgerStatus,
  LedgerViews,
  Overview,
  QuarantinedDetails,
  SecurityAct,
  SecurityLog,
  ShownSilence,
} from '../../src/ledger/rpc.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import type { Evidence, Rule } from '../../src/sigma/index.ts';

export const NOW = Date.UTC(2026, 10, 21, 3, 12, 45);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A rule of the pack: the one about deleted keys. */
export const RULE: Rule =
  ruleSet.rules.find(({ path }) => path.includes('api_key_deleted')) ?? (ruleSet.rules[0] as Rule);

const OPENED: ShownDecision = {
  ...{ notify: true, kind: 'opened', reason: 'first match' },
  receivers: ['slack', 'mail', 'hook', 'chat'],
};
const BELOW: ShownDecision = { notify: false, reason: "below the receiver's level", receivers: ['pager'] };
const GROUPED: ShownDecision = { notify: false, reason: 'grouped' };

/** The untrusted text. */
export interface UntrustedText {
  readonly name: string;
  readonly path: string;
  readonly agent: string;
  readonly action: string;
}

export const ORDINARY: UntrustedText = {
  name: 'Mallory Reed',
  path: '/v1/api_keys/0b0e7e0c-4a7f-4f5e-9d5e-2f7c1f0a9a11',
  agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/146.0.0.0 Safari/537.36',
  action: 'api_key.deleted',
};

export const ENTRY_ID = '7d3c1a52-6f0e-4a49-8f7b-1c2d3e4f5a6b';
export const ALERT_ID = 42;

export function entryLine(of: UntrustedText = ORDINARY, changes: Partial<EntrySummary> = {}): EntrySummary {
  return {
    seq: 7,
    revision: 0,
    id: ENTRY_ID,
    createdAt: NOW - 25 * MINUTE,
    action: of.action,
    actor: { id: '4f2c9a7e-55aa-4c0b-9f3e-6b1f2a7d9c10', name: of.name, type: 'user' },
    target: { id: '0b0e7e0c-4a7f-4f5e-9d5e-2f7c1f0a9a11', type: 'api_key' },
    clientIp: '192.0.2.217',
    method: 'DELETE',
    path: of.path,
    statusCode: '204',
    userAgent: of.agent,
    ...changes,
  };
}

/** The versions of an entry that the audit log changed twice. */
export function entryVersions(of: UntrustedText = ORDINARY): EntryDetails['versions'] {
  return [
    { revision: 0, readAt: NOW - 24 * MINUTE, changes: [] },
    {
      revision: 1,
      readAt: NOW - 20 * MINUTE,
      changes: [
        { field: 'action', before: 'api_key.read', after: of.action },
        { field: 'path', before: null, after: of.path },
      ],
    },
    { revision: 2, readAt: null, changes: [] },
  ];
}

export function alertLine(of: UntrustedText = ORDINARY, changes: Partial<AlertSummary> = {}): AlertSummary {
  return {
    id: ALERT_ID,
    rule: RULE.id,
    title: RULE.title,
    level: 'high',
    status: 'open',
    backfilled: false,
    count: 3,
    firstAt: NOW - 25 * MINUTE,
    lastAt: NOW - 12 * MINUTE,
    assignee: null,
    acknowledged: null,
    resolution: null,
    key: [{ field: 'actor.id', value: of === ORDINARY ? '4f2c9a7e-55aa-4c0b-9f3e-6b1f2a7d9c10' : of.name }],
    latest: {
      ...{ action: of === ORDINARY ? 'vm.deleted' : of.name, clientIp: of === ORDINARY ? '203.0.113.7' : of.agent },
      actor: { id: '4f2c9a7e-55aa-4c0b-9f3e-6b1f2a7d9c10', name: of.name, type: 'user' },
    },
    networks: 2,
    ...changes,
  };
}

/** Somebody takes care of it. */
export const ACKNOWLEDGED: Pick<AlertSummary, 'status' | 'acknowledged' | 'assignee'> = {
  status: 'acknowledged',
  acknowledged: { by: 'Ada', at: NOW - 3 * MINUTE, until: NOW + 24 * HOUR, count: 3, level: 'high' },
  assignee: 'Ada',
};

/** Somebody resolved it. */
export const RESOLVED: Pick<AlertSummary, 'status' | 'resolution'> = {
  status: 'resolved',
  resolution: { reason: 'expected', by: 'Ada', at: NOW - 2 * MINUTE, comment: 'a key rotation' },
};

/** Everything that people and time do to an alert. */
export function acts(of: UntrustedText = ORDINARY): AlertDetails['acts'] {
  const act = (id: number, what: string, who: string, detail: AlertDetails['acts'][number]['detail'] = null) => ({
    ...{ id, at: NOW - (12 - id) * MINUTE, act: what, who, via: who === 'tocsin' ? null : 'page', detail },
  });
  return [
    act(1, 'acknowledge', 'Ada', { comment: of.name }),
    act(2, 'assign', 'Ada', { to: of.name }),
    act(3, 'comment', of.name, { comment: of.agent }),
    act(4, 'resolve', 'Ada', { reason: 'expected', comment: 'a key rotation' }),
    act(5, 'deferred', 'tocsin', { receivers: { slack: 'recurred' } }),
    act(6, 'acknowledgement ended', 'tocsin', { receivers: ['slack'] }),
    act(7, 'dead', 'tocsin', { receiver: of.name }),
    act(8, 'resolved', 'tocsin', { reason: 'quiet' }),
  ];
}

function evidence({ action }: UntrustedText): readonly Evidence[] {
  // As evaluation stores it.
  const value = action.length <= 256 ? action : action.slice(0, 256).toWellFormed();
  return [
    { selection: 'selection', field: 'action', value },
    { selection: 'succeeded', field: 'status_code', value: '204' },
  ];
}

export function alertPage(of: UntrustedText = ORDINARY, changes: Partial<AlertDetails> = {}): AlertDetails {
  const entry = entryLine(of);
  const moment = (minutes: number, decisions: readonly ShownDecision[] | null): AlertDetails['timeline'][number] => ({
    seq: 100 - minutes,
    at: NOW - minutes * MINUTE,
    entry: { ...entry, createdAt: NOW - minutes * MINUTE },
    part: 'matched',
    decisions,
    evidence: evidence(of),
    number: null,
  });
  return {
    alert: alertLine(of),
    timeline: [
      { ...moment(25, [OPENED, BELOW]), number: '3 different values of client_ip in 1 hour' },
      moment(18, [GROUPED]),
      { ...moment(14, null), part: 'contributing', evidence: [] },
      { ...moment(12, [GROUPED]), entry: null },
    ],
    more: 2,
    moreContributing: 29,
    deliveries: [
      line(1, 'slack', 'delivered', null),
      line(2, 'mail', 'pending', 'the server asked us to slow down'),
      line(3, 'hook', 'suppressed', `inhibited by alert ${ALERT_ID + 2}`),
      line(5, 'chat', 'bundled', null),
      line(6, 'chat', 'waiting', null),
      line(4, 'hook', 'dead', 'the receiver answered 410: it is gone for good'),
    ],
    acts: [],
    next: {
      notified: {
        slack: {
          ...{ level: 'high', count: 1, networks: 1, at: NOW - 25 * MINUTE, reminders: 0, spread: null },
          deferred: { kind: 'recurred', to: NOW + 3 * HOUR },
        },
      },
      escalations: [],
      silencedUntil: null,
      resolvesAt: null,
    },
    decided: { grouped: 2, silenced: 1 },
    previous: null,
    silences: [],
    ...changes,
  };
}

function line(id: number, receiver: string, state: AlertDetails['deliveries'][number]['state'], reason: string | null) {
  const queuedAt = NOW - 24 * MINUTE;
  const settledAt = state === 'pending' || state === 'bundled' || state === 'waiting' ? null : queuedAt + 2_000;
  return { id, receiver, what: 'opened', state, reason, attempts: 1, queuedAt, dueAt: NOW + MINUTE, settledAt };
}

export function entryPage(
  of: UntrustedText = ORDINARY,
  changes: Partial<EntryDetails> = {},
  entry: EntrySummary = entryLine(of),
): EntryDetails {
  const body = {
    id: entry.id,
    action: of.action,
    actor: entry.actor,
    client_ip: entry.clientIp,
    created_at: new Date(entry.createdAt).toISOString(),
    method: entry.method,
    path: of.path,
    status_code: 204,
    user_agent: of.agent,
    target: entry.target,
    extra: { note: of.name, tags: [of.agent, null, 9.5, true], [of.name.slice(0, 60)]: 1 },
  };
  const other = (minutes: number, id: string, action: string): EntrySummary =>
    entryLine(of, {
      id,
      action,
      seq: 100 - minutes,
      createdAt: NOW - minutes * MINUTE,
      statusCode: '200',
      method: 'GET',
    });
  return {
    entry,
    text: JSON.stringify(body),
    cut: false,
    rules: [{ id: RULE.id, title: RULE.title, level: RULE.level, evidence: evidence(of) }],
    rulesChanged: false,
    parts: [{ alert: alertLine(of), part: 'matched', decisions: [OPENED, BELOW], evidence: evidence(of) }],
    versions: [],
    actorActivity: {
      value: entry.actor.id,
      withinMs: HOUR,
      before: [other(26, 'before-1', 'api_key.listed'), other(40, 'before-2', 'user.signed_in')],
      after: [other(20, 'after-1', 'vm.deleted')],
      moreBefore: true,
      moreAfter: false,
      isIndexed: true,
      open: ['before-1', 'before-2', 'after-1'],
    },
    networkActivity: {
      value: entry.clientIp,
      withinMs: HOUR,
      before: [other(27, 'before-3', 'user.signed_in')],
      after: [],
      moreBefore: false,
      moreAfter: false,
      isIndexed: false,
      open: ['before-3'],
    },
    ...changes,
  };
}

export function status(changes: Partial<LedgerStatus> = {}): LedgerStatus {
  return {
    watching: 'watching',
    startedAt: NOW - 90 * 24 * HOUR,
    movedAt: NOW - 40_000,
    failure: null,
    watermark: NOW - 5 * MINUTE,
    lagMs: 5 * MINUTE,
    checkpoint: null,
    rewinds: [],
    ownReads: { delayMs: 61_000, at: NOW - 5_000, count: 1_234 },
    staged: 0,
    lateness: {
      ...{ allowedMs: 5 * MINUTE, seen: null, again: null, problem: null },
      ...{ probedAt: NOW - 20 * MINUTE, rereadAt: NOW - 5 * HOUR },
    },
    counters: { recorded: 1_204_118, quarantined: 0, expired: 0 } as LedgerStatus['counters'],
    usage: usageStatus({ ...newDay(NOW), rowsWritten: 12_345, rowsRead: 410_000, kvWrites: 212 }, 'free'),
    rules: { version: ruleSet.version, count: ruleSet.rules.length },
    passes: [],
    receivers: [
      receiver('slack', 'healthy', null),
      receiver('mail', 'unproven', null),
      receiver('hook', 'failing', 'the receiver answered 410: it is gone for good'),
      receiver('pager', 'unset', 'PAGER_URL is not set'),
      receiver(
        'old',
        'removed',
        'it is not set any more: send what waits elsewhere with resend --receiver NAME --to NAME',
      ),
    ],
    alerts: { open: { critical: 1, high: 2, low: 1 }, newest: [] },
    deliveries: { pending: 1, delivered: 210, dead: 0, suppressed: 0 },
    recentlyDead: 0,
    dead: [],
    waiting: [],
    keyTheft: 'detected',
    healthAlerts: [],
    inQuarantine: 0,
    quarantine: [],
    ...changes,
  } as LedgerStatus;
}

export function overview(of: UntrustedText = ORDINARY, changes: Partial<Overview> = {}): Overview {
  const wave = (i: number): number => Math.round(220 + 180 * Math.sin(i / 7) + ((i * 37) % 60));
  return {
    status: status(),
    chart: {
      from: NOW - 48 * HOUR,
      stepMs: HOUR,
      entries: Array.from({ length: 48 }, (_, i) => wave(i)),
      alerts: Array.from({ length: 48 }, (_, i) => (i % 11 === 3 ? 1 : i === 44 ? 4 : 0)),
    },
    open: [
      alertLine(of, { id: 44, level: 'critical', title: 'Kubeconfig read from a new address' }),
      alertLine(of),
      alertLine(of, { id: 40, level: 'low', count: 1_204 }),
    ],
    newest: [entryLine(of), entryLine(of, { id: 'newest-2', action: 'vm.listed', statusCode: '200' })],
    ...changes,
  };
}

function receiver(name: string, state: LedgerStatus['receivers'][number]['state'], reason: string | null) {
  const failingSince = state === 'failing' ? NOW - 3 * HOUR : null;
  const lastDeliveredAt = state === 'healthy' ? NOW - 24 * MINUTE : null;
  return {
    name,
    minLevel: state === 'removed' ? null : 'low',
    state,
    reason,
    lastDeliveredAt,
    failingSince,
    pending: 1,
    dead: state === 'failing' ? 3 : 0,
    works: state === 'healthy' || state === 'unproven',
    backlogSince: null,
    failingMessage: null,
  };
}

/** All views, with this untrusted text. */
export function views(
  of: UntrustedText = ORDINARY,
  changes: Partial<LedgerViews> = {},
): LedgerViews & LedgerOperator & LedgerProofs & LedgerSecurity {
  const none = (): never => {
    throw new Error('pages do not call this');
  };
  const made: LedgerViews = {
    status: async () => status(),
    overview: async () => overview(of),
    entry: async (id, scope) =>
      (id === ENTRY_ID || id === of.name) && (scope === null || scope.some(({ alert }) => alert === ALERT_ID))
        ? entryPage(of)
        : null,
    entryText: async () => null,
    alert: async (id) => (id === ALERT_ID ? alertPage(of) : null),
    linked: async (scope) => scope.map(({ alert }) => alertLine(of, { id: alert })),
    alerts: async ({ before }) => ({
      alerts: before === null ? [alertLine(of), alertLine(of, { id: 41, ...RESOLVED, level: 'medium' })] : [],
      next: before === null ? 41 : null,
      searchedTo: null,
    }),
    logLines: none,
    actLog: none,
    alertWhy: none,
    alertRoute: none,
    entryWhy: none,
    textWhy: none,
    silences: async () => [
      silence(of),
      silence(of, { id: 3, endsAt: NOW - HOUR, expiredBy: of.name, suppressed: 0, alerts: [] }),
    ],
    rules: async () => [{ rule: RULE.id, matched: 12, lastAt: NOW - HOUR, lastEntry: ENTRY_ID }],
    quarantine: async (before) => ({
      records: before === null ? [quarantinedRecord(of), quarantinedRecord(of, { id: null, isRecorded: true })] : [],
      next: before === null ? { firstAt: NOW - HOUR, key: QUARANTINE_KEY } : null,
    }),
    quarantined: async (name) =>
      name === QUARANTINE_KEY ? { kind: 'found', record: quarantinedRecord(of) } : { kind: 'missing' },
    securityLog: async (before) => securityLog(of, before),
    ...changes,
  };
  const others = {
    ledgerId: none,
    spendProof: none,
    isProofSpent: none,
    resend: none,
    act: none,
    silence: none,
    expireSilence: none,
    testReceivers: none,
    release: none,
    drop: none,
    backfill: none,
    cancelBackfill: none,
    passes: none,
  };
  return { ...made, ...others, recordSecurity: none, countRefusals: none };
}

export function silence(of: UntrustedText = ORDINARY, changes: Partial<ShownSilence> = {}): ShownSilence {
  return {
    id: 4,
    matchers: {
      ...{ rules: [RULE.id], actors: [of.name], addresses: ['192.0.2.0/24'], tags: ['attack.t1098*'] },
      fields: [{ field: 'actor.type', values: ['api_key', of.agent] }],
    },
    startsAt: NOW - HOUR,
    endsAt: NOW + 2 * HOUR,
    author: 'Ada',
    comment: of === ORDINARY ? 'a key rotation, until lunch' : of.name,
    via: 'page',
    madeAt: NOW - HOUR,
    expiredBy: null,
    suppressed: 1_204,
    suppressedAt: NOW - 4 * MINUTE,
    alerts: [12, 40, 41, 42],
    ...changes,
  };
}

/** Alerts of one actor next to each other, and of others. */
export function groups(of: UntrustedText = ORDINARY): readonly AlertSummary[] {
  const by = (name: string | null, id: string | null): AlertSummary['latest'] => ({
    action: of.action,
    actor: { id, name, type: 'api_key' },
    clientIp: '198.51.100.24',
  });
  const levels = ['critical', 'high', 'high', 'medium', 'high', 'low', 'medium', 'high'];
  return [
    ...levels.slice(0, 4).map((level, i) => alertLine(of, { id: 80 - i, level, latest: by('ci-deploy', 'k-1') })),
    alertLine(of, { id: 70, latest: by(null, null), level: 'critical', assignee: of.name }),
    ...[...levels, ...Array(5).fill('low')].map((level, i) =>
      alertLine(of, { id: 60 - i, level, latest: by('robot', 'k-2'), networks: 4 }),
    ),
    alertLine(of, { id: 40, latest: null, level: 'low', count: 1_204, ...ACKNOWLEDGED }),
  ];
}

/** Some of everything that is recorded. */
export function securityLog(of: UntrustedText, before: number | null): SecurityLog {
  const event = (n: number, act: SecurityAct, who: string, detail: string | null = null) => {
    const from = { address: '203.0.113.7', agent: of.agent };
    return { id: NOW * 1000 - n, at: NOW - n * MINUTE, act, who, detail, ...from };
  };
  const ada = 'Ada (0123456789abcdef)';
  if (before !== null) return { events: [event(60, 'sign-in', ada)], next: null, refusals: [] };
  return {
    events: [
      event(1, 'sign-in', ada),
      event(2, 'viewer added', 'operator secret', `${of.name} (fedcba9876543210), operator, never expires`),
      event(3, 'link opened', `link to alert ${ALERT_ID}`),
      { ...event(4, 'receivers tested', ada), address: null, agent: null },
    ],
    next: NOW * 1000 - 4,
    refusals: [
      { from: NOW - (NOW % HOUR), counts: { unauthenticated: 1_234, 'rate limit': 5 } },
      { from: NOW - (NOW % HOUR) - 3 * HOUR, counts: { 'expired link': 1 } },
    ],
  };
}

export const QUARANTINE_KEY = `invalid:${'0123456789abcdef'.repeat(4)}`;

export function quarantinedRecord(
  of: UntrustedText = ORDINARY,
  changes: Partial<QuarantinedDetails> = {},
): QuarantinedDetails {
  return {
    key: QUARANTINE_KEY,
    id: of === ORDINARY ? ENTRY_ID : of.name,
    problem: of === ORDINARY ? 'unreadable created_at' : `evaluation failed: ${of.name}`,
    firstAt: NOW - HOUR,
    isCut: false,
    isRecorded: false,
    text: JSON.stringify({ id: of.name, created_at: of.path, [of.name]: of.agent }),
    ...changes,
  };
}
