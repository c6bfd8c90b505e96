/** `check`: are the rules and the routing sound? */
import { spawnSync } from 'node:child_process';
import { FAILED } from '../failure.ts';
import { ROOT } from '../wrangler.ts';
import { defineCommand, FLAG } from './command.ts';

export const check = defineCommand({
  summary: 'check the rules and rules/routing.yml',
  usage: `usage: npm run tocsin -- check [--strict] [--json]

Checks the rules and the lists in rules/ and rules/routing.yml, and runs the rules' tests: lists every problem with its
file, line and column.
An error stops the build and a deploy. A warning is probably a mistake, such as a field that no entry has: it stops a deploy.
A notice stops nothing. The exit code is 1 if there are errors, else 0.

  --strict    the exit code is 1 for warnings too, as in CI and "npm run deploy"
  --json      print one JSON object
`,
  options: { strict: FLAG, json: FLAG },
  async run({ strict, json }) {
    const flags = [...(strict ? ['--strict'] : []), ...(json ? ['--json'] : [])];
    const args = ['src/cli/build-rules.ts', '--check', ...flags];
    return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? FAILED;
  },
});
