/**
 * What happens in a demo, as plain data: made from what the Worker writes to its console, and from the inbox. Pure.
 */
import { decisionWording } from '../../src/alert/decision-wording.ts';
import type { Said } from './message.ts';

export type DemoEvent =
  | {
      readonly at: 'started';
      /** The inbox page. */
      readonly inbox: string;
      /** Where Tocsin's pages open, already let in. */
      readonly open: string;
      readonly auditLog: string;
      readonly worker: string;
      readonly slack: string;
      readonly mail: string;
      /** How to ask for entries, as a tool does. */
      readonly lookup: string;
      /** How to ask the Worker how it is. */
      readonly status: string;
    }
  /** The stand-in begins to tell a story. */
  | { readonly at: 'story'; readonly name: string; readonly entries: number }
  | {
      readonly at: 'tick';
      readonly pages: number;
      readonly recorded: number;
      /** Read, and kept to be recorded oldest first when the walk has come to its end. */
      readonly staged: number;
      readonly known: number;
      readonly watermark: string;
      readonly stopped: string;
    }
  | {
      readonly at: 'alert';
      readonly id: number;
      readonly level: string;
      readonly title: string;
      readonly evidence: string;
      readonly decision: string;
    }
  /** A message has reached the local inbox. */
  | ({ readonly at: 'message' } & Said)
  /** A mail has reached the local mailbox. */
  | { readonly at: 'mail'; readonly alert: number | null; readonly to: string; readonly subject: string }
  /** The Worker has sent something, or failed to. */
  | {
      readonly at: 'delivery';
      readonly id: number;
      readonly what: string;
      readonly receiver: string;
      readonly attempt: number;
      readonly state: string;
      readonly reason: string | null;
    }
  | { readonly at: 'problem'; readonly problem: string }
  | {
      readonly at: 'ended';
      readonly how: 'done' | 'failed' | 'stopped';
      readonly alerts: number;
      readonly reason: string;
    };

type Fields = { readonly [field: string]: unknown };

/** What a line of the Worker's console tells. */
export function eventsFrom(level: string, message: string): DemoEvent[] {
  const line = parsed(message);
  switch (line?.at) {
    case 'tick':
      return line.error === undefined ? tickEvents(line) : [problem(`the tick failed: ${text(line.error)}`)];
    case 'delivery':
      return [deliveryEvent(line)];
    case 'settings':
      return [problem(`${text(line.setting)} ${text(line.problem)}; meanwhile ${text(line.meanwhile)}`)];
    default:
      return level === 'error' || level === 'warn' ? [problem(message)] : [];
  }
}

function tickEvents(line: Fields): DemoEvent[] {
  const alerts = Array.isArray(line.opened) ? line.opened.map(fields) : [];
  const notes = Array.isArray(line.notes) ? line.notes.map(text) : [];
  const unfit = number(line.quarantined);
  return [
    {
      at: 'tick',
      pages: number(line.pages),
      recorded: number(line.recorded),
      staged: number(line.staged),
      known: number(line.known),
      watermark: text(line.watermark),
      stopped: text(line.stopped),
    },
    ...alerts.map(
      (alert): DemoEvent => ({
        at: 'alert',
        id: number(alert.id),
        level: text(alert.level),
        title: text(alert.title),
        evidence: text(alert.evidence),
        decision: decisionText(alert.decision),
      }),
    ),
    ...notes.map(problem),
    ...(unfit > 0 ? [problem(`${unfit} entries could not be read and were put away`)] : []),
  ];
}

function deliveryEvent(line: Fields): DemoEvent {
  return {
    at: 'delivery',
    id: number(line.id),
    what: text(line.what),
    receiver: text(line.receiver),
    attempt: number(line.attempt),
    state: text(line.state),
    reason: typeof line.reason === 'string' ? line.reason : null,
  };
}

function problem(words: string): DemoEvent {
  return { at: 'problem', problem: words };
}

function parsed(message: string): Fields | null {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? fields(value) : null;
  } catch {
    return null;
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The ledger's decision about an alert, as its log line has it, in words. */
function decisionText(value: unknown): string {
  const { notify, reason, count } = fields(value);
  const shown = { notify: notify === true, reason: text(reason), count: typeof count === 'number' ? count : undefined };
  return decisionWording(shown);
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
