/** `new`: writes a rule with tests, from an entry or from three answers. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { toSegment } from '../../http/segment.ts';
import { type EntryBody, fieldValue, LEVELS, type Level } from '../../sigma/index.ts';
import { parseTimespan, timespanHint } from '../../text/duration.ts';
import { nearest } from '../../text/nearest.ts';
import { counted } from '../../text/numbers.ts';
import { LOOKUP_PATH } from '../../web/api/paths.ts';
import { problemText } from '../../yaml/diagnostics.ts';
import { Failure, OK } from '../failure.ts';
import { isSound, openRuleFolder, tryFile, writeNewFile } from '../local-rule.ts';
import { ANSWERS, type Answers, draftRule, type RuleIdea, withoutWildcards } from '../rule-draft.ts';
import { schemaComment } from '../schemas/schemas.ts';
import { safe } from '../terminal.ts';
import { type CliContext, connect, defineCommand, FLAG, print, TEXT, UsageError } from './command.ts';
import { readEntry } from './read-entry.ts';
import { rulesFolder } from './rules-folder.ts';

const WITHIN = '5m';
const COUNT_MAX = 1_000;
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];

export const newRule = defineCommand({
  summary: 'write a new rule with tests',
  usage: `usage: npm run tocsin -- new [options]

Writes a rule with tests below rules/local/, from an entry or from what it should find. Without options, three questions are asked.
The rule passes "check --strict" and its tests as it is written; no file is written over another. The exit code is 0; 1 if
nothing could be written; 2 for wrong options.

What should be found, one of
  --entry ID        what the entry with this id did; it is read from the Tocsin at --url, with the viewer token in TOCSIN_TOKEN
  --file FILE       what the entry did whose JSON is in this file; "-" is the standard input
  --action ACTION   an action, such as vm.deleted; "*" stands for any text
  --method METHOD   a method, a path, or both, such as --method GET
  --path PATH         --path "/v1/nks/clusters/{id}/kubeconfig"
By whom, and with which answers
  --by WHO          anyone, user, api_key, or the name of one (default: anyone)
  --answers WHICH   succeeded, refused (401 and 403), failed (400 and above), or any (default: as the entry's, or succeeded)
How bad it is, and how many in which time
  --level LEVEL     ${LEVELS.join(', ')} (default: medium)
  --count N         only so many of them alert (default: each)
  --within TIME     in so long (default: ${WITHIN})
  --group-by FIELD  of one actor, or of one of what this field has (default: actor.id)

  --title TITLE     the title of the rule; its name and the name of its file are made from it
  --dry-run         print the rule; write nothing
  --json            print one JSON object
  --rules DIR       the folder of rules (default: rules)
  --url URL         of --entry: the address of the Worker (default: TOCSIN_URL, or http://127.0.0.1:8787)
`,
  options: {
    ...{ entry: TEXT, file: TEXT, action: TEXT, method: TEXT, path: TEXT, by: TEXT, answers: TEXT, level: TEXT },
    ...{
      count: TEXT,
      within: TEXT,
      'group-by': TEXT,
      title: TEXT,
      'dry-run': FLAG,
      json: FLAG,
      rules: TEXT,
      url: TEXT,
    },
  },
  async run(options, context) {
    const { rules, json, 'dry-run': isDry } = options;
    const { folder, shown } = rulesFolder(rules);
    const { entry, url } = options;
    if (url !== undefined && entry === undefined) throw new UsageError('--url is for --entry');
    const idea = await readIdea(options, context);
    const draft = draftRule(idea, randomUUID);
    if (draft === null)
      throw new UsageError('every entry would match: say what should be found, by whom, or with which answers');
    const { title, name, text } = draft;
    const path = `local/${name}.yml`;
    const file = { path, text: `${schemaComment(path, 'rule')}\n${text}` };
    const hint = 'Give it another title: --title TITLE';
    if (existsSync(join(folder, file.path)))
      throw new Failure(`${safe(shown + file.path)} exists, and is left as it is`, hint);
    const { problems, tests } = tryFile(openRuleFolder(folder), file);
    if (!isSound(problems)) {
      for (const problem of problems) context.err(`${problemText(problem, shown)}\n`);
      throw new Failure('the rule would not be sound: nothing was written', 'Change the options: --help lists them.');
    }
    if (!isDry) writeNewFile(folder, file, hint);
    const shownPath = `${shown}${path}`;
    const at = rules === undefined ? '' : ` --rules ${rules}`;
    const next = [
      `npm run tocsin -- test ${shownPath}${at}`,
      `npm run tocsin -- backtest ${name} --since 30d${at}`,
      'npm run deploy',
    ];
    const answer = {
      path: shownPath,
      written: !isDry,
      title,
      name,
      level: idea.level,
      tests,
      text: file.text,
      problems,
      next,
    };
    print(context, json, answer, [
      ...(isDry
        ? [file.text]
        : [`${safe(shownPath)} written: ${safe(title)} (${idea.level}), ${counted(tests, 'test')} passed`]),
      ...problems.map((problem) => problemText(problem, shown)),
      ...(isDry
        ? [`It would be written to ${safe(shownPath)}.`]
        : ['', 'Look at it, then try it:', ...next.map((line) => `  ${line}`)]),
    ]);
    return OK;
  },
});

type Given = {
  readonly [name in 'entry' | 'file' | 'action' | 'method' | 'path' | 'by' | 'answers' | 'level']?: string | undefined;
} & { readonly [name in 'count' | 'within' | 'group-by' | 'title' | 'url']?: string | undefined };

async function readIdea(options: Given, context: CliContext): Promise<RuleIdea> {
  const { entry: id, file, action, method, path } = options;
  const isRequest = method !== undefined || path !== undefined;
  const ways = [id !== undefined, file !== undefined, action !== undefined, isRequest].filter((is) => is).length;
  if (ways > 1) throw new UsageError('give one of --entry, --file, --action, or --method and --path');
  const given = ways === 0 ? { ...options, ...(await askAll(options, context)) } : options;
  const entry = id !== undefined ? await lookUp(id, options.url, context) : file !== undefined ? readEntry(file) : null;
  const by = given.by?.trim() || 'anyone';
  return {
    found: entry === null ? readFound(given) : foundIn(entry),
    by,
    answers: readAnswers(given.answers, entry),
    level: readLevel(given.level),
    many: readMany(given),
    title: options.title?.trim() || null,
    entry,
  };
}

/** The entry as the Tocsin has it, or its lookup. */
async function lookUp(id: string, url: string | undefined, context: CliContext): Promise<EntryBody> {
  const client = connect(url, context);
  if (!client.hasToken)
    throw new Failure(
      'an entry is read with a viewer token',
      'Set TOCSIN_TOKEN to one, as `viewers add` prints it; or save the entry as JSON from its page, and give --file FILE.',
    );
  const path = `${LOOKUP_PATH}/${toSegment(id)}`;
  return (await client.ask({ method: 'GET', path }, z.record(z.string(), z.unknown()))).answer;
}

/** What an entry did: its action, or else its request. */
function foundIn(entry: EntryBody): RuleIdea['found'] {
  const [action, method, path] = ['action', 'method', 'path'].map((field) => {
    const value = fieldValue(entry, field);
    return typeof value === 'string' && value !== '' ? value : null;
  });
  if (action) return { action: withoutWildcards(action) };
  if (!method && !path)
    throw new Failure('the entry has no action, method or path', 'Say what should be found: --action ACTION');
  return { method: method ?? null, path: path?.replaceAll('*', '%2a') ?? null };
}

function readFound({ action, method, path }: Given): RuleIdea['found'] {
  if (action !== undefined) {
    if (action.trim() === '') throw new UsageError('--action is empty: give one such as vm.deleted');
    return { action: action.trim() };
  }
  if (method !== undefined && !METHODS.includes(method.toUpperCase()))
    throw new UsageError(`--method must be one of ${METHODS.join(', ')}, not ${JSON.stringify(safe(method))}`);
  if (path !== undefined && !path.startsWith('/'))
    throw new UsageError('--path must begin with "/", such as "/v1/nks/clusters/{id}/kubeconfig"');
  return { method: method?.toUpperCase() ?? null, path: path ?? null };
}

function readAnswers(text: string | undefined, entry: EntryBody | null): Answers {
  const status = fieldValue(entry, 'status_code');
  if (text === undefined) {
    if (typeof status !== 'number' || status < 400) return 'succeeded';
    return status === 401 || status === 403 ? 'refused' : 'failed';
  }
  return oneOf('answers', text, ANSWERS);
}

function readLevel(text = 'medium'): Level {
  return oneOf('level', text, LEVELS);
}

function oneOf<const T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(text, known);
  throw new UsageError(
    `--${option} must be one of ${known.join(', ')}, not ${JSON.stringify(safe(text))}${near === null ? '' : ` (did you mean "${near}"?)`}`,
  );
}

function readMany({ count, within, 'group-by': groupBy }: Given): RuleIdea['many'] {
  if (count === undefined) {
    if (within !== undefined || groupBy !== undefined) throw new UsageError('--within and --group-by are for --count');
    return null;
  }
  const number = /^\d{1,4}$/.test(count) ? Number(count) : Number.NaN;
  if (!(number >= 2 && number <= COUNT_MAX))
    throw new UsageError(`--count must be a whole number from 2 to ${COUNT_MAX}, not ${JSON.stringify(safe(count))}`);
  const time = within ?? WITHIN;
  if (parseTimespan(time) === null) throw new UsageError(`--within: ${timespanHint(time)}`);
  return { count: number, within: time, groupBy: groupBy ?? 'actor.id' };
}

const QUESTIONS = [
  'What should be found? An action such as vm.deleted, or a method and path such as GET /v1/nks/clusters/{id}/kubeconfig\n> ',
  `By whom, and with which answers? anyone, user, api_key or a name; and succeeded, refused, failed or any [anyone, succeeded]\n> `,
  `How bad is it, and how many in which time? such as high, or high, 5 in 10m [medium]\n> `,
] as const;

/** What the person at the terminal answers. Options that are given are not overruled. */
async function askAll(options: Given, { ask }: CliContext): Promise<Given> {
  if (ask === undefined)
    throw new UsageError('say what should be found: --entry, --file, --action, or --method and --path');
  const answers: string[] = [];
  for (const question of QUESTIONS) {
    const answer = await ask(question);
    if (answer === null)
      throw new Failure(
        'the questions were not answered: nothing was written',
        'Ask again, or give options: --help lists them.',
      );
    answers.push(answer.trim());
  }
  const [what = '', who = '', how = ''] = answers;
  return { ...readWhat(what), ...readWho(who), ...readHow(how), ...given(options) };
}

function given(options: Given): Given {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function readWhat(text: string): Given {
  const [, method, path] = /^(?:([A-Za-z]+)\s+)?(\/\S*)$/.exec(text) ?? [];
  if (path !== undefined) return { path, ...(method !== undefined && { method }) };
  if (METHODS.includes(text.toUpperCase())) return { method: text };
  if (/^\S+$/.test(text)) return { action: text };
  throw new UsageError(
    `what should be found must be an action, or a method and a path, not ${JSON.stringify(safe(text))}`,
  );
}

/** `api_key, refused`: the last word may be about answers, and the rest is a name. */
function readWho(text: string): Given {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const last = words.at(-1)?.toLowerCase() ?? '';
  const hasAnswers = ANSWERS.some((each) => each === last);
  const by = (hasAnswers ? words.slice(0, -1) : words).join(' ');
  return { ...(by !== '' && { by }), ...(hasAnswers && { answers: last }) };
}

function readHow(text: string): Given {
  if (text === '') return {};
  const [, level, count, within] = /^([a-z]+)?[\s,]*(?:(\d+)(?:\s*(?:in|within)\s+(\w+))?)?$/i.exec(text) ?? [];
  if (level === undefined && count === undefined)
    throw new UsageError(
      `how bad it is must be a level, or one with a number and a time such as "high, 5 in 10m", not ${JSON.stringify(safe(text))}`,
    );
  return { ...(level && { level }), ...(count && { count }), ...(within && { within }) };
}
