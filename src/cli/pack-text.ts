/**
 * The rules that come with Tocsin as Markdown (docs/pack.md): by topic, the most severe first, in the words of the rules.
 *
 * Contract: only rules that alert. Pure; the rules are those of this repository, so their texts are not escaped.
 */
import { attackPath, tacticOf, techniqueOf } from '../alert/attack.ts';
import type { ParsedRuleSet } from '../sigma/build.ts';
import { LEVELS, listedRules } from '../sigma/index.ts';
import { counted } from '../text/numbers.ts';

type Listed = ParsedRuleSet['rules'][number];

/** The page of some rules. */
export function packMarkdown({ rules }: Pick<ParsedRuleSet, 'rules'>): string {
  const alerting = listedRules(rules).filter(({ alerts }) => alerts);
  const topics = [...Map.groupBy(alerting, topicOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rankOf = ({ level }: Listed): number => LEVELS.indexOf(level);
  return `<!-- Generated from the rules: change those, then run the test of this page with --update. -->

# The rules that come with Tocsin

${counted(alerting.length, 'rule')} that alert, from the files in \`rules/\`. \`npm run tocsin -- list\` shows them with what you have
changed; [sigma.md](sigma.md#tuning-without-editing) says how.

${topics.map(([topic, its]) => `- [${capitalized(topic)}](#${topic}): ${counted(its.length, 'rule')}`).join('\n')}

${topics
  .map(([topic, its]) => {
    const sorted = its.toSorted((a, b) => rankOf(b) - rankOf(a) || (a.title < b.title ? -1 : 1));
    return `## ${capitalized(topic)}\n\n${sorted.map(ruleMarkdown).join('\n')}`;
  })
  .join('\n')}`;
}

function topicOf({ path }: Listed): string {
  return path.split('/')[0] ?? '';
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function ruleMarkdown({
  title,
  level,
  status,
  description,
  tags,
  falsepositives,
  path,
  noise,
  tocsin,
}: Listed): string {
  const attack = tags.flatMap((tag) => {
    const name = techniqueOf(tag) ?? tacticOf(tag)?.replaceAll('-', ' ') ?? null;
    return name === null ? [] : [`[${name}](${attackPath(tag)})`];
  });
  const facts: readonly (readonly [string, string])[] = [
    ['First steps', tocsin.runbook?.trim() ?? ''],
    ['Known false positives', falsepositives.join('; ')],
    ['Noise', noise?.trim() ?? ''],
    ['ATT&CK', attack.join(', ')],
    ['File', `[rules/${path}](../rules/${path})`],
  ];
  const given = facts.flatMap(([name, text]) => (text === '' ? [] : [`- **${name}**: ${text}`]));
  const about = status === 'experimental' ? `${level}, experimental` : level;
  return `### ${title}\n\n**${about}.** ${description?.trim() ?? ''}\n\n${given.join('\n')}\n`;
}
