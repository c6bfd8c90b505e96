/**
 * The records of viewer tokens, in KV.
 *
 * Contract: a read that fails throws and never gives access. KV is eventually consistent: a revoked token may be accepted
 * for up to a minute in locations where it was used shortly before.
 * https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency
 */
import { ROLES, recordFrom, recordText, VIEWER_ID, VIEWER_PREFIX, type ViewerRecord } from '../access/viewer.ts';

/**
 * How long a location caches a record, in s: the minimum of KV.
 * https://developers.cloudflare.com/kv/api/read-key-value-pairs/
 */
const CACHE_TTL_S = 30;
/** Expired tokens are listed for this long, then KV deletes them. */
const LISTED_AFTER_MS = 30 * 24 * 60 * 60_000;
/** Pages of 1,000 keys. Each is a list operation, of which the free plan has 1,000 a day. */
const LIST_PAGES_MAX = 5;

/** A token in the list, without its hash. */
export interface ListedViewer {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** One of `ROLES`, or what a newer Worker stored. */
  readonly role: string;
}

export type ViewerKv = Pick<KVNamespace, 'get' | 'put' | 'delete' | 'list'>;

/** The record with this id; null if it does not exist. Throws if KV can't be read. */
export async function readViewer(kv: ViewerKv, id: string): Promise<ViewerRecord | null> {
  return recordFrom(await readStored(kv, id));
}

/** What is stored under this id, a record or not; null if nothing is. Throws if KV can't be read. */
export function readStored(kv: ViewerKv, id: string): Promise<string | null> {
  return kv.get(`${VIEWER_PREFIX}${id}`, { type: 'text', cacheTtl: CACHE_TTL_S });
}

export async function writeViewer(kv: ViewerKv, id: string, record: ViewerRecord): Promise<void> {
  const { name, createdAt, expiresAt, role } = record;
  await kv.put(`${VIEWER_PREFIX}${id}`, recordText(record), {
    // For the list, so that it needs no read of each record.
    metadata: { name, createdAt, expiresAt, role },
    ...(expiresAt === null ? {} : { expiration: Math.ceil((expiresAt + LISTED_AFTER_MS) / 1000) }),
  });
}

export async function deleteViewer(kv: ViewerKv, id: string): Promise<void> {
  await kv.delete(`${VIEWER_PREFIX}${id}`);
}

/** What is damaged is shown as something: one record must not hide the others, nor that it is there. */
function listedFrom(id: string, stored: { readonly [field in keyof ListedViewer]?: unknown }): ListedViewer {
  const { name = '', createdAt, expiresAt, role = ROLES[0] } = stored;
  return {
    id,
    name: String(name),
    createdAt: Number(createdAt) || 0,
    expiresAt: Number(expiresAt) || null,
    role: String(role),
  };
}

/** All tokens, oldest first. */
export async function listViewers(kv: ViewerKv): Promise<readonly ListedViewer[]> {
  const listed: ListedViewer[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < LIST_PAGES_MAX; page++) {
    const found: KVNamespaceListResult<Partial<ListedViewer>, string> = await kv.list({
      prefix: VIEWER_PREFIX,
      cursor,
    });
    for (const { name: key, metadata } of found.keys) {
      const id = key.slice(VIEWER_PREFIX.length);
      if (VIEWER_ID.test(id)) listed.push(listedFrom(id, metadata ?? {}));
    }
    if (found.list_complete) break;
    cursor = found.cursor;
  }
  return listed.sort((a, b) => a.createdAt - b.createdAt);
}
