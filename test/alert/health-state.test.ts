/** The state of Tocsin, by what is known. */
import { expect, test } from 'vitest';
import {
  type HealthState,
  healthOf,
  type LedgerFacts,
  type PassFacts,
  type ReceiverFacts,
  type SettingFacts,
} from '../../src/alert/health-state.ts';

const NOW = Date.UTC(2026, 0, 31, 9, 30);
const MINUTE = 60_000;

const SLACK: ReceiverFacts = { name: 'slack', works: true, reason: null, backlogSince: null, failingMessage: null };
const MAIL: ReceiverFacts = { ...SLACK, name: 'mail' };
const broken = (receiver: ReceiverFacts): ReceiverFacts => ({ ...receiver, works: false, reason: '404 no_service' });

const WELL: LedgerFacts = {
  watching: 'watching',
  movedAt: NOW - MINUTE,
  failure: null,
  receivers: [SLACK],
  recentlyDead: 0,
  inQuarantine: 0,
  healthAlerts: [],
  passes: [],
};
const alert = (kind: string, level: 'critical' | 'high' | 'medium' | 'low') => ({
  kind,
  level,
  headline: `about ${kind}`,
});
const setting = (name: string, isNeeded: boolean): SettingFacts => ({ setting: name, problem: 'is not set', isNeeded });

const PASS: PassFacts = {
  ...{ kind: 'rebuild', rules: [{ title: 'Many refusals' }], percent: 40, waitsUntil: null },
  beganAt: NOW - 10 * MINUTE,
};

type Row = readonly [
  what: string,
  facts: Partial<LedgerFacts> | null,
  settings: readonly SettingFacts[],
  state: HealthState,
  reasons: readonly string[],
];

const KEY = { kind: 'key', message: 'the upstream refused the API key (401)', since: NOW - 12 * MINUTE } as const;
const DOWN = { kind: 'upstream', message: 'HTTP 503', since: NOW - 20_000 } as const;

const ROWS: readonly Row[] = [
  ['nothing is wrong', {}, [], 'healthy', []],
  ['nothing was ever sent to one of several receivers', { receivers: [SLACK, MAIL] }, [], 'healthy', []],
  [
    'no ledger is bound, and the settings say so',
    null,
    [setting('LEDGER', true)],
    'blind',
    ['critical setting: LEDGER is not set'],
  ],
  ['no ledger is bound', null, [], 'blind', ['critical no-ledger: no ledger is bound: nothing is recorded']],
  [
    'no tick has run yet',
    { watching: 'not begun', movedAt: null },
    [],
    'blind',
    ['critical not-begun: no tick has run yet. Once deployed, the cron trigger runs one every minute'],
  ],
  [
    'no progress in reading',
    { watching: 'blind', movedAt: NOW - 94 * MINUTE, healthAlerts: [alert('blind', 'critical')] },
    [],
    'blind',
    ['critical blind: no progress in reading the audit log for 1 hour 34 minutes'],
  ],
  [
    'the key was removed a minute ago, and the ledger does not know yet',
    {},
    [setting('NIRVANA_LABS_API_KEY', true)],
    'blind',
    ['critical setting: NIRVANA_LABS_API_KEY is not set'],
  ],
  [
    'a daily limit of the plan is reached, and another is near',
    {
      healthAlerts: [
        alert('limit-near', 'medium'),
        alert('limit-reached', 'critical'),
        alert('limit-reached', 'critical'),
      ],
    },
    [],
    'blind',
    ['critical limit-reached: about limit-reached', 'medium limit-near: about limit-near'],
  ],
  [
    'a daily limit of the plan is near',
    { healthAlerts: [alert('limit-near', 'medium')] },
    [],
    'degraded',
    ['medium limit-near: about limit-near'],
  ],
  [
    'a rule that changed is evaluated late, for less than ten minutes',
    { passes: [{ ...PASS, beganAt: NOW - 10 * MINUTE + 1 }] },
    [],
    'healthy',
    [],
  ],
  ['somebody backfills a rule', { passes: [{ ...PASS, kind: 'backfill' }] }, [], 'healthy', []],
  [
    'a rule that changed is evaluated late, for ten minutes; others wait for the next day',
    { passes: [PASS, { ...PASS, rules: [...PASS.rules, { title: 'Another' }], percent: 7, waitsUntil: NOW }] },
    [],
    'degraded',
    [
      'medium rebuilding: the rule “Many refusals” changed and is evaluated late: going through the recorded entries is at 40 %',
      "medium rebuilding: 2 rules changed and are evaluated late: going through the recorded entries is at 7 %, and goes on at 00:00 UTC with the next day's rows",
    ],
  ],
  [
    'no receiver is configured',
    { receivers: [] },
    [],
    'blind',
    ['critical nobody-notified: nobody can be notified: no receiver is configured'],
  ],
  [
    'the only receiver is revoked, and two messages are dead',
    {
      receivers: [broken(SLACK)],
      recentlyDead: 2,
      healthAlerts: [alert('dead-delivery:slack', 'high'), alert('unhealthy-receiver:slack', 'high')],
    },
    [],
    'blind',
    [
      'critical nobody-notified: nobody can be notified: no receiver works',
      'high unhealthy-receiver: the receiver slack does not work: 404 no_service',
      'high dead-delivery: 2 messages could not be delivered in the last 24 hours',
    ],
  ],
  [
    'one of two receivers fails',
    { receivers: [SLACK, broken(MAIL)] },
    [],
    'degraded',
    ['high unhealthy-receiver: the receiver mail does not work: 404 no_service'],
  ],
  [
    'the last attempt failed, by what may be the message’s own fault',
    { receivers: [{ ...SLACK, reason: 'HTTP 400' }] },
    [],
    'degraded',
    ['medium failed-attempt: the last message to slack failed: HTTP 400'],
  ],
  [
    'one message fails, and others are delivered',
    { receivers: [{ ...SLACK, failingMessage: { since: NOW - 12 * MINUTE, reason: 'HTTP 400' } }] },
    [],
    'degraded',
    ['medium failing-message: a message to slack has failed for 12 minutes, others are delivered: HTTP 400'],
  ],
  [
    'messages wait',
    { receivers: [{ ...SLACK, backlogSince: NOW - 12 * MINUTE }], healthAlerts: [alert('backlog:slack', 'high')] },
    [],
    'degraded',
    ['high backlog: messages to slack have waited for 12 minutes'],
  ],
  [
    'a backlog has just ended, and its health alert not yet',
    { healthAlerts: [alert('backlog:slack', 'high')] },
    [],
    'degraded',
    ['high backlog: about backlog:slack'],
  ],
  [
    'a message died',
    { recentlyDead: 1 },
    [],
    'degraded',
    ['high dead-delivery: 1 message could not be delivered in the last 24 hours'],
  ],
  [
    'more messages died than are counted',
    { recentlyDead: 101 },
    [],
    'degraded',
    ['high dead-delivery: more than 100 messages could not be delivered in the last 24 hours'],
  ],
  [
    'what was dead or in quarantine is delivered or released, though its health alert is still shown',
    { healthAlerts: [alert('dead-delivery:slack', 'high'), alert('quarantine', 'high')] },
    [],
    'healthy',
    [],
  ],
  [
    'records are in quarantine, however long ago people were notified',
    { inQuarantine: 3 },
    [],
    'degraded',
    ['high quarantine: 3 records in quarantine'],
  ],
  [
    'the key is refused for a moment',
    { failure: KEY, healthAlerts: [alert('key-refused', 'critical')] },
    [],
    'degraded',
    ['critical key-refused: reading has failed for 12 minutes: the upstream refused the API key (401)'],
  ],
  [
    'the upstream fails for a moment',
    { failure: DOWN },
    [],
    'degraded',
    ['medium failed-tick: reading has failed for less than a minute: HTTP 503'],
  ],
  [
    'the upstream fails after it refused the key',
    { failure: DOWN, healthAlerts: [alert('key-refused', 'critical')] },
    [],
    'degraded',
    [
      'critical key-refused: about key-refused',
      'medium failed-tick: reading has failed for less than a minute: HTTP 503',
    ],
  ],
  [
    'any other health alert is open',
    {
      healthAlerts: [
        alert('late-entries', 'medium'),
        alert('incomplete-log', 'high'),
        alert('overflow', 'low'),
        alert('moon-phase:full', 'high'),
      ],
    },
    [],
    'degraded',
    [
      'high incomplete-log: about incomplete-log',
      'high unknown: about moon-phase:full',
      'medium late-entries: about late-entries',
      'low overflow: about overflow',
    ],
  ],
  [
    'a setting is wrong that watching does not need',
    {},
    [setting('HEARTBEAT_URL', false)],
    'degraded',
    ['medium setting: HEARTBEAT_URL is not set'],
  ],
  [
    'the most severe reason comes first, whatever makes it blind',
    { watching: 'blind', movedAt: null, inQuarantine: 1, failure: KEY },
    [setting('LINK_SECRET', false)],
    'blind',
    [
      'critical blind: no progress in reading the audit log',
      'critical key-refused: reading has failed for 12 minutes: the upstream refused the API key (401)',
      'high quarantine: 1 record in quarantine',
      'medium setting: LINK_SECRET is not set',
    ],
  ],
];

test.each(ROWS)('%s', (_, facts, settings, state, reasons) => {
  const health = healthOf(facts === null ? null : { ...WELL, ...facts }, settings, NOW);
  expect(health.reasons.map(({ kind, level, text }) => `${level} ${kind}: ${text}`)).toEqual(reasons);
  expect(health.state).toBe(state);
});
