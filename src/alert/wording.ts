/**
 * The words of a notification, the same for every receiver that people read.
 *
 * Contract: pure and total. Every string is one line that is safe to read (text/untrusted.ts) and not escaped: each
 * receiver escapes for its own markup, and shows instants in its own way. What is shortened ends in "…"; the links lead to
 * the whole.
 */
import { trustedLine } from '../text/untrusted.ts';
import { alertWording } from './alert-wording.ts';
import { groupWording } from './group-wording.ts';
import { healthWording } from './health-wording.ts';
import type { Links } from './links.ts';
import type { Wording } from './message-parts.ts';
import type { Notification } from './notification.ts';

const NAME_MAX = 60;

/** The words of `notification`. Throws for a kind unknown to this version, which a newer one may have stored. */
export function wording(notification: Notification, links: Links): Wording {
  const words = wordingOf(notification, links);
  if (!('insteadOf' in notification)) return words;
  const instead = `This is sent here because the receiver “${trustedLine(notification.insteadOf, NAME_MAX)}” did not take it within 10 minutes.`;
  return { ...words, change: words.change === null ? instead : `${instead} ${words.change}` };
}

function wordingOf(notification: Notification, links: Links): Wording {
  switch (notification.kind) {
    case 'opened':
    case 'raised':
    case 'updated':
    case 'recurred':
    case 'resolved':
      return alertWording(notification, links);
    case 'group':
      return groupWording(notification, links);
    case 'health':
    case 'health-resolved':
      return healthWording(notification, links);
    default:
      return unknownKind(notification);
  }
}

function unknownKind(notification: never): never {
  throw new TypeError(`an unknown notification with the fields ${Object.keys(notification ?? {}).join(', ')}`);
}
