/**
 * `npm run day`: counts what a day of the free plan costs (test/worker/day.test.ts), in workerd, and prints it.
 *
 * Exit codes: 0 if every allowance is used to less than 80 %, 1 if not or if the day could not be run, 2 for wrong arguments.
 */
import { resolve } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { startVitest, type TestCase } from 'vitest/node';
import { err, out, printCrashes, table } from '../../src/cli/terminal.ts';
import { allowanceText } from '../../src/ledger/health/usage-words.ts';
import { jsonLine } from '../../src/text/invisible.ts';
import { numberText } from '../../src/text/numbers.ts';
import type { DayReport } from './report.ts';

const HELP = `usage: npm run day -- [options]

Runs a day of 10,000 entries through the Worker in workerd, with a month of entries stored before it, a tick a minute,
alerts and deliveries, 100 page views and 10,000 refused requests, and prints what it uses of the free plan. It takes
three to six minutes, and fails if more than 80 % of an allowance is used.

  --json   print one JSON object
  --help   print this
`;

printCrashes();
const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  err(`${options}\nTry: npm run day -- --help\n`);
  process.exitCode = 2;
} else if (options.help) out(HELP);
else process.exit(await day(options.json));

function readOptions(args: readonly string[]) {
  const types = { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;
  try {
    return parseArgs({ args: [...args], options: types }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function day(isJson: boolean): Promise<number> {
  err('a month of ticks, then the day: three to six minutes …\n');
  const config = resolve(import.meta.dirname, '../vitest.config.ts');
  const results: TestCase[] = [];
  const vitest = await startVitest('test', ['test/worker/day.test.ts'], {
    ...{ config, project: ['worker'], run: true, watch: false, silent: true },
    reporters: [{ onTestCaseResult: (result) => void results.push(result) }],
  });
  await vitest.close();
  const [result] = results;
  const { day: report } = (result?.meta() ?? {}) as { readonly day?: DayReport };
  if (report !== undefined) out(`${isJson ? jsonLine(report) : linesOf(report).join('\n')}\n`);
  const { state, errors } = result?.result() ?? { state: 'not run', errors: [] };
  for (const { message } of errors ?? []) err(`${stripVTControlCharacters(message)}\n`);
  if (state !== 'passed') err(`${state}\n`);
  return state === 'passed' ? 0 : 1;
}

function linesOf({ used, ...report }: DayReport): readonly string[] {
  const counts = [
    ['entries recorded', report.entries],
    ['entries evicted', report.evicted],
    ['entries stored', report.stored],
    ['alerts opened', report.alerts],
    ['messages delivered', report.deliveries],
    ['page views', report.views],
    ['refused requests', report.refused],
    ['KV reads by web requests', report.kvReads],
  ] as const;
  return [
    ...table(counts.map(([name, n]) => [name, numberText(n)])),
    '',
    ...used.map(({ of, used, limit }) => allowanceText({ of, used, limit, state: 'ok' })),
  ];
}
