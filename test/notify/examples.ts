/** One notification of each kind: for the gallery and the tests. */

import { hintOf, LASTING, levelOfKind } from '../../src/alert/health-words.ts';
import type {
  AlertNotification,
  EntryView,
  GroupedAlert,
  GroupNotification,
  HealthAlertKind,
  HealthNotification,
  NamedCount,
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

/** What is new about an alert that people were notified of: a message of each kind, for each reason. */
export const RAISED: AlertNotification = {
  ...UPDATED,
  kind: 'raised',
  reason: 'level raised',
  alert: { ...UPDATED.alert, level: 'critical', count: 3, networks: 2, acknowledgedBy: null },
};
export const NEW_NETWORK: AlertNotification = {
  ...UPDATED,
  reason: 'new network',
  alert: { ...UPDATED.alert, networks: 3, acknowledgedBy: 'Bob Example' },
};
export const TENFOLD: AlertNotification = {
  ...UPDATED,
  reason: 'count grown tenfold',
  alert: { ...UPDATED.alert, networks: 1, acknowledgedBy: null },
};
export const TENFOLD_NETWORKS: AlertNotification = {
  ...UPDATED,
  reason: 'networks grown tenfold',
  alert: { ...UPDATED.alert, networks: 30, acknowledgedBy: null },
};
export const GOES_ON: AlertNotification = {
  ...UPDATED,
  kind: 'recurred',
  reason: 'goes on, and nobody acted',
  alert: { ...UPDATED.alert, count: 1_440, firstAt: AT - 240 * MINUTE, networks: 1, acknowledgedBy: null },
};
export const BACK: AlertNotification = {
  ...GOES_ON,
  reason: 'back after a quiet period',
  alert: { ...GOES_ON.alert, level: 'medium', count: 13, firstAt: AT - 3 * 24 * 60 * MINUTE },
};
export const ACKNOWLEDGEMENT_ENDED: AlertNotification = { ...GOES_ON, reason: 'its acknowledgement ended' };

/** Resolved, for each reason. */
export const RESOLVED: readonly AlertNotification[] = (
  [
    ['true positive', 'Alice Smith', 'The key is deleted, and the laptop is being wiped.'],
    ['expected', 'Alice Smith', 'We rotate the keys today.'],
    ['false positive', 'Bob Example', null],
    ['duplicate', 'Bob Example', 'See alert 11.'],
    ['superseded', 'tocsin', null],
    ['quiet', 'tocsin', null],
  ] as const
).map(([reason, by, comment]) => ({ ...GOES_ON, kind: 'resolved', resolution: { reason, by, comment } }));

export const CLOSED: AlertNotification = {
  ...OPENED,
  kind: 'resolved',
  alert: { ...OPENED.alert, count: 1_342, firstAt: AT - 47 * MINUTE },
};

/** A correlation, with the alerts that it stands for and the values that its rule shows. */
export const INHIBITING: AlertNotification = {
  ...IN_ORDER,
  reason: 'first match',
  alert: { ...IN_ORDER.alert, level: 'critical', networks: 1, acknowledgedBy: null },
  fields: [
    { field: 'target.id', value: '9f8e7d6c-0000-4000-8000-000000000002' },
    { field: 'metadata.cluster', value: null },
  ],
  inhibited: [
    { id: 21, title: 'API key created by an API key', level: 'high', count: 1 },
    { id: 22, title: 'Kubeconfig of a cluster read', level: 'high', count: 2 },
    { id: 23, title: 'Something deleted', level: 'medium', count: 47 },
  ],
  inhibitedMore: 2,
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

/** `text` in every untrusted field of a group. */
export function groupWrittenBy(text: string): GroupNotification {
  const named: readonly NamedCount[] = [
    { name: text, alerts: 2 },
    { name: 'ci-deploy', alerts: 1 },
  ];
  const first: AlertNotification = {
    ...writtenBy(text, { ...GOES_ON, kind: 'resolved' }),
    resolution: { reason: 'expected', by: text, comment: text },
    fields: [{ field: 'actor.name', value: text }],
  };
  const others = [other(31, 'high', 'Kubeconfig of a cluster read', { actor: text, address: text })];
  const counts = { alerts: 57, more: 55, actors: named, addresses: named };
  return { kind: 'group', group: { ...FLOOD.group, subject: text, first, others, ...counts } };
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

const ALICE = { actor: OPENED.entry.actor.name, address: OPENED.entry.clientIp };
const CI = { actor: 'ci-deploy', address: '198.51.100.23' };
const other = (
  id: number,
  level: GroupedAlert['level'],
  title: string,
  more: Partial<GroupedAlert> = {},
): GroupedAlert => ({
  ...{ id, title, level, kind: 'opened', count: 1, lastAt: AT - MINUTE + id * 1_000, ...CI },
  ...more,
});

/** The alerts of one actor. */
export const GROUP: GroupNotification = {
  kind: 'group',
  group: {
    kind: 'group',
    level: 'critical',
    subject: 'ci-deploy',
    ...{ alerts: 5, decisions: 6, since: AT - 31 * 60 * MINUTE, first: INHIBITING, more: 0 },
    others: [
      other(31, 'high', 'Kubeconfig of a cluster read', { kind: 'raised', count: 4, address: '203.0.113.77' }),
      other(32, 'high', 'API key deleted'),
      other(33, 'high', 'VM deleted', { kind: 'updated', count: 200 }),
      other(34, 'medium', 'Burst of refused requests', { kind: 'recurred', count: 20, lastAt: AT - 30 * 60 * MINUTE }),
    ],
    distinct: { rules: 5, actors: 1, addresses: 2 },
    rules: [],
    actors: [],
    addresses: [
      { name: '198.51.100.23', alerts: 4 },
      { name: '203.0.113.77', alerts: 1 },
    ],
  },
};

const ACTORS: readonly NamedCount[] = ['ci-deploy', 'backup', 'Alice Smith', 'terraform', 'kube-admin'].map(
  (name, i) => ({
    name,
    alerts: 12 - 2 * i,
  }),
);

/** A rule's alerts in a flood. */
export const FLOOD: GroupNotification = {
  kind: 'group',
  group: {
    ...GROUP.group,
    ...{ kind: 'high flood', level: 'high', subject: null, alerts: 57, decisions: 60, first: OPENED, more: 41 },
    since: AT - 10 * MINUTE,
    others: ACTORS.flatMap(({ name }, i) =>
      [0, 5, 10].map((n) => other(40 + i + n, 'high', OPENED.alert.title, { actor: name, address: `198.51.100.${i}` })),
    ),
    distinct: { rules: 1, actors: 12, addresses: 5 },
    actors: ACTORS,
    addresses: ACTORS.map(({ alerts }, i) => ({ name: `198.51.100.${i}`, alerts })),
  },
};

/** What is not severe in a flood. */
export const FLOOD_DIGEST: GroupNotification = {
  kind: 'group',
  group: {
    ...FLOOD.group,
    ...{ kind: 'digest', level: 'medium', alerts: 214, decisions: 230, first: CORRELATION, more: 198 },
    others: FLOOD.group.others.map((each, i) => ({ ...each, level: 'medium', title: `Rule number ${i} of the pack` })),
    distinct: { rules: 9, actors: 40, addresses: 55 },
    rules: ['Burst of refused requests', 'VM restarted', 'Firewall rule created', 'VM read', 'VPC created'].map(
      (name, i) => ({ name, alerts: 90 - 17 * i }),
    ),
  },
};

/** A reminder, and what else is a list of alerts. */
export const REMINDER: GroupNotification = {
  kind: 'group',
  group: {
    ...GROUP.group,
    ...{
      kind: 'reminder',
      level: 'high',
      subject: null,
      alerts: 3,
      decisions: 3,
      first: GOES_ON,
      since: GOES_ON.alert.firstAt,
    },
    others: [
      other(31, 'high', 'Kubeconfig of a cluster read', { kind: 'recurred', count: 34, ...ALICE }),
      other(13, 'medium', 'Burst of refused requests', { kind: 'recurred', count: 1_200, address: ALICE.address }),
    ],
    distinct: { rules: 3, actors: 2, addresses: 1 },
    actors: [
      { name: 'Alice Smith', alerts: 2 },
      { name: 'ci-deploy', alerts: 1 },
    ],
    addresses: [],
  },
};
export const NEW_RECEIVER: GroupNotification = {
  kind: 'group',
  group: { ...REMINDER.group, kind: 'new receiver', first: UPDATED },
};
export const SILENCE_ENDED: GroupNotification = {
  kind: 'group',
  group: { ...REMINDER.group, kind: 'silence ended', first: RAISED },
};
export const ACTIVE_TIMES: GroupNotification = {
  kind: 'group',
  group: { ...REMINDER.group, kind: 'active times', first: OPENED },
};
/** One alert alone, and two decisions about it. */
export const REMINDER_OF_ONE: GroupNotification = {
  kind: 'group',
  group: {
    ...REMINDER.group,
    subject: ALICE.actor,
    alerts: 1,
    decisions: 1,
    others: [],
    actors: [],
    distinct: { rules: 1, actors: 1, addresses: 1 },
  },
};

/** A group, in which attackers wrote each name. */
export const HOSTILE_GROUP: GroupNotification = {
  kind: 'group',
  group: {
    ...FLOOD.group,
    subject: HOSTILE_TEXTS[0] ?? '',
    first: HOSTILE,
    others: FLOOD.group.others.map((each, i) => ({
      ...each,
      actor: HOSTILE_TEXTS[i % HOSTILE_TEXTS.length] ?? '',
      address: LONG,
    })),
    actors: HOSTILE_TEXTS.slice(0, 5).map((name, i) => ({ name, alerts: 9 - i })),
    addresses: [1, 2, 3, 4, 5].map((i) => ({ name: LONG, alerts: 9 - i })),
  },
};

/** What waited during an outage. */
export const OUTAGE: GroupNotification = {
  kind: 'group',
  group: {
    ...FLOOD_DIGEST.group,
    ...{ kind: 'outage', level: 'high', alerts: 239, decisions: 402, first: UPDATED, more: 223 },
    outage: {
      from: AT,
      to: AT + 26 * 60 * MINUTE + 3 * MINUTE,
      messages: 214,
      healthMessages: 12,
      health: ['the audit log has had no entry for 2 days', 'the audit log has new entries again'],
    },
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
  ['raised', RAISED],
  ['new-network', NEW_NETWORK],
  ['tenfold', TENFOLD],
  ['tenfold-networks', TENFOLD_NETWORKS],
  ['goes-on', GOES_ON],
  ['back', BACK],
  ['acknowledgement-ended', ACKNOWLEDGEMENT_ENDED],
  ...RESOLVED.map((of) => [`resolved-${of.resolution?.reason.replace(' ', '-')}`, of] as const),
  ['closed', CLOSED],
  ['inhibiting', INHIBITING],
  ['shortened', SHORTENED],
  ['hostile', HOSTILE],
  ['group', GROUP],
  ['group-flood', FLOOD],
  ['group-digest', FLOOD_DIGEST],
  ['group-reminder', REMINDER],
  ['group-reminder-of-one', REMINDER_OF_ONE],
  ['group-new-receiver', NEW_RECEIVER],
  ['group-active-times', ACTIVE_TIMES],
  ['group-hostile', HOSTILE_GROUP],
  ['group-outage', OUTAGE],
  ['test', testNotification(AT)],
  ...HEALTH_ALERTS.map((health) => [`health-${health.health.kind}`, health] as const),
  ...HEALTH_RESOLVED.map((health) => [`health-resolved-${health.health.kind}`, health] as const),
];
