/**
 * Entries through the whole of it: a page is parsed and recorded by the real ledger, rules match, alerts open, a vendor refuses
 * the messages in its own words, health alerts follow; every notification is then rendered, and the command line prints the
 * status and each alert.
 */

import { HEALTH_KINDS, hintOf, raisedHeadline } from '../../../src/alert/health-words.ts';
import { NO_LINKS } from '../../../src/alert/links.ts';
import type { Notification } from '../../../src/alert/notification.ts';
import { parsePage } from '../../../src/audit-log/page.ts';
import { statusLines } from '../../../src/cli/commands/status.ts';
import { whyLines } from '../../../src/cli/commands/why.ts';
import { readRuleFiles } from '../../../src/cli/rule-files.ts';
import { printable } from '../../../src/cli/terminal.ts';
import { EVERY_ALERT } from '../../../src/ledger/alert-query.ts';
import { createViews } from '../../../src/ledger/read/views.ts';
import { render as discord } from '../../../src/notify/discord/render.ts';
import { render as mail } from '../../../src/notify/email/render.ts';
import { outcomeOf } from '../../../src/notify/incoming-webhook.ts';
import { render as ntfy } from '../../../src/notify/ntfy/render.ts';
import { render as pagerduty } from '../../../src/notify/pagerduty/event.ts';
import { ANSWERS } from '../../../src/notify/slack/answer.ts';
import { render as slack } from '../../../src/notify/slack/render.ts';
import { render as teams } from '../../../src/notify/teams/render.ts';
import { payload } from '../../../src/notify/webhook/payload.ts';
import { toIncoming } from '../../../src/poller/batching.ts';
import { ruleSet } from '../../../src/rules.gen.ts';
import { compile } from '../../../src/sigma/index.ts';
import { fieldLine } from '../../../src/text/untrusted.ts';
import { workerHealth } from '../../../src/web/health.ts';
import { createScene, DAY, MINUTE, NOON, onAction, route } from '../../ledger/scene.ts';
import { readDiscord } from '../../notify/discord/read-back.ts';
import { readNtfy } from '../../notify/ntfy/read-back.ts';
import { readPagerDuty } from '../../notify/pagerduty/read-back.ts';
import { readHtml, readSlack } from '../../notify/read-back.ts';
import { readTeams } from '../../notify/teams/read-back.ts';
import { answeredAt } from '../../support/answer-times.ts';
import { linkify } from '../../support/linkify.ts';
import { firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind, Json } from '../kind.ts';
import { hostileText, SECRETS } from '../texts.ts';
import { recordOf } from './upstream.ts';

const ACTIONS = ['vm.created', 'vm.deleted', 'api_key.deleted', 'nks_cluster.kubeconfig_read'];
const RULES = [...ruleSet.rules, ...ACTIONS.map((action) => onAction(action, { level: 'high' }))];
const ENGINE = compile({ version: 'fuzz', rules: RULES });
const STATUSES = [400, 403, 404, 410, 429, 500, 503, 200];
/** Where it stands in a vendor's answer, the address of the webhook is echoed. */
const ECHO = '«url»';

/** What a client may make links of in our own words: hints, headlines, rules. */
const OURS = new Set(
  [
    ...HEALTH_KINDS.flatMap((kind) => [hintOf(kind), raisedHeadline(kind, 'slack')]),
    ...readRuleFiles('rules').rules.map(({ text }) => text),
    ...RULES.map(({ title }) => title),
    'actor.id actor.name actor.type target.id target.type wrangler.toml .dev.vars',
  ].flatMap(linkify),
);

interface LedgerInput {
  readonly records: readonly Json[];
  readonly isRevised: boolean;
  readonly vendor: { readonly status: number; readonly body: string };
}

/** The kind; `fault` changes each notification before it is rendered. */
export function ledgerKind(fault: (notification: Notification) => Notification = (same) => same): FuzzKind {
  const kind: FuzzKind<never> = {
    name: 'ledger',
    about: 'entries through the ledger, to messages, status and why',
    share: 3_000,
    generate: (dice) =>
      ({
        records: Array.from({ length: dice.between(1, 6) }, () => recordOf(dice)),
        isRevised: dice.chance(0.3),
        vendor: { status: dice.pick(STATUSES), body: `${hostileText(dice, 600)}${dice.chance(0.3) ? ECHO : ''}` },
      }) as never,
    check: (input: LedgerInput) => problemOf(input, fault),
  };
  return kind as FuzzKind;
}

function problemOf(
  { records, isRevised, vendor }: LedgerInput,
  fault: (of: Notification) => Notification,
): string | null {
  const receivers = [route('slack'), route('hook', { minLevel: 'informational' })];
  const scene = createScene(RULES, { engine: ENGINE, receivers });
  record(scene, records, NOON);
  if (isRevised)
    record(
      scene,
      records.map((each) => withField(each, 'method', 'PURGE')),
      NOON + MINUTE,
    );
  const body = vendor.body.replaceAll(ECHO, SECRETS.webhookUrl);
  const answer = { kind: 'answered', status: vendor.status, body, afterMs: null } as const;
  const hook = { webhookUrl: SECRETS.webhookUrl, setting: 'SLACK_WEBHOOK_URL' };
  const refused = outcomeOf({ ...ANSWERS, label: 'Slack' }, answer, hook);
  for (let now = NOON; now <= NOON + 8 * DAY; now += 2 * DAY) {
    scene.send(now, ({ receiver }) => (receiver === 'slack' ? refused : { kind: 'delivered' }));
    scene.ledger.watchdog(now + MINUTE);
  }
  const now = NOON + 9 * DAY;
  const notifications = scene.notifications('true').slice(0, 40) as Notification[];
  const views = createViews(scene.store, { engine: ENGINE, status: (at) => scene.ledger.status(at) });
  const status = scene.ledger.status(now);
  const answered = JSON.parse(JSON.stringify({ health: workerHealth(status, [], now), status, problems: [] })) as never;
  const alerts = views.alerts(EVERY_ALERT).alerts.slice(0, 8);
  const printed = [
    ...statusLines(answered, 'https://tocsin.example', now),
    ...alerts.flatMap(({ id }) => whyLines(JSON.parse(JSON.stringify(views.alertWhy(id, now))) as never)),
  ];
  return firstOf(
    ...notifications.map((each) => messageProblem(fault(each))),
    ...printed.map((line) => invisibleIn(line)),
    secretIn(printed.join('\n')),
    printable(printed.join('\n')) === printed.join('\n') ? null : 'the terminal shows another text',
  );
}

function record(scene: ReturnType<typeof createScene>, records: readonly Json[], now: number): void {
  const { entries, invalid } = toIncoming(parsePage({ items: records, pagination: {} }, answeredAt(now)));
  scene.record(entries, { invalid, now });
}

function withField(record: Json, name: string, value: Json): Json {
  return typeof record === 'object' && record !== null && !Array.isArray(record)
    ? { ...record, [name]: value }
    : record;
}

function messageProblem(notification: Notification): string | null {
  const written = mail(notification, NO_LINKS, 'tocsin@example.com');
  const sent = payload(notification, NO_LINKS);
  const parts = {
    slack: readSlack(slack(notification, NO_LINKS)),
    discord: readDiscord(discord(notification, NO_LINKS)),
    ntfy: readNtfy(ntfy(notification, NO_LINKS)),
    teams: readTeams(teams(notification, NO_LINKS)),
    pagerduty: readPagerDuty(pagerduty(notification, NO_LINKS)),
    html: readHtml(written.html),
    text: { text: written.text, links: [], commands: [] },
    subject: { text: written.subject, links: [], commands: [] },
  };
  const action = 'entry' in notification ? notification.entry.action : null;
  for (const [part, { text, links, commands }] of Object.entries(parts)) {
    const found = linkify(text).find((link) => !isOurs(link) && !isAction(link, notification));
    const problem = firstOf(
      commands[0] === undefined ? null : `${part} has the command ${commands[0]}`,
      found === undefined
        ? null
        : `in ${part} of ${notification.kind} (action ${action}) a client makes a link of ${found}`,
      links.every(isOurs) ? null : `${part} has the link ${links.find((link) => !isOurs(link))}`,
      invisibleIn(text, true),
      secretIn(text),
    );
    if (problem !== null) return problem;
  }
  JSON.parse(sent);
  return firstOf(invisibleIn(sent), secretIn(sent));
}

function isOurs(link: string): boolean {
  return OURS.has(link) || [...OURS].some((ours) => ours.startsWith(link) || link.startsWith(ours));
}

/** An action of an entry that the message shows. */
function isAction(link: string, notification: Notification): boolean {
  if (!('entry' in notification)) return false;
  const entries = [notification.entry, ...(notification.window?.first ?? [])];
  const values = notification.evidence.flatMap(({ field, value }) => (field === 'action' ? [value] : []));
  return [...entries.map(({ action }) => action), ...values].some(
    (action) => action === link && fieldLine('action', action, 1_000) === action,
  );
}
