/**
 * The operator's routes for viewer tokens: made, listed, revoked. The app lets only operators get here.
 *
 * Contract: a token is in one answer, the one that made it; hashes are in none. 404 is for those who were not let in: where
 * there is no such token, null is revoked.
 */

import { Hono } from 'hono/tiny';
import { sha256 } from '../access/mac.ts';
import { makeToken, TOKEN_BYTES, VIEWER_ID, viewerName } from '../access/viewer.ts';
import { parseJson } from '../text/json.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { deleteViewer, listViewers, readViewer, writeViewer } from './viewer-store.ts';

export const VIEWERS_PATH = '/operator/viewers';
/** The latest a token may expire, from now: who wants longer makes one that does not. */
const LONGEST_MS = 10 * 366 * 24 * 60 * 60_000;
const NO_KV = 'no KV namespace is bound: viewer tokens are kept there';

export function viewersApi({ config: { kv }, now }: AppDeps): Hono<WebEnv> {
  const app = new Hono<WebEnv>();

  app.get(VIEWERS_PATH, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    return c.json({ viewers: await listViewers(kv) });
  });

  app.post(VIEWERS_PATH, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    const wanted = wantedFrom(await c.req.text(), now());
    if (typeof wanted === 'string') return c.json({ message: wanted }, 422);
    const { name, expiresAt } = wanted;
    if ((await listViewers(kv)).some((viewer) => viewer.name === name)) {
      return c.json(
        { message: `there is a token of the name ${name} already: revoke it first, or take another name` },
        409,
      );
    }
    const { id, token } = makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
    const createdAt = now();
    await writeViewer(kv, id, { hash: await sha256(token), name, createdAt, expiresAt });
    return c.json({ id, name, createdAt, expiresAt, token }, 201);
  });

  app.delete(`${VIEWERS_PATH}/:id`, async (c) => {
    if (kv === null) return c.json({ message: NO_KV }, 503);
    const id = c.req.param('id');
    if (!VIEWER_ID.test(id) || (await readViewer(kv, id)) === null) return c.json({ revoked: null });
    await deleteViewer(kv, id);
    return c.json({ revoked: id });
  });

  return app;
}

/** What is asked for; or what is wrong with it. */
function wantedFrom(text: string, now: number): { readonly name: string; readonly expiresAt: number | null } | string {
  const json = parseJson(text);
  if (json === undefined) return 'not JSON';
  if (typeof json !== 'object' || json === null) return 'not an object';
  const { name: given, expiresAt = null } = json as { readonly name?: unknown; readonly expiresAt?: unknown };
  const name = viewerName(given);
  if (name === null)
    return 'a name has 1 to 64 letters, digits, spaces or any of . _ @ + -, and begins with a letter or digit';
  if (expiresAt === null) return { name, expiresAt };
  if (typeof expiresAt !== 'number' || !Number.isSafeInteger(expiresAt))
    return 'expiresAt is not a number of milliseconds';
  if (expiresAt <= now) return 'it would have expired already';
  if (expiresAt > now + LONGEST_MS) return 'it expires in more than ten years';
  return { name, expiresAt };
}
