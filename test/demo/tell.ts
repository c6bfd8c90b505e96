/**
 * What happens, told: for people, line by line. Pure; what others wrote comes out as harmless text.
 */
import { oneLine } from '../../src/text/untrusted.ts';
import type { DemoEvent } from './event.ts';

/** SGR codes by name; none of them where there is to be no colour. */
export type Paint = (style: keyof typeof STYLES, text: string) => string;

const STYLES = { bold: '1', dim: '2', red: '31', yellow: '33', green: '32', cyan: '36', alarm: '1;31' } as const;

export const plainPaint: Paint = (_, text) => text;
export const colourPaint: Paint = (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`;

const LINE = 150;
const LEVEL_STYLES: { readonly [level: string]: keyof typeof STYLES } = {
  critical: 'alarm',
  high: 'alarm',
  medium: 'yellow',
};

/** An event as lines for people. */
export function linesOf(event: DemoEvent, now: number, paint: Paint): string[] {
  const first = (word: string, rest: string, style: keyof typeof STYLES = 'dim') =>
    `${paint('dim', new Date(now).toISOString().slice(11, 19))}  ${paint(style, word.padEnd(8))} ${rest}`;
  switch (event.at) {
    case 'started':
      return [
        `${paint('bold', 'Tocsin, the demo')}. Ctrl-C ends it.`,
        '',
        'Open in a browser:',
        `  ${paint('bold', event.inbox.padEnd(event.open.length))}  the inbox: every message, in Slack and by mail`,
        `  ${paint('bold', event.open)}  Tocsin's own pages, already signed in`,
        '',
        `  audit log  ${event.auditLog}`,
        `  Worker     ${event.worker}`,
        `  Slack      ${event.slack}`,
        `  mail       ${event.mail}`,
        `  entries    ${event.lookup}`,
        `  How is it? ${event.status}`,
        '',
      ];
    case 'story':
      return [first('story', `${event.name}: ${event.entries} entries are on their way`, 'cyan')];
    case 'tick':
      return event.recorded + event.staged === 0 ? [] : [first('read', paint('dim', tickText(event)))];
    case 'alert':
      return [
        first(
          'ALERT',
          `${paint(LEVEL_STYLES[event.level] ?? 'bold', event.level.toUpperCase())} ${paint('bold', safe(event.title))} (alert ${event.id})`,
          'alarm',
        ),
        detail('why', event.evidence),
        ...(event.decision.startsWith('Notified') ? [] : [detail('told', event.decision)]),
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
  const most = Math.max(recorded, staged);
  const entries = `${most} new ${most === 1 ? 'entry' : 'entries'} in ${pages} page${pages === 1 ? '' : 's'}`;
  return stopped === 'scan ended' ? entries : `${entries}; the rest is the next tick's (${stopped})`;
}

function detail(label: string, text: string): string {
  return `${' '.repeat(19)}${`${label}:`.padEnd(9)} ${safe(text)}`;
}

function safe(text: string): string {
  return oneLine(text, LINE);
}
