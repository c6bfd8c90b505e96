/**
 * The operator's routes for viewer tokens: create, list, revoke.
 *
 * Contract: `authorize` has run before: only operators get here, so they can give any role, their own being the highest. A
 * token is only in the response that created it, and a hash is in none. 404 is only for refused callers, so revoking a token
 * that does not exist returns null. Whatever is stored under an id is revoked.
 */
import { Hono } from 'hono/tiny';
import { sha256 } from '../access/seal.ts';
import {
  makeToken,
  ROLES,
  type Role,
  recordFrom,
  TOKEN_BYTES,
  VIEWER_ID,
  VIEWER_MS,
  viewerName,
} from '../access/viewer.ts';
import { TOCSIN } from '../alert/alert.ts';
import { parseJson } from '../text/json.ts';
import { utcText } from '../text/times.ts';
import { type AppDeps, OPERATOR, type WebEnv } from './context.ts';
import { VIEWERS_PATH } from './operator-paths.ts';
import { recordAct } from './security.ts';
import { deleteViewer, listViewers, readStored, writeViewer } from './viewer-store.ts';

/** A token that should last longer is created without an expiry (null). */
const LIFETIME_MAX_MS = 10 * 366 * 24 * 60 * 60_000;
/** What is recorded of acts by time, and by who knows LINK_SECRET. */
const RESERVED: readonly string[] = [TOCSIN, OPERATOR];
const NO_KV = 'no KV namespace is bound: viewer tokens are stored there';

/** The routes, as they are in the policy. */
export function viewerRoutes(deps: AppDeps): Hono<WebEnv> {
  const { now } = deps;
  const { kv, linkSecret } = deps.config;
  const app = new Hono<WebEnv>();

  app.get(VIEWERS_PATH, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    return c.json({ viewers: await listViewers(kv) });
  });

  app.post(VIEWERS_PATH, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    const request = readRequest(c.var.operator.body, now());
    if (typeof request === 'string') return c.json({ message: request }, 422);
    const { name, expiresAt, role } = request;
    if ((await listViewers(kv)).some((viewer) => viewer.name === name)) {
      return c.json(
        { message: `there is already a token with the name ${name}: revoke it first, or use another name` },
        409,
      );
    }
    const { id, token } = makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), linkSecret);
    const createdAt = now();
    const until = expiresAt === null ? 'never expires' : `expires ${utcText(expiresAt)}`;
    const stopped = await recordAct(c, deps, 'viewer added', `${name} (${id}), ${role}, ${until}`);
    if (stopped !== null) return stopped;
    await writeViewer(kv, id, { hash: await sha256(token), name, createdAt, expiresAt, role });
    return c.json({ id, name, createdAt, expiresAt, role, token }, 201);
  });

  app.delete(`${VIEWERS_PATH}/:id`, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    const id = c.req.param('id');
    const stored = VIEWER_ID.test(id) ? await readStored(kv, id) : null;
    if (stored === null) return c.json({ revoked: null });
    const viewer = recordFrom(stored);
    const detail = viewer === null ? `(${id}), damaged` : `${viewer.name} (${id}), ${viewer.role}`;
    await recordAct(c, deps, 'viewer revoked', detail);
    await deleteViewer(kv, id);
    return c.json({ revoked: id });
  });

  return app;
}

interface NewViewer {
  readonly name: string;
  readonly expiresAt: number | null;
  readonly role: Role;
}

/** What a new token is to be, or what is wrong with it. */
function readRequest(text: string, now: number): NewViewer | string {
  const json = parseJson(text);
  if (json === undefined) return 'not JSON';
  if (typeof json !== 'object' || json === null) return 'not an object';
  const {
    name: given,
    expiresAt = now + VIEWER_MS,
    role: wanted = 'viewer',
  } = json as { readonly [field in keyof NewViewer]?: unknown };
  const name = viewerName(given);
  if (name === null)
    return 'a name has 1 to 64 letters, digits, spaces or any of . _ @ + -, and starts with a letter or digit';
  if (RESERVED.includes(name.toLowerCase())) return `the name ${name} is Tocsin's own: use another`;
  const role = ROLES.find((known) => known === wanted);
  if (role === undefined) return `the role must be ${ROLES.join(', ')}`;
  if (expiresAt === null) return { name, expiresAt, role };
  if (typeof expiresAt !== 'number' || !Number.isSafeInteger(expiresAt))
    return 'expiresAt is not a number of milliseconds';
  if (expiresAt <= now) return 'expiresAt is in the past';
  if (expiresAt > now + LIFETIME_MAX_MS) return 'expiresAt is more than ten years ahead';
  return { name, expiresAt, role };
}
