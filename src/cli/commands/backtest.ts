/** `backtest`: what would the rules have done with the log of the past? */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Backtest, type BacktestResult, createBacktest } from '../../backtest/backtest.ts';
import { difference, ruleSummaries } from '../../backtest/summary.ts';
import { rulesNamed } from '../../routing/matchers.ts';
import { listedRules, type Rule } from '../../sigma/index.ts';
import { jsonLine } from '../../text/invisible.ts';
import { nearest } from '../../text/nearest.ts';
import { readFileLog, STDIN } from '../backtest/file-log.ts';
import { readLedgerLog } from '../backtest/ledger-log.ts';
import type { PastLog } from '../backtest/past-log.ts';
import { longestWindow, preparedRules } from '../backtest/prepared-rules.ts';
import { readWithProgress } from '../backtest/progress.ts';
import { type Report, reportJson, reportLines, type Tried } from '../backtest/report.ts';
import { reportMarkdown } from '../backtest/report-markdown.ts';
import { withRulesAt } from '../backtest/rules-at.ts';
import { CALLED_WRONGLY, Failure, OK } from '../failure.ts';
import type { BuiltRules } from '../rule-files.ts';
import { safe } from '../terminal.ts';
import { ROOT } from '../wrangler.ts';
import { type CliContext, connect, defineCommand, FLAG, TEXT, targetUsage, UsageError } from './command.ts';
import { readPastTime } from './past-time.ts';
import { readRules } from './read-rules.ts';

const SAMPLES = 3;
const SAMPLES_MAX = 1_000;
/** A hint names so many. */
const LIKE_MAX = 3;

export const backtest = defineCommand({
  summary: 'try the rules on the log of the past',
  usage: `usage: npm run tocsin -- backtest [RULE…] --since TIME [--save FILE] [options]
       npm run tocsin -- backtest [RULE…] --file FILE [options]
       npm run tocsin -- backtest [RULE…] --stdin [options]

Says what the rules on this disk would have alerted and notified about, per rule and day: the ledger's own code, on the
time of the entries. Nobody is notified, and nothing is stored. What people did with alerts is done again where it is known.
All rules run; of those that are named (by id, name, title, or file name without .yml) the report is.
The exit code is 0, or 1 if the rules or the entries can't be read.

  --since TIME   the log of a Tocsin: RFC 3339, or a duration back from now (30d). What its ledger has from before fills
                 windows; what is older than its ledger is read by its lookup, which needs TOCSIN_TOKEN
  --save FILE    write what the ledger has into a file as well, for --file
  --file FILE    lines of GET /api/entries, or entries of the audit log's API: a line each, a list, or pages with "items"
  --stdin        the same on the standard input
  --diff REF     what the rules do otherwise than those of a Git ref, such as main
  --rules DIR    the folder of rules (default: rules)
  --samples N    how many alerts are shown of each rule (default: ${SAMPLES}); with --diff, of each kind of difference
  --markdown     print Markdown, for the comment of a pull request
  --json         print one JSON object
${targetUsage(17, 'a viewer')}`,
  options: {
    ...{ since: TEXT, save: TEXT, file: TEXT, stdin: FLAG, diff: TEXT, rules: TEXT, samples: TEXT },
    ...{ markdown: FLAG, json: FLAG, url: TEXT },
  },
  allowPositionals: true,
  async run(options, context, names) {
    const { diff, markdown, json } = options;
    if (markdown && json) throw new UsageError('--markdown and --json exclude each other');
    const samples = readSamples(options.samples);
    const folder = options.rules ?? `${ROOT}rules`;
    checkSource(options);
    const built = readRules(folder, context, false);
    const old = diff === undefined ? null : withRulesAt(diff, folder, (copy) => readRules(copy, context, false));
    const selected = selectRules(names, [...built.ruleSet.rules, ...(old?.ruleSet.rules ?? [])]);
    const all = old === null ? [built] : [built, old];
    const prepared = all.map(({ ruleSet, routing }) => preparedRules(ruleSet, routing));
    const log = await openLog(options, context, Math.max(...prepared.map(longestWindow)));
    const results = await runAll(
      log,
      prepared.map((of) =>
        createBacktest({ ...of, acts: log.acts, ...(log.countFrom !== null && { countFrom: log.countFrom }) }),
      ),
    );
    const [now, before] = all.map((of, i) => triedOf(of, results[i] as BacktestResult, selected, samples));
    const report: Report = {
      ...(now as Tried),
      notes: log.notes(),
      samples,
      against:
        before === undefined || diff === undefined
          ? null
          : { ...before, ref: diff, difference: differenceOf(before, now as Tried, selected) },
    };
    if (json) context.out(`${jsonLine(reportJson(report))}\n`);
    else context.out(markdown ? reportMarkdown(report) : `${reportLines(report).join('\n')}\n`);
    return OK;
  },
});

type Selected = ((rule: Pick<Rule, 'id'>) => boolean) | null;

/** The rules that were named; null: all. */
function selectRules(names: readonly string[], rules: readonly Rule[]): Selected {
  if (names.length === 0) return null;
  const listed = listedRules(rules);
  const ids = new Set(
    names.flatMap((name) => {
      const found = rulesNamed(name, listed);
      if (found.length > 0) return found.map(({ id }) => id);
      const known = listed.flatMap(({ id, name: of, title }) => [id, title, ...(of === null ? [] : [of])]);
      const near = nearest(name, known);
      const like = near === null ? known.filter((each) => each.toLowerCase().includes(name.toLowerCase())) : [near];
      const hint = like.slice(0, LIKE_MAX).map((each) => JSON.stringify(safe(each)));
      throw new Failure(
        `there is no rule ${JSON.stringify(safe(name))}`,
        hint.length === 0
          ? 'Name it by its id, name, title, or file name without .yml.'
          : `Is it ${hint.join(' or ')}?`,
        CALLED_WRONGLY,
      );
    }),
  );
  return ({ id }) => ids.has(id);
}

function triedOf({ ruleSet }: BuiltRules, result: BacktestResult, selected: Selected, samples: number): Tried {
  const summaries = ruleSummaries(ruleSet.rules, result, samples);
  return {
    version: ruleSet.version,
    result,
    summaries: selected === null ? summaries : summaries.filter(({ rule }) => selected(rule)),
  };
}

function differenceOf(before: Tried, after: Tried, selected: Selected) {
  const alertsOf = ({ result }: Tried) =>
    selected === null ? result.alerts : result.alerts.filter(({ rule }) => selected({ id: rule }));
  return difference(alertsOf(before), alertsOf(after));
}

interface Source {
  readonly since?: string | undefined;
  readonly save?: string | undefined;
  readonly file?: string | undefined;
  readonly stdin: boolean;
  readonly url?: string | undefined;
}

function checkSource({ since, save, file, stdin, url }: Source): void {
  const given = [since !== undefined, file !== undefined, stdin].filter((is) => is).length;
  if (given !== 1)
    throw new UsageError(
      given === 0
        ? 'say where the entries come from: --since 30d asks the Tocsin at --url, --file and --stdin read an export'
        : '--since, --file and --stdin exclude each other',
    );
  if (since === undefined && save !== undefined) throw new UsageError('--save is for what --since reads');
  if (since === undefined && url !== undefined) throw new UsageError('--url is for --since');
}

async function openLog(source: Source, context: CliContext, leadMs: number): Promise<PastLog> {
  const { since, save, file, url } = source;
  if (since === undefined) return readFileLog(file ?? STDIN);
  const now = context.now();
  const words = { missing: 'a time', future: 'give a time in the past' };
  const at = readPastTime('since', since, now, words);
  const saved = save === undefined ? null : openSave(save);
  const read = async () =>
    readLedgerLog(connect(url, context), {
      ...{ since: at, leadMs, now },
      ...(saved !== null && { save: (lines) => writeSync(saved, lines) }),
    });
  const log = await read().catch(sayElsewhere);
  async function* entries() {
    yield* log.entries;
    if (saved !== null) closeSync(saved);
  }
  return { ...log, entries: entries() };
}

/** Throws the error, with the other places that entries come from. */
function sayElsewhere(error: unknown): never {
  if (!(error instanceof Failure)) throw error;
  const hint =
    'Nothing is deployed yet? "npm run demo" runs these rules on a simulated log, and prints an address and a token for this command; --file reads an export.';
  throw new Failure(error.message, `${error.hint}\n${hint}`, error.code);
}

function openSave(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new Failure(
      `${safe(path)} can't be written: ${safe(error instanceof Error ? error.message : String(error))}`,
      'Name another file: --save FILE',
    );
  }
}

/** Runs the same entries through each. */
async function runAll(log: PastLog, runs: readonly Backtest[]): Promise<readonly BacktestResult[]> {
  await readWithProgress(log, (some) => {
    for (const run of runs) run.add(some);
  });
  return runs.map((run) => run.end());
}

function readSamples(text: string | undefined): number {
  if (text === undefined) return SAMPLES;
  const most = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (most <= SAMPLES_MAX) return most;
  throw new UsageError(`--samples must be a whole number from 0 to ${SAMPLES_MAX}, not ${JSON.stringify(text)}`);
}
