/** `list`: which rules there are, what they cover, what changes them, and when they last matched. */
import * as z from 'zod/mini';
import { counted } from '../../text/numbers.ts';
import { API_RULES_PATH } from '../../web/api/paths.ts';
import { OK } from '../failure.ts';
import {
  actionsOf,
  GROUPINGS,
  type GroupedRules,
  type Grouping,
  groupRules,
  type ListedRule,
  listRules,
} from '../rule-list.ts';
import { safe, utc } from '../terminal.ts';
import { ROOT } from '../wrangler.ts';
import { type CliContext, connect, defineCommand, FLAG, print, TEXT, targetUsage, UsageError } from './command.ts';
import { readRules } from './read-rules.ts';

const ACTIVITY = z.object({
  rules: z.array(z.object({ rule: z.string(), matched: z.number(), lastAt: z.number() })),
});
/** By rule: how often it has matched, and when last. Null: no Tocsin was asked. */
type Activity = ReadonlyMap<string, { readonly matched: number; readonly lastAt: number }> | null;

export const list = defineCommand({
  summary: 'list the rules, what they cover, and what is tuned',
  usage: `usage: npm run tocsin -- list [--by topic|tactic|action|level] [--json] [--rules DIR] [--url URL]

Lists the rules in rules/: their level, ATT&CK tactics, tests, and where their alerts go; what rules/tuning.yml and filters change
in them, and which are disabled. With --url or TOCSIN_URL, that Tocsin says how often each has matched, and when last.
The exit code is 1 if the rules have errors, or the Tocsin can't be asked.

  --by GROUP    the groups of the list (default: topic, a rule's folder). By tactic and action, also those without a rule; an
                action is one that a rule names
  --json        print one JSON object
  --rules DIR   the folder of rules (default: rules)
${targetUsage(16, 'a viewer', 'none is asked')}`,
  options: { by: TEXT, json: FLAG, rules: TEXT, url: TEXT },
  async run({ by: given = 'topic', json, rules: folder, url }, context) {
    const by = GROUPINGS.find((name) => name === given);
    if (by === undefined) throw new UsageError(`--by must be ${GROUPINGS.join(', ')}, not "${safe(given)}"`);
    const built = readRules(folder ?? `${ROOT}rules`, context, false);
    const rules = listRules(built);
    const activity = await readActivity(url, context);
    const grouped = groupRules(rules, by, actionsOf(built.fields));
    const shown = rules.map((rule) => ({ ...rule, ...activityOf(rule, activity) }));
    print(context, json, { rules: shown, without: grouped.without }, json ? [] : linesOf(rules, by, grouped, activity));
    return OK;
  },
});

async function readActivity(url: string | undefined, context: CliContext): Promise<Activity> {
  if (url === undefined && !context.env.TOCSIN_URL) return null;
  const { answer } = await connect(url, context).ask({ method: 'GET', path: API_RULES_PATH }, ACTIVITY);
  return new Map(answer.rules.map((each) => [each.rule, each]));
}

function activityOf({ id }: ListedRule, activity: Activity): object {
  if (activity === null) return {};
  const { matched = 0, lastAt = null } = activity.get(id) ?? {};
  return { matched, lastAt };
}

function linesOf(
  rules: readonly ListedRule[],
  by: Grouping,
  { groups, without }: GroupedRules,
  activity: Activity,
): readonly string[] {
  if (rules.length === 0) return ['There are no rules.'];
  const lineOf = columnsOf([...new Set(groups.flatMap((group) => group.rules))], by, activity);
  const noun = by === 'tactic' ? 'tactics' : 'known actions';
  return [
    summaryOf(rules),
    ...groups.flatMap(({ title, rules: its }) => [
      ...['', safe(title)],
      ...its.flatMap((rule) => [`  ${lineOf(rule)}`, ...changesOf(rule).map((line) => `    ${line}`)]),
    ]),
    ...(without.length === 0 ? [] : ['', `No rule that alerts is for these ${noun}: ${without.join(', ')}`]),
  ];
}

function summaryOf(rules: readonly ListedRule[]): string {
  const countOf = (holds: (rule: ListedRule) => boolean): number => rules.filter(holds).length;
  const enabled = countOf((rule) => rule.enabled);
  const textOf = (parts: readonly (readonly [number, string])[]): string =>
    parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ');
  const counts = textOf([
    [countOf((rule) => rule.enabled && rule.alerts), 'alert'],
    [countOf((rule) => rule.enabled && !rule.alerts), 'only counted'],
  ]);
  const changes = textOf([
    [countOf((rule) => rule.enabled && rule.tuning !== null), 'tuned'],
    [countOf((rule) => rule.enabled && rule.filters.length > 0), 'filtered'],
    [countOf((rule) => !rule.enabled), 'disabled'],
  ]);
  const tests = rules.reduce((sum, rule) => sum + rule.tests, 0);
  const parts = [`${counted(enabled, 'rule')}${counts === '' ? '' : `: ${counts}`}`, changes, counted(tests, 'test')];
  return parts.filter((part) => part !== '').join('; ');
}

/** Returns a function that makes the line of a rule, in columns that are as wide in every group. */
function columnsOf(rules: readonly ListedRule[], by: Grouping, activity: Activity): (rule: ListedRule) => string {
  const cells = new Map(rules.map((rule) => [rule, cellsOf(rule, by, activity)]));
  const widthOf = (column: number): number => Math.max(...[...cells.values()].map((row) => row[column]?.length ?? 0));
  const widths = Array.from({ length: 7 }, (_, column) => widthOf(column));
  return (rule) => {
    const row = cells.get(rule) ?? [];
    return row
      .flatMap((cell, column) => (widths[column] === 0 ? [] : [cell.padEnd(widths[column] ?? 0)]))
      .join('  ')
      .trimEnd();
  };
}

/** What the group says, and what many of its rules share, is left out. */
function cellsOf(rule: ListedRule, by: Grouping, activity: Activity): readonly string[] {
  const { title, level, status, tactics, tests, receivers, enabled, alerts } = rule;
  const tactic = by === 'tactic' || by === 'action' ? '' : safe(tactics.join(', ')) || '–';
  const where = !enabled ? 'disabled' : !alerts ? 'only counted' : receivers === null ? '' : goesTo(receivers);
  const matched = activity === null ? '' : matchedText(activity.get(rule.id));
  if (by === 'action') return [level, safe(title), '', '', '', '', matched];
  return [by === 'level' ? '' : level, safe(title), tactic, status ?? '', counted(tests, 'test'), where, matched];
}

function goesTo({ always, sometimes }: NonNullable<ListedRule['receivers']>): string {
  const all = [...always, ...sometimes.map((name) => `${name} at times`)];
  return `to ${all.join(', ') || 'nobody'}`;
}

function matchedText(activity: { readonly matched: number; readonly lastAt: number } | undefined): string {
  if (activity === undefined) return 'never matched';
  return `matched ${counted(activity.matched, 'time')}, last ${utc(activity.lastAt)}`;
}

function changesOf({ tuning, filters }: ListedRule): readonly string[] {
  const tuned =
    tuning?.changes.map(({ key, from, to }) => `${key} ${from === null ? '' : `${safe(from)} → `}${safe(to)}`) ?? [];
  return [
    ...(tuning === null ? [] : [`${tuned.length === 0 ? '' : `tuned: ${tuned.join('; ')}; `}why: ${safe(tuning.why)}`]),
    ...filters.map(({ title, path }) => `filtered by ${safe(title)} (rules/${safe(path)})`),
  ];
}
