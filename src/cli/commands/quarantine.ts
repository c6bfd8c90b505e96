/**
 * `quarantine list|show|release|drop`: what could not be recorded, and what becomes of it.
 *
 * Contract: what is in a record was written by others and is printed as text only. `release` and `drop` go on with the other
 * records where one fails, say for each what is true of it, and may be repeated.
 */
import * as z from 'zod/mini';
import { escapeInvisible } from '../../text/invisible.ts';
import { parseJson } from '../../text/json.ts';
import { counted } from '../../text/numbers.ts';
import {
  DROP_PATH,
  DROPPED_MAX,
  QUARANTINE_PATH,
  QUARANTINED_PATH,
  RELEASE_PATH,
  RELEASED_MAX,
} from '../../web/operator-paths.ts';
import { prettyJson } from '../../web/pages/parts/json-text.ts';
import { FAILED, Failure, OK } from '../failure.ts';
import type { OperatorClient } from '../operator-client.ts';
import { safe, table, utc } from '../terminal.ts';
import {
  ASK_OPTIONS,
  type CliContext,
  connect,
  defineCommand,
  FLAG,
  print,
  TEXT,
  targetUsage,
  UsageError,
  wrongAction,
} from './command.ts';

/** Each record may be asked for from the upstream. */
const RELEASE_TIMEOUT_MS = 120_000;

const RECORD = z.object({
  key: z.string().check(z.regex(/^[a-z]+:[0-9a-f]{64}$/)),
  id: z.nullable(z.string()),
  problem: z.string(),
  firstAt: z.number(),
  isCut: z.boolean(),
  isRecorded: z.boolean(),
});
const LISTED = z.object({ records: z.array(RECORD), next: z.nullable(z.string().check(z.regex(/^[\w.:]{1,100}$/))) });
const MISSING = z.object({ kind: z.literal('missing') });
const AMBIGUOUS = z.object({ kind: z.literal('ambiguous'), keys: z.array(z.string()) });
const SHOWN = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('found'), record: z.extend(RECORD, { text: z.string() }) }),
  MISSING,
  AMBIGUOUS,
]);
const NAMED = { name: z.string() };
const OPENED = z.object({ id: z.number(), title: z.string(), level: z.string() });
const RELEASED = z.discriminatedUnion('kind', [
  z.object({ ...NAMED, kind: z.literal('recorded'), key: z.string(), opened: z.array(OPENED) }),
  z.object({ ...NAMED, kind: z.literal('known'), key: z.string() }),
  z.object({ ...NAMED, kind: z.enum(['refused', 'failed']), key: z.string(), problem: z.string() }),
  z.extend(MISSING, NAMED),
  z.extend(AMBIGUOUS, NAMED),
]);
const DROPPED = z.discriminatedUnion('kind', [
  z.object({ ...NAMED, kind: z.literal('dropped'), key: z.string() }),
  z.extend(MISSING, NAMED),
  z.extend(AMBIGUOUS, NAMED),
]);

export type QuarantineAnswer = z.output<typeof LISTED>;
export type QuarantinedRecord = Extract<z.output<typeof SHOWN>, { kind: 'found' }>['record'];
export type ReleasedRecord = z.output<typeof RELEASED>;
export type DroppedRecord = z.output<typeof DROPPED>;

export const quarantine = defineCommand({
  summary: 'list, show, release and drop what could not be recorded',
  usage: `usage: npm run tocsin -- quarantine list [--before NEXT] [--json] [--url URL]
       npm run tocsin -- quarantine show ID [--json] [--url URL]
       npm run tocsin -- quarantine release ID… | --all [--json] [--url URL]
       npm run tocsin -- quarantine drop ID… | --all --yes [--json] [--url URL]

Records of the audit log that could not be read, or that crashed the ledger. ID is the id of the entry, or the key that
\`list\` shows, or the beginning of a key: its kind, a colon and 8 digits or more.
The exit code is 0 if it was done for every record, and 1 if it was not or the Worker can't be asked.

  list        list them, newest first, 50 at a time
  show        show the reason and the text of one
  release     record and evaluate it, so that it may open alerts. What was not kept is read from the upstream again.
              What can't be recorded stays in quarantine, with the reason. Nothing is recorded twice
  drop        delete its text and do not try it again

  --all       every record in quarantine
  --yes       required with drop --all, to confirm
  --before    the next page of the list
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, all: FLAG, yes: FLAG, before: TEXT },
  allowPositionals: true,
  async run({ url, json: asJson, all, yes, before }, context, [action, ...names]) {
    const given = { all, yes, before };
    switch (action) {
      case 'list':
        refuse(given, ['before'], action);
        if (names.length > 0) throw new UsageError('list takes no id: use show');
        return list(connect(url, context), before, asJson, context);
      case 'show':
        refuse(given, [], action);
        return show(connect(url, context), onlyName(names), asJson, context);
      case 'release':
        refuse(given, ['all'], action);
        requireNames(names, all);
        return release(connect(url, context), all ? null : names, asJson, context);
      case 'drop':
        refuse(given, ['all', 'yes'], action);
        requireNames(names, all);
        if (all && !yes) throw new UsageError('drop --all deletes the text of every record in quarantine: add --yes');
        return drop(connect(url, context), all ? null : names, asJson, context);
      default:
        throw wrongAction(action, 'list, show, release or drop');
    }
  },
});

function refuse(given: { readonly [name: string]: string | boolean | undefined }, allowed: string[], action: string) {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== false && !allowed.includes(name)) {
      throw new UsageError(`--${name} is not for quarantine ${action}`);
    }
  }
}

function onlyName([name, ...more]: readonly string[]): string {
  if (name === undefined || name === '') throw new UsageError('the id of a record is missing');
  if (more.length > 0) throw new UsageError('only one record at a time');
  return name;
}

function requireNames(names: readonly string[], all: boolean): void {
  if (all && names.length > 0) throw new UsageError('give ids or --all, not both');
  if (!all && (names.length === 0 || names.includes('')))
    throw new UsageError('the id of a record is missing, or --all');
}

async function list(client: OperatorClient, before: string | undefined, asJson: boolean, context: CliContext) {
  const { answer, json } = await ask(client, before);
  print(context, asJson, json, listLines(answer, before !== undefined));
  return OK;
}

function ask(client: OperatorClient, before: string | undefined) {
  const page = before === undefined ? '' : `?before=${encodeURIComponent(before)}`;
  return client.ask({ method: 'GET', path: `${QUARANTINE_PATH}${page}` }, LISTED);
}

async function show(client: OperatorClient, name: string, asJson: boolean, context: CliContext) {
  const path = `${QUARANTINED_PATH}?name=${encodeURIComponent(name)}`;
  const { answer, json } = await client.ask({ method: 'GET', path }, SHOWN);
  if (answer.kind !== 'found') throw new Failure(notFoundText(name, answer), HINT);
  print(context, asJson, json, showLines(answer.record));
  return OK;
}

const HINT = 'List them: npm run tocsin -- quarantine list';

function notFoundText(name: string, answer: z.output<typeof MISSING> | z.output<typeof AMBIGUOUS>): string {
  return answer.kind === 'missing'
    ? `${safe(name)} is not in quarantine: it may have been released or dropped`
    : `${safe(name)} is more than one record: give more of the key, such as ${answer.keys.map(safe).join(' or ')}`;
}

async function release(client: OperatorClient, names: readonly string[] | null, asJson: boolean, context: CliContext) {
  const shape = z.object({ released: z.array(RELEASED) });
  const all: ReleasedRecord[] = [];
  // Oldest first, as they happened.
  for (const records of inParts(names ?? (await allKeys(client)).reverse(), RELEASED_MAX)) {
    const body = JSON.stringify({ records });
    const request = { method: 'POST', path: RELEASE_PATH, body, timeoutMs: RELEASE_TIMEOUT_MS } as const;
    const { answer } = await client.ask(request, shape);
    all.push(...answer.released);
    if (!asJson) print(context, false, null, answer.released.map(releasedLine));
  }
  if (asJson) print(context, true, { released: all }, []);
  else print(context, false, null, [releasedSummary(all), ...(all.some(isUnknown) ? [HINT] : [])]);
  return all.every(({ kind }) => kind === 'recorded' || kind === 'known') ? OK : FAILED;
}

async function drop(client: OperatorClient, names: readonly string[] | null, asJson: boolean, context: CliContext) {
  const shape = z.object({ dropped: z.array(DROPPED) });
  const all: DroppedRecord[] = [];
  for (const records of inParts(names ?? (await allKeys(client)), DROPPED_MAX)) {
    const request = { method: 'POST', path: DROP_PATH, body: JSON.stringify({ records }) } as const;
    all.push(...(await client.ask(request, shape)).answer.dropped);
  }
  const problems = all.flatMap((one) => (one.kind === 'dropped' ? [] : [notFoundText(one.name, one)]));
  const done = all.length - problems.length;
  const line = all.length === 0 ? EMPTY : `Dropped: ${counted(done, 'record')}.`;
  print(context, asJson, { dropped: all }, [...problems, line, ...(problems.length === 0 ? [] : [HINT])]);
  return problems.length === 0 ? OK : FAILED;
}

/** The keys of everything in quarantine, newest first. */
async function allKeys(client: OperatorClient): Promise<string[]> {
  const keys: string[] = [];
  let before: string | undefined;
  do {
    const { answer } = await ask(client, before);
    keys.push(...answer.records.map(({ key }) => key));
    before = answer.next ?? undefined;
  } while (before !== undefined);
  return keys;
}

function inParts(names: readonly string[], most: number): string[][] {
  const count = Math.ceil(names.length / most);
  return Array.from({ length: count }, (_, part) => names.slice(part * most, (part + 1) * most));
}

const EMPTY = 'Nothing is in quarantine.';
/** Digits of a key's hash that are printed: enough to name the record. */
const DIGITS = 12;

function shortKey(key: string): string {
  const [kind = '', hash = ''] = key.split(':');
  return safe(`${kind}:${hash.slice(0, DIGITS)}`);
}

/** One line per record, in the Worker's order: newest first. */
export function listLines({ records, next }: QuarantineAnswer, isLater: boolean): string[] {
  if (records.length === 0) return [isLater ? 'Nothing older is in quarantine.' : EMPTY];
  return [
    ...records.map(({ key, id, problem, firstAt, isRecorded }) => {
      const named = id === null ? 'no id' : safe(id);
      return `${shortKey(key).padEnd(20)}  ${utc(firstAt)}  ${named}: ${safe(problem)}${isRecorded ? '; recorded since' : ''}`;
    }),
    ...(next === null ? [] : [`Next page: --before ${next}`]),
  ];
}

/** A record for people: its reason, and its text. */
export function showLines({ key, id, problem, firstAt, isCut, isRecorded, text }: QuarantinedRecord): string[] {
  const shown = parseJson(text) === undefined ? [escapeInvisible(text)] : prettyJson(text).split('\n');
  return [
    ...table([
      ['Key', safe(key)],
      ['Id', id === null ? 'none' : safe(id)],
      ['Quarantined', utc(firstAt)],
      ['Reason', safe(problem)],
      ...(isRecorded ? ([['Recorded', 'an entry with this id is recorded since']] as const) : []),
      ...(isCut ? ([['Text', 'not all of it is kept; a release reads it from the upstream again']] as const) : []),
    ]),
    '',
    ...shown,
  ];
}

/** Whether a name is not that of one record. */
function isUnknown({ kind }: ReleasedRecord): boolean {
  return kind === 'missing' || kind === 'ambiguous';
}

/** How a release ended, in a line. */
export function releasedLine(released: ReleasedRecord): string {
  switch (released.kind) {
    case 'recorded': {
      const alerts = released.opened.map(
        ({ id, level, title }) => `${safe(level).toUpperCase()} ${safe(title)} (alert ${id})`,
      );
      const opened = alerts.length === 0 ? 'it opened no alert' : `it opened ${alerts.join(', ')}`;
      return `${safe(released.name)}: recorded; ${opened}`;
    }
    case 'known':
      return `${safe(released.name)}: was recorded before; taken out of quarantine`;
    case 'refused':
      return `${safe(released.name)}: NOT RELEASED, it can't be recorded: ${safe(released.problem)}`;
    case 'failed':
      return `${safe(released.name)}: NOT RELEASED: ${safe(released.problem)}`;
    case 'missing':
    case 'ambiguous':
      return notFoundText(released.name, released);
  }
}

function releasedSummary(all: readonly ReleasedRecord[]): string {
  if (all.length === 0) return EMPTY;
  const released = all.filter(({ kind }) => kind === 'recorded' || kind === 'known').length;
  const left = all.length - released;
  return `Released: ${counted(released, 'record')}.${left === 0 ? '' : ` Not released: ${counted(left, 'record')}.`}`;
}
