/** `import`: which rules of others fit this log, and which could be made to? */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_LOG } from '../../audit-log/entry-fields.ts';
import { LEVELS } from '../../sigma/index.ts';
import { counted } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { createReport, type Problem, problemText } from '../../yaml/diagnostics.ts';
import { attributesOf } from '../../yaml/fields.ts';
import { type MapNode, readDocuments, type SourceFile } from '../../yaml/yaml.ts';
import { cannotRead } from '../cannot-read.ts';
import { FAILED, OK } from '../failure.ts';
import { foreignLog } from '../import/foreign-logs.ts';
import {
  type LogSource,
  logSourceOf,
  type MappedDetection,
  mapDetection,
  textAt,
  yamlLines,
} from '../import/foreign-rule.ts';
import { type OpenFolder, openRuleFolder, tryFile, writeNewFile } from '../local-rule.ts';
import { safe, section } from '../terminal.ts';
import { yamlText } from '../yaml-text.ts';
import { defineCommand, FLAG, print, TEXT, UsageError } from './command.ts';
import { rulesFolder } from './rules-folder.ts';

/** A rule, and what can be done with it. */
interface Imported {
  /** The file, as it was named. */
  readonly path: string;
  readonly line: number;
  readonly title: string;
  /** The log that it is for. */
  readonly log: string;
  readonly kind: 'fits' | 'mappable' | 'other';
  /** Why it is not mapped, or what a draft needs. */
  readonly note: string | null;
  readonly mapped: { readonly [theirs: string]: string };
  readonly unmapped: readonly string[];
  /** The draft, below the folder of rules. */
  readonly draft: SourceFile | null;
}

const DRAFTS = 'local/imported/';
const NAME_MAX = 80;
/** Logs in the summary. */
const LOGS_MAX = 20;

export const importRules = defineCommand({
  summary: 'say which Sigma rules of others fit this log',
  usage: `usage: npm run tocsin -- import PATH [--write] [--json] [--rules DIR]

Reads Sigma rules that others wrote, a file or a folder such as SigmaHQ's, and says of each:
  it fits         its log source is this log: copy it below rules/local/
  could be mapped it is for another cloud's audit log, and some of its fields have a counterpart here; values, such as the names
                  of actions, are the other log's and are to be replaced
  another log     it is for something else, such as Windows: these are only counted
The exit code is 0, or 1 if something can't be read.

  --write       write those that could be mapped as drafts below rules/local/imported/, with what to check in a comment;
                no file is written over another
  --json        print one JSON object, with every rule
  --rules DIR   the folder of rules (default: rules)
`,
  options: { write: FLAG, json: FLAG, rules: TEXT },
  allowPositionals: true,
  async run({ write, json, rules: given }, context, [path, ...more]) {
    if (path === undefined) throw new UsageError('the path of a rule, or of a folder of rules, is missing');
    if (more.length > 0) throw new UsageError('only one path at a time');
    const { folder, shown } = rulesFolder(given);
    const open = openRuleFolder(folder);
    const problems: Problem[] = [];
    const files = readFiles(path);
    const rules = withOwnPaths(files.flatMap((file) => importFile(file, open, problems)));
    const written: string[] = [];
    const kept: string[] = [];
    for (const { draft } of write ? rules : []) {
      if (draft === null) continue;
      const isThere = existsSync(join(folder, draft.path));
      (isThere ? kept : written).push(`${shown}${draft.path}`);
      if (!isThere) writeNewFile(folder, draft, 'Name another folder of rules: --rules DIR');
    }
    const errors = problems.filter(({ severity }) => severity === 'error');
    const counts = Object.fromEntries(
      (['fits', 'mappable', 'other'] as const).map((kind) => [kind, rules.filter((rule) => rule.kind === kind).length]),
    );
    if (!json) for (const problem of problems) context.err(`${problemText(problem)}\n`);
    const answer = { files: files.length, ...counts, rules, written, kept, problems };
    print(context, json, answer, [
      ...linesOf(rules, files.length),
      ...section(
        `Drafts written (${written.length}): look at each, then: npm run tocsin -- check --strict`,
        written.map(safe),
      ),
      ...section(`Drafts that exist, left as they are (${kept.length})`, kept.map(safe)),
    ]);
    return errors.length === 0 && rules.length > 0 ? OK : FAILED;
  },
});

function readFiles(path: string): readonly SourceFile[] {
  try {
    const paths = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((name) => /\.ya?ml$/i.test(name))
          .sort((a, b) => (a < b ? -1 : 1))
          .map((name) => join(path, name))
      : [path];
    return paths.map((each) => ({ path: each.replaceAll('\\', '/'), text: readFileSync(each, 'utf8') }));
  } catch (error) {
    throw cannotRead(path, error, 'Name a rule, or a folder with rules.');
  }
}

/** What is in a file. Its problems are added to `problems`. */
function importFile(file: SourceFile, open: OpenFolder, problems: Problem[]): readonly Imported[] {
  const documents = readDocuments(file, createReport(file.path, problems));
  const found = documents.flatMap((document) => importDocument(file, document, open, problems) ?? []);
  if (found.some(({ kind }) => kind === 'fits')) problems.push(...tryFile(open, file).problems.filter(isMistake));
  return found;
}

/** Notices of a rule that is not ours are not for us. */
function isMistake({ severity }: Problem): boolean {
  return severity !== 'notice';
}

function importDocument(file: SourceFile, document: MapNode, open: OpenFolder, problems: Problem[]): Imported | null {
  const { line } = document.place;
  const title = textAt(document, 'title') ?? 'a rule without a title';
  const rule = { path: file.path, line, title, note: null, mapped: {}, unmapped: [], draft: null };
  if (attributesOf(document).has('correlation'))
    return { ...rule, log: 'correlations', kind: 'other', note: 'it counts other rules: map these first' };
  const source = logSourceOf(document);
  if (source === null) {
    createReport(file.path, problems).error(
      document.place,
      'the rule has no logsource',
      'it says which log a rule is for',
    );
    return null;
  }
  const log = logName(source);
  if (source.product === AUDIT_LOG.product) return { ...rule, log, kind: 'fits' };
  const foreign = foreignLog(source);
  const detection = foreign === null ? null : mapDetection(document, foreign.fieldFor);
  if (foreign === null || detection === null || detection.mapped.size === 0) return { ...rule, log, kind: 'other' };
  const { unmapped, empty } = detection;
  const mapped = Object.fromEntries(detection.mapped);
  const some = { ...rule, log, kind: 'mappable', mapped, unmapped } as const;
  if (empty.length > 0) return { ...some, note: `no draft: nothing is left of ${empty.join(', ')}` };
  const draft = { path: draftPath(file.path), text: draftText(file.path, document, title, foreign.name, detection) };
  const [wrong] = tryFile({ ...open, files: [] }, draft).problems.filter(isMistake);
  if (wrong !== undefined) return { ...some, note: `no draft: ${wrong.message}` };
  return { ...some, draft };
}

function logName({ product, category, service }: LogSource): string {
  return [product, category, service].filter((part) => part !== null).join('/') || 'unnamed';
}

function draftPath(path: string): string {
  const name = (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '');
  return `${DRAFTS}${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, NAME_MAX)}.yml`;
}

/** Drafts of the same name get a number. */
function withOwnPaths(rules: readonly Imported[]): readonly Imported[] {
  const taken = new Set<string>();
  return rules.map((rule) => {
    if (rule.draft === null) return rule;
    const { text } = rule.draft;
    let { path } = rule.draft;
    for (let n = 2; taken.has(path); n++) path = rule.draft.path.replace(/\.yml$/, `_${n}.yml`);
    taken.add(path);
    return { ...rule, draft: { path, text } };
  });
}

/** What a draft keeps as it is. Licenses of rules want the author to be named. */
const KEPT = ['description', 'references', 'author', 'falsepositives'];

/** The rule with our fields, and with what to check. */
function draftText(
  path: string,
  document: MapNode,
  title: string,
  log: string,
  { mapped, unmapped, lines }: MappedDetection,
): string {
  const [id, level] = ['id', 'level'].map((key) => textAt(document, key));
  const kept = { ...document, entries: document.entries.filter(({ key }) => KEPT.includes(key)) };
  const comment = (text: string): string => `# ${oneLine(text, 300)}`;
  return `${[
    comment(`A draft, from a rule for ${log}: ${path.split('/').at(-1)}. Check before it is deployed:`),
    comment(`- the values: they are those of ${log}. An action here is such as vm.deleted.`),
    comment(`- the fields: ${[...mapped].map(([theirs, ours]) => `${theirs} is ${ours}`).join(', ')}.`),
    ...(unmapped.length === 0
      ? []
      : [comment(`- what is left out, and makes it match more or less: ${unmapped.join(', ')}.`)]),
    comment('- tests: add an entry that it finds, and one that it does not find.'),
    `title: ${yamlText(title)}`,
    `id: ${randomUUID()}`,
    ...(id === null || id === undefined ? [] : ['related:', `  - { id: ${yamlText(id)}, type: derived }`]),
    'status: experimental',
    ...(kept.entries.length === 0 ? [] : yamlLines(kept)),
    'logsource: { product: nirvana, service: audit }',
    'detection:',
    ...lines.map((line) => `  ${line}`),
    `level: ${LEVELS.find((each) => each === level?.toLowerCase()) ?? 'medium'}`,
  ].join('\n')}\n`;
}

function linesOf(rules: readonly Imported[], files: number): readonly string[] {
  const of = (kind: Imported['kind']) => rules.filter((rule) => rule.kind === kind);
  const [fits, mappable, other] = [of('fits'), of('mappable'), of('other')];
  const head = ({ title, path, line, log }: Imported): string =>
    `${safe(title)} [${safe(log)}] (${safe(path)}:${line})`;
  const logs = [...Map.groupBy(other, ({ log }) => log)].toSorted(([, a], [, b]) => b.length - a.length);
  return [
    `${counted(rules.length, 'rule')} in ${counted(files, 'file')}: ${fits.length} for this log, ${mappable.length} could be mapped, ${other.length} for other logs`,
    ...section('They fit: copy them below rules/local/', fits.map(head)),
    ...section(
      'They could be mapped; values such as the names of actions are to be replaced',
      mappable.flatMap((rule) => [
        head(rule),
        `  ${Object.entries(rule.mapped)
          .map(([theirs, ours]) => `${safe(theirs)} → ${ours}`)
          .join(', ')}${rule.unmapped.length === 0 ? '' : `; nothing for ${rule.unmapped.map(safe).join(', ')}`}`,
        ...(rule.note === null ? [] : [`  ${safe(rule.note)}`]),
      ]),
    ),
    ...section('For other logs', [
      ...logs.slice(0, LOGS_MAX).map(([log, those]) => `${String(those.length).padStart(5)}  ${safe(log)}`),
      ...(logs.length > LOGS_MAX ? [`       and ${counted(logs.length - LOGS_MAX, 'other log')}`] : []),
    ]),
  ];
}
