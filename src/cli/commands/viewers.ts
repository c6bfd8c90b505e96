/**
 * `viewers add|list|revoke`: who may view? Asks the Worker, so no Cloudflare credentials are needed.
 *
 * Contract: `add` prints a token once, alone on its line; nothing else prints one.
 */
import * as z from 'zod/mini';
import { parseDuration } from '../../text/duration.ts';
import { oneLine } from '../../text/untrusted.ts';
import { VIEWERS_PATH } from '../../web/viewers.ts';
import { CALLED_WRONGLY, Failure, OK } from '../failure.ts';
import type { OperatorClient } from '../operator-client.ts';
import { utc } from '../terminal.ts';
import {
  ASK_OPTIONS,
  type CliContext,
  connect,
  defineCommand,
  print,
  TEXT,
  targetUsage,
  UsageError,
  wrongAction,
} from './command.ts';

const VIEWER = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  name: z.string(),
  createdAt: z.number(),
  expiresAt: z.nullable(z.number()),
});
const LISTED = z.object({ viewers: z.array(VIEWER) });
const ADDED = z.extend(VIEWER, { token: z.string().check(z.regex(/^[\w-]{1,200}$/)) });
const REVOKED = z.object({ revoked: z.nullable(z.string()) });
type Viewer = z.output<typeof VIEWER>;

export const viewers = defineCommand({
  summary: 'create, list and revoke viewer tokens',
  usage: `usage: npm run tocsin -- viewers add NAME [--expires 90d] [--json] [--url URL]
       npm run tocsin -- viewers list [--json] [--url URL]
       npm run tocsin -- viewers revoke ID|NAME [--json] [--url URL]

Viewer tokens, for people and tools. A token signs in to the pages, and is an API key for the official SDKs and CLI with
the Worker's address as their base URL. Only its hash is stored.
The exit code is 0 if it was done, and 1 if it was not or the Worker can't be asked.

  add         create a token and print it once; without --expires it is valid until revoked
  list        list the viewers, without their tokens
  revoke      revoke a token; it may still be accepted for up to a minute

  --expires   a duration such as 12h or 90d
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, expires: TEXT },
  allowPositionals: true,
  async run({ url, json: asJson, expires }, context, [action, name, ...more]) {
    if (action !== 'add' && action !== 'list' && action !== 'revoke') {
      throw wrongAction(action, 'add, list or revoke');
    }
    if (more.length > 0) throw new UsageError('too many words: put a name with spaces in quotes');
    if (expires !== undefined && action !== 'add') throw new UsageError('--expires is only for viewers add');
    if (action === 'list') {
      if (name !== undefined) throw new UsageError('viewers list takes no name');
      return list(connect(url, context), asJson, context);
    }
    if (name === undefined) {
      throw new UsageError(action === 'add' ? 'the name of the viewer is missing' : 'the id or name is missing');
    }
    if (action === 'revoke') return revoke(name, connect(url, context), asJson, context);
    const expiresInMs = expires === undefined ? null : parseDuration(expires);
    if (expires !== undefined && !expiresInMs) throw new UsageError('--expires is not a duration such as 12h or 90d');
    const expiresAt = expiresInMs === null ? null : context.now() + expiresInMs;
    return add({ name, expiresAt }, connect(url, context), asJson, context);
  },
});

async function add(
  viewer: { readonly name: string; readonly expiresAt: number | null },
  client: OperatorClient,
  asJson: boolean,
  context: CliContext,
): Promise<number> {
  const body = JSON.stringify(viewer);
  const { answer, json } = await client.ask({ method: 'POST', path: VIEWERS_PATH, body }, ADDED);
  print(context, asJson, json, [
    `A token for ${oneLine(answer.name, 64)} (${answer.id}), ${validityText(answer.expiresAt)}. It is shown only once:`,
    '',
    answer.token,
    '',
    `Anyone holding it can view everything, and change nothing. In a browser: ${client.origin}/sign-in`,
    `For the SDKs and the CLI: NIRVANA_LABS_BASE_URL=${client.origin} and the token as NIRVANA_LABS_API_KEY`,
  ]);
  return OK;
}

async function list(client: OperatorClient, asJson: boolean, context: CliContext): Promise<number> {
  const { answer, json } = await client.ask({ method: 'GET', path: VIEWERS_PATH }, LISTED);
  const lines = answer.viewers.map(({ id, name, createdAt, expiresAt }) => {
    const isExpired = expiresAt !== null && expiresAt <= context.now();
    const validity = isExpired ? `EXPIRED ${utc(expiresAt)}` : validityText(expiresAt);
    return `${id}  ${oneLine(name, 64)}, created ${utc(createdAt)}, ${validity}`;
  });
  print(context, asJson, json, lines.length > 0 ? lines : ['No viewers. Add one: npm run tocsin -- viewers add NAME']);
  return OK;
}

async function revoke(wanted: string, client: OperatorClient, asJson: boolean, context: CliContext): Promise<number> {
  const { answer: listed } = await client.ask({ method: 'GET', path: VIEWERS_PATH }, LISTED);
  const { id, name } = find(listed.viewers, wanted);
  const { answer, json } = await client.ask({ method: 'DELETE', path: `${VIEWERS_PATH}/${id}` }, REVOKED);
  if (answer.revoked === null) throw unknownViewer(wanted);
  print(context, asJson, json, [
    `Revoked: ${oneLine(name, 64)} (${id}), and the sessions started with it.`,
    'A token used in the last minute may be accepted for up to a minute more: KV is eventually consistent.',
  ]);
  return OK;
}

/** The viewer with this id or name. Ids come first: a name that equals another's id must not hide it. */
function find(all: readonly Viewer[], wanted: string): Viewer {
  const byId = all.find(({ id }) => id === wanted);
  const [first, ...more] = byId === undefined ? all.filter(({ name }) => name === wanted.trim()) : [byId];
  if (first === undefined) throw unknownViewer(wanted);
  if (more.length === 0) return first;
  const ids = [first, ...more].map(({ id }) => id).join(', ');
  throw new Failure(`${more.length + 1} tokens have that name: ${ids}`, 'Give the id instead.', CALLED_WRONGLY);
}

function unknownViewer(wanted: string): Failure {
  return new Failure(
    `no token ${JSON.stringify(oneLine(wanted, 80))}`,
    'List them: npm run tocsin -- viewers list (a new one may take a minute to appear)',
  );
}

function validityText(expiresAt: number | null): string {
  return expiresAt === null ? 'valid until revoked' : `valid until ${utc(expiresAt)}`;
}
