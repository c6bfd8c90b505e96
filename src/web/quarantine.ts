/**
 * The operator's routes for the quarantine: list, show, release, drop.
 *
 * Contract: `authorize` has run before. A release that needs what the upstream has of a record asks for it, once for each and
 * no more after the upstream has failed. Whatever happens to one record, the others of the request get their answer, and
 * each answer says what is true of the record now. The security log has every name that was given.
 */

import { Hono } from 'hono/tiny';
import type { FreshRecord, Released } from '../ledger/rpc.ts';
import { parseJson } from '../text/json.ts';
import { log } from '../text/log.ts';
import { sha256Hex } from '../text/sha256.ts';
import { list, object, readShape, string, where } from '../text/shape.ts';
import type { AppDeps, WebEnv } from './context.ts';
import {
  DROP_PATH,
  DROPPED_MAX,
  QUARANTINE_PATH,
  QUARANTINED_PATH,
  RELEASE_PATH,
  RELEASED_MAX,
} from './operator-paths.ts';
import { fetchUpstreamEntry } from './pages/upstream-entry.ts';
import { cursorText, readCursor } from './quarantine-path.ts';
import { recordAct } from './security.ts';

/** A name is a key, or an id of any length that fits into a request. */
const NAME_CHARS_MAX = 8_192;

/** Of a name that is too long for the security log: the first digits of its hash, as in the key of a record with this id. */
const HASH_CHARS = 16;
/** For all names: with the verb and the count it is less than the security log keeps of a detail (security.ts). */
const NAMES_CHARS_MAX = 1_900;

const NO_LEDGER = { message: 'no ledger is bound' };
/** What the upstream says in its list it may say of one: an entry of 16 MB. */
const ENTRY_BYTES_MAX = 16 * 1024 * 1024;

type Ledger = NonNullable<AppDeps['ledger']>;

/** The routes, as they are in the policy. */
export function quarantineRoutes(deps: AppDeps): Hono<WebEnv> {
  const { ledger } = deps;
  const app = new Hono<WebEnv>();

  app.get(QUARANTINE_PATH, async (c) => {
    const before = readCursor(c.req.query('before'));
    if (before === undefined) return c.json({ message: '`before` must be a `next` of this list' }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const { records, next } = await ledger.quarantine(before);
    return c.json({ records, next: next === null ? null : cursorText(next) });
  });

  app.get(QUARANTINED_PATH, async (c) => {
    const name = c.req.query('name') ?? '';
    if (name === '') return c.json({ message: '`name` must be a key or an id' }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    return c.json(await ledger.quarantined(name));
  });

  app.post(RELEASE_PATH, async (c) => {
    const names = readNames(c.var.operator.body, RELEASED_MAX);
    if (names === null) return c.json({ message: namesProblem(RELEASED_MAX) }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const stopped = await recordAct(c, deps, 'quarantine', namesDetail('release', names));
    if (stopped !== null) return stopped;
    const released: Released[] = [];
    const upstream = createUpstream(deps);
    for (const name of names) released.push(await releaseOne(ledger, name, upstream));
    return c.json({ released });
  });

  app.post(DROP_PATH, async (c) => {
    const names = readNames(c.var.operator.body, DROPPED_MAX);
    if (names === null) return c.json({ message: namesProblem(DROPPED_MAX) }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const stopped = await recordAct(c, deps, 'quarantine', namesDetail('drop', names));
    if (stopped !== null) return stopped;
    return c.json({ dropped: await ledger.drop(names) });
  });

  return app;
}

/** What the security log has of an act: how many records, and which; each name once, and none at the cost of another. */
function namesDetail(verb: string, given: readonly string[]): string {
  const names = [...new Set(given)];
  const room = Math.floor(NAMES_CHARS_MAX / names.length) - 2;
  const shown = names.map((name) => (name.length <= room ? name : sha256Hex(name).slice(0, HASH_CHARS)));
  return `${verb} ${names.length}: ${shown.join(', ')}`;
}

function readNames(text: string, most: number): readonly string[] | null {
  const hasLength = (least: number, longest: number) => (value: { readonly length: number }) =>
    value.length >= least && value.length <= longest;
  const name = where(string, hasLength(1, NAME_CHARS_MAX), 'is not a name');
  const read = readShape(object({ records: where(list(name), hasLength(1, most), 'has too many') }), parseJson(text));
  return read.ok ? read.value.records : null;
}

function namesProblem(most: number): string {
  return `the body can't be read: \`records\` must be a list of 1 to ${most} keys or ids`;
}

/** What the upstream has under an id, or why it can't be asked, in words. */
type Upstream = (id: string) => Promise<FreshRecord | string>;

/** Asks the upstream until it fails. */
function createUpstream(deps: AppDeps): Upstream {
  let failure: string | null = null;
  return async (id) => {
    if (failure !== null) return failure;
    if (deps.config.upstream === null) return 'the upstream is not set';
    const read = await fetchUpstreamEntry(id, deps, ENTRY_BYTES_MAX);
    if (read.kind === 'failed') {
      failure = read.reason;
      return failure;
    }
    return { text: read.kind === 'found' ? read.body : null, readAt: deps.now() };
  };
}

async function releaseOne(ledger: Ledger, name: string, upstream: Upstream): Promise<Released> {
  try {
    const released = await ledger.release(name, null);
    if (released.kind !== 'ask') return released;
    const { key, id } = released;
    const fresh = await upstream(id);
    if (typeof fresh !== 'string') return { ...(await ledger.release(key, fresh)), name };
    return { name, kind: 'failed', key, problem: `it must be read again, and ${fresh}` };
  } catch (error) {
    return await afterLostCall(ledger, name, error instanceof Error ? error.message : 'no reason given');
  }
}

/** The call failed as a whole, or only its answer was lost. */
async function afterLostCall(ledger: Ledger, name: string, message: string): Promise<Released> {
  log('error', { at: 'release', error: message });
  try {
    const shown = await ledger.quarantined(name);
    if (shown.kind !== 'found') return { name, ...shown };
    const { key } = shown.record;
    return { name, kind: 'failed', key, problem: `the ledger failed, and it is still in quarantine: ${message}` };
  } catch {
    const problem = `the ledger does not answer, and it is either recorded or still in quarantine: ${message}`;
    return { name, kind: 'failed', key: name, problem };
  }
}
