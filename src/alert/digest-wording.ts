/** The words of a digest: what waited during an outage, rule by rule, and where to look. Pure and total. */
import { durationInWords } from '../text/duration.ts';
import { counted, numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { trustedLine } from '../text/untrusted.ts';
import { headlineOf, withAddress } from './health-words.ts';
import { addressOf, alertsButton, type Links } from './links.ts';
import type { Passage, Wording } from './message-parts.ts';
import type { DigestHealth, DigestNotification, DigestRule } from './notification.ts';

const NAME_MAX = 60;
/** So that the lines of all rules fit a message. */
const TITLE_MAX = 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const RULES_HINT = [
  'Read the alerts that came by themselves first.',
  'Then open the alerts page, and go through these rules from the top: each of their alerts is there.',
];
const HEALTH_HINT = 'For what is wrong with Tocsin now, run "npm run tocsin -- status --url URL".';

type Digest = DigestNotification['digest'];

/** The words of `notification`. */
export function digestWording({ digest }: DigestNotification, links: Links): Wording {
  const headline = headlineText(digest);
  return {
    headline,
    summary: `${headline}${mostSevere(digest)}`,
    change: null,
    description:
      'What waited for more than an hour is in this one message. Critical alerts, and the first of each rule at high, are ' +
      'sent by themselves.',
    facts: [
      {
        kind: 'trusted',
        label: 'Down',
        lines: [
          ['from ', { at: digest.downFrom }],
          ['to ', { at: digest.downTo }],
        ],
      },
      { kind: 'trusted', label: 'Waited', lines: countLines(digest).map((line) => [line]) },
    ],
    passages: [...rules(digest), ...health(digest)],
    runbook: {
      heading: 'What to do',
      lines: [
        ...(digest.messages === 0 ? [] : RULES_HINT),
        ...(digest.healthMessages === 0 ? [] : [withAddress(HEALTH_HINT, addressOf(links))]),
      ],
      href: null,
    },
    falsePositives: null,
    footer: [`Digest for the receiver ${quoted(digest.receiver)}. What it counts is not sent again.`],
    buttons: alertsButton(links),
  };
}

function headlineText(digest: Digest): string {
  const lasted = roughly(digest.downTo - digest.downFrom);
  return `[${digest.level.toUpperCase()}] While ${quoted(digest.receiver)} was down for ${lasted}: ${subject(digest)}`;
}

/** `208 notifications of 9 rules, and 6 about Tocsin itself`. */
function subject({ messages, healthMessages, rules: of }: Digest): string {
  const ofRules = `${counted(messages, 'notification')} of ${counted(of, 'rule')}`;
  if (healthMessages === 0) return ofRules;
  if (messages === 0) return `${counted(healthMessages, 'notification')} about Tocsin itself`;
  return `${ofRules}, and ${numberText(healthMessages)} about Tocsin itself`;
}

/** For a phone's lock screen. */
function mostSevere({ first: [top] }: Digest): string {
  if (top === undefined) return '';
  return `. First of them: ${levelAndTitle(top)}, ${counted(top.alerts, 'alert')}`;
}

function countLines({ messages, alerts, healthMessages }: Digest): string[] {
  return [
    ...(messages === 0 ? [] : [`${counted(messages, 'notification')} of ${counted(alerts, 'alert')}`]),
    ...(healthMessages === 0 ? [] : [`${counted(healthMessages, 'notification')} about Tocsin itself`]),
  ];
}

function rules({ first, more }: Digest): Passage[] {
  if (first.length === 0) return [];
  const left =
    more.rules === 0 ? [] : [`… and ${counted(more.rules, 'more rule')} with ${counted(more.alerts, 'alert')}`];
  return [{ heading: 'Rules, the most severe first, in UTC', lines: [...first.map(ruleLine), ...left] }];
}

/** `• [HIGH] API key deleted: 12 alerts, 30 notifications, 2026-01-31 09:30 to 10:12 (alerts 14, 15, 16, …)`. */
function ruleLine(rule: DigestRule): string {
  const { alerts, messages, ids } = rule;
  const numbers = `${ids.map(numberText).join(', ')}${alerts > ids.length ? ', …' : ''}`;
  const sent = messages === alerts ? '' : `, ${counted(messages, 'notification')}`;
  const which = ids.length === 0 ? '' : ` (${alerts === 1 ? 'alert' : 'alerts'} ${numbers})`;
  return `• ${levelAndTitle(rule)}: ${counted(alerts, 'alert')}${sent}, ${span(rule)}${which}`;
}

function levelAndTitle({ level, title }: DigestRule): string {
  return `[${level.toUpperCase()}] ${trustedLine(title, TITLE_MAX)}`;
}

/** `2026-01-31 09:30`, or `… to 10:12`, with the day where it is another. */
function span({ firstAt, lastAt }: DigestRule): string {
  const [first, last] = [firstAt, lastAt].map((at) => utcText(at, 'minutes')?.replace(' UTC', '') ?? null);
  if (first == null || last == null) return 'at an unknown time';
  if (first === last) return first;
  return `${first} to ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}

function health({ health: first, healthMessages }: Digest): Passage[] {
  if (first.length === 0) return [];
  const left = healthMessages - first.length;
  return [
    {
      heading: 'About Tocsin itself',
      lines: [...first.map(healthLine), ...(left > 0 ? [`… and ${numberText(left)} more`] : [])],
    },
  ];
}

function healthLine(of: DigestHealth): string {
  return `• ${of.kind === 'health-resolved' ? 'resolved: ' : ''}${headlineOf(of)}`;
}

function quoted(receiver: string): string {
  return `“${trustedLine(receiver, NAME_MAX)}”`;
}

/** `26 hours`, `3 days`, `50 minutes`: in one unit, rounded down, of which there are two or more. */
function roughly(ms: number): string {
  const unit = [DAY_MS, HOUR_MS, MINUTE_MS].find((each) => ms >= 2 * each) ?? MINUTE_MS;
  if (unit === DAY_MS) return `${numberText(Math.floor(ms / DAY_MS))} days`;
  return unit === HOUR_MS ? counted(Math.floor(ms / HOUR_MS), 'hour') : durationInWords(Math.floor(ms / unit) * unit);
}
