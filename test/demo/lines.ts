/** Events as lines for people. Pure; text that others wrote is made harmless. */
import { counted } from '../../src/text/numbers.ts';
import { oneLine } from '../../src/text/untrusted.ts';
import type { DemoEvent } from './event.ts';

/** Applies a style, or nothing if colours are off. */
export type Paint = (style: keyof typeof STYLES, text: string) => string;

const STYLES = { bold: '1', dim: '2', red: '31', yellow: '33', green: '32', cyan: '36', alert: '1;31' } as const;

export const plainPaint: Paint = (_, text) => text;
export const colourPaint: Paint = (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`;

const LINE = 150;
const LEVEL_STYLES: { readonly [level: string]: keyof typeof STYLES } = {
  critical: 'alert',
  high: 'alert',
  medium: 'yellow',
};

/** An event as lines for people. */
export function linesOf(event: DemoEvent, now: number, paint: Paint): string[] {
  const first = (word: string, rest: string, style: keyof typeof STYLES = 'dim') =>
    `${paint('dim', new Date(now).toISOString().slice(11, 19))}  ${paint(style, word.padEnd(8))} ${rest}`;
  switch (event.at) {
    case 'started':
      return [
        `${paint('bold', 'Tocsin demo')}. Ctrl-C ends it.`,
        '',
        'Open in a browser:',
        `  ${paint('bold', event.inbox.padEnd(event.open.length))}  the inbox: every Slack message and mail`,
        `  ${paint('bold', event.open)}  Tocsin's pages, already signed in`,
        '',
        `  audit log  ${event.auditLog}`,
        `  Worker     ${event.worker}`,
        `  Slack      ${event.slack}`,
        `  mail       ${event.mail}`,
        `  entries    ${event.lookup}`,
        `  status     ${event.status}`,
        '',
      ];
    case 'scenario':
      return [first('scenario', `${event.name}: ${counted(event.entries, 'entry', 'entries')}`, 'cyan')];
    case 'tick':
      return event.recorded + event.staged === 0 ? [] : [first('read', paint('dim', tickText(event)))];
    case 'alert':
      return [
        first(
          'ALERT',
          `${paint(LEVEL_STYLES[event.level] ?? 'bold', event.level.toUpperCase())} ${paint('bold', safe(event.title))} (alert ${event.id})`,
          'alert',
        ),
        detail('why', event.evidence),
        ...(event.decision.startsWith('Notified') ? [] : [detail('decision', event.decision)]),
      ];
    case 'message':
      return [
        first('slack', safe(event.text), 'green'),
        ...event.facts
          .filter(({ label }) => ['what', 'who', 'from', 'how many'].includes(label))
          .map(({ label, lines }) => detail(label, lines.join(', '))),
      ];
    case 'mail':
      return [first('mail', safe(event.subject), 'green')];
    case 'delivery':
      return event.state === 'delivered'
        ? [first('sent', paint('dim', `to ${event.receiver}, attempt ${event.attempt}`))]
        : [first('NOT SENT', `to ${event.receiver}: ${safe(event.reason ?? '')} (now ${event.state})`, 'red')];
    case 'problem':
      return [first('PROBLEM', safe(event.problem), 'red')];
    case 'ended':
      return ['', `${paint(event.how === 'failed' ? 'red' : 'green', event.how)}: ${safe(event.reason)}`];
  }
}

function tickText({ recorded, staged, pages, stopped }: DemoEvent & { at: 'tick' }): string {
  const entries = `${counted(Math.max(recorded, staged), 'new entry', 'new entries')} in ${counted(pages, 'page')}`;
  return stopped === 'scan ended' ? entries : `${entries}; the next tick goes on (${stopped})`;
}

function detail(label: string, text: string): string {
  return `${' '.repeat(19)}${`${label}:`.padEnd(9)} ${safe(text)}`;
}

function safe(text: string): string {
  return oneLine(text, LINE);
}
