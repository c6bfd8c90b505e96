/** `fields` and `fields pull`: what do entries look like? */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRY_FIELDS } from '../../audit-log/entry-fields.ts';
import { OBSERVED_FILE, withObserved } from '../../audit-log/observed-fields.ts';
import type { FieldCatalogue } from '../../sigma/build.ts';
import { nearest } from '../../text/nearest.ts';
import { counted } from '../../text/numbers.ts';
import { problemText } from '../../yaml/diagnostics.ts';
import { withAdditions } from '../../yaml/edit.ts';
import { readFileLog, STDIN } from '../backtest/file-log.ts';
import { readLedgerLog } from '../backtest/ledger-log.ts';
import type { PastLog } from '../backtest/past-log.ts';
import { readWithProgress } from '../backtest/progress.ts';
import { CALLED_WRONGLY, Failure, OK } from '../failure.ts';
import { fieldLines, valueLines } from '../fields/fields-text.ts';
import { createObserver, type Observed } from '../fields/observer.ts';
import { schemaComment } from '../schemas/schemas.ts';
import { safe } from '../terminal.ts';
import { ROOT } from '../wrangler.ts';
import { type CliContext, connect, defineCommand, FLAG, print, TEXT, targetUsage, UsageError } from './command.ts';
import { readPastTime } from './past-time.ts';

const SINCE = '30d';
const HEADER = `${schemaComment(OBSERVED_FILE, 'observed')}
# What entries of this log have beyond what Tocsin knows: values of fields, and fields with their types. Rules may use it.
# Written by "npm run tocsin -- fields pull", and by hand.
`;

export const fields = defineCommand({
  summary: 'what entries look like, and what the log has shown',
  usage: `usage: npm run tocsin -- fields [FIELD] [--rules DIR] [--json]
       npm run tocsin -- fields pull [--since TIME | --file FILE | --stdin] [--dry-run] [options]

Prints the fields that rules can use, with what rules/${OBSERVED_FILE} adds; of one field, all its known values. "pull" adds to
that file what the log has shown: actions, types of targets, methods, paths of requests that succeeded, and further fields.
The exit code is 0, or 1 if the log can't be read or the file is wrong.

  --since TIME   what the ledger of a Tocsin has: RFC 3339, or a duration back from now (default: ${SINCE})
  --file FILE    lines of GET /api/entries, or entries of the audit log's API: a line each, a list, or pages with "items"
  --stdin        the same on the standard input
  --dry-run      print what would be added, and write nothing
  --rules DIR    the folder of rules (default: rules)
  --json         print one JSON object
${targetUsage(17, 'a viewer')}`,
  options: {
    ...{ since: TEXT, file: TEXT, stdin: FLAG, 'dry-run': FLAG, rules: TEXT, json: FLAG, url: TEXT },
  },
  allowPositionals: true,
  async run(options, context, [word, ...more]) {
    const path = join(options.rules ?? `${ROOT}rules`, OBSERVED_FILE);
    if (more.length > 0) throw new UsageError('too many words: name one field, or none');
    const known = readKnown(path, context);
    if (word === 'pull') return pull(options, path, known, context);
    if (
      [options.since, options.file, options.url].some((given) => given !== undefined) ||
      options.stdin ||
      options['dry-run']
    )
      throw new UsageError('--since, --file, --stdin, --dry-run and --url are for "fields pull"');
    if (word === undefined) print(context, options.json, { fields: known }, fieldLines(known));
    else {
      const field = known.find(({ name }) => name === word) ?? unknownField(word, known);
      print(context, options.json, field, valueLines(field));
    }
    return OK;
  },
});

function unknownField(word: string, known: FieldCatalogue): never {
  const near = nearest(
    word,
    known.map(({ name }) => name),
  );
  throw new Failure(
    `there is no field ${JSON.stringify(safe(word))}`,
    near === null ? 'Without a name, "fields" prints all of them.' : `Is it ${JSON.stringify(near)}?`,
    CALLED_WRONGLY,
  );
}

/** What is known, with what the file adds. Throws a `Failure` where that has an error. */
function readKnown(path: string, { err }: CliContext): FieldCatalogue {
  const text = readIfThere(path);
  const { fields: known, problems } = withObserved(ENTRY_FIELDS, text === null ? null : { path: OBSERVED_FILE, text });
  if (!problems.some(({ severity }) => severity === 'error')) return known;
  for (const problem of problems) err(`${problemText(problem, 'rules/')}\n`);
  throw new Failure(`rules/${OBSERVED_FILE} can't be read`, 'Correct it first.');
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

interface PullOptions {
  readonly since?: string | undefined;
  readonly file?: string | undefined;
  readonly stdin: boolean;
  readonly url?: string | undefined;
  readonly json: boolean;
  readonly 'dry-run': boolean;
}

async function pull(options: PullOptions, path: string, known: FieldCatalogue, context: CliContext): Promise<number> {
  const log = await openLog(options, context);
  const observer = createObserver(known);
  const count = await readWithProgress(log, (some) => {
    for (const { body } of some) observer.add(body);
  });
  const observed = observer.result();
  const additions = new Map<string, string | readonly string[]>([...observed.values, ...observed.fields]);
  const isWritten = additions.size > 0 && !options['dry-run'];
  if (isWritten) writeFileSync(path, withAdditions(readIfThere(path) ?? HEADER, additions));
  const json = { entries: count, written: isWritten, added: Object.fromEntries(additions), leftOut: observed.leftOut };
  print(context, options.json, json, [...summary(count, observed, isWritten), ...log.notes()]);
  return OK;
}

async function openLog({ since, file, stdin, url }: PullOptions, context: CliContext): Promise<PastLog> {
  if ([since !== undefined, file !== undefined, stdin].filter((is) => is).length > 1)
    throw new UsageError('--since, --file and --stdin exclude each other');
  if (file !== undefined || stdin) {
    if (url !== undefined) throw new UsageError('--url is for --since');
    return readFileLog(file ?? STDIN);
  }
  const now = context.now();
  const words = { missing: 'a time', future: 'give a time in the past' };
  return readLedgerLog(connect(url, context), {
    since: readPastTime('since', since ?? SINCE, now, words),
    leadMs: 0,
    now,
  });
}

function summary(count: number, { values, fields: found, leftOut }: Observed, isWritten: boolean): readonly string[] {
  const added = [...values].map(([name, those]) => `  ${name}: ${those.join(', ')}`);
  const lines = [...added, ...[...found].map(([name, type]) => `  ${safe(name)}: ${type}`)];
  const entries = counted(count, 'entry', 'entries');
  if (lines.length === 0) return [`${entries}: nothing that is not known`];
  return [
    `${entries}. ${isWritten ? `Added to rules/${OBSERVED_FILE}` : 'Would be added'}:`,
    ...lines,
    ...(leftOut > 0 ? [`${counted(leftOut, 'text')} left out: too many, or unlike values and names`] : []),
  ];
}
