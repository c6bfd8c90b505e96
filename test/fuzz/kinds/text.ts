/** One text, through everything that makes text safe to show. */
import { printable, safe } from '../../../src/cli/terminal.ts';
import { jsonLine } from '../../../src/text/invisible.ts';
import { log } from '../../../src/text/log.ts';
import { fieldLine, oneLine, trustedLine, untrustedLine } from '../../../src/text/untrusted.ts';
import { prettyJson } from '../../../src/web/pages/parts/json-text.ts';
import { linkify } from '../../support/linkify.ts';
import { firstOf, invisibleIn } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText } from '../texts.ts';

export interface TextSubject {
  readonly untrustedLine: typeof untrustedLine;
  readonly jsonLine: typeof jsonLine;
  readonly log: typeof log;
}

/** The kind; `subject`: what is tested, in place of the real functions. */
export function textKind(subject: Partial<TextSubject> = {}): FuzzKind<{ text: string; max: number }> {
  const tested: TextSubject = { untrustedLine, jsonLine, log, ...subject };
  return {
    name: 'text',
    about: 'lines, JSON, log lines, terminal',
    share: 600_000,
    generate: (dice) => ({ text: hostileText(dice), max: dice.between(1, 300) }),
    check({ text, max }) {
      const line = tested.untrustedLine(text, max);
      const json = tested.jsonLine({ [text]: [text] });
      const [logged] = loggedBy(() => tested.log('error', { at: 'fuzz', text }));
      const pretty = prettyJson(JSON.stringify([text]));
      const shown = safe(text);
      const action = fieldLine('action', text, max);
      const found = linkify(line)[0] ?? (action === text ? undefined : linkify(action)[0]);
      return firstOf(
        invisibleIn(line),
        invisibleIn(trustedLine(text, max)),
        invisibleIn(json),
        invisibleIn(logged ?? ''),
        invisibleIn(shown),
        invisibleIn(printable(text), true),
        invisibleIn(pretty, true),
        found === undefined ? null : `a client makes a link of ${found}`,
        oneLine(text, max).length > max ? 'a line is longer than asked' : null,
        line.isWellFormed() ? null : 'a line has half a character',
        same(JSON.parse(json), { [text]: [text] }) ? null : 'JSON is not the same after reading',
        same(JSON.parse(logged ?? 'null'), { at: 'fuzz', text }) ? null : 'a log line is not the same after reading',
        same(JSON.parse(pretty), [text]) ? null : 'indented JSON is not the same after reading',
      );
    },
  };
}

/** What is logged meanwhile. */
export function loggedBy(work: () => void): string[] {
  const lines: string[] = [];
  const { error, log: info, warn } = console;
  console.error = console.log = console.warn = (line: unknown): void => void lines.push(String(line));
  try {
    work();
  } finally {
    Object.assign(console, { error, log: info, warn });
  }
  return lines;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
