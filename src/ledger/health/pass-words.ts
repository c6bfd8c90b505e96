/** A pass over the recorded entries in words, for the status and the front page. Pure; titles are untrusted text. */
import { counted, numberText } from '../../text/numbers.ts';
import { utcText } from '../../text/times.ts';
import type { ShownPass } from '../rpc.ts';

type Words = Pick<ShownPass, 'rules' | 'percent' | 'waitsUntil' | 'opened' | 'failures' | 'backfill'>;

/** So many rules are named. */
const NAMED = 3;

/** `“Many refusals”: 40 %`, with what it waits for; of a backfill, since when and what it found. */
export function passText({ rules, percent, waitsUntil, opened, failures, backfill }: Words): string {
  const since = backfill === null ? '' : ` since ${utcText(backfill.since, 'minutes')}`;
  const found = backfill === null ? '' : `, ${counted(opened, 'alert')} so far`;
  const waits =
    waitsUntil === null ? '' : `, waits until ${utcText(waitsUntil, 'minutes')} since the day's rows for it are used`;
  const fails = failures === 0 ? '' : ', failed in its last step and tries again';
  return `${titlesText(rules)}${since}: ${percent} %${found}${waits}${fails}`;
}

/** `“A”, “B”, “C” and 4 more`. */
export function titlesText(rules: ShownPass['rules']): string {
  const named = rules.slice(0, NAMED).map(({ title }) => `“${title}”`);
  const more = rules.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${numberText(more)} more` : named.join(', ');
}
