/**
 * Generates entries about the creation of processes on Windows machines, the same for the same seed. Pure.
 *
 * Contract: no command line occurs twice. Their lengths are like those of real ones: half of them below about 120
 * characters, some above 2,000. Images, users and parents repeat. A few percent are made to match a rule.
 */
import { createRandom, type Random } from '../../sandbox/random.ts';
import type { ProcessExample } from './process-creation.ts';
import {
  ABUSED,
  CMDLET_VERBS,
  EXTENSIONS,
  INTEGRITY_LEVELS,
  ORDINARY,
  PARENTS,
  type Program,
  USERS,
  WORDS,
} from './process-vocabulary.ts';

/** Fields as Sysmon names them. */
export interface ProcessEntry {
  readonly Image: string;
  readonly OriginalFileName: string;
  readonly CommandLine: string;
  /** Empty if unknown. */
  readonly ParentImage: string;
  readonly ParentCommandLine: string;
  readonly User: string;
  readonly IntegrityLevel: string;
  readonly CurrentDirectory: string;
  readonly Hashes: string;
}

/** The share of entries made to match a rule. */
const MATCHING = 0.03;
const UNKNOWN_PARENT = 0.02;

/** A number of entries; `examples`: what some of them are made from. */
export function processEntries(count: number, examples: readonly ProcessExample[], seed = 17): ProcessEntry[] {
  const random = createRandom(seed);
  const commands = createCommands(random);
  const hashes = new Map<string, string>();
  const seen = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    const example = examples.length > 0 && random.chance(MATCHING) ? random.pick(examples) : null;
    const [usual, args] = commands.ordinary();
    const program = example?.program ?? usual;
    const parent = example?.parent ?? commands.parent();
    const image = `${program.folder}${program.file}`;
    const started = random.chance(0.5) ? `"${image}"` : program.file;
    // What an example needs comes last: some expressions end with the text.
    const line = example === null ? `${started} ${args}` : `${started} ${commands.id()}${example.fragments.join(' ')}`;
    const command = seen.has(line) ? `${line} ${i}` : line;
    seen.add(command);
    const hash = hashes.get(image) ?? commands.hashes();
    hashes.set(image, hash);
    const parentImage = example === null && random.chance(UNKNOWN_PARENT) ? '' : `${parent.folder}${parent.file}`;
    return {
      Image: image,
      OriginalFileName: program.original,
      CommandLine: command,
      ParentImage: parentImage,
      ParentCommandLine: `"${parentImage}" ${commands.short()}`,
      User: random.pick(USERS),
      IntegrityLevel: random.pick(INTEGRITY_LEVELS),
      CurrentDirectory: random.chance(0.6)
        ? 'C:\\Windows\\system32\\'
        : `C:\\Users\\dana\\source\\${commands.name()}\\`,
      Hashes: hash,
      ...example?.fields,
    };
  });
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function createCommands(random: Random) {
  const word = (): string => random.pick(WORDS);
  const capital = (): string => {
    const lower = word();
    return `${lower[0]?.toUpperCase()}${lower.slice(1)}`;
  };
  const id = (): string => random.uuid();
  const hex = (length: number): string => random.uuid().replaceAll('-', '').slice(0, length);
  const name = (): string => `${word()}${random.chance(0.5) ? capital() : random.below(1_000)}`;
  const times = (count: number, make: () => string, between = ' '): string =>
    Array.from({ length: count }, make).join(between);
  const base64 = (length: number): string => times(length, () => BASE64[random.below(64)] ?? '', '');
  /** Mostly few, seldom very many. */
  const skewed = (most: number): number => 1 + Math.floor(most * random.next() ** 4);
  const path = (): string => {
    const folders = times(1 + random.below(4), random.chance(0.5) ? word : capital, '\\');
    return `C:\\${random.pick(['Users\\dana', 'ProgramData', 'Windows\\Temp', 'work'])}\\${folders}\\${name()}.${random.pick(EXTENSIONS)}`;
  };
  const feature = (): string => `${capital()}${capital()}${capital()}`;

  const browser = (): string =>
    `--type=${random.pick(['renderer', 'utility', 'gpu-process'])} --field-trial-handle=${random.below(9_999)},i,` +
    `${random.below(2 ** 31)},${random.below(2 ** 31)} --lang=en-US --enable-features=${times(skewed(60), feature, ',')} ` +
    `--renderer-client-id=${random.below(5_000)} --mojo-platform-channel-handle=${random.below(9_999)} /prefetch:1`;
  const shell = (): string =>
    random.pick([
      () => `/c ${word()} ${path()} > ${path()} 2>&1`,
      () => `/d /s /c "${word()} run ${word()}:${word()} -- --id ${hex(8)}"`,
      () => `/c "cd /d ${path()} && ${word()}.cmd ${hex(12)}"`,
    ])();
  const powershell = (): string =>
    random.pick([
      () => `-NoProfile -ExecutionPolicy Bypass -File ${path()} -${capital()} ${id()}`,
      () =>
        `-NonInteractive -Command "& { ${cmdlet()} -${capital()} '${path()}' | ${cmdlet()} -${capital()} ${hex(6)} }"`,
      () => `-NoP -NonI -EncodedCommand ${base64(60 + skewed(2_500))}==`,
      () => `-Command "${times(skewed(12), () => `$${word()} = ${cmdlet()} -${capital()} ${hex(8)}`, '; ')}"`,
    ])();
  const cmdlet = (): string => `${random.pick(CMDLET_VERBS)}-${capital()}${random.chance(0.5) ? capital() : ''}`;
  const tool = (): string =>
    random.pick([
      () => `${word()} ${path()}`,
      () => `/${word()} ${word()} /tn "\\${capital()}\\${name()}" /tr ${path()} /id ${hex(10)}`,
      () => `${path()},${capital()} ${hex(8)}`,
      () => `-${word()} -f https://${word()}.example.com/${word()}/${id()} ${path()}`,
      () => `${word()} HKCU\\Software\\${capital()}\\${name()} /v ${capital()} /d ${hex(16)} /f`,
    ])();

  /** By their share, summing up to 1. */
  const ordinary: readonly (readonly [share: number, make: () => readonly [Program, string]])[] = [
    [0.1, () => [ORDINARY.service, `-k ${word()} -p -s ${capital()}Svc -i ${hex(12)}`]],
    [0.06, () => [ORDINARY.console, `0x${hex(8)} -ForceV1 --handle 0x${hex(6)}`]],
    [0.06, () => [ORDINARY.surrogate, `/Processid:{${id()}}`]],
    [0.04, () => [ORDINARY.broker, `-Embedding ${hex(16)}`]],
    [0.04, () => [ORDINARY.task, `{${id()}} ${word()}`]],
    [0.15, () => [random.chance(0.5) ? ORDINARY.chrome : ORDINARY.edge, browser()]],
    [0.06, () => [ORDINARY.code, `--type=utility --user-data-dir="${path()}" --${word()}-${word()}=${hex(10)}`]],
    [0.12, () => [ORDINARY.git, `${word()} --${word()}=${hex(20)} -- ${times(1 + skewed(20), path)}`]],
    [
      0.08,
      () => [ORDINARY.node, `${path()} --${word()}-${word()} ${times(skewed(8), () => `--${word()}=${hex(12)}`)}`],
    ],
    [
      0.02,
      () => [ORDINARY.java, `-Xmx2g -cp ${times(5 + skewed(60), path, ';')} com.${word()}.${capital()} ${hex(8)}`],
    ],
    [0.04, () => [ORDINARY.build, `"${path()}" /t:${capital()} /p:${capital()}=${hex(10)} /m /nr:false`]],
    [0.08, () => [ABUSED[1] as Program, shell()]],
    [0.06, () => [ABUSED[0] as Program, powershell()]],
    [0.09, () => [random.pick(ABUSED.slice(3)), tool()]],
  ];
  return {
    id,
    name,
    short: () => `${word()} ${path()} -${word()} ${random.below(100)}`,
    parent: () =>
      random.chance(0.7) ? random.pick(PARENTS.slice(4)) : random.pick([...PARENTS, ...ABUSED.slice(0, 4)]),
    hashes: () => `MD5=${hex(32).toUpperCase()},SHA256=${hex(32)}${hex(32)},IMPHASH=${hex(32).toUpperCase()}`,
    ordinary: (): readonly [Program, string] => {
      let left = random.next();
      for (const [share, make] of ordinary) {
        left -= share;
        if (left < 0) return make();
      }
      return [ORDINARY.service, `-k ${word()} -i ${hex(12)}`];
    },
  };
}
