/** What an alarm about Tocsin itself says, in words: what is wrong, with what, since when, and what to do. Pure. */
import { untrustedLine } from '../text/untrusted.ts';
import { frontButton, type Links } from './links.ts';
import type { Wording } from './message-parts.ts';
import type { HealthAlertKind, HealthNotification } from './notification.ts';
import { proseLines } from './prose.ts';

const SUMMARY = 200;
const PROSE = 600;
const NAME = 60;

/**
 * For the headline; `subject` is quoted in it. The summary stands beside it and says it exactly, so that a headline must
 * be true in every case there is: a key that expires soon or has expired; a receiver that works again or is no more.
 */
interface Words {
  wrong(subject: string): string;
  right(subject: string): string;
}

const ALARMS: { readonly [kind in HealthAlertKind]: Words } = {
  blind: { wrong: () => 'it is not watching', right: () => 'it is watching again' },
  'dead-delivery': {
    wrong: (to) => `it could not deliver${to === '' ? '' : ` to ${to}`}`,
    right: (to) => `it delivers again${to === '' ? '' : ` to ${to}`}`,
  },
  quarantine: { wrong: () => 'it set entries aside', right: () => 'no entries set aside' },
  overflow: { wrong: () => 'it cannot count everything', right: () => 'it counts everything again' },
  'unhealthy-receiver': {
    wrong: (name) => `${name === '' ? 'a receiver' : `the receiver ${name}`} does not work`,
    right: (name) => `no more trouble with ${name === '' ? 'a receiver' : `the receiver ${name}`}`,
  },
  'key-refused': { wrong: () => 'its API key is refused', right: () => 'its API key is accepted again' },
  'key-expiring': {
    wrong: () => "look at its API key's expiry",
    right: () => 'its API key no longer has the expiry that Tocsin warned of',
  },
};

/** What `notification` says. */
export function healthWording(notification: HealthNotification, links: Links): Wording {
  const { kind, health } = notification;
  const raised = kind === 'health';
  const headline = headlineOf(notification);
  return {
    headline,
    summary: `${headline}. ${sentence(untrustedLine(health.summary, SUMMARY))}`,
    state: null,
    description: sentence(untrustedLine(health.summary, PROSE)),
    facts: [],
    passages: [],
    runbook:
      raised && health.hint.trim() !== ''
        ? { heading: 'What to do', lines: proseLines(health.hint), href: null }
        : null,
    harmless: null,
    footer: [
      raised ? 'Since ' : 'It had been so since ',
      { at: health.since },
      '. This is about Tocsin, not about what happened in your organization.',
    ],
    buttons: frontButton(links),
  };
}

function headlineOf({ kind, health }: HealthNotification): string {
  const words = ALARMS[health.kind];
  const subject = health.subject === null ? '' : `“${untrustedLine(health.subject, NAME)}”`;
  return kind === 'health'
    ? `Tocsin itself: ${words.wrong(subject)}`
    : `Tocsin itself, mended: ${words.right(subject)}`;
}

/** With a capital letter and a full stop, as it stands by itself. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
