/** What happens in a demo, as plain data, parsed from the Worker's log. Pure. */
import { decisionsWording, type ShownDecision } from '../../src/alert/decision-wording.ts';
import { parseJson } from '../../src/text/json.ts';
import { counted } from '../../src/text/numbers.ts';
import type { SlackText } from './message.ts';

export type DemoEvent =
  | {
      readonly at: 'started';
      /** The inbox page. */
      readonly inbox: string;
      /** Opens Tocsin's pages, signed in. */
      readonly open: string;
      readonly auditLog: string;
      readonly worker: string;
      readonly slack: string;
      readonly mail: string;
      /** The command that looks up entries, as a tool does. */
      readonly lookup: string;
      /** The command that shows the status. */
      readonly status: string;
    }
  /** The sandbox plays a scenario. */
  | { readonly at: 'scenario'; readonly name: string; readonly entries: number }
  | {
      readonly at: 'tick';
      readonly pages: number;
      readonly recorded: number;
      /** Read, and to be recorded oldest first at the end of the scan. */
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
  | ({ readonly at: 'message' } & SlackText)
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

/** The events in a line of the Worker's log. */
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
  const quarantined = number(line.quarantined);
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
        decision: decisionText(alert.decisions),
      }),
    ),
    ...notes.map(problem),
    ...(quarantined > 0 ? [problem(`${counted(quarantined, 'entry was', 'entries were')} quarantined`)] : []),
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
  const value = parseJson(message);
  return typeof value === 'object' && value !== null ? fields(value) : null;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The notify decisions in a log line, in words. */
function decisionText(value: unknown): string {
  if (!Array.isArray(value)) return '';
  const decisions = value.map((decision: unknown): ShownDecision => {
    const { notify, reason, by, receivers } = fields(decision);
    return {
      ...{ notify: notify === true, reason: text(reason) },
      ...(typeof by === 'number' && { by }),
      ...(Array.isArray(receivers) && { receivers: receivers.map(text) }),
    };
  });
  return decisionsWording(decisions);
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
