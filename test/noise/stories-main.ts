/** `npm run stories`: which attacks the pack notices in an ordinary month (see options.ts). */
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { err, out, printCrashes } from '../../src/cli/terminal.ts';
import { ruleCode, ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { readStoryOptions, STORIES_HELP, type StoryOptions } from './options.ts';
import { monthLines, rulesByName, storyLines } from './report.ts';
import { STORIES } from './stories/index.ts';
import { type Caused, monthAlone, playStories } from './stories.ts';

printCrashes();
const read = readStoryOptions(process.argv.slice(2));
switch (read.kind) {
  case 'help':
    out(STORIES_HELP);
    break;
  case 'wrong':
    err(`${read.problem}\nTry: npm run stories -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exitCode = run(read.options);
}

function run({ stories, start, dialects, seed, json }: StoryOptions): number {
  const engine = compile(ruleSet, { code: ruleCode, derived: DERIVED_FIELDS });
  const nameOf = rulesByName(ruleSet.rules);
  const named = ({ rule, ...rest }: Caused) => ({ rule: nameOf(rule), ...rest });
  const chosen = STORIES.filter(({ name }) => stories?.includes(name) ?? true);
  let wrong = 0;
  for (const dialect of dialects) {
    const how = { engine, dialect, start, seed };
    if (stories === null) {
      const month = monthAlone(how);
      wrong += month.problems.length;
      const rules = month.rules.map((each) => ({ ...each, rule: nameOf(each.rule) }));
      out(
        json
          ? `${JSON.stringify({ dialect, ...month, rules })}\n`
          : `${monthLines(dialect, month, nameOf).join('\n')}\n`,
      );
    }
    const played = playStories(chosen, how);
    for (const each of played) {
      wrong += each.outcomes.filter(({ kind }) => kind === 'missed').length;
      const about = chosen.find(({ name }) => name === each.story)?.about ?? '';
      const outcomes = each.outcomes.map(({ by, ...rest }) => ({ ...rest, by: by && named(by) }));
      const line = { dialect, story: each.story, outcomes, caused: each.caused.map(named) };
      out(json ? `${JSON.stringify(line)}\n` : `${storyLines(each, about, nameOf).join('\n')}\n`);
    }
    if (json) continue;
    const all = played.flatMap(({ outcomes }) => outcomes).filter(({ kind }) => kind !== 'not logged');
    const noticed = all.filter(({ kind }) => kind === 'noticed').length;
    const whole = played.filter(({ outcomes }) => outcomes.every(({ kind }) => kind !== 'missed')).length;
    out(`\n${noticed} of ${all.length} steps noticed; ${whole} of ${played.length} stories in all their steps\n`);
  }
  return wrong === 0 ? 0 : 1;
}
