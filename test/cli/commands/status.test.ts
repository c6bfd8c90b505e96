import { expect, test } from 'vitest';
import { type StatusAnswer, statusLines } from '../../../src/cli/commands/status.ts';
import { newDay, plus, type Spent, usageStatus } from '../../../src/ledger/health/usage.ts';

const NOW = Date.UTC(2026, 0, 31, 3, 0);
const MINUTE = 60_000;
type Status = NonNullable<StatusAnswer['status']>;

const HEALTHY = {
  name: 'slack',
  state: 'healthy',
  reason: null,
  lastDeliveredAt: NOW,
  failingSince: null,
  pending: 0,
  dead: 0,
} as const;

const QUIET: Status = {
  watching: 'watching',
  movedAt: NOW - 4_000,
  watermark: NOW - 5 * MINUTE,
  lagMs: 5 * MINUTE,
  checkpoint: { scan: null },
  staged: 0,
  lateness: { allowedMs: 5 * MINUTE, seen: { atLeastMs: 130_000, atMostMs: 185_400 } },
  counters: { recorded: 1234567, quarantined: 0, expired: 0, overflowed: 0 },
  rules: { version: 'v1', count: 8 },
  passes: [],
  receivers: [HEALTHY],
  alerts: { open: {}, newest: [] },
  deliveries: { pending: 0, delivered: 3, dead: 0, suppressed: 0 },
  dead: [],
  waiting: [],
  healthAlerts: [],
  inQuarantine: 0,
  quarantine: [],
};

const WELL: StatusAnswer['health'] = { state: 'healthy', reasons: [] };

function answer(
  more: Partial<Status> | null,
  problems: StatusAnswer['problems'] = [],
  health: StatusAnswer['health'] = WELL,
): StatusAnswer {
  return { health, status: more === null ? null : { ...QUIET, ...more }, problems };
}

function text(of: StatusAnswer): string {
  return statusLines(of, 'https://t.example', NOW).join('\n');
}

const broken = (setting: string, severity: 'error' | 'notice' = 'error') => [
  { setting, severity, problem: 'is not set', meanwhile: 'nothing is watched', hint: 'set it' },
];

const NOBODY = { kind: 'nobody-notified', level: 'critical', text: 'nobody can be notified: no receiver works' };
const DEAD = { kind: 'dead-delivery', level: 'high', text: '2 messages could not be delivered in the last 24 hours' };

test.each<[string, StatusAnswer['health'], string]>([
  ['well', WELL, 'HEALTHY  https://t.example'],
  ['degraded', { state: 'degraded', reasons: [DEAD] }, `DEGRADED  https://t.example\n  HIGH      ${DEAD.text}`],
  [
    'blind, with each reason',
    { state: 'blind', reasons: [NOBODY, DEAD] },
    `BLIND  https://t.example\n  CRITICAL  ${NOBODY.text}\n  HIGH      ${DEAD.text}`,
  ],
])('begins with the state that the Worker found: %s', (_, health, lines) => {
  expect(text(answer({}, [], health))).toMatch(new RegExp(`^${lines}\n\nComplete up to`));
  expect(text(answer(null, [], health))).toBe(lines);
});

test('a quiet status is short', () => {
  expect(text(answer({}))).toBe(`HEALTHY  https://t.example

Complete up to  2026-01-31 02:55:00 UTC, 5m ago
Last read       2026-01-31 02:59:56 UTC, 4s ago
Backlog         none
Lateness        2m10s to 3m6s for the latest entry of the last 24 hours; ALLOWED_LATENESS is 5m
Entries         1,234,567 recorded, 0 in quarantine, 0 skipped (older than RETENTION)
Rules           8, version v1
Open alerts     none
Receivers       slack
Deliveries      0 pending, 3 delivered, 0 dead, 0 suppressed

Receivers
  slack  healthy; last delivered 2026-01-31 03:00:00 UTC`);
});

function usage(counts: Spent): Status['usage'] {
  const { allowances, ...day } = usageStatus(plus(newDay(NOW), counts), 'free');
  return { ...day, allowances: [...allowances] };
}

const ROWS: readonly (readonly [what: string, status: Partial<Status>, line: string])[] = [
  [
    'how long it has been blind',
    { watching: 'blind', movedAt: NOW - 94 * MINUTE },
    'Last read       2026-01-31 01:26:00 UTC, 1h34m ago',
  ],
  [
    'when it was last read again, and how often since a late entry',
    {
      lateness: {
        ...{ allowedMs: 5 * MINUTE, seen: null, problem: null },
        ...{ probedAt: NOW - 20 * MINUTE, rereadAt: null, again: { depthMs: 40 * MINUTE, everyMs: 4 * MINUTE } },
      },
    },
    'Re-reads        newest page 20m ago, last day not yet; since a late entry, the last 40m every 4m',
  ],
  [
    'why it could not be read again',
    {
      lateness: {
        ...{ allowedMs: 5 * MINUTE, seen: null, again: null, problem: 'the upstream rejects its cursors' },
        ...{ probedAt: null, rereadAt: NOW - 120 * MINUTE },
      },
    },
    'newest page not yet, last day 2h ago; LAST GIVEN UP: the upstream rejects its cursors',
  ],
  [
    "what of the plan's daily limits is used",
    { usage: usage({ rowsWritten: 12_345, kvWrites: 7 }) },
    'Today           12,345 of 100,000 rows written (12 %), 0 of 5,000,000 rows read (0 %), 0 of 1,000,000 rows read for pages (0 %), at least 7 of 1,000 KV writes',
  ],
  [
    'that a limit is reached, and until when',
    { usage: usage({ rowsWritten: 99_999 }) },
    'requests to the ledger (0 %); BLIND until 00:00 UTC',
  ],
  [
    'how soon entries are visible',
    { ownReads: { delayMs: 61_500, at: NOW - 4_000, count: 1_234 } },
    "Visible within  1m1s, by 1,234 reads of Tocsin's own, last 2026-01-31 02:59:56 UTC",
  ],
  ...(
    [
      ['detected', 'detected: if others use the API key of Tocsin, there is an alert'],
      ['no secret', 'not detectable: LINK_SECRET is not set'],
      ['shared', 'not detected: API_KEY_SHARED is "true"'],
      ['no read', "not detectable: no read of Tocsin's own has come back through the audit log"],
      ['no key', "not detectable: the audit log names no API key as the actor of Tocsin's reads"],
    ] as const
  ).map(
    ([keyTheft, words]) =>
      [`whether a stolen key is noticed: ${keyTheft}`, { keyTheft }, `Key theft       ${words}`] as const,
  ),
  [
    'a scan in progress',
    { checkpoint: { scan: { began: NOW, steps: 40, reached: NOW - MINUTE, flushing: false } } },
    'scan in progress: 40 pages so far, started 2026-01-31 03:00:00 UTC, reached 2026-01-31 02:59:00 UTC',
  ],
  [
    'staged entries',
    { staged: 4000, checkpoint: { scan: { began: NOW, steps: 40, reached: null, flushing: true } } },
    'scan read to its end, being recorded; 4,000 entries staged',
  ],
  [
    'alerts by level, the worst first',
    { alerts: { open: { low: 1, critical: 2, medium: 3 }, newest: [] } },
    'Open alerts     2 critical, 3 medium, 1 low',
  ],
  ['that nobody is notified', { receivers: [] }, 'Receivers       NONE: nobody is notified'],
  [
    'dead deliveries',
    { deliveries: { pending: 1, delivered: 2, dead: 3, suppressed: 4 } },
    'Deliveries      1 pending, 2 delivered, 3 DEAD, 4 suppressed',
  ],
  [
    'how many wait in a digest',
    { deliveries: { pending: 217, bundled: 214, waiting: 2, delivered: 2, dead: 0, suppressed: 4 } },
    "Deliveries      217 pending (214 in a message with others), 2 waiting for a group's message, 2 delivered, 0 dead, 4 suppressed",
  ],
  [
    'why a delivery died',
    { dead: [{ receiver: 'slack', reason: '404 no_service', settledAt: NOW }] },
    '  slack, 2026-01-31 03:00:00 UTC: 404 no_service',
  ],
  [
    'a waiting delivery',
    { waiting: [{ receiver: 'slack', reason: '429', dueAt: NOW + 90_000 }] },
    '  slack, next attempt in 1m30s: 429',
  ],
  [
    'a delivery that is due',
    { waiting: [{ receiver: 'slack', reason: 'not tried yet', dueAt: NOW - 1 }] },
    '  slack, due now: not tried yet',
  ],
  [
    'health alerts',
    {
      healthAlerts: [
        {
          ...{ kind: 'dead-delivery:slack', since: NOW, count: 2, summary: 's' },
          ...{ level: 'high', headline: 'a message was lost', hint: 'Run "npm run tocsin -- resend --url URL".' },
        },
      ],
    },
    '  HIGH  a message was lost, since 2026-01-31 03:00:00 UTC, 2 times: s\n' +
      '          what to do: Run "npm run tocsin -- resend --url https://t.example".',
  ],
  [
    'health alerts of a Worker that says no more of them',
    { healthAlerts: [{ kind: 'dead-delivery', since: NOW, count: 1, summary: 's' }] },
    '  dead-delivery, since 2026-01-31 03:00:00 UTC: s',
  ],
  [
    'why ticks fail, and for how long',
    { failure: { message: 'the upstream refused the API key (401)', since: NOW - 12 * MINUTE, at: NOW - MINUTE } },
    'FAILING         for 12m, last 2026-01-31 02:59:00 UTC: the upstream refused the API key (401)',
  ],
  [
    'the quarantine',
    { quarantine: [{ key: 'k', problem: 'it has no id', firstAt: NOW }] },
    '  k, 2026-01-31 03:00:00 UTC: it has no id',
  ],
  ['an impossible time', { watermark: -1 }, 'Complete up to  an impossible time (-1)'],
];

test.each(ROWS)('shows %s', (_, status, line) => {
  expect(text(answer(status))).toContain(line);
});

test('shows a wrong setting with its problem, its consequence and its fix', () => {
  expect(text(answer({}, broken('SLACK_WEBHOOK_URL')))).toContain(
    'Settings\n  ERROR   SLACK_WEBHOOK_URL is not set\n          meanwhile: nothing is watched\n          fix: set it',
  );
});

test('each receiver has a line: its state, since when and why, its pending and dead deliveries', () => {
  const receivers: Status['receivers'] = [
    HEALTHY,
    { ...HEALTHY, name: 'email', state: 'failing', reason: '550', failingSince: NOW - MINUTE, pending: 2, dead: 1 },
    { ...HEALTHY, name: 'chat', pending: 217, bundled: 214, waiting: 2 },
    { ...HEALTHY, name: 'siem', state: 'unset', reason: 'WEBHOOK_URL is not set', lastDeliveredAt: null },
  ];
  expect(text(answer({ receivers }))).toContain(`
Receivers
  slack  healthy; last delivered 2026-01-31 03:00:00 UTC
  email  FAILING since 2026-01-31 02:59:00 UTC: 550; last delivered 2026-01-31 03:00:00 UTC; 2 pending; 1 DEAD
  chat   healthy; last delivered 2026-01-31 03:00:00 UTC; 217 pending (214 in a message with others), 2 waiting for a group's message
  siem   NOT CONFIGURED: WEBHOOK_URL is not set; nothing delivered yet`);
});

test('passes over what is recorded have a line: of which rules, how far they are, what they wait for', () => {
  const pass: Status['passes'][number] = {
    ...{ id: 1, kind: 'rebuild', state: 'running', problem: null, beganAt: NOW - MINUTE, endedAt: null, percent: 40 },
    ...{ waitsUntil: null, failures: 0, entries: 4_000, skipped: 0, matches: 2, opened: 1, backfill: null },
    rules: [{ rule: 'many', title: 'Many refusals' }],
  };
  const four = ['A', 'B', 'C', 'D'].map((title) => ({ rule: title, title }));
  const backfill = { since: Date.UTC(2026, 0, 24), notify: false, who: 'operator secret' };
  const lines = statusLines(
    answer({
      passes: [
        pass,
        { ...pass, rules: four, waitsUntil: Date.UTC(2026, 1, 1), failures: 2 },
        { ...pass, kind: 'backfill', backfill },
      ],
    }),
    'https://t.example',
    NOW,
  );
  expect(lines.filter((line) => /Rebuilding|Backfill/.test(line))).toEqual([
    'Rebuilding      “Many refusals”: 40 %. Until then alerts of what changed are late',
    "Rebuilding      “A”, “B”, “C” and 1 more: 40 %, waits until 2026-02-01 00:00 UTC since the day's rows for it are used, failed in its last step and tries again. Until then alerts of what changed are late",
    'Backfill        “Many refusals” since 2026-01-24 00:00 UTC: 40 %, 1 alert so far',
  ]);
});

test('prints no character that a terminal would interpret', () => {
  const hostile = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
  const given = answer(
    {
      receivers: [{ ...HEALTHY, name: hostile, state: 'failing', reason: hostile }],
      failure: { message: hostile, since: NOW, at: NOW },
      rules: { version: hostile, count: 1 },
      passes: [
        {
          ...{ id: 1, kind: 'rebuild', state: 'running', problem: hostile, beganAt: NOW, endedAt: null, percent: 1 },
          ...{ waitsUntil: null, failures: 0, entries: 1, skipped: 0, matches: 0, opened: 0, backfill: null },
          rules: [{ rule: hostile, title: hostile }],
        },
      ],
      alerts: { open: {}, newest: [{ id: 1, level: hostile, title: hostile, count: 1, lastAt: NOW, status: hostile }] },
      dead: [{ receiver: hostile, reason: hostile, settledAt: NOW }],
      waiting: [{ receiver: hostile, reason: hostile, dueAt: NOW }],
      healthAlerts: [{ kind: hostile, since: NOW, count: 1, summary: hostile, headline: hostile, hint: hostile }],
      quarantine: [{ key: hostile, problem: hostile, firstAt: NOW }],
    },
    [{ setting: hostile, severity: 'error', problem: hostile, meanwhile: hostile, hint: hostile }],
    { state: 'degraded', reasons: [{ kind: hostile, level: hostile, text: hostile }] },
  );
  for (const line of statusLines(given, 'https://t.example', NOW))
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
