/**
 * Generates Sigma rules about the creation of Windows processes, the same for the same seed: in shape and weight like the
 * public ones (long lists of fragments of command lines, a few images that very many rules name, filters), in words of its
 * own. Pure.
 *
 * Contract: the first n of N rules are always the same, and all kinds are among the first 100. The rules' log source is not
 * the audit log. Hand-written code can express all of them.
 */
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import { createRandom, type Random } from '../../sandbox/random.ts';
import {
  ABUSED,
  CMDLET_VERBS,
  COMMON_FRAGMENTS,
  EXTENSIONS,
  PARENTS,
  type Program,
  USERS,
  WORDS,
  WRITABLE,
} from './process-vocabulary.ts';

/** What an entry must have to match a rule. */
export interface ProcessExample {
  readonly program: Program | null;
  readonly parent: Program | null;
  /** Occur in the command line, in this order. */
  readonly fragments: readonly string[];
  /** Other fields. */
  readonly fields: { readonly [field: string]: string };
}

export interface ProcessRules {
  /** One file per rule. */
  readonly files: readonly SourceFile[];
  /** One per rule; a few are excluded by the rule's filter. */
  readonly examples: readonly ProcessExample[];
}

/** Generates a number of rules. */
export function processRules(count: number, seed = 13): ProcessRules {
  const random = createRandom(seed);
  const words = createProcessWords(random);
  const made = Array.from({ length: count }, (_, i) => {
    const rule = (KINDS[i % KINDS.length] as MakeRule)(words, random);
    return { file: { path: `${i + 1}.yml`, text: documentOf(rule, i + 1, random) }, example: rule.example };
  });
  return {
    files: made.map(({ file }) => file),
    examples: made.map(({ example }) => ({ program: null, parent: null, fragments: [], fields: {}, ...example })),
  };
}

/** Fields with their modifiers → values; several maps are alternatives. */
type Selection = { readonly [item: string]: unknown } | readonly { readonly [item: string]: unknown }[];

interface ProcessRule {
  readonly title: string;
  readonly selections: { readonly [name: string]: Selection };
  readonly condition: string;
  readonly example: Partial<ProcessExample>;
}

type MakeRule = (words: ProcessWords, random: Random) => ProcessRule;
type ProcessWords = ReturnType<typeof createProcessWords>;

/** Lengths of fragments. */
const FRAGMENT_MIN = 4;
const FRAGMENT_MAX = 25;

function createProcessWords(random: Random) {
  const word = (): string => random.pick(WORDS);
  const capital = (): string => capitalized(word());
  const name = (): string => (random.chance(0.5) ? `${word()}${word()}` : `${word()}${random.below(100)}`);
  const cmdlet = (): string => `${random.pick(CMDLET_VERBS)}-${capital()}${capital()}`;
  const makers: readonly (() => string)[] = [
    cmdlet,
    cmdlet,
    () => ` -${word()}${capital()}`,
    () => ` --${word()}-${word()}`,
    () => ` /${word()}:${word()}`,
    () => ` ${word()} ${word()} `,
    () => `\\${capital()}\\${word()}`,
    () => `\\${name()}.${random.pick(EXTENSIONS)}`,
    () => `\\Roaming\\${capital()}${capital()}`,
    () => `\\CurrentVersion\\${capital()}`,
    () => `HKLM\\${capital()}\\${capital()}`,
    () => `://${word()}${random.below(100)}.`,
    () => `[${capital()}.${capital()}]::`,
    () => `.${capital()}${capital()}(`,
    () => `${word()}.dll,${capital()}`,
    () => `${word()}::${word()}`,
    () => `Se${capital()}${capital()}Privilege`,
    () => random.uuid().slice(0, 13),
    () => word().slice(0, 4),
  ];
  /** A fragment that few command lines have. */
  const fragment = (): string => {
    for (;;) {
      const made = random.pick(makers)();
      // A short one alone would match ordinary command lines.
      if (made.length < FRAGMENT_MIN || made.length > FRAGMENT_MAX) continue;
      return made.length > FRAGMENT_MIN ? made : ` -${made}${random.below(10)}`;
    }
  };
  const several = <T>(least: number, most: number, make: () => T): T[] => [
    ...new Set(Array.from({ length: least + random.below(most - least + 1) }, make)),
  ];
  /** The beginning of the list is by far the most popular. */
  const program = (): Program => {
    if (random.chance(0.2)) {
      const rare = `${name()}.exe`;
      return { folder: `C:\\Program Files\\${capital()}\\`, file: rare, original: rare };
    }
    return ABUSED[Math.floor(ABUSED.length * random.next() ** 2.5)] as Program;
  };
  const image = (one: Program): string => `\\${one.file}`;
  /** By the file, or by the original name of a renamed one. */
  const programs = (of: readonly Program[]): Selection => {
    const images = { 'Image|endswith': listOf(of.map(image)) };
    return random.chance(0.6) ? [images, { OriginalFileName: listOf(of.map(({ original }) => original)) }] : images;
  };
  /** Short lists are the most frequent. */
  const fragments = (least = 3, most = 20): string[] =>
    several(least, least + Math.floor((most - least) * random.next() ** 2), fragment);
  const every = (): string[] => [random.pick(COMMON_FRAGMENTS), ...several(1, 3, fragment)];
  return { word, capital, name, cmdlet, fragment, fragments, every, several, program, programs, image };
}

/** One or two filters, and the condition's words about them. */
function withFilters(
  { word, capital, name, several, fragment }: ProcessWords,
  random: Random,
): { readonly filters: { readonly [name: string]: Selection }; readonly and: string } {
  const main = random.pick<() => Selection>([
    () => ({ ParentImage: `C:\\Program Files\\${capital()}\\${name()}.exe` }),
    () => ({ 'ParentImage|startswith': ['C:\\Program Files\\', 'C:\\Program Files (x86)\\'] }),
    () => ({ 'ParentImage|endswith': `\\${name()}.exe`, 'CommandLine|contains': several(1, 3, fragment) }),
    () => ({ 'CommandLine|contains|all': [fragment(), ` ${word()}`] }),
    () => ({ 'User|contains': ['AUTHORI', 'AUTORI'], 'ParentImage|endswith': '\\services.exe' }),
    () => ({ ParentImage: '' }),
    () => ({ 'CurrentDirectory|startswith': `C:\\${capital()}\\` }),
  ])();
  const filters: Record<string, Selection> = { [`filter_main_${word()}`]: main };
  if (random.chance(0.4)) filters.filter_main_other = { 'CommandLine|endswith': `\\${name()}.exe` };
  if (!random.chance(0.3)) return { filters, and: ' and not 1 of filter_main_*' };
  filters.filter_optional_product = { 'Image|startswith': `C:\\Program Files\\${capital()}\\` };
  return { filters, and: ' and not 1 of filter_main_* and not 1 of filter_optional_*' };
}

/** An expression as used against obfuscation, and a text that it matches. */
function obfuscation({ word, capital, cmdlet }: ProcessWords, random: Random): { source: string; text: string } {
  const one = word();
  const other = word();
  const cased = capital();
  const command = cmdlet();
  const digits = 2 + random.below(3);
  return random.pick([
    () => ({ source: [...one].join('\\^{1,2}'), text: [...one].join('^') }),
    () => ({ source: `(?:\\{\\d{1,2}\\}){${digits},}["']\\s*-f\\s*'${one}`, text: `{0}{1}{2}{3}{4}" -f '${one}` }),
    () => ({
      source: `\\s-${one.slice(0, 2)}[^\\s]{0,8}\\s+["']?[A-Za-z0-9+/]{30,}={0,2}${other}`,
      text: ` -${one} ${'SQBFAFgA'.repeat(5)}${other}`,
    }),
    () => ({
      source: `\\$\\{?${one}\\}?\\s*=\\s*["'][^"']{1,40}["']\\s*\\+\\s*["']`,
      text: ` $${one} = 'ab' + 'cd'`,
    }),
    () => ({
      source: `(?:/c|/k|/r)\\s.*set\\s+[a-z0-9]{2,8}=.*&&.*%${one}${digits}%`,
      text: ` /c set ab=cd&& %${one}${digits}%`,
    }),
    () => ({
      source: `\\\\(?:Users|ProgramData)\\\\[^\\\\]+\\\\${cased}\\\\[a-z0-9]{6,12}\\.(?:exe|dll|scr)`,
      text: ` C:\\ProgramData\\abc\\${cased}\\q1w2e3r4.dll`,
    }),
    () => ({
      source: `\\[char\\]\\s*\\(?\\d{2,3}\\)?(?:\\s*\\+\\s*\\[char\\]\\s*\\(?\\d{2,3}\\)?){${digits},}.*${one}`,
      text: ` [char]105+[char]101+[char]120+[char](120)+[char]99 ${one}`,
    }),
    () => ({
      source: `${command}.*\\s-(?:Uri|OutFile)\\s+["']?https?://\\d{1,3}(?:\\.\\d{1,3}){3}`,
      text: ` ${command} -Uri http://10.1.2.3/a`,
    }),
    () => ({
      source: `${one}\\.exe"?\\s+[0-9a-f]{${8 * digits},}$`,
      text: ` ${one}.exe ${'0a1b2c3d'.repeat(digits + 1)}`,
    }),
    () => ({ source: `\\s[-/](?:${one}|${other})${digits}[0-9]{1,2}(?:\\s|$)`, text: ` /${other}${digits}7 ` }),
  ])();
}

/** Used in turn: their shares are those of the public rules, roughly. */
const KINDS: readonly MakeRule[] = [
  ...Array.from({ length: 2 }, (): MakeRule => fragmentsOfProgram),
  (words, random) => {
    const of = [words.program()];
    const every = words.every();
    const { filters, and } = withFilters(words, random);
    return {
      title: `All of these fragments, except ${words.word()}`,
      selections: {
        selection: { 'Image|endswith': listOf(of.map(words.image)), 'CommandLine|contains|all': every },
        ...filters,
      },
      condition: `selection${and}`,
      example: { program: of[0] ?? null, fragments: every },
    };
  },
  (words, random) => {
    const parent = random.pick(PARENTS);
    const of = words.several(2, 12, words.program);
    const isMore = random.chance(0.7);
    const fragments = words.fragments(2, 8);
    return {
      title: `Started by ${parent.original}`,
      selections: {
        selection_parent: { 'ParentImage|endswith': words.image(parent) },
        selection_child: { 'Image|endswith': of.map(words.image) },
        ...(isMore ? { selection_cli: { 'CommandLine|contains': fragments } } : {}),
        filter_main_usual: { 'CommandLine|contains': words.fragments(2, 4) },
        ...(isMore ? {} : { filter_main_directory: { 'CurrentDirectory|startswith': 'C:\\' } }),
      },
      condition: 'all of selection_* and not 1 of filter_main_*',
      example: { program: of[0] ?? null, parent, fragments: fragments.slice(0, 1) },
    };
  },
  (words) => {
    const fragments = words.fragments(5, 20);
    return {
      title: 'Fragments of a tool',
      selections: { selection: { 'CommandLine|contains': fragments } },
      condition: 'selection',
      example: { fragments: fragments.slice(-1) },
    };
  },
  (words, random) => {
    const { source, text } = obfuscation(words, random);
    const isProgram = random.chance(0.5);
    const of = words.program();
    const { filters, and } = withFilters(words, random);
    return {
      title: `Obfuscated ${words.word()}`,
      selections: {
        selection: {
          ...(isProgram ? { 'Image|endswith': words.image(of) } : {}),
          [random.chance(0.4) ? 'CommandLine|re|i' : 'CommandLine|re']: source,
        },
        ...filters,
      },
      condition: `selection${and}`,
      example: { program: isProgram ? of : null, fragments: [text] },
    };
  },
  (words, random) => {
    const of = words.program();
    const flags = words.several(1, 4, () => ` -${words.word()}${random.pick(['', ' ', ':'])}`);
    const fragments = words.fragments(3, 10);
    return {
      title: `Switches of ${of.original}`,
      selections: {
        selection_img: words.programs([of]),
        selection_flags: { 'CommandLine|contains|windash': flags },
        selection_cli: { 'CommandLine|contains': fragments },
      },
      condition: 'all of selection_*',
      example: { program: of, fragments: [(flags[0] ?? '').replace('-', '/'), fragments[0] ?? ''] },
    };
  },
  (words, random) => {
    const first = words.fragment();
    const groups = words.several(2, 4, words.every);
    const [example = []] = groups;
    return {
      title: `Any of several ways to ${words.word()}`,
      selections: {
        ...Object.fromEntries(groups.map((every, i) => [`selection_${i + 1}`, { 'CommandLine|contains|all': every }])),
        selection_wildcard: random.chance(0.5)
          ? { CommandLine: `*${first}*${words.word()}?${words.word()}*` }
          : { 'CommandLine|contains': [`${first}*\\${words.name()}`, `${words.word()}?${words.fragment()}`] },
      },
      condition: '1 of selection_*',
      example: { fragments: example },
    };
  },
  ...Array.from({ length: 2 }, (): MakeRule => fragmentsOfProgram),
  (words, random) => {
    const folders = words.several(1, 6, () => random.pick(WRITABLE));
    const fragments = words.fragments(3, 12);
    const { filters, and } = withFilters(words, random);
    return {
      title: 'Run from a writable folder',
      selections: {
        selection_folder: [{ 'Image|contains': folders }, { 'CurrentDirectory|contains': folders }],
        selection_cli: { 'CommandLine|contains': fragments },
        ...filters,
      },
      condition: `all of selection_*${and}`,
      example: {
        program: { folder: `C:${folders[0]}`, file: `${words.name()}.exe`, original: '' },
        fragments: fragments.slice(0, 1),
      },
    };
  },
  (words, random) => {
    const hashes = words.several(1, 12, () => `IMPHASH=${random.uuid().replaceAll('-', '').toUpperCase()}`);
    const tool = `${words.name()}.exe`;
    return {
      title: `The tool ${tool}`,
      selections: {
        selection_img: [{ 'Image|endswith': `\\${tool}` }, { OriginalFileName: tool }],
        selection_hash: { 'Hashes|contains': hashes },
        selection_cli: { 'CommandLine|contains|all': [` ${words.word()}`, words.fragment(), words.fragment()] },
      },
      condition: '1 of selection_*',
      example: { fields: { Hashes: `SHA1=0,${hashes[0]}` } },
    };
  },
  (words, random) => {
    const of = words.program();
    const fragments = words.several(1, 6, () => `${words.capital()}${words.capital()}`);
    const user = random.pick(USERS);
    return {
      title: 'With rights, in this spelling',
      selections: {
        selection_img: words.programs([of]),
        selection_cli: { 'CommandLine|contains|cased': fragments },
        selection_rights: [{ IntegrityLevel: ['High', 'System'] }, { User: user }],
      },
      condition: 'all of selection_*',
      example: { program: of, fragments: fragments.slice(0, 1), fields: { IntegrityLevel: 'High' } },
    };
  },
  (words, random) => {
    const parent = words.program();
    const before = words.fragments(2, 6);
    const after = words.fragments(2, 6);
    const { filters, and } = withFilters(words, random);
    return {
      title: `From one command to another, with ${words.word()}`,
      selections: {
        selection_parent: { 'ParentImage|endswith': words.image(parent), 'ParentCommandLine|contains': before },
        selection_cli: { 'CommandLine|contains': after },
        ...filters,
      },
      condition: `all of selection_*${and}`,
      example: {
        parent,
        fragments: after.slice(0, 1),
        fields: { ParentCommandLine: `${parent.folder}${parent.file}${before[0]}` },
      },
    };
  },
  (words) => {
    const of = words.program();
    return {
      title: `Renamed ${of.original}`,
      selections: {
        selection: { OriginalFileName: of.original },
        filter_main_name: { 'Image|endswith': words.several(1, 3, () => words.image(of)) },
        filter_main_folder: { 'Image|startswith': ['C:\\Windows\\', 'C:\\Program Files'] },
      },
      condition: 'selection and not 1 of filter_main_*',
      example: {
        program: { ...of, folder: 'C:\\Users\\Public\\', file: `${words.name()}.exe` },
        fragments: [],
      },
    };
  },
  ...Array.from({ length: 3 }, (): MakeRule => fragmentsOfProgram),
  (words, random) => {
    const { source, text } = obfuscation(words, random);
    const fragments = words.fragments(2, 6);
    return {
      title: `An expression or fragments of ${words.word()}`,
      selections: {
        selection_re: { 'CommandLine|re': source },
        selection_cli: { 'CommandLine|contains|all': fragments.slice(0, 2), 'ParentImage|endswith': '\\cmd.exe' },
      },
      condition: '1 of selection_*',
      example: { fragments: [text] },
    };
  },
];

/** The most frequent kind: one or a few programs, and any of many fragments. */
function fragmentsOfProgram(words: ProcessWords, random: Random): ProcessRule {
  const of = words.several(1, random.chance(0.3) ? 6 : 2, words.program);
  const fragments = words.fragments();
  const { filters, and } = random.chance(0.4) ? withFilters(words, random) : { filters: {}, and: '' };
  return {
    title: `${words.cmdlet()} or the like`,
    selections: {
      selection_img: words.programs(of),
      selection_cli: { 'CommandLine|contains': fragments },
      ...filters,
    },
    condition: `all of selection_*${and}`,
    example: { program: of[0] ?? null, fragments: fragments.slice(0, 1) },
  };
}

function documentOf({ title, selections, condition }: ProcessRule, number: number, random: Random): string {
  return [
    `title: ${JSON.stringify(`${title} ${number}`)}`,
    `id: ${random.uuid()}`,
    'logsource: {category: process_creation, product: windows}',
    `level: ${random.pick(['low', 'medium', 'high', 'critical'])}`,
    'detection:',
    ...Object.entries(selections).map(([name, selection]) => `  ${name}: ${JSON.stringify(selection)}`),
    `  condition: ${condition}`,
    '',
  ].join('\n');
}

/** A list of one value is written as the value. */
function listOf<T>(values: readonly T[]): T | readonly T[] {
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : values;
}

function capitalized(word: string): string {
  return `${word[0]?.toUpperCase()}${word.slice(1)}`;
}
