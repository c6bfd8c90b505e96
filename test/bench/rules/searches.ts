/** The kinds of searches of generated rules. Pure except for the random generator. */
import type { Random } from '../../sandbox/random.ts';
import { ADDRESSES, AGENTS, KINDS, NAMES, PATHS, VERBS } from './vocabulary.ts';

/** Field (with its modifiers) → its values. */
type Item = readonly [field: string, value: unknown];

/** Selections by name, and the condition. */
export interface Search {
  readonly title: string;
  readonly selections: { readonly [name: string]: readonly Item[] };
  readonly condition: string;
}

type Words = ReturnType<typeof createWords>;
export type MakeSearch = (words: Words, random: Random) => Search;

/** `familiar`: the probability, 0 to 1, that a word occurs in entries. */
export function createWords(random: Random, familiar: number) {
  const several = <T>(least: number, most: number, make: () => T): T[] => [
    ...new Set(Array.from({ length: least + random.below(most - least + 1) }, make)),
  ];
  const id = (): string => random.uuid().slice(0, 8);
  const kind = (): string =>
    random.chance(0.6 * familiar) ? random.pick(KINDS) : `${random.pick(KINDS)}_${random.pick(VERBS)}`;
  const agentVersion = (): string => (random.chance(familiar) ? `${1 + random.below(9)}.` : `${id()}.`);
  const verb = (): string => (random.chance(familiar) ? random.pick(VERBS) : `${random.pick(VERBS)}_${id()}`);
  return {
    several,
    kind,
    verb,
    action: () => `${kind()}.${verb()}`,
    agent: () =>
      random.chance(0.7 * familiar) ? random.pick(AGENTS).trim() : `${random.pick(AGENTS)}${agentVersion()}`,
    name: () => (random.chance(0.7 * familiar) ? random.pick(NAMES) : `svc-${id()}`),
    path: () => (random.chance(0.7 * familiar) ? random.pick(PATHS) : `/${random.pick(KINDS)}s/${id()}`),
    range: () => {
      const address = random.pick(ADDRESSES);
      if (!random.chance(familiar)) return `${10 + random.below(90)}.${random.below(256)}.${random.below(256)}.0/24`;
      if (address.startsWith('::ffff')) return '10.0.0.0/24';
      if (address.includes(':')) return `${address.replace('*', '')}/48`;
      if (random.chance(0.5)) return `${address.replace('*', '0')}/24`;
      return `${10 + random.below(200)}.${random.below(256)}.${random.below(16) * 16}.0/20`;
    },
    pattern: () =>
      random.pick([
        () =>
          `^/v1/(${random.pick(KINDS)}|compute|nks)/[a-z_]+/[0-9a-f-]{36}${random.pick(PATHS).replace(/[^a-z/_]/g, '')}$`,
        () => `/(${random.pick(KINDS)}|${random.pick(KINDS)})s?/[0-9a-f]{8}-${id().slice(0, 3)}[0-9a-f]`,
        () => `[?&/](${random.pick(VERBS)}|${id()})=?[a-z0-9]+/?$`,
        () => `(\\.\\.|%2e%2e)/+(etc|${id()})`,
      ])(),
  };
}

const OFFICE = ['203.0.113.0/26', '198.51.100.0/24'];

/** Used in turn; each kind is common among public rules for cloud logs. */
export const SEARCHES: readonly MakeSearch[] = [
  ({ several, action }) => ({
    title: 'Sensitive actions',
    selections: { selection: [['action', several(1, 5, action)]] },
    condition: 'selection',
  }),
  ({ several, verb, name }) => ({
    title: 'Changes by people except these',
    selections: {
      selection: [
        ['action|endswith', several(1, 3, () => `.${verb()}`)],
        ['actor.type', 'user'],
        ['method', ['POST', 'PATCH', 'DELETE']],
      ],
      filter: [['actor.name', several(1, 3, name)]],
    },
    condition: 'selection and not filter',
  }),
  ({ several, path }) => ({
    title: 'Paths that should not be requested',
    selections: { selection: [['path|contains', several(2, 6, path)]] },
    condition: 'selection',
  }),
  ({ several, agent, name }) => ({
    title: 'Tools',
    selections: {
      selection: [['user_agent|contains', several(3, 10, agent)]],
      filter: [['actor.name|startswith', several(1, 2, name)]],
    },
    condition: 'selection and not filter',
  }),
  ({ several, action }) => ({
    title: 'From outside of the office',
    selections: { selection: [['action', several(1, 3, action)]], filter: [['client_ip|cidr', OFFICE]] },
    condition: 'selection and not filter',
  }),
  ({ several, range }) => ({
    title: 'From these networks',
    selections: {
      selection: [
        ['client_ip|cidr', several(1, 5, range)],
        ['status_code|lt', 400],
      ],
    },
    condition: 'selection',
  }),
  ({ kind }, random) => ({
    title: 'Refused',
    selections: {
      selection: [
        ['action|startswith', `${kind()}.`],
        random.chance(0.5) ? ['status_code', [401, 403]] : ['status_code|gte', random.pick([429, 500, 502])],
      ],
    },
    condition: 'selection',
  }),
  ({ several, name, kind }) => ({
    title: 'Accounts that nobody should use',
    selections: {
      selection_name: [['actor.name|startswith', several(1, 4, name)]],
      selection_target: [
        ['target.type', several(1, 3, kind)],
        ['method', 'DELETE'],
      ],
    },
    condition: '1 of selection_*',
  }),
  (_, random) => ({
    title: 'Canary',
    selections: { selection: [['actor.id', [random.uuid(), random.uuid()]]], canary: [['target.id', random.uuid()]] },
    condition: 'selection or canary',
  }),
  ({ several, verb, path }, random) => ({
    title: 'All of these in a path',
    selections: {
      selection: [
        ['path|contains|all', [random.pick(['/v1/', 'compute', 'nks', 'networking']), path()]],
        ['method', ['GET', 'POST']],
      ],
      filter: [['action|endswith', several(1, 2, () => `_${verb()}`)]],
    },
    condition: 'selection and not filter',
  }),
  ({ action, kind }) => ({
    title: 'Without an actor or target',
    selections: {
      nobody: [
        ['actor.id', null],
        ['action|startswith', `${kind()}.`],
      ],
      nothing: [
        ['target.id', null],
        ['action', action()],
      ],
    },
    condition: '1 of no*',
  }),
  ({ several, agent, action }) => ({
    title: 'Agents by their ends',
    selections: {
      selection: [['user_agent|startswith', several(2, 6, agent)]],
      exclude_action: [['action', several(1, 2, action)]],
      exclude_reads: [
        ['method', 'GET'],
        ['status_code', [200, 304]],
      ],
    },
    condition: 'selection and not 1 of exclude_*',
  }),
  ({ several, kind, path }, random) => ({
    title: 'Ends of paths',
    selections: {
      selection: [
        ['path|endswith', several(1, 4, path)],
        ['action|contains', random.pick(['read', 'export', 'list', kind()])],
      ],
    },
    condition: 'selection',
  }),
  ({ agent, kind }, random) => ({
    title: 'Wildcards',
    selections: {
      selection: [['user_agent', `*${agent()}*${random.below(10)}`]],
      other: [
        ['path', `/v1/*/${kind()}s/*`],
        ['status_code|gte', 400],
      ],
    },
    condition: 'selection or other',
  }),
  ({ pattern }) => ({
    title: 'Pattern',
    selections: {
      selection: [
        ['method', ['GET', 'DELETE']],
        ['path|re', pattern()],
      ],
    },
    condition: 'selection',
  }),
  ({ several, kind, name }) => ({
    title: 'Deleted by keys',
    selections: {
      selection: [
        ['action', several(2, 8, () => `${kind()}.deleted`)],
        ['actor.type', 'api_key'],
        ['status_code|gte', 200],
        ['status_code|lt', 300],
      ],
      known: [
        ['actor.name', several(1, 5, name)],
        ['client_ip|cidr', OFFICE],
      ],
    },
    condition: 'selection and not known',
  }),
];
