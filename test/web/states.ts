/** Every page in each of its states, with the views it is rendered from: for the browser and the snapshots. */

import { hintOf, raisedHeadline } from '../../src/alert/health-words.ts';
import type { LedgerStatus, LedgerViews } from '../../src/ledger/rpc.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import type { Routing } from '../../src/routing/routing.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import type { Rule } from '../../src/sigma/index.ts';
import type { Caller, Refused } from '../../src/web/context.ts';
import { RESPONDER } from './app.ts';
import {
  ALERT_ID,
  acts,
  alertPage,
  ENTRY_ID,
  entryLine,
  entryPage,
  entryVersions,
  groups,
  NOW,
  ORDINARY,
  overview,
  QUARANTINE_KEY,
  quarantinedRecord,
  RESOLVED,
  RULE,
  silence,
  status,
} from './views.ts';

const ROUTING = routing(`receivers:
  - {name: team, type: slack}
  - {name: oncall, type: slack, secret: SLACK_ONCALL_URL}
  - {name: leads, type: email, min_level: high}
  - {name: siem, type: webhook, min_level: informational}
fallback: oncall
times:
  office-hours: {weekdays: mon-fri, from: 09:00, to: 18:00, time_zone: Europe/Berlin}
route:
  receiver: team
  active_times: office-hours
  routes:
    - receiver: siem
      active_times: always
      continue: true
    - match: {actor.type: api_key, address: [192.0.2.0/24, "2001:db8::/32"]}
      receivers: [team, leads, siem]
      group_by: address
      group_interval: 10m
      digest: daily at 09:00 Europe/Berlin
      escalate: {after: 30m, to: oncall}
    - match: {level: critical, actor: ci-deploy}
      receivers: [oncall, leads]
      mention: '<!subteam^S0123ABC>'
      send_resolved: true
    - repeat_interval: 4h
`);

/** The routing of a file that has no problem. */
function routing(text: string): Routing {
  const { routing: read, problems } = parseRouting([{ path: 'routing.yml', text }], RECEIVER_TYPES, [], null);
  if (read === null || problems.length > 0) throw new Error(JSON.stringify(problems));
  return read;
}

/** The first rule of the pack that is so. */
function ruleThat(is: (rule: Rule) => boolean): Rule {
  const found = ruleSet.rules.find(is);
  if (found === undefined) throw new Error('the pack has no such rule');
  return found;
}
const CRITICAL_CORRELATION = ruleThat(({ kind, level }) => kind === 'correlation' && level === 'critical');
const COUNTED = ruleThat(({ alerts }) => !alerts);
const FOR_ROUTING = {
  ...{ WEBHOOK_URL: 'https://siem.example/in', WEBHOOK_SECRET: 'whsec_dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHM=' },
};

const LINK: Caller = {
  kind: 'link',
  passes: [{ alert: ALERT_ID, ledger: 'ab'.repeat(8), expires: NOW + 3_600_000 }],
};
const OPERATOR: Caller = { kind: 'viewer', id: 'v-2', name: 'Ada', role: 'operator', isSession: true };
/** Every setting that the pages look at. */
export const SET = {
  NIRVANA_LABS_API_KEY: 'nirvana-key-for-tests-only',
  LINK_SECRET: '0123456789abcdef0123456789abcdef',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T01TESTS0/B01TESTS0/for-tests-only-no-secret',
  KV: { get() {}, put() {}, delete() {} },
  LEDGER: { idFromName() {}, get() {} },
};
const BLIND: Partial<LedgerStatus> = {
  watching: 'blind',
  movedAt: NOW - 3_600_000,
  lagMs: 3_900_000,
  failure: {
    kind: 'key',
    message: 'the upstream refuses our API key (401)',
    since: NOW - 3_600_000,
    at: NOW - 20_000,
  },
  healthAlerts: [
    {
      ...{ kind: 'blind', since: NOW - 3_000_000, count: 1, summary: 'no progress in reading for 60 minutes' },
      ...{ level: 'critical', headline: raisedHeadline('blind', null), hint: hintOf('blind') },
    },
  ],
};

/** The receiver that fails, where no message reaches it. */
function revoked(receiver: LedgerStatus['receivers'][number] | undefined): LedgerStatus['receivers'][number] {
  if (receiver === undefined) throw new Error('there is no such receiver');
  return { ...receiver, works: false };
}

export interface PageState {
  readonly name: string;
  readonly path: string;
  readonly heading: string;
  readonly ledger?: Partial<LedgerViews> | null;
  readonly caller?: Caller | Refused;
  /** Default: `SET`. */
  readonly env?: Readonly<Record<string, unknown>>;
  /** Default: there is no routing.yml. */
  readonly routing?: Routing;
}

export const STATES: readonly PageState[] = [
  { name: 'overview', path: '/', heading: 'Degraded' },
  {
    name: 'overview-blind',
    path: '/',
    heading: 'Blind',
    ledger: { overview: async () => overview(ORDINARY, { status: status(BLIND) }) },
  },
  {
    name: 'overview-fresh',
    path: '/',
    heading: 'Blind',
    env: { LEDGER: SET.LEDGER, KV: SET.KV },
    ledger: {
      overview: async () =>
        overview(ORDINARY, {
          status: status({
            watching: 'not begun',
            movedAt: null,
            watermark: null,
            lagMs: null,
            counters: null,
            receivers: [],
          }),
          open: [],
          newest: [],
          chart: { from: NOW, stepMs: 3_600_000, entries: [], alerts: [] },
        }),
    },
  },
  { name: 'overview-unbound', path: '/', heading: 'Blind', env: {}, ledger: null },
  {
    name: 'overview-nobody',
    path: '/',
    heading: 'Blind',
    ledger: {
      overview: async () =>
        overview(ORDINARY, {
          status: status({
            receivers: [revoked(status().receivers[2])],
            recentlyDead: 2,
          }),
        }),
    },
  },
  {
    name: 'overview-quiet',
    path: '/',
    heading: 'Healthy',
    ledger: {
      overview: async () =>
        overview(ORDINARY, {
          status: status({ alerts: { open: {}, newest: [] }, receivers: status().receivers.slice(0, 2) }),
          open: [],
          newest: [],
        }),
    },
  },
  { name: 'alerts', path: '/alerts?state=all', heading: 'Alerts' },
  {
    name: 'alerts-none',
    path: '/alerts?level=critical',
    heading: 'Open alerts',
    ledger: { alerts: async () => ({ alerts: [], next: null, searchedTo: null }) },
  },
  { name: 'alert', path: `/alerts/${ALERT_ID}`, heading: RULE.title },
  {
    name: 'alert-resolved',
    path: `/alerts/${ALERT_ID}`,
    heading: RULE.title,
    ledger: {
      alert: async () =>
        alertPage(ORDINARY, {
          alert: { ...alertPage().alert, ...RESOLVED, rule: 'gone', backfilled: true },
          deliveries: [],
          acts: acts().slice(0, 4),
        }),
    },
  },
  { name: 'alert-by-link', path: `/alerts/${ALERT_ID}`, heading: RULE.title, caller: LINK },
  {
    name: 'alert-to-act-on',
    path: `/alerts/${ALERT_ID}?did=acknowledge.0.0.1.0`,
    heading: RULE.title,
    caller: RESPONDER,
    ledger: {
      alert: async () => {
        const { timeline, alert, ...details } = alertPage();
        const [first] = timeline;
        const repeats = Array.from({ length: 13 }, (_, i) => ({
          ...first,
          seq: i,
          at: NOW - 60_000 + 300 * i,
          number: null,
        }));
        const decided = repeats.map((item, i) =>
          i === 0 ? item : { ...item, decisions: timeline[1]?.decisions ?? null },
        );
        return {
          ...{ ...details, silences: [silence()], acts: acts() },
          alert: { ...alert, level: 'critical' },
          timeline: [...timeline, ...decided] as typeof timeline,
          previous: { ...alert, id: 12, lastAt: NOW - 9 * 24 * 3_600_000 },
        };
      },
      alerts: async () => ({ alerts: groups().slice(0, 3), next: null, searchedTo: null }),
    },
  },
  {
    name: 'alerts-to-act-on',
    path: '/alerts?actor=ci-deploy&since=24h',
    heading: 'Open alerts',
    caller: RESPONDER,
    ledger: { alerts: async () => ({ alerts: groups(), next: null, searchedTo: null }) },
  },
  {
    name: 'alerts-nothing-to-do',
    path: '/alerts?did=resolve.3.1.0.2',
    heading: 'Open alerts',
    caller: RESPONDER,
    ledger: { alerts: async () => ({ alerts: [], next: null, searchedTo: null }) },
  },
  { name: 'silences', path: '/silences?did=silence.1.0.0.0', heading: 'Silences', caller: RESPONDER },
  { name: 'silences-to-read', path: '/silences', heading: 'Silences' },
  {
    name: 'silences-none',
    path: '/silences',
    heading: 'Silences',
    caller: RESPONDER,
    ledger: { silences: async () => [] },
  },
  { name: 'entry', path: `/entries/${ENTRY_ID}`, heading: 'api_key.deleted' },
  {
    name: 'entry-revised',
    path: `/entries/${ENTRY_ID}`,
    heading: 'api_key.deleted',
    ledger: { entry: async () => entryPage(ORDINARY, { versions: entryVersions() }) },
  },
  {
    name: 'entry-by-link',
    path: `/entries/${ENTRY_ID}`,
    heading: 'api_key.deleted',
    caller: LINK,
    ledger: {
      entry: async () =>
        entryPage(ORDINARY, {
          cut: true,
          actorActivity: { ...entryPage().actorActivity, open: ['before-1'] },
          networkActivity: null,
        }),
    },
  },
  {
    name: 'entry-quiet',
    path: `/entries/${ENTRY_ID}`,
    heading: 'api_key.deleted',
    ledger: {
      entry: async () =>
        entryPage(
          ORDINARY,
          {
            rules: [],
            parts: [],
            actorActivity: { ...entryPage().actorActivity, value: null, before: [], after: [], moreBefore: false },
            networkActivity: { ...entryPage().actorActivity, value: null, before: [], after: [], moreBefore: false },
          },
          entryLine(ORDINARY, { actor: { id: null, name: null, type: null } }),
        ),
    },
  },
  {
    name: 'overview-quarantine',
    path: '/',
    heading: 'Degraded',
    ledger: { overview: async () => overview(ORDINARY, { status: status({ inQuarantine: 3 }) }) },
  },
  { name: 'security', path: '/security', heading: 'Security log', caller: OPERATOR },
  { name: 'security-older', path: '/security?before=7', heading: 'Security log', caller: OPERATOR },
  {
    name: 'security-none',
    path: '/security',
    heading: 'Security log',
    caller: OPERATOR,
    ledger: { securityLog: async () => ({ events: [], next: null, refusals: [] }) },
  },
  { name: 'quarantine', path: '/quarantine', heading: 'Quarantine' },
  {
    name: 'quarantine-none',
    path: '/quarantine',
    heading: 'Quarantine',
    ledger: { quarantine: async () => ({ records: [], next: null }) },
  },
  { name: 'quarantined', path: `/quarantine/${QUARANTINE_KEY}`, heading: ENTRY_ID },
  {
    name: 'quarantined-cut',
    path: `/quarantine/${QUARANTINE_KEY}`,
    heading: 'Record without an ID',
    ledger: {
      quarantined: async () => ({
        kind: 'found',
        record: quarantinedRecord(ORDINARY, { id: null, isCut: true, isRecorded: true, text: '{"id":' }),
      }),
    },
  },
  { name: 'rules', path: '/rules', heading: 'Rules' },
  { name: 'rules-routed', path: '/rules', heading: 'Rules', env: { ...SET, ...FOR_ROUTING }, routing: ROUTING },
  { name: 'rules-nobody', path: '/rules', heading: 'Rules', env: { LEDGER: SET.LEDGER } },
  { name: 'rule', path: `/rules/${RULE.id}`, heading: RULE.title },
  {
    ...{ name: 'rule-routed', path: `/rules/${RULE.id}`, heading: RULE.title },
    ...{ env: { ...SET, ...FOR_ROUTING }, routing: ROUTING },
  },
  {
    ...{ name: 'rule-routed-critical', path: `/rules/${CRITICAL_CORRELATION.id}`, heading: CRITICAL_CORRELATION.title },
    ...{ env: { ...SET, ...FOR_ROUTING }, routing: ROUTING },
  },
  { name: 'rule-counted', path: `/rules/${COUNTED.id}`, heading: COUNTED.title },
  { name: 'rule-nobody', path: `/rules/${RULE.id}`, heading: RULE.title, env: { LEDGER: SET.LEDGER } },
  { name: 'unbound', path: '/alerts', heading: 'No ledger', ledger: null },
  { name: 'upstream-failed', path: '/entries/none', heading: 'No response from the upstream' },
  { name: 'missing', path: '/alerts/7', heading: 'Not found' },
  {
    name: 'missing-entry',
    path: '/entries/7d3c1a52-6f0e-4a49-8f7b-1c2d3e4f5a6c',
    heading: 'Not found',
    ledger: { entry: async () => null },
    env: { LINK_SECRET: SET.LINK_SECRET, LEDGER: SET.LEDGER },
  },
  { name: 'missing-by-link', path: '/alerts/7', heading: 'Not found', caller: LINK },
  { name: 'signed-out', path: '/alerts/7', heading: 'Sign in', caller: { kind: 'nobody' } },
  { name: 'expired', path: '/alerts/7', heading: 'This link has expired', caller: { kind: 'expired link' } },
];
