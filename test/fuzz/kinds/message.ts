/** A notification with hostile text in every field that others write, by every receiver, beside a harmless one. */
import type { AlertNotification, EntryView, Notification } from '../../../src/alert/notification.ts';
import { render as discord } from '../../../src/notify/discord/render.ts';
import { render as mail } from '../../../src/notify/email/render.ts';
import { render as ntfy } from '../../../src/notify/ntfy/render.ts';
import { render as pagerduty } from '../../../src/notify/pagerduty/event.ts';
import { render as slack } from '../../../src/notify/slack/render.ts';
import { render as teams } from '../../../src/notify/teams/render.ts';
import { payload } from '../../../src/notify/webhook/payload.ts';
import { fieldLine } from '../../../src/text/untrusted.ts';
import { readDiscord } from '../../notify/discord/read-back.ts';
import { CORRELATION, GROUP } from '../../notify/examples.ts';
import { ACT_LINKS, LINKS } from '../../notify/notifications.ts';
import { readNtfy } from '../../notify/ntfy/read-back.ts';
import { readPagerDuty } from '../../notify/pagerduty/read-back.ts';
import { type ReadBack, readHtml, readSlack } from '../../notify/read-back.ts';
import { readTeams } from '../../notify/teams/read-back.ts';
import { linkify } from '../../support/linkify.ts';
import { slackProblem } from '../../support/slack-rules.ts';
import { difference, firstOf, invisibleIn } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText } from '../texts.ts';

const KINDS = ['opened', 'raised', 'updated', 'recurred', 'resolved', 'group'] as const;
const FIELDS = [
  ...(['id', 'action', 'actorId', 'actorName', 'actorType', 'targetId', 'targetType', 'clientIp', 'method'] as const),
  ...(['path', 'statusCode', 'userAgent', 'evidence', 'key'] as const),
];
type Field = (typeof FIELDS)[number];
/** Null: the field is missing. */
type Texts = { readonly [field in Field]: string | null };

interface MessageInput {
  readonly [name: string]: unknown;
  readonly kind: number;
  readonly texts: Texts;
}

export interface MessageSubject {
  readonly slack: typeof slack;
  readonly discord: typeof discord;
  readonly ntfy: typeof ntfy;
  readonly teams: typeof teams;
  readonly pagerduty: typeof pagerduty;
  readonly mail: typeof mail;
  readonly payload: typeof payload;
}

/** The kind; `subject`: what is tested, in place of the real renderers. */
export function messageKind(subject: Partial<MessageSubject> = {}): FuzzKind {
  const tested: MessageSubject = { slack, discord, ntfy, teams, pagerduty, mail, payload, ...subject };
  const kind: FuzzKind<never> = {
    name: 'message',
    about: 'Slack, Discord, ntfy, Teams, PagerDuty, mail, webhook',
    share: 30_000,
    generate: (dice) => {
      const missing = dice.chance(0.3) ? dice.pick(FIELDS) : null;
      const texts = Object.fromEntries(
        FIELDS.map((field) => [
          field,
          field === missing ? null : dice.chance(0.5) ? 'plain' : hostileText(dice, 1_000),
        ]),
      );
      return { kind: dice.between(0, KINDS.length - 1), texts } as never;
    },
    check(input: MessageInput) {
      const { texts } = input;
      const of = notificationOf(input);
      const written = tested.mail(of, LINKS, 'tocsin@example.com');
      const message = tested.slack(of, LINKS);
      const sent = tested.payload(of, LINKS);
      const parts = {
        slack: readSlack(message),
        discord: readDiscord(tested.discord(of, LINKS)),
        ntfy: readNtfy(tested.ntfy(of, LINKS)),
        teams: readTeams(tested.teams(of, LINKS)),
        pagerduty: readPagerDuty(tested.pagerduty(of, LINKS)),
        html: readHtml(written.html),
        text: { text: written.text, links: [], commands: [] },
        subject: { text: written.subject, links: [], commands: [] },
      };
      const twin = twinOf(input);
      const { data } = JSON.parse(sent) as { data: SentData };
      const { path } = (data.group?.first ?? data).entry;
      return firstOf(
        ...Object.entries(parts).map(([part, read]) => problemOf(part, read, twin.links, texts.action)),
        slackProblem(message),
        difference(twin.shape, shapeOf(message)),
        difference(twin.tags, tagsOf(written.html)),
        invisibleIn(sent),
        invisibleIn(data.text),
        /[\r\n]/.test(written.subject) ? 'the subject has a line break' : null,
        difference(twin.headers, Object.keys(written.headers)),
        path === null || texts.path?.toWellFormed().startsWith(path.replace(/…$/, '')) === true
          ? null
          : 'the webhook has another path than the entry',
      );
    },
  };
  return kind as FuzzKind;
}

interface SentEntry {
  readonly entry: { readonly path: string | null };
}
interface SentData extends SentEntry {
  readonly text: string;
  readonly group?: { readonly first: SentEntry };
}

interface Twin {
  readonly links: ReadonlySet<string>;
  readonly shape: readonly string[];
  readonly tags: readonly string[];
  readonly headers: readonly string[];
}
const twins = new Map<string, Twin>();

/** What the same notification with harmless texts looks like, by the real renderers. */
function twinOf({ kind, texts }: MessageInput): Twin {
  const missing = FIELDS.filter((field) => texts[field] === null);
  const name = `${kind} ${missing.join(' ')}`;
  const known = twins.get(name);
  if (known !== undefined) return known;
  const plain = Object.fromEntries(FIELDS.map((field) => [field, texts[field] === null ? null : 'plain'])) as Texts;
  const of = notificationOf({ kind, texts: plain });
  const { text, html, headers } = mail(of, LINKS, 'tocsin@example.com');
  const message = slack(of, LINKS);
  const twin = {
    links: new Set([text, readSlack(message).text].flatMap(linkify)),
    shape: shapeOf(message),
    tags: tagsOf(html),
    headers: Object.keys(headers),
  };
  twins.set(name, twin);
  return twin;
}

const LINKED = [...Object.values(LINKS), ...ACT_LINKS];

function problemOf(
  part: string,
  { text, links, commands }: ReadBack,
  ours: ReadonlySet<string>,
  action: string | null,
) {
  const isAction = (link: string): boolean => link === action && fieldLine('action', action, 100) === action;
  const found = linkify(text).find((link) => !ours.has(link) && !isAction(link));
  const other = links.find((link) => !LINKED.includes(link));
  const command = commands[0];
  if (command !== undefined) return `${part} has the command ${command}`;
  if (other !== undefined) return `${part} has the link ${other}`;
  if (found !== undefined) return `in ${part} a client makes a link of ${found}`;
  const raw = invisibleIn(text, true);
  return raw === null ? null : `in ${part} ${raw}`;
}

/** A Slack message without its texts. */
function shapeOf(message: unknown): string[] {
  return JSON.stringify(message, (name, value: unknown) =>
    ['text', 'fallback'].includes(name) && typeof value === 'string' ? '' : value,
  ).split(',');
}

function tagsOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

function notificationOf(input: MessageInput): Notification {
  const kind = KINDS[input.kind] ?? 'opened';
  if (kind !== 'group') return alertOf(kind, input.texts);
  const { actorName, clientIp } = input.texts;
  const named = [actorName ?? 'a', 'b'].map((name) => ({ name, alerts: 2 }));
  const [one] = GROUP.group.others;
  const others = one === undefined ? [] : [{ ...one, actor: actorName, address: clientIp }];
  const names = { subject: actorName, actors: named, addresses: named };
  return { kind, group: { ...GROUP.group, first: alertOf('recurred', input.texts), others, more: 9, ...names } };
}

function alertOf(kind: AlertNotification['kind'], texts: Texts): AlertNotification {
  const { id, action, actorId, actorName, actorType, targetId, targetType } = texts;
  const { clientIp, method, path, statusCode, userAgent, evidence, key } = texts;
  const entry: EntryView = {
    ...{ id: id ?? '', createdAt: CORRELATION.entry.createdAt, action },
    actor: { id: actorId, name: actorName, type: actorType },
    target: { id: targetId, type: targetType },
    ...{ clientIp, method, path, statusCode, userAgent },
  };
  return {
    ...CORRELATION,
    kind,
    resolution: { reason: 'expected', by: actorName ?? 'a', comment: evidence },
    fields: [{ field: 'path', value: path }],
    // Without a runbook, whose address would be a link of ours.
    alert: {
      ...CORRELATION.alert,
      count: 3,
      acknowledgedBy: actorName,
      key: [{ field: 'actor.id', value: key }],
      runbook: null,
    },
    entry,
    evidence: [{ selection: 'selection', field: 'actor.name', value: evidence ?? '' }],
    window: CORRELATION.window && { ...CORRELATION.window, first: [entry] },
  };
}
