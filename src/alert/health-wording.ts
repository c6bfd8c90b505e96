/** The words of a health alert: what is wrong, with what, since when, and what to do. Pure. */
import { trustedLine } from '../text/untrusted.ts';
import { headlineOf, healthLevelOf, withAddress } from './health-words.ts';
import { addressOf, type Links, overviewButton } from './links.ts';
import { linesOf, type Wording } from './message-parts.ts';
import type { HealthNotification } from './notification.ts';

const SUMMARY_MAX = 200;
const DESCRIPTION_MAX = 600;

/** The words of `notification`. */
export function healthWording(notification: HealthNotification, links: Links): Wording {
  const { kind, health } = notification;
  const isRaised = kind === 'health';
  const headline = headlineText(notification);
  const hint = withAddress(health.hint, addressOf(links));
  return {
    headline,
    summary: `${headline}. ${sentence(trustedLine(health.summary, SUMMARY_MAX))}`,
    change: null,
    description: sentence(trustedLine(health.summary, DESCRIPTION_MAX)),
    facts: [],
    passages: [],
    runbook: isRaised && hint.trim() !== '' ? { heading: 'What to do', lines: linesOf(hint), href: null } : null,
    falsePositives: null,
    footer: [
      isRaised ? 'Since ' : 'It began ',
      { at: health.since },
      '. This is about Tocsin itself, not about your organization.',
    ],
    buttons: overviewButton(links),
  };
}

function headlineText(notification: HealthNotification): string {
  const headline = headlineOf(notification);
  if (notification.kind === 'health-resolved') return `Tocsin health, resolved: ${headline}`;
  return `[${healthLevelOf(notification).toUpperCase()}] Tocsin health: ${headline}`;
}

/** With a capital letter and a full stop, since it stands alone. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
