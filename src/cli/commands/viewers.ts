/**
 * `viewers add|list|revoke`: who may view? Asks the Worker, so no Cloudflare credentials are needed.
 *
 * Contract: `add` prints a token once, alone on its line; nothing else prints one.
 */
import * as z from 'zod/mini';
import { ROLES } from '../../access/viewer.ts';
import { parseDuration } from '../../text/duration.ts';
import { oneLine } from '../../text/untrusted.ts';
import { VIEWERS_PATH } from '../../web/operator-paths.ts';
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
  /** One of `ROLES`, or one that only a newer Worker knows. */
  role: z.string(),
});
const LISTED = z.object({ viewers: z.array(VIEWER) });
const ADDED = z.extend(VIEWER, { role: z.enum(ROLES), token: z.string().check(z.regex(/^[\w-]{1,200}$/)) });
const REVOKED = z.object({ revoked: z.nullable(z.string()) });
type Viewer = z.output<typeof VIEWER>;

/** Time enough to add another one before it ends. */
const EXPIRES_SOON_MS = 14 * 24 * 60 * 60_000;

export const viewers = defineCommand({
  summary: 'create, list and revoke viewer tokens',
  usage: `usage: npm run tocsin -- viewers add NAME [--expires 90d|never] [--role ROLE] [--json] [--url URL]
       npm run tocsin -- viewers list [--json] [--url URL]
       npm run tocsin -- viewers revoke ID|NAME [--json] [--url URL]

Viewer tokens, for people and tools. A token signs in to the pages, and is an API key for the official SDKs and CLI with
the Worker's address as their base URL. Only its hash is stored.
The exit code is 0 if it was done, and 1 if it was not or the Worker can't be asked.

  add         create a token and print it once
  list        list the viewers, without their tokens, and what should be looked at: which expire soon, which never do
  revoke      revoke a token; it may still be accepted for up to a minute

  --expires   a duration such as 12h or 30d, or never (default: 90d)
  --role      viewer: reads the pages and the lookup (the default); responder: also acts on alerts, and silences; operator:
              also everything here, with TOCSIN_TOKEN in place of LINK_SECRET, and the security log
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, expires: TEXT, role: TEXT },
  allowPositionals: true,
  async run({ url, json: asJson, expires, role }, context, [action, name, ...more]) {
    if (action !== 'add' && action !== 'list' && action !== 'revoke') {
      throw wrongAction(action, 'add, list or revoke');
    }
    if (more.length > 0) throw new UsageError('too many words: put a name with spaces in quotes');
    if ((expires ?? role) !== undefined && action !== 'add') {
      throw new UsageError('--expires and --role are only for viewers add');
    }
    if (role !== undefined && !ROLES.some((known) => known === role)) {
      throw new UsageError(`--role must be ${ROLES.join(', ')}`);
    }
    if (action === 'list') {
      if (name !== undefined) throw new UsageError('viewers list takes no name');
      return list(connect(url, context), asJson, context);
    }
    if (name === undefined) {
      throw new UsageError(action === 'add' ? 'the name of the viewer is missing' : 'the id or name is missing');
    }
    if (action === 'revoke') return revoke(name, connect(url, context), asJson, context);
    return add({ name, role, expiresAt: readExpiry(expires, context.now()) }, connect(url, context), asJson, context);
  },
});

/** Null: never; undefined: the Worker's default. */
function readExpiry(text: string | undefined, now: number): number | null | undefined {
  if (text === undefined || text === 'never') return text && null;
  const ms = parseDuration(text);
  if (!ms) throw new UsageError('--expires is not a duration such as 12h or 90d, nor never');
  return now + ms;
}

async function add(
  viewer: { readonly name: string; readonly role: string | undefined; readonly expiresAt: number | null | undefined },
  client: OperatorClient,
  asJson: boolean,
  context: CliContext,
): Promise<number> {
  const body = JSON.stringify(viewer);
  const { answer, json } = await client.ask({ method: 'POST', path: VIEWERS_PATH, body }, ADDED);
  print(context, asJson, json, [
    `A token for ${oneLine(answer.name, 64)} (${answer.id}), ${answer.role}, ${validityText(answer.expiresAt)}. It is shown only once:`,
    '',
    answer.token,
    '',
    `${MEANING[answer.role]} In a browser: ${client.origin}/sign-in`,
    `For the SDKs and the CLI: NIRVANA_LABS_BASE_URL=${client.origin} and the token as NIRVANA_LABS_API_KEY`,
    ...(answer.role === 'operator' ? ['For these commands: the token as TOCSIN_TOKEN, in place of LINK_SECRET'] : []),
  ]);
  return OK;
}

const MEANING: { readonly [role in (typeof ROLES)[number]]: string } = {
  viewer: 'Anyone holding it can view everything, and change nothing.',
  responder: 'Anyone holding it can view everything, act on alerts and silence them.',
  operator: 'Anyone holding it can operate Tocsin, and add viewers.',
};

async function list(client: OperatorClient, asJson: boolean, context: CliContext): Promise<number> {
  const { answer, json } = await client.ask({ method: 'GET', path: VIEWERS_PATH }, LISTED);
  const lines = answer.viewers.map(
    ({ id, name, createdAt, expiresAt, role }) =>
      `${id}  ${oneLine(name, 64)}, ${oneLine(role, 64)}, created ${utc(createdAt)}, ${listedValidity(expiresAt, context.now())}`,
  );
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

function listedValidity(expiresAt: number | null, now: number): string {
  if (expiresAt === null) return 'NEVER EXPIRES';
  if (expiresAt <= now) return `EXPIRED ${utc(expiresAt)}`;
  const isSoon = expiresAt - now <= EXPIRES_SOON_MS;
  return isSoon ? `EXPIRES SOON, ${utc(expiresAt)}` : validityText(expiresAt);
}

function validityText(expiresAt: number | null): string {
  return expiresAt === null ? 'valid until it is revoked' : `valid until ${utc(expiresAt)}`;
}
