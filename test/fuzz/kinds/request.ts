/** Requests to every route, by every kind of caller, over a real ledger with hostile entries. */

import { readRuleFiles } from '../../../src/cli/rule-files.ts';
import { createApp } from '../../../src/web/app.ts';
import { POLICY } from '../../../src/web/policy.ts';
import type { Dice } from '../../simulation/random.ts';
import { firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind, Json } from '../kind.ts';
import { readPage } from '../read-page.ts';
import { hostileText, mutated } from '../texts.ts';
import { createFuzzWorld, type FuzzWorld, NOW } from '../world.ts';

/** Each has other entries. */
const WORLDS = 40;
const ORIGIN = 'https://tocsin.example';
/** Not 500: that one would be the app's own. */
const STATUSES = [200, 200, 200, 304, 400, 401, 404, 422, 429, 502, 503, 599];
const HEADERS = [
  'accept',
  'content-type',
  'origin',
  'cookie',
  'authorization',
  'cf-connecting-ip',
  'sec-fetch-site',
  'referer',
];
const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'text/html', 'multipart/form-data; boundary=x'];
/** In our own pages: the addresses that rules refer to. */
const MITRE = /^https:\/\/attack\.mitre\.org\/(?:tactics|techniques)\/TA?\d{4}(?:\/\d{3})?\/$/;
const OURS = new Set(readRuleFiles('rules').rules.flatMap(({ text }) => text.match(/https:\/\/[^\s'"<>]+/g) ?? []));

interface RequestInput {
  readonly world: number;
  readonly method: string;
  /** `*` stands for an id of the world, here and in the query. */
  readonly path: string;
  readonly id: number;
  readonly query: string;
  readonly pass: number;
  readonly caller: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
  readonly upstream: { readonly status: number; readonly type: string; readonly body: string };
}

/** Makes another answer of an answer, as a fault in the app would. */
export type Fault = (response: Response) => Response | Promise<Response>;

/** The kind; `fault` changes the answers under test. */
export function requestKind(fault: Fault = (response) => response): FuzzKind {
  const worlds = new Map<number, Promise<FuzzWorld>>();
  let answer: RequestInput['upstream'] = { status: 200, type: '', body: '' };
  const answered = (): Response => {
    const headers: Record<string, string> = answer.type === '' ? {} : { 'content-type': answer.type };
    return new Response(answer.status === 304 ? null : answer.body, { status: answer.status, headers });
  };
  const worldOf = (number: number, isChanging: boolean): Promise<FuzzWorld> => {
    if (isChanging) return createFuzzWorld(number, answered);
    const known = worlds.get(number) ?? createFuzzWorld(number, answered);
    worlds.set(number, known);
    return known;
  };
  const kind: FuzzKind<never> = {
    name: 'request',
    about: 'every route, by every caller',
    share: 10_000,
    generate: (dice) => requestOf(dice) as never,
    async check(input: RequestInput) {
      answer = input.upstream;
      const world = await worldOf(input.world, input.method !== 'GET' && input.method !== 'HEAD');
      const [, group = 'quarantine'] = /([a-z_]+)\/\*/.exec(input.path) ?? [];
      const ids = world.ids[(group === 'audit_logs' ? 'entries' : group) as keyof FuzzWorld['ids']] ?? [''];
      const id = encodeURIComponent((ids[input.id % ids.length] ?? '').toWellFormed());
      const path = input.path.replaceAll('*', id);
      const pass = world.passes[input.pass];
      const search = [input.query.replaceAll('*', id), ...(pass === undefined ? [] : [`pass=${pass}`])]
        .filter((part) => part !== '')
        .join('&');
      const url = URL.parse(`${ORIGIN}${path}${search === '' ? '' : `?${search}`}`);
      if (url === null || url.origin !== ORIGIN) return null;
      const headers = new Headers();
      for (const [name, value] of input.headers) set(headers, name, value);
      const caller = world.callers[input.caller % world.callers.length];
      const body =
        input.body === null || input.method === 'GET' || input.method === 'HEAD'
          ? null
          : input.body.replaceAll('"*"', JSON.stringify(decodeURIComponent(id)));
      const added = await caller?.(input.method, `${url.pathname}${url.search}`, body ?? '');
      for (const [name, value] of Object.entries(added ?? {})) headers.set(name, value);
      const lines: string[] = [];
      const stop = captured(lines);
      let response: Response;
      try {
        response = await fault(
          await createApp(world.deps).fetch(
            new Request(url, { method: input.method, headers, body, redirect: 'manual' }),
          ),
        );
      } finally {
        stop();
      }
      return firstOf(await problemOf(response), ...lines.map(lineProblem));
    },
  };
  return kind as FuzzKind;
}

function captured(lines: string[]): () => void {
  const { error, log, warn } = console;
  console.error = console.log = console.warn = (line: unknown): void => void lines.push(String(line));
  return () => void Object.assign(console, { error, log, warn });
}

function lineProblem(line: string): string | null {
  const { at, error } = JSON.parse(line) as { at?: string; error?: string };
  return firstOf(invisibleIn(line), secretIn(line), at === 'fetch' ? `the app threw: ${error}` : null);
}

async function problemOf(response: Response): Promise<string | null> {
  const { status, headers } = response;
  const text = await response.text();
  const type = headers.get('content-type') ?? '';
  const isOurs = headers.get('x-tocsin-source') === 'tocsin';
  const location = headers.get('location');
  const all = [...headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  const page = type.startsWith('text/html') ? readPage(text) : null;
  const foreign = page?.addresses.find(
    (address) => !/^(?:\/(?!\/)|#|\?|data:image\/)/.test(address) && !MITRE.test(address) && !OURS.has(address),
  );
  if (type.startsWith('application/json') && isOurs && text !== '') JSON.parse(text);
  return firstOf(
    status === 500 ? `500: ${text.slice(0, 200)}` : null,
    secretIn(text),
    secretIn(all),
    headers.get('x-content-type-options') === 'nosniff' ? null : 'an answer without nosniff',
    headers.has('content-security-policy') ? null : 'an answer without a content security policy',
    page === null || /script-src 'self'/.test(headers.get('content-security-policy') ?? '')
      ? null
      : 'a page without its policy',
    location === null || /^\/(?![/\\])/.test(location) ? null : `a redirect to ${location}`,
    foreign === undefined ? null : `a page has the address ${foreign}`,
    page === null ? null : invisibleIn(page.text, true),
    !isOurs ||
      page !== null ||
      /^(?:application\/json|text\/(?:css|javascript|plain)|image\/|application\/(?:manifest|javascript))/.test(type) ||
      text === ''
      ? null
      : `an answer of ours of the type ${type}`,
  );
}

/** Sets a header that may not be one. */
function set(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    // Not a header: no client can send it.
  }
}

function requestOf(dice: Dice): Json {
  const [method, pattern, access] = dice.pick(POLICY);
  const path = dice.chance(0.9)
    ? pattern.replace(/:\w+/g, () =>
        dice.chance(0.8) ? '*' : encodeURIComponent(hostileText(dice, 60).toWellFormed()),
      )
    : mutated(dice, pattern, 1).replace(/^\/?/, '/');
  return {
    world: dice.between(0, WORLDS - 1),
    method: dice.chance(0.95) ? method : dice.pick(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']),
    path,
    id: dice.between(0, 200),
    query: pattern.endsWith('/record') && dice.chance(0.7) ? 'name=*' : dice.chance(0.4) ? queryOf(dice) : '',
    pass: dice.chance(0.2) ? dice.between(0, 3) : 9,
    caller: dice.chance(0.2)
      ? dice.between(0, 7)
      : access === 'operator' || access.startsWith('api')
        ? dice.pick([1, 4])
        : dice.between(2, 7),
    headers: [
      ...(dice.chance(0.7) ? [['sec-fetch-site', 'same-origin']] : []),
      ...(dice.chance(0.3) ? [['x-tocsin-csrf', '1']] : []),
      ...(dice.chance(0.3) ? [['content-type', dice.pick(TYPES)]] : []),
      ...(dice.chance(0.3) ? [[dice.pick(HEADERS), hostileText(dice, 100)]] : []),
    ],
    body: dice.chance(0.8) ? bodyOf(dice, pattern) : null,
    upstream: {
      status: dice.pick(STATUSES),
      type: dice.pick([...TYPES, '']),
      body: dice.chance(0.5) ? hostileText(dice, 300) : JSON.stringify({ id: 'entry-1', name: hostileText(dice, 200) }),
    },
  };
}

function queryOf(dice: Dice): string {
  const name = dice.pick([
    'status',
    'text',
    'actor',
    'since',
    'tag',
    'state',
    'level',
    'rule',
    'before',
    'cursor',
    'limit',
    'name',
    'pass',
    'back',
    'x',
  ]);
  return `${name}=${dice.chance(0.5) ? dice.pick(['all', 'open', '1', 'high', '-1', '999999999999999999']) : encodeURIComponent(hostileText(dice, 80).toWellFormed())}`;
}

/** Bodies that a route accepts; `T` stands for a hostile text, `*` for an id. */
const BODIES: { readonly [path: string]: readonly Json[] } = {
  '/operator/rewind': [{ id: 'T', to: '2026-01-01T00:00:00Z', suppress: false }],
  '/operator/restore': [
    { at: '2026-01-05T11:00:00Z', suppress: false, confirmed: true },
    { at: null, suppress: true, confirmed: true },
    { at: 'T', suppress: false, confirmed: false },
  ],
  '/operator/resend': [
    { receiver: null, to: null },
    { receiver: 'slack', to: null },
    { receiver: 'slack', to: 'T' },
  ],
  '/operator/quarantine/release': [{ records: ['*'] }, { records: ['*', 'T', 'entry-1'] }],
  '/operator/quarantine/drop': [{ records: ['*'] }, { records: ['*', 'T'] }],
  '/api/alerts/acts': [
    { alerts: [1, 2], act: 'acknowledge', comment: 'T', as: 'T', via: 'cli' },
    { alerts: [1], act: 'resolve', reason: 'expected', comment: 'T', seenLevel: 'critical' },
    { alerts: [1, 4711], act: 'assign', to: 'T' },
    { alerts: [2], act: 'comment', comment: 'T', seenLevel: 'T' },
  ],
  '/api/silences': [
    { matchers: { actor: 'T', tag: ['T'] }, endsAt: NOW + 3_600_000, comment: 'T', as: 'T' },
    { matchers: { rule: 'T', address: '192.0.2.0/24', fields: { T: 'T' } }, endsAt: 9e15, comment: 'T' },
    { matchers: { address: ['T'] }, startsAt: -1, endsAt: NOW + 1, comment: 'T' },
  ],
  '/api/silences/:id/expire': [{ as: 'T' }],
  '/api/route': [{ action: 'api_key.deleted', actor: { id: 'T', name: 'T' }, client_ip: 'T', T: ['T'] }],
  '/operator/viewers': [
    { name: 'T', expiresAt: null },
    { name: 'a', expiresAt: null, role: 'operator' },
    { name: 'a', expiresAt: 9e15, role: 'T' },
  ],
};

function bodyOf(dice: Dice, pattern: string): string {
  const text = hostileText(dice, 200);
  if (pattern === '/session' && dice.chance(0.8)) {
    return `token=${encodeURIComponent(text.toWellFormed())}&back=${encodeURIComponent(dice.pick(['//evil.com', '/\\\\evil.com', '/alerts', 'T']))}`;
  }
  const made = dice.chance(0.8) ? dice.pick(BODIES[pattern] ?? [null]) : dice.pick<Json>([text, [[text]], { T: 'T' }]);
  const json = JSON.stringify(made, (_, value: unknown) => (value === 'T' ? text : value));
  return dice.chance(0.2) ? mutated(dice, json) : json;
}
