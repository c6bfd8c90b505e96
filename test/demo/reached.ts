/**
 * Which alerts have reached which inbox. Pure.
 */

export const INBOXES = ['Slack', 'mail'] as const;
export type InboxName = (typeof INBOXES)[number];

export interface Reached {
  /** Notes that something about an alert has come; it counts once, however often it is told. */
  add(inbox: InboxName, alert: string): void;
  /** Whether `wanted` alerts have reached each inbox. */
  all(wanted: number): boolean;
  /** Alerts that have reached every inbox, counted. */
  readonly count: number;
  /** `2 reached the Slack inbox and 3 reached the mail inbox`. */
  text(): string;
}

const CALLED: { readonly [name in InboxName]: string } = { Slack: 'the Slack inbox', mail: 'the mail inbox' };

export function createReached(): Reached {
  const reached: { readonly [name in InboxName]: Set<string> } = { Slack: new Set(), mail: new Set() };
  return {
    add: (inbox, alert) => void reached[inbox].add(alert),
    all: (wanted) => INBOXES.every((name) => reached[name].size >= wanted),
    get count() {
      return Math.min(...INBOXES.map((name) => reached[name].size));
    },
    text: () => INBOXES.map((name) => `${reached[name].size} reached ${CALLED[name]}`).join(' and '),
  };
}
