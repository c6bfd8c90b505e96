/**
 * The text of a new rule with tests, from what it should find, by whom and with which answers, and how bad it is.
 *
 * Contract: pure. The rule is sound and its tests pass, if what it should find is something that entries have. Of the entry
 * that it is made from, its tests have what the rule looks at; ids in the path are replaced, and the rest is in a comment.
 */
import { pathTemplate } from '../audit-log/path-template.ts';
import { type EntryBody, fieldValue, type Level } from '../sigma/index.ts';
import { parseTimespan } from '../text/duration.ts';
import { oneLine } from '../text/untrusted.ts';
import { flowMap, yamlText } from './yaml-text.ts';

/** Which answers of the log a rule is about. */
export const ANSWERS = ['succeeded', 'refused', 'failed', 'any'] as const;
export type Answers = (typeof ANSWERS)[number];

export interface RuleIdea {
  /** An action, perhaps with wildcards; or a method, a path, or both. */
  readonly found: { readonly action: string } | { readonly method: string | null; readonly path: string | null };
  /** `anyone`, a type of actor, or the name of one. */
  readonly by: string;
  readonly answers: Answers;
  readonly level: Level;
  /** So many of one group within a time; null: each one. */
  readonly many: { readonly count: number; readonly within: string; readonly groupBy: string } | null;
  readonly title: string | null;
  /** The entry that it is made from. */
  readonly entry: EntryBody | null;
}

export interface RuleDraft {
  readonly title: string;
  /** Of the file, and of the rule. */
  readonly name: string;
  readonly text: string;
}

/** Types of actors. */
const TYPES = ['user', 'api_key'];
/** It stands for `{id}` and for `*`. */
const EXAMPLE_ID = '1001';
const NAME_MAX = 60;
/** A value in a comment. */
const SHOWN_MAX = 100;
const ANSWER_LINES: { readonly [A in Answers]: readonly string[] } = {
  succeeded: ['succeeded:', '  status_code|lt: 400'],
  refused: ['refused:', '  status_code: [401, 403]'],
  failed: ['failed:', '  status_code|gte: 400'],
  any: [],
};
/** A status that it is about, and one that it is not. */
const STATUSES: { readonly [A in Answers]: readonly [status: number, other: number | null] } = {
  succeeded: [200, 403],
  refused: [403, 200],
  failed: [404, 200],
  any: [200, null],
};

type Fields = readonly (readonly [field: string, value: string])[];

/** Writes a rule; `id` gives a new UUID. Null if it would match every entry. */
export function draftRule(idea: RuleIdea, id: () => string): RuleDraft | null {
  const { found, by, answers, level, many } = idea;
  const [status, otherStatus] = STATUSES[answers];
  const title = idea.title ?? titleOf(idea);
  const name =
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .slice(0, NAME_MAX)
      .replace(/^_+|_+$/g, '') || 'rule';
  const what = 'action' in found ? actionItems(found.action) : requestItems(found.method, found.path);
  const actor = TYPES.includes(by) ? 'actor.type' : 'actor.name';
  const selections = [
    ...(what.lines.length === 0 ? [] : [['found:', ...what.lines.map((line) => `  ${line}`)]]),
    ...(by === 'anyone' ? [] : [['by:', `  ${actor}: ${yamlText(withoutWildcards(by))}`]]),
    ...(answers === 'any' ? [] : [ANSWER_LINES[answers]]),
  ];
  const matching: Fields = [
    ...what.example,
    ...(by === 'anyone' ? [] : [[actor, yamlText(by)] as const]),
    ...(status === 200 ? [] : [['status_code', String(status)] as const]),
  ];
  const changed = (field: string, value: string): string =>
    flowMap([...matching.filter(([name]) => name !== field), [field, value]]);
  const negatives: (readonly [name: string, entry: string])[] = [
    ...(what.other === null ? [] : [['something else', changed(...what.other)] as const]),
    ...(by === 'anyone'
      ? []
      : [
          [
            'by another',
            changed(actor, by === 'user' ? 'api_key' : by === 'api_key' ? 'user' : 'Somebody Else'),
          ] as const,
        ]),
    ...(otherStatus === null
      ? []
      : [[otherStatus === 200 ? 'with success' : 'refused', changed('status_code', String(otherStatus))] as const]),
  ];
  if (negatives.length === 0) return null;
  const conditions = selections.map(([head = '']) => head.slice(0, -1)).join(' and ');
  const detection = [
    `title: ${yamlText(many === null ? title : `${title} (each)`)}`,
    `id: ${id()}`,
    `name: ${many === null ? name : `${name}_each`}`,
    'status: experimental',
    'logsource: { product: nirvana, service: audit }',
    'detection:',
    ...selections.flat().map((line) => `  ${line}`),
    ...moreLines(idea.entry).map((line) => `  ${line}`),
    `  condition: ${conditions}`,
    `level: ${many === null ? level : 'informational'}`,
    'tocsin:',
    ...(many === null ? [RUNBOOK] : []),
    '  tests:',
    ...testLines('it is found', `entry: ${flowMap(matching)}`, true),
    ...negatives.flatMap(([name, entry]) => testLines(`not ${name}`, `entry: ${entry}`, false)),
  ];
  if (many === null) return { title, name, text: `${detection.join('\n')}\n` };
  const { count, within, groupBy } = many;
  const every: Fields = count * 1_000 <= (parseTimespan(within) ?? 0) ? [['every', '1s']] : [];
  const times = (n: number): string => `entries: [${flowMap([['repeat', String(n)], ...every, ...matching])}]`;
  const correlation = [
    `title: ${yamlText(title)}`,
    `id: ${id()}`,
    `name: ${name}`,
    'status: experimental',
    'correlation:',
    '  type: event_count',
    `  rules: [${name}_each]`,
    `  group-by: [${yamlText(groupBy)}]`,
    `  timespan: ${within}`,
    `  condition: { gte: ${count} }`,
    `level: ${level}`,
    'tocsin:',
    RUNBOOK,
    '  tests:',
    ...testLines(`${count} within ${within}`, times(count), true),
    ...testLines(`not ${count - 1}`, times(count - 1), false),
  ];
  return { title, name, text: `${[...detection, '---', ...correlation].join('\n')}\n` };
}

const RUNBOOK = '  runbook: Ask the actor whether they meant to. # Say what to do, for whom it wakes.';

function testLines(name: string, entries: string, match: boolean): readonly string[] {
  return [`    - name: ${yamlText(name)}`, `      ${entries}`, `      match: ${match}`];
}

/** What a part of a detection looks for. */
interface Part {
  readonly lines: readonly string[];
  readonly example: Fields;
  /** A field with a value that it does not match; null if it matches all. */
  readonly other: readonly [field: string, value: string] | null;
}

function actionItems(action: string): Part {
  const isAny = wildcard(action);
  const other = ['vm.read', 'api_key.created', 'project.updated'].find((each) => !isAny(each));
  return {
    lines: [`action: ${yamlText(action)}`],
    example: [['action', yamlText(action.replaceAll('*', 'x').replaceAll('?', 'x'))]],
    other: other === undefined ? null : ['action', other],
  };
}

function requestItems(method: string | null, path: string | null): Part {
  const isPattern = path?.includes('*') === true;
  const template = path === null ? '' : pathTemplate(path);
  const matches = isPattern ? wildcard(path) : (of: string) => pathTemplate(of) === template;
  const example = isPattern ? path.replaceAll('*', EXAMPLE_ID) : template.replaceAll('{id}', EXAMPLE_ID);
  const other = path === null ? undefined : ['/v1/compute/vms', '/v1/projects'].find((each) => !matches(each));
  return {
    lines: [
      ...(method === null ? [] : [`method: ${method}`]),
      ...(path === null ? [] : [isPattern ? `path: ${yamlText(path)}` : `tocsin.path_template: ${yamlText(template)}`]),
    ],
    example: [
      ...(method === null ? [] : [['method', method] as const]),
      ...(path === null ? [] : [['path', yamlText(example)] as const]),
    ],
    other:
      other !== undefined
        ? ['path', yamlText(other)]
        : method !== null
          ? ['method', method === 'DELETE' ? 'GET' : 'DELETE']
          : null,
  };
}

/** Whether a text has a pattern's form; only of texts of ours. */
function wildcard(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w/ -]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 'i');
  return (text) => expression.test(text);
}

/** A value that means itself: `*`, `?` and a backslash are no wildcards in it. */
export function withoutWildcards(value: string): string {
  return value.replace(/[\\*?]/g, '\\$&');
}

function titleOf({ found, by, answers, many }: RuleIdea): string {
  const what = 'action' in found ? found.action : [found.method, found.path].filter((part) => part !== null).join(' ');
  const who = by === 'anyone' ? '' : ` by ${by === 'api_key' ? 'an API key' : by === 'user' ? 'a person' : by}`;
  const how = answers === 'succeeded' ? '' : answers === 'any' ? ', also without success' : `, ${answers}`;
  const often = many === null ? '' : `, ${many.count} times within ${many.within}`;
  return oneLine(`${what}${who}${how}${often}`, 200);
}

/** What else the entry has, to narrow the rule by. */
const MORE = [
  'action',
  'method',
  'path',
  'actor.type',
  'actor.id',
  'actor.name',
  'client_ip',
  'user_agent',
  'target.type',
  'target.id',
];

function moreLines(entry: EntryBody | null): readonly string[] {
  if (entry === null) return [];
  const lines = MORE.flatMap((field) => {
    const value = fieldValue(entry, field);
    return typeof value === 'string' && value !== '' && value.length <= SHOWN_MAX
      ? [`#   ${field}: ${yamlText(withoutWildcards(value))}`]
      : [];
  });
  return lines.length === 0
    ? []
    : ['# The entry that this is made from. Add above what must hold too, and to the tests:', ...lines];
}
