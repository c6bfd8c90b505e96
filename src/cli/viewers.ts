/**
 * `npm run tocsin -- viewers add|list|revoke`: who may look. Asks a Tocsin as its operator, here or deployed, so that no
 * credentials of Cloudflare are needed.
 *
 * Contract: a token is printed once, by `add`, alone on its line. What a server says is checked before it is believed, and
 * commands no terminal.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { parseDuration } from '../text/duration.ts';
import { oneLine } from '../text/untrusted.ts';
import { VIEWERS_PATH } from '../web/viewers.ts';
import { CALLED_WRONGLY, Failure } from './failure.ts';
import type { OperatorClient } from './operator-client.ts';
import { jsonLine } from './terminal.ts';
import { utc } from './text.ts';

export const VIEWERS_HELP = `usage: npm run tocsin -- viewers add NAME [--expires 90d] [--json] [--url URL]
       npm run tocsin -- viewers list [--json] [--url URL]
       npm run tocsin -- viewers revoke ID|NAME [--json] [--url URL]

Who may look: tokens for people and tools. A token signs in to the pages, and is the API key of the official SDKs and CLI
with the Worker's address as their base URL. Only its hash is kept.

  add         makes a token, and prints it once; without --expires it is good until it is revoked
  list        the tokens there are, without the tokens themselves
  revoke      takes a token back; it may be taken for good for up to a minute more

  --expires   a duration such as 12h or 90d
  --json      print what the Worker answers, as one line
`;

export type ViewersCommand = {
  readonly kind: 'viewers';
  readonly url: string | undefined;
  readonly json: boolean;
} & (
  | { readonly what: 'add'; readonly name: string; readonly expiresInMs: number | null }
  | { readonly what: 'list' }
  | { readonly what: 'revoke'; readonly token: string }
);

/** Reads the arguments behind `viewers`; null where help is asked for. Throws where they can't be read. */
export function readViewersCommand(args: readonly string[]): ViewersCommand | null {
  const word = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { url: word, expires: word, json: flag, help: { ...flag, short: 'h' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help) return null;
  const [what, name, ...rest] = positionals;
  const { url, json, expires } = values;
  const common = { kind: 'viewers', url, json } as const;
  if (what !== 'add' && what !== 'list' && what !== 'revoke') throw new RangeError('viewers: add, list or revoke?');
  if (rest.length > 0) throw new RangeError('too many words: a name with spaces goes in quotes');
  if (expires !== undefined && what !== 'add') throw new RangeError('--expires is for viewers add');
  if (what === 'list') {
    if (name !== undefined) throw new RangeError('viewers list takes no name');
    return { ...common, what };
  }
  if (name === undefined)
    throw new RangeError(what === 'add' ? 'whose token is it? Give a name' : 'which token? Give its id or name');
  if (what === 'revoke') return { ...common, what, token: name };
  const expiresInMs = expires === undefined ? null : parseDuration(expires);
  if (expires !== undefined && !(expiresInMs !== null && expiresInMs > 0)) {
    throw new RangeError('--expires is not a duration such as 12h or 90d');
  }
  return { ...common, what, name, expiresInMs };
}

const viewer = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  name: z.string(),
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
});
const listAnswer = z.object({ viewers: z.array(viewer) });
const addAnswer = z.extend(viewer, { token: z.string().check(z.regex(/^[\w-]{1,200}$/)) });
const revokeAnswer = z.object({ revoked: z.nullable(z.string()) });
type Viewer = z.output<typeof viewer>;

/** Does it; `origin` is the Tocsin's address. Returns what to print. */
export async function viewers(
  command: ViewersCommand,
  ask: OperatorClient['ask'],
  origin: string,
  now: number,
): Promise<string> {
  switch (command.what) {
    case 'add': {
      const { name, expiresInMs } = command;
      const expiresAt = expiresInMs === null ? null : now + expiresInMs;
      const json = await ask('POST', VIEWERS_PATH, JSON.stringify({ name, expiresAt }));
      return command.json ? `${jsonLine(json)}\n` : addedText(read(addAnswer, json), origin);
    }
    case 'list': {
      const json = await ask('GET', VIEWERS_PATH, null);
      return command.json ? `${jsonLine(json)}\n` : listText(read(listAnswer, json).viewers, now);
    }
    case 'revoke': {
      const found = find(read(listAnswer, await ask('GET', VIEWERS_PATH, null)).viewers, command.token);
      const json = await ask('DELETE', `${VIEWERS_PATH}/${found.id}`, null);
      if (read(revokeAnswer, json).revoked === null) throw noSuch(command.token);
      return command.json ? `${jsonLine(json)}\n` : revokedText(found);
    }
  }
}

function read<T>(shape: { safeParse(json: unknown): { readonly data?: T | undefined } }, json: unknown): T {
  const { data } = shape.safeParse(json);
  if (data !== undefined) return data;
  throw new Failure("what it answers can't be read", 'Is that a Tocsin, and of the same version as this one?');
}

/** The one that an id or a name means. A name may be another's id only by intent: ids come first. */
function find(all: readonly Viewer[], meant: string): Viewer {
  const byId = all.find(({ id }) => id === meant);
  const [first, ...more] = byId === undefined ? all.filter(({ name }) => name === meant.trim()) : [byId];
  if (first === undefined) throw noSuch(meant);
  if (more.length === 0) return first;
  const ids = [first, ...more].map(({ id }) => id).join(', ');
  throw new Failure(
    `there are ${more.length + 1} tokens of that name: ${ids}`,
    'Give the id of the one you mean.',
    CALLED_WRONGLY,
  );
}

function noSuch(meant: string): Failure {
  return new Failure(
    `there is no token ${JSON.stringify(oneLine(meant, 80))}`,
    'npm run tocsin -- viewers list shows them; a new one is listed within a minute.',
  );
}

function addedText({ name, id, expiresAt, token }: z.output<typeof addAnswer>, origin: string): string {
  return `A token for ${oneLine(name, 64)} (${id}), ${untilText(expiresAt)}. It is shown this once:

${token}

Whoever has it may look at everything, and change nothing. In a browser: ${origin}/sign-in
For the SDKs and the CLI: NIRVANA_LABS_BASE_URL=${origin} and the token as NIRVANA_LABS_API_KEY
`;
}

function listText(all: readonly Viewer[], now: number): string {
  if (all.length === 0) return 'Nobody has a token. Make one: npm run tocsin -- viewers add NAME\n';
  const lines = all.map(({ id, name, createdAt, expiresAt }) => {
    const ended = expiresAt !== null && expiresAt <= now;
    return `${id}  ${oneLine(name, 64)}, made ${utc(createdAt)}, ${ended ? `EXPIRED ${utc(expiresAt)}` : untilText(expiresAt)}`;
  });
  return `${lines.join('\n')}\n`;
}

function revokedText({ id, name }: Viewer): string {
  return `Revoked: ${oneLine(name, 64)} (${id}), and the sessions begun with it.
Where it was used in the last minute it may be taken for good for up to a minute more: KV is eventually consistent.
`;
}

function untilText(expiresAt: number | null): string {
  return expiresAt === null ? 'good until it is revoked' : `good until ${utc(expiresAt)}`;
}
