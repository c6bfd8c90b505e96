/** `npm run noise`: how loud the pack is on ordinary behaviours (see options.ts). */
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { err, out, printCrashes } from '../../src/cli/terminal.ts';
import { ruleCode, ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { BEHAVIOURS, OTHERS } from './behaviours/index.ts';
import { type Noise, noiseOf } from './noise.ts';
import { NOISE_HELP, type NoiseOptions, readNoiseOptions } from './options.ts';
import { linesOf, rulesByName } from './report.ts';

printCrashes();
const read = readNoiseOptions(process.argv.slice(2));
switch (read.kind) {
  case 'help':
    out(NOISE_HELP);
    break;
  case 'wrong':
    err(`${read.problem}\nTry: npm run noise -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exitCode = run(read.options);
}

function run({ behaviours, starts, dialects, rule, seed, json }: NoiseOptions): number {
  const nameOf = rulesByName(ruleSet.rules);
  const only = rule === null ? null : ruleSet.rules.find(({ id, name, title }) => [id, name, title].includes(rule));
  if (only === undefined) {
    err(`--rule ${rule}: no rule has this name, id or title\n`);
    return 2;
  }
  const engine = compile(ruleSet, { code: ruleCode, derived: DERIVED_FIELDS });
  const loud = new Map<string, number>();
  let runs = 0;
  for (const behaviour of [...BEHAVIOURS, ...OTHERS].filter(({ name }) => behaviours.includes(name))) {
    if (!json) out(`\n${behaviour.name}: ${behaviour.about}\n`);
    for (const noise of noiseOf(behaviour, { engine, seed, starts, dialects })) {
      const shown: Noise =
        only === null ? noise : { ...noise, rules: noise.rules.filter((each) => each.rule === only.id) };
      if (json)
        out(
          `${JSON.stringify({ ...shown, rules: shown.rules.map((each) => ({ ...each, rule: nameOf(each.rule) })) })}\n`,
        );
      else out(`${linesOf(shown, nameOf).join('\n')}\n`);
      runs++;
      if (noise.problems.length > 0) loud.set(behaviour.name, (loud.get(behaviour.name) ?? 0) + 1);
    }
  }
  if (!json) {
    const names = [...loud].map(([name, times]) => `${name} (${times})`).join(', ');
    out(`\n${loud.size === 0 ? `quiet in all ${runs} runs` : `too loud in runs of ${names}`}\n`);
  }
  return loud.size === 0 ? 0 : 1;
}
