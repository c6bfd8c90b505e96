/** The command lines of `npm run noise` and `npm run stories`. Pure. */
import { parseArgs } from 'node:util';
import { BEHAVIOURS, OTHERS } from './behaviours/index.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import { STARTS, type Start } from './noise.ts';
import { STORIES } from './stories/index.ts';

export const NOISE_HELP = `usage: npm run noise -- [options]

Watches a week of each ordinary behaviour with the rules in rules/ and the real ledger, in virtual time: when Tocsin is new,
and later; where reads are logged, and where they are not. Prints, by behaviour and rule, the alerts that opened on each day,
Monday to Sunday, and the messages that receivers got. At most one alert a day at medium or above is allowed, none critical,
and at most five messages a day to a receiver.

  --behaviour B  only this one (several times: these); one of
                 ${BEHAVIOURS.map(({ name }) => name).join(', ')};
                 or of others, which are not among the fifteen:
                 ${OTHERS.map(({ name }) => name).join(', ')}
  --others       only these others
  --start S      only one of ${STARTS.join(', ')}: Tocsin is new and nobody acts on its alerts, or it has watched for ten days or
                 more and somebody resolves them every night
  --dialect D    only one of ${DIALECTS.join(', ')}: everything is logged, or reads only where they are refused
  --rule R       print only this rule, by name, id or title
  --seed N       other people, other times (1)
  --json         print one JSON object a line: a run
  --help         print this

Exit codes: 0 if nothing is too loud, 1 if something is, 2 for wrong arguments.
`;

export interface NoiseOptions {
  readonly behaviours: readonly string[];
  readonly starts: readonly Start[];
  readonly dialects: readonly Dialect[];
  readonly rule: string | null;
  readonly seed: number;
  readonly json: boolean;
}

export type Read<O> =
  | { readonly kind: 'run'; readonly options: O }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const COMMON = {
  dialect: { type: 'string', multiple: true, default: [] as string[] },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export function readNoiseOptions(args: readonly string[]): Read<NoiseOptions> {
  return reading(() => {
    const options = {
      ...COMMON,
      behaviour: { type: 'string', multiple: true, default: [] as string[] },
      others: { type: 'boolean', default: false },
      start: { type: 'string', multiple: true, default: [] as string[] },
      rule: { type: 'string' },
    } as const;
    const {
      behaviour,
      others,
      start,
      dialect,
      rule = null,
      seed,
      json,
      help,
    } = parseArgs({ args: [...args], options }).values;
    if (help) return null;
    const asked = others ? [...behaviour, ...OTHERS.map(({ name }) => name)] : behaviour;
    const names = [...BEHAVIOURS, ...OTHERS].map(({ name }) => name);
    const fifteen = BEHAVIOURS.map(({ name }) => name);
    return {
      behaviours: asked.length === 0 ? fifteen : oneOf('behaviour', asked, names),
      starts: oneOf('start', start, STARTS),
      dialects: oneOf('dialect', dialect, DIALECTS),
      ...{ rule, seed: seedOf(seed), json },
    };
  });
}

export const STORIES_HELP = `usage: npm run stories -- [options]

Plays attack stories over an ordinary month of a company, with the rules in rules/ and the real ledger, in virtual time. Prints
what the rules alert on in the month alone (at most one alert a day is allowed), and for each story what must be noticed, the
rule that did, its level, and how long that took.

  --story S      only this one (several times: these), without the month alone; one of
                 ${STORIES.map(({ name }) => name).join(', ')}
  --start S      later (unless given): Tocsin has watched for ten days before; first: it is new, and knows nothing
  --dialect D    only one of ${DIALECTS.join(', ')}: everything is logged, or reads only where they are refused
  --seed N       another month (1)
  --json         print one JSON object a line: the month alone, then each story
  --help         print this

Exit codes: 0 if all is noticed in time and the month is quiet, 1 if not, 2 for wrong arguments.
`;

export interface StoryOptions {
  /** Null: all, and the month alone. */
  readonly stories: readonly string[] | null;
  readonly start: Start;
  readonly dialects: readonly Dialect[];
  readonly seed: number;
  readonly json: boolean;
}

export function readStoryOptions(args: readonly string[]): Read<StoryOptions> {
  return reading(() => {
    const options = {
      ...COMMON,
      story: { type: 'string', multiple: true, default: [] as string[] },
      start: { type: 'string', default: 'later' },
    } as const;
    const { story, start, dialect, seed, json, help } = parseArgs({ args: [...args], options }).values;
    if (help) return null;
    const names = STORIES.map(({ name }) => name);
    return {
      stories: story.length === 0 ? null : oneOf('story', story, names),
      start: oneOf('start', [start], STARTS)[0] ?? 'later',
      ...{ dialects: oneOf('dialect', dialect, DIALECTS), seed: seedOf(seed), json },
    };
  });
}

/** `read`: null where help was asked for; it throws what is wrong. */
function reading<O>(read: () => O | null): Read<O> {
  try {
    const options = read();
    return options === null ? { kind: 'help' } : { kind: 'run', options };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Those that were asked for; all if none was. */
function oneOf<T extends string>(option: string, asked: readonly string[], known: readonly T[]): readonly T[] {
  const unknown = asked.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new RangeError(`--${option} ${unknown}: it must be one of ${known.join(', ')}`);
  return asked.length === 0 ? known : known.filter((each) => asked.includes(each));
}

function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError(`--seed must be a whole number of at most nine digits, not ${JSON.stringify(text)}`);
}
