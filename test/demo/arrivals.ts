/** Messages and mails as they arrive: in which order they are printed, and which alerts have reached which inbox. */
import type { DemoEvent } from './event.ts';

/** How long a message waits for the event of its alert. */
const WAIT_MS = 3_000;

/**
 * Passes events to `print`, each once. A message or a mail may arrive before the log line of the tick that opened its
 * alert: it is passed after that alert, or after three seconds.
 */
export function createPrintOrder(print: (event: DemoEvent) => void): (event: DemoEvent) => void {
  const printed = new Set<number>();
  const waiting = new Map<number, DemoEvent[]>();
  const release = (alert: number): void => {
    printed.add(alert);
    const messages = waiting.get(alert) ?? [];
    waiting.delete(alert);
    messages.forEach(print);
  };
  return (event) => {
    if ((event.at === 'message' || event.at === 'mail') && event.alert !== null && !printed.has(event.alert)) {
      const { alert } = event;
      waiting.set(alert, [...(waiting.get(alert) ?? []), event]);
      setTimeout(() => release(alert), WAIT_MS).unref();
      return;
    }
    print(event);
    if (event.at === 'alert') release(event.id);
  };
}

const INBOXES = ['Slack', 'mail'] as const;
export type InboxName = (typeof INBOXES)[number];

export interface Arrivals {
  /** Notes that something about an alert has arrived; an alert counts once per inbox. */
  add(inbox: InboxName, alert: string): void;
  /** Whether `wanted` alerts have reached each inbox. */
  haveReached(wanted: number): boolean;
  /** The number of alerts that have reached every inbox. */
  readonly count: number;
  /** `2 reached the Slack inbox and 3 reached the mail inbox`. */
  text(): string;
}

export function createArrivals(): Arrivals {
  const alerts: { readonly [name in InboxName]: Set<string> } = { Slack: new Set(), mail: new Set() };
  return {
    add: (inbox, alert) => void alerts[inbox].add(alert),
    haveReached: (wanted) => INBOXES.every((name) => alerts[name].size >= wanted),
    get count() {
      return Math.min(...INBOXES.map((name) => alerts[name].size));
    },
    text: () => INBOXES.map((name) => `${alerts[name].size} reached the ${name} inbox`).join(' and '),
  };
}
