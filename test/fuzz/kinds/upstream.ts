/** Answers of the upstream: by the client, into pages and errors, and by the proxy, to callers. */
import { createClient } from '../../../src/audit-log/client.ts';
import { UpstreamError } from '../../../src/audit-log/errors.ts';
import { createProxy } from '../../../src/audit-log/proxy.ts';
import type { Dice } from '../../simulation/random.ts';
import { linkify } from '../../support/linkify.ts';
import { firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind, Json } from '../kind.ts';
import { hostileText, mutated, SECRETS } from '../texts.ts';

const NOW = Date.UTC(2026, 10, 21);
const TYPES = ['application/json', 'application/json; charset=utf-8', 'text/html', 'application/problem+json', ''];
const STATUSES = [200, 200, 200, 200, 201, 206, 301, 400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503, 599];
/** Where an input has it, the upstream echoes the API key in one of the ways of `ECHOES`. */
const ECHO = '«key»';

interface AnswerInput {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly echo: number;
}

export interface UpstreamSubject {
  readonly createClient: typeof createClient;
  readonly createProxy: typeof createProxy;
}

/** The kind; `subject`: what is tested, in place of the real client and proxy. */
export function upstreamKind(subject: Partial<UpstreamSubject> = {}): FuzzKind {
  const tested: UpstreamSubject = { createClient, createProxy, ...subject };
  const kind: FuzzKind<never> = {
    name: 'upstream',
    about: 'pages, entries and errors of the audit log',
    share: 40_000,
    generate: (dice) =>
      ({
        status: dice.pick(STATUSES),
        type: dice.pick(TYPES),
        body: bodyOf(dice),
        echo: dice.between(0, ECHOES.length - 1),
      }) as never,
    async check({ status, type, body, echo }: AnswerInput) {
      const sent = body.replaceAll(ECHO, ECHOES[echo] ?? '');
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      const fetch = (): Promise<Response> =>
        Promise.resolve(new Response(new TextEncoder().encode(sent), { status: Math.max(200, status), headers }));
      const base = { baseUrl: 'https://api.fuzz.example', apiKey: SECRETS.apiKey, fetch };
      const client = tested.createClient({ ...base, sleep: () => Promise.resolve(), now: () => NOW, retries: 0 });
      const proxied = await tested.createProxy(base).list('?limit=1');
      const passed = proxied.kind === 'failure' ? proxied.message : new TextDecoder().decode(proxied.body ?? undefined);
      return firstOf(
        problemIn(await shown(() => client.list({ limit: 100 }))),
        problemIn(await shown(() => client.get('entry-1'))),
        secretIn(passed),
        secretIn(JSON.stringify(proxied.headers)),
        proxied.kind === 'failure' ? invisibleIn(passed) : null,
        proxied.kind === 'answer' && proxied.body !== null && !body.includes(ECHO) && !same(proxied.body, sent)
          ? 'the body that is passed on is another'
          : null,
        proxied.kind === 'answer' && isJson(sent) && !isJson(passed) && proxied.body !== null
          ? 'the body that is passed on is not JSON any more'
          : null,
      );
    },
  };
  return kind as FuzzKind;
}

/** What comes of a call: JSON of a result, or the message of an error. Throws what is no error of the upstream's. */
async function shown(call: () => Promise<unknown>): Promise<{ readonly text: string; readonly isError: boolean }> {
  try {
    return { text: JSON.stringify(await call()) ?? '', isError: false };
  } catch (error) {
    if (error instanceof UpstreamError) return { text: `${error.message}`, isError: true };
    // A value may be nested too deep for JSON.stringify.
    if (error instanceof RangeError) return { text: '', isError: false };
    throw error;
  }
}

function problemIn({ text, isError }: { readonly text: string; readonly isError: boolean }): string | null {
  const link = isError ? linkify(text.replaceAll('audit-log', '')).find((each) => !OURS.includes(each)) : undefined;
  return firstOf(
    secretIn(text),
    isError ? invisibleIn(text) : null,
    link === undefined ? null : `in an error a client makes a link of ${link}`,
  );
}

/** In our own words. */
const OURS: readonly string[] = [];

function same(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).equals(Buffer.from(new TextEncoder().encode(text)));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

const HEX = Array.from(SECRETS.apiKey, (character) => character.charCodeAt(0).toString(16).padStart(4, '0'));
const ECHOES: readonly string[] = [
  SECRETS.apiKey,
  SECRETS.apiKey.replaceAll('/', '\\/'),
  HEX.map((hex) => `\\u${hex}`).join(''),
  HEX.map((hex) => `\\u${hex.toUpperCase()}`).join(''),
  HEX.map((hex, i) => (i % 3 === 0 ? `\\u${hex}` : SECRETS.apiKey[i])).join(''),
  encodeURIComponent(SECRETS.apiKey),
  btoa(SECRETS.apiKey),
  btoa(`Bearer ${SECRETS.apiKey}`),
  btoa(`Bearer ${SECRETS.apiKey}`).replaceAll('/', '\\/'),
  ...[/^./, /.$/, /[a-f]/g, /./g].flatMap((some) =>
    [
      (code: number) => `%${code.toString(16)}`,
      (code: number) => `%25${code.toString(16).toUpperCase()}`,
      (code: number) => `&#${code};`,
      (code: number) => `&#x${code.toString(16)};`,
      (code: number) => `&amp;#0${code};`,
      (code: number) => `\\u0026#${code};`,
      ...[3, 9, 13, 17].map((count) => (code: number) => `${'\\'.repeat(count)}u00${code.toString(16)}`),
    ].map((write) => SECRETS.apiKey.replace(some, (character) => write(character.charCodeAt(0)))),
  ),
];

function bodyOf(dice: Dice): string {
  if (dice.chance(0.05)) return hostileText(dice, 1_000);
  const isPage = dice.chance(0.6);
  const value: Json = isPage
    ? {
        items: Array.from({ length: dice.between(0, 4) }, () => recordOf(dice)),
        pagination: { next_cursor: dice.chance(0.5) ? null : hostileText(dice, 100) },
      }
    : dice.chance(0.5)
      ? recordOf(dice)
      : { message: `${hostileText(dice, 300)}${dice.chance(0.3) ? ECHO : ''}` };
  const text = JSON.stringify(value).replaceAll('"«number»"', () =>
    dice.pick(['12345678901234567890', '1.0', '1e999', '-0']),
  );
  const wrapped = dice.chance(0.02) ? `${'['.repeat(5_000)}${text}${']'.repeat(5_000)}` : text;
  if (dice.chance(0.05)) return `\ufeff${wrapped}`;
  return dice.chance(0.2) ? mutated(dice, wrapped) : wrapped;
}

/** A record of the audit log; some fields missing, some of another type. */
export function recordOf(dice: Dice): Json {
  const text = (): string => `${hostileText(dice, 200)}${dice.chance(0.05) ? ECHO : ''}`;
  const field = (good: Json): Json =>
    dice.chance(0.5)
      ? good
      : dice.chance(0.7)
        ? text()
        : dice.pick<Json>([null, 7, true, [], {}, '«number»', [text()]]);
  const record: { [name: string]: Json } = {
    id: field(`entry-${dice.between(1, 9)}`),
    created_at: field('2026-11-20T10:00:00.123Z'),
    action: field('vm.created'),
    actor: dice.chance(0.8) ? { id: field('user-1'), name: field('Alice'), type: field('user') } : field(null),
    target: dice.chance(0.8) ? { id: field('vm-1'), type: field('vm') } : field(null),
    client_ip: field('203.0.113.9'),
    method: field('POST'),
    path: field('/v1/vms'),
    status_code: field(201),
    user_agent: field('curl/8.5.0'),
  };
  if (dice.chance(0.2)) record[text()] = text();
  return record;
}
