/** `silence add|list|expire`: who is not to be notified of what, for a time. */
import * as z from 'zod/mini';
import { parseDuration } from '../../text/duration.ts';
import { counted } from '../../text/numbers.ts';
import { readInstant } from '../../text/times.ts';
import { API_SILENCES_PATH, apiExpirePath } from '../../web/api/paths.ts';
import { OK } from '../failure.ts';
import { safe, utc } from '../terminal.ts';
import { authorOf } from './acts.ts';
import {
  ASK_OPTIONS,
  connect,
  defineCommand,
  print,
  readAlertId,
  TEXT,
  targetUsage,
  UsageError,
  wrongAction,
} from './command.ts';

const LIST = z.optional(z.array(z.string()));
const SILENCE = z.object({
  id: z.number(),
  matchers: z.object({
    ...{ rules: LIST, actors: LIST, addresses: LIST, levels: LIST, tags: LIST },
    fields: z.optional(z.array(z.object({ field: z.string(), values: z.array(z.string()) }))),
  }),
  startsAt: z.number(),
  endsAt: z.number(),
  author: z.string(),
  via: z.string(),
  comment: z.string(),
  expiredBy: z.nullable(z.string()),
  suppressed: z.number(),
  suppressedAt: z.nullable(z.number()),
  alerts: z.array(z.number()),
});
export type SilenceAnswer = z.output<typeof SILENCE>;
const ONE = z.object({ silence: SILENCE });
const MADE = z.extend(ONE, { rules: z._default(z.array(z.object({ id: z.string(), title: z.string() })), []) });
export const SILENCES = z.object({ silences: z.array(SILENCE) });

/** The Worker's clock may be ahead of ours. */
const CLOCKS_APART_MS = 60_000;
const MANY = { type: 'string', multiple: true } as const;

export const silence = defineCommand({
  summary: 'suppress notifications for a time, list such silences, or end one',
  usage: `usage: npm run tocsin -- silence add (--rule R | --actor A | --address IP)… [--level L] [--tag T] [--field F=V]
                                  (--for 2h | --until TIME) --comment TEXT [--json] [--url URL]
       npm run tocsin -- silence list [--json] [--url URL]
       npm run tocsin -- silence expire ID [--json] [--url URL]

Nobody is notified of what a silence matches; it is recorded all the same, and shown with the silence. At least one rule, actor
or address is needed; level, tag and field narrow it. An option that is given several times takes any of its values. What is
critical is silenced only with --level critical. When the last silence over an alert ends, what was suppressed at high and
critical is one message.
The exit code is 1 if it can't be made, or there is none to expire.

  --rule R         a rule: its id, its name, its title, or the name of its file; of several, all are silenced
  --actor A        an actor's id or name
  --address IP     an address or a range: 192.0.2.0/24
  --level L        a level; --tag T: a tag of rules; --field F=V: a field of the entry, and its value
  --for TIME       how long from now, at most 30 days: 2h, 1d
  --until TIME     when it ends, RFC 3339
  --comment TEXT   why, for those who find it later
  --json           print the Worker's answer, on one line
${targetUsage(19, 'a responder')}`,
  options: {
    ...ASK_OPTIONS,
    ...{ rule: MANY, actor: MANY, address: MANY, level: MANY, tag: MANY, field: MANY },
    ...{ for: TEXT, until: TEXT, comment: TEXT },
  },
  allowPositionals: true,
  async run({ url, json: asJson, for: length, until, comment, ...given }, context, [action, id, ...more]) {
    const now = context.now();
    if (action === 'list' && id === undefined) {
      const { answer, json } = await connect(url, context).ask({ method: 'GET', path: API_SILENCES_PATH }, SILENCES);
      print(context, asJson, json, silencesLines(answer.silences, now));
      return OK;
    }
    if (action === 'expire' && more.length === 0) {
      const path = apiExpirePath(readAlertId('the silence', id ?? ''));
      const body = JSON.stringify(authorOf(context));
      const { answer, json } = await connect(url, context).ask({ method: 'POST', path, body }, ONE);
      print(context, asJson, json, silenceLines(answer.silence, now));
      return OK;
    }
    if (action !== 'add') throw wrongAction(action, 'add, list or expire ID');
    if (id !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(id)}: put texts in quotes`);
    if (comment === undefined) throw new UsageError('--comment is missing: why, for those who find it later');
    const { rule, actor, address, level, tag, field } = given;
    const body = JSON.stringify({
      matchers: { rule, actor, address, level, tag, fields: field && fieldsOf(field) },
      endsAt: endOf(length, until, now),
      comment,
      ...authorOf(context),
    });
    const path = API_SILENCES_PATH;
    const { answer, json } = await connect(url, context).ask({ method: 'POST', path, body }, MADE);
    print(context, asJson, json, [...silenceLines(answer.silence, now), ...severalLines(answer.rules, rule ?? [])]);
    return OK;
  },
});

/** That names stand for more rules than there are names, and for which. */
function severalLines(rules: z.output<typeof MADE>['rules'], given: readonly string[]): readonly string[] {
  if (rules.length <= new Set(given).size) return [];
  return [
    `Note: it is over ${counted(rules.length, 'rule')}:`,
    ...rules.map(({ id, title }) => `  ${safe(title)} (${safe(id)})`),
  ];
}

/** `a=1`, `a=2`, `b=3`: `{ a: ['1', '2'], b: ['3'] }`. */
function fieldsOf(given: readonly string[]): { readonly [field: string]: readonly string[] } {
  const fields = new Map<string, string[]>();
  for (const text of given) {
    const [, field = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (field === '') throw new UsageError(`--field must be FIELD=VALUE, not ${JSON.stringify(text)}`);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return Object.fromEntries(fields);
}

function endOf(length: string | undefined, until: string | undefined, now: number): number {
  if ((length === undefined) === (until === undefined)) throw new UsageError('give --for 2h, or --until TIME');
  const ms = length === undefined ? null : parseDuration(length);
  const end = length === undefined ? readInstant(until ?? '') : ms === null ? null : now + ms;
  if (end === null) {
    throw new UsageError(
      length === undefined
        ? `--until must be a time such as 2026-01-31T22:30:00Z, not ${JSON.stringify(until)}`
        : `--for must be a duration such as 2h or 1d, not ${JSON.stringify(length)}`,
    );
  }
  return end;
}

/** Those that are not over first. */
export function silencesLines(silences: readonly SilenceAnswer[], now: number): readonly string[] {
  if (silences.length === 0) return ['There are no silences. Make one: npm run tocsin -- silence add --help'];
  return silences.flatMap((each, i) => [...(i === 0 ? [] : ['']), ...silenceLines(each, now)]);
}

function silenceLines(silence: SilenceAnswer, now: number): readonly string[] {
  const { id, startsAt, endsAt, author, via, comment, expiredBy, suppressed, suppressedAt, alerts } = silence;
  const state =
    endsAt <= now || expiredBy !== null
      ? 'over since'
      : startsAt > now + CLOCKS_APART_MS
        ? `begins ${utc(startsAt)}, ends`
        : 'ends';
  return [
    `Silence ${id}  ${state} ${utc(endsAt)}${expiredBy === null ? '' : `, ended by ${safe(expiredBy)}`}`,
    `  ${matchersText(silence)}`,
    `  by ${safe(author)} (${safe(via)}): ${safe(comment)}`,
    suppressed === 0
      ? '  has suppressed nothing'
      : `  suppressed ${counted(suppressed, 'match', 'matches')}, the last at ${utc(suppressedAt ?? 0)}, of alerts ${alerts.join(', ')}`,
  ];
}

function matchersText({ matchers }: SilenceAnswer): string {
  const { rules, actors, addresses, levels, tags, fields = [] } = matchers;
  const named: readonly (readonly [string, readonly string[] | undefined])[] = [
    ...([
      ['rule', rules],
      ['actor', actors],
      ['address', addresses],
      ['level', levels],
      ['tag', tags],
    ] as const),
    ...fields.map(({ field, values }) => [safe(field), values] as const),
  ];
  return named
    .flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${values.map((v) => safe(v)).join(' or ')}`]))
    .join(', ');
}
