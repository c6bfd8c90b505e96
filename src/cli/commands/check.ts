/** `check`: are the rules and the routing sound? */
import { spawnSync } from 'node:child_process';
import { FAILED } from '../failure.ts';
import { ROOT } from '../wrangler.ts';
import { defineCommand, FLAG } from './command.ts';

export const check = defineCommand({
  summary: 'check the rules and rules/routing.yml',
  usage: `usage: npm run tocsin -- check [--json]

Checks the rules and the lists in rules/ and rules/routing.yml, and runs the rules' tests: lists every problem with its
file, line and column.
The exit code is 0 if there are no errors, and 1 if there are.

  --json      print one JSON object
`,
  options: { json: FLAG },
  async run({ json }) {
    const args = ['src/cli/build-rules.ts', '--check', ...(json ? ['--json'] : [])];
    return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? FAILED;
  },
});
