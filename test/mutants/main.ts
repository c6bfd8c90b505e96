/** `npm run mutants`: changes each rule of the pack in many ways, and says which changes its own tests do not notice. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { err, out, printCrashes, progress } from '../../src/cli/terminal.ts';
import { type Mutant, mutantsOf, readPack, SHARE_MIN } from './run.ts';

const HELP = `usage: npm run mutants -- [--rule RULE or PATH] [--json]

Makes one mistake at a time in each rule that comes with Tocsin: a condition, selection, value or modifier less, a comparison
flipped, a threshold off by one, a timespan halved, a group-by lost … and runs the rule's own tests, and those of the
correlations in its file that refer to it. Prints the mistakes that no test notices.

  --rule X    only rules with this name, id, file or folder
  --rules DIR the folder of rules (default: rules)
  --json      one JSON object

Exit codes: 0 at least ${100 * SHARE_MIN} % were caught, 1 fewer, 2 wrong arguments.
`;

printCrashes();
const values = readArguments();
if (values.help) {
  out(HELP);
  process.exit(0);
}
const pack = readPack(values.rules);
const wanted = values.rule?.replace(/^rules\//, '').replace(/\/+$/, '');
const all: Mutant[] = [];
for (const mutant of mutantsOf(
  pack,
  ({ id, name, path }) => wanted === undefined || [id, name, path].includes(wanted) || path.startsWith(`${wanted}/`),
)) {
  all.push(mutant);
  progress(`${all.length} mutants, ${mutant.path}`);
}
progress('');
if (all.length === 0) {
  err(`mutants: ${wanted === undefined ? 'no rules' : `no rule "${wanted}"`}\n`);
  process.exit(2);
}
const survivors = all.filter(({ isCaught }) => !isCaught);
const share = 1 - survivors.length / all.length;
if (values.json) {
  const shown = survivors.map(({ path, rule, what }) => ({ path, rule: rule.id, title: rule.title, what }));
  out(`${JSON.stringify({ mutants: all.length, caught: all.length - survivors.length, share, survivors: shown })}\n`);
} else {
  for (const [rule, of] of Map.groupBy(survivors, (mutant) => mutant.rule)) {
    out(`rules/${of[0]?.path}: ${rule.title}\n${of.map(({ what }) => `  ${what}\n`).join('')}`);
  }
  // Cut, not rounded: 96.99 % is not 97 %.
  out(`${all.length - survivors.length} of ${all.length} mutants caught, ${Math.floor(1_000 * share) / 10} %\n`);
}
process.exitCode = share >= SHARE_MIN ? 0 : 1;

function readArguments() {
  try {
    return parseArgs({
      options: {
        rule: { type: 'string' },
        rules: { type: 'string', default: resolve(import.meta.dirname, '../../rules') },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    err(`mutants: ${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}
