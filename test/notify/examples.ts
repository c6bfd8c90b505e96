/** One notification of each kind: for the gallery and the tests. */

import { hintOf, LASTING, levelOfKind } from '../../src/alert/health-words.ts';
import type {
  AlertNotification,
  DigestNotification,
  DigestRule,
  EntryView,
  HealthAlertKind,
  HealthNotification,
  Notification,
} from '../../src/alert/notification.ts';
import { testNotification } from '../../src/ledger/deliver/test-delivery.ts';
import { OPENED } from './notifications.ts';

const AT = OPENED.entry.createdAt;
const MINUTE = 60_000;

function refused(minute: number, path: string): EntryView {
  return {
    ...OPENED.entry,
    id: `b1b2c3d4-0000-4000-8000-00000000000${minute}`,
    createdAt: AT - (10 - minute) * MINUTE,
    action: 'vm.updated',
    actor: { id: '77777777-e89b-12d3-a456-426614174000', name: 'ci-deploy', type: 'api_key' },
    target: { id: null, type: 'vm' },
    clientIp: '198.51.100.23',
    method: 'PATCH',
    path,
    statusCode: '403',
    userAgent: 'curl/8.5.0',
  };
}

export const CORRELATION: AlertNotification = {
  ...OPENED,
  alert: {
    ...OPENED.alert,
    id: 13,
    title: 'Burst of refused requests',
    description: 'One actor was refused 20 times or more within 10 minutes: somebody tries what they may not do.',
    level: 'medium',
    runbook: 'Ask the owner of the key whether they know of it.\nIf not, delete the key and block the address.',
    falsepositives: ['A pipeline whose key has lost a permission'],
    tags: ['attack.t1078', 'attack.discovery'],
    key: [{ field: 'actor.id', value: '77777777-e89b-12d3-a456-426614174000' }],
  },
  entry: refused(9, '/v1/vms/9f8e7d6c-0000-4000-8000-000000000002'),
  evidence: [
    { selection: 'refused', field: 'status_code', value: '403' },
    { selection: 'refused', field: 'actor.type', value: 'api_key' },
  ],
  window: {
    type: 'event_count',
    value: 20,
    atLeast: false,
    timespanMs: 10 * MINUTE,
    fields: [],
    percentile: null,
    rules: [],
    condition: '20 or more',
    first: [0, 1, 2].map((minute) => refused(minute, `/v1/vms/${minute}`)),
  },
};

export const IN_ORDER: AlertNotification = {
  ...CORRELATION,
  alert: {
    ...CORRELATION.alert,
    id: 14,
    title: 'A stolen key at work',
    description: 'It made a key, and that one took more.',
  },
  window: {
    type: 'temporal_ordered',
    value: 3,
    atLeast: false,
    timespanMs: 60 * MINUTE,
    fields: [],
    percentile: null,
    rules: ['API key created by an API key', 'Kubeconfig of a cluster read', 'Something deleted'],
    condition: 'all of them',
    first: [refused(0, '/v1/api_keys')],
  },
};

export const AVERAGE: AlertNotification = {
  ...CORRELATION,
  alert: {
    ...CORRELATION.alert,
    id: 15,
    title: 'Many bytes, on the average',
    description: 'The average of “bytes” in one hour is above 1,000.5.',
  },
  window: {
    type: 'value_avg',
    value: 1234.5678,
    atLeast: false,
    timespanMs: 60 * MINUTE,
    fields: ['bytes'],
    percentile: null,
    rules: [],
    condition: 'more than 1,000.5',
    first: [],
  },
};

export const UPDATED: AlertNotification = {
  ...OPENED,
  kind: 'updated',
  alert: { ...OPENED.alert, count: 100, firstAt: AT - 12 * MINUTE },
};

export const CLOSED: AlertNotification = {
  ...OPENED,
  kind: 'resolved',
  alert: { ...OPENED.alert, count: 1_342, firstAt: AT - 47 * MINUTE },
};

const LONG = 'a-name-that-goes-on-and-on-'.repeat(400);

export const SHORTENED: AlertNotification = {
  ...OPENED,
  alert: {
    ...OPENED.alert,
    level: 'critical',
    title: `Something with a long title: ${LONG}`,
    description: `${'A sentence that somebody wrote without an end in mind, '.repeat(40)}and this is it.`,
    runbook: Array.from({ length: 40 }, (_, i) => `Step ${i + 1}: ${'do this and that, '.repeat(8)}`).join('\n'),
    falsepositives: Array.from({ length: 30 }, (_, i) => `Reason ${i + 1}`),
    tags: Array.from({ length: 30 }, (_, i) => `attack.t${1000 + i}`),
  },
  entry: {
    ...OPENED.entry,
    actor: { ...OPENED.entry.actor, name: LONG },
    path: `/v1/${LONG}`,
    userAgent: LONG,
  },
  evidence: Array.from({ length: 30 }, (_, i) => ({ selection: 'long', field: `field_${i}`, value: LONG })),
};

/** What an attacker would write: each string tries a command of some receiver. */
export const HOSTILE_TEXTS: readonly string[] = [
  '<!channel> <!here> <@U012AB3CD> <#C012AB3CD>',
  '<https://evil.example/login|Sign in again> https://evil.example [x](https://evil.example)',
  '</td></table><script>alert(1)</script><img src=x onerror=alert(1)>',
  'Alice\r\nBcc: everybody@evil.example\r\nSubject: all is well\r\n\r\n<b>body</b>',
  '"; onmouseover="alert(1)" x=\'y\' &lt;b&gt; &amp;amp; &#60;b&#62;',
  'a\u202Egpj.exe\u2066\u200Bzero\u0000nul\u001b[31mred',
  '*bold* _it_ ~no~ `code` ```block``` :fire: @channel #general',
  '=?utf-8?B?QmNjOiB4?= {date} ^1^ | \\" {{7*7}} %0d%0aX: y',
  'evil.example。com mailto:a@evil.example //evil.example',
  '\ud83d half a pair, z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 a heap',
];

/** `text` in every untrusted field. */
export function writtenBy(text: string, of: AlertNotification = CORRELATION): AlertNotification {
  const entry: EntryView = {
    ...of.entry,
    action: text,
    actor: { id: text, name: text, type: text },
    target: { id: text, type: text },
    clientIp: text,
    method: text,
    path: text,
    statusCode: text,
    userAgent: text,
  };
  return {
    ...of,
    alert: { ...of.alert, key: [{ field: 'actor.id', value: text }] },
    entry,
    evidence: [{ selection: 'name', field: 'actor.name', value: text }],
    window: of.window && { ...of.window, first: [entry] },
  };
}

export const HOSTILE: AlertNotification = {
  ...writtenBy(HOSTILE_TEXTS[0] ?? '', OPENED),
  entry: {
    ...OPENED.entry,
    action: HOSTILE_TEXTS[2] ?? '',
    actor: { id: HOSTILE_TEXTS[5] ?? '', name: HOSTILE_TEXTS[0] ?? '', type: HOSTILE_TEXTS[6] ?? '' },
    target: { id: HOSTILE_TEXTS[1] ?? '', type: HOSTILE_TEXTS[8] ?? '' },
    path: HOSTILE_TEXTS[7] ?? '',
    userAgent: HOSTILE_TEXTS[3] ?? '',
    clientIp: HOSTILE_TEXTS[4] ?? '',
  },
};

const DAY = 24 * 60 * MINUTE;

function digestRule(n: number, level: DigestRule['level'], title: string, more: Partial<DigestRule> = {}): DigestRule {
  const ids = [20 + n, 31 + n, 47 + n];
  const times = { firstAt: AT + n * 7 * MINUTE, lastAt: AT + n * 7 * MINUTE + (3 * DAY) / 4 };
  return { ruleId: `rule-${n}`, title, level, alerts: 23 - n, messages: 30 - n, ids, ...times, ...more };
}

export const DIGEST: DigestNotification = {
  kind: 'digest',
  digest: {
    receiver: 'slack',
    level: 'high',
    downFrom: AT,
    downTo: AT + 26 * 60 * MINUTE + 3 * MINUTE,
    messages: 402,
    healthMessages: 3,
    rules: 24,
    alerts: 239,
    first: [
      digestRule(0, 'high', 'API key deleted', { alerts: 2, messages: 2, ids: [31, 47], lastAt: AT + 40 * MINUTE }),
      digestRule(1, 'high', 'Kubeconfig of a cluster read', {
        alerts: 1,
        messages: 1,
        ids: [48],
        lastAt: AT + 7 * MINUTE,
      }),
      digestRule(2, 'medium', 'Burst of refused requests'),
      ...Array.from({ length: 17 }, (_, i) =>
        digestRule(i + 3, i < 4 ? 'medium' : 'low', `Rule number ${i + 3} of the pack`),
      ),
    ],
    more: { rules: 4, alerts: 9 },
    health: [
      { kind: 'health', health: { kind: 'silent-log', subject: null } },
      { kind: 'health-resolved', health: { kind: 'silent-log', subject: null } },
      { kind: 'health', health: { kind: 'dead-delivery', subject: 'on-call' } },
    ],
  },
};

/** Summaries as the ledger writes them. */
const SUMMARIES: { readonly [kind in HealthAlertKind]: readonly [subject: string | null, summary: string] } = {
  blind: [null, 'no progress in reading for 15 minutes'],
  'dead-delivery': ['slack', 'no attempt succeeded in time'],
  quarantine: [null, '3 or more audit-log records could not be read and were quarantined'],
  overflow: [
    null,
    'the rule Burst of refused requests has more groups than Tocsin can keep. The least recently active were dropped.',
  ],
  'forgotten-marks': [
    null,
    "there were more of Tocsin's reads within 27 hours than it can remember: the same mark twice may pass unnoticed",
  ],
  'late-entries': [
    null,
    '12 entries became visible up to 8m20s after created_at, too late for ALLOWED_LATENESS (5m), and are recorded now. Set ALLOWED_LATENESS = "9m" and run "npm run deploy"',
  ],
  'lateness-near': [
    null,
    'an entry became visible 4m10s or more after created_at, and ALLOWED_LATENESS is 5m. Set ALLOWED_LATENESS = "7m" and run "npm run deploy"',
  ],
  'clocks-apart': [null, "Nirvana Labs' clock is 2h3m10s behind our clock"],
  'unread-entries': [
    null,
    "entries created from 2026-01-31 08:00 UTC to 2026-01-31 09:30 UTC are not read, newer ones are: the log is longer than the pages of a tick, and Nirvana Labs' cursors do not last until the next",
  ],
  'silent-log': [null, 'the audit log has had no entry for a day; the last is of 2026-01-30 09:30 UTC'],
  'changed-entries': [
    null,
    'the audit log changed what it had shown. 2 revisions of entries recorded before (one of them has the id ' +
      '7d3c1a52-6f0e-4a49-8f7b-1c2d3e4f5a6b): evaluated like new entries',
  ],
  backlog: ['on-call', 'the oldest message to the receiver on-call has waited for 12 minutes: HTTP 429'],
  'unhealthy-receiver': ['on-call', 'nothing can be sent to the receiver on-call: WEBHOOK_URL is not set'],
  'key-refused': [null, 'the upstream refuses the API key (401)'],
  'incomplete-log': [
    null,
    "the audit log recorded Tocsin's reads, and has shown none of the latest: it is incomplete, or shows entries later than ALLOWED_LATENESS allows",
  ],
  'limit-near': [
    null,
    '80,412 of 100,000 rows written (80 %) are used since 00:00 UTC. At the limit, the ledger can record nothing, until 00:00 UTC',
  ],
  'limit-reached': [
    null,
    '99,012 of 100,000 rows written (99 %) are used since 00:00 UTC. With the rest of them used, the ledger can record nothing: ' +
      'Tocsin is blind until 00:00 UTC',
  ],
  'ledger-failing': [null, "the ledger can't write: database or disk is full: SQLITE_FULL"],
  'key-expiring': [null, 'the Nirvana Labs API key expires in 7 days, on 2026-02-07'],
};

/** A health alert of each kind. */
export const HEALTH_ALERTS: readonly HealthNotification[] = (Object.keys(SUMMARIES) as HealthAlertKind[]).map(
  (kind) => {
    const [subject, summary] = SUMMARIES[kind];
    const level = levelOfKind(kind);
    return { kind: 'health', health: { kind, level, subject, summary, hint: hintOf(kind), since: AT } };
  },
);

/** Those that last, resolved. */
export const HEALTH_RESOLVED: readonly HealthNotification[] = LASTING.map((kind) => {
  const [subject] = SUMMARIES[kind];
  const level = levelOfKind(kind);
  return { kind: 'health-resolved', health: { kind, level, subject, summary: 'It is over.', hint: '', since: AT } };
});

/** Every kind, by name. */
export const EXAMPLES: readonly (readonly [name: string, notification: Notification])[] = [
  ['opened', OPENED],
  ['correlation', CORRELATION],
  ['correlation-in-order', IN_ORDER],
  ['correlation-average', AVERAGE],
  ['updated', UPDATED],
  ['closed', CLOSED],
  ['shortened', SHORTENED],
  ['hostile', HOSTILE],
  ['digest', DIGEST],
  ['test', testNotification(AT)],
  ...HEALTH_ALERTS.map((health) => [`health-${health.health.kind}`, health] as const),
  ...HEALTH_RESOLVED.map((health) => [`health-resolved-${health.health.kind}`, health] as const),
];
