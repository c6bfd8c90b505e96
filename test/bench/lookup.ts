/**
 * Measures what the lookup adds to the upstream's time, and the pages, over 100,000 entries; each against a peer in the
 * same run. The upstream is the stand-in; the Worker runs in workerd on this machine.
 *
 * Contract: stops everything it started. Throws if something can't be measured.
 */
import { operatorToken } from '../../src/access/operator.ts';
import { VIEWERS_PATH } from '../../src/web/operator-paths.ts';
import { type Seeded, startSeeded } from '../support/seeded.ts';
import { compare, type Subject } from './measure.ts';
import type { Group } from './table.ts';

const WARM_UP = 20;
/** Rate limits would distort the measurement. */
const UNLIMITED = {
  RATE_LIMIT: { type: 'ratelimit', namespace_id: '1', simple: { limit: 1_000_000_000, period: 60 } },
} as const;
const LIST = '/v1/audit_logs?limit=100';
/** The overhead of the local runtime. */
const BARE = '/healthz, which does nothing';
const now = (): number => performance.now();

export interface LookupOptions {
  readonly rounds: number;
  readonly latencyMs: number;
  readonly say: (text: string) => void;
}

export interface Lookup {
  readonly entries: number;
  readonly groups: readonly Group[];
}

export async function benchLookup({ rounds, latencyMs, say }: LookupOptions): Promise<Lookup> {
  say('Reading 100,000 entries into the ledger …');
  let seeded: Seeded | null = null;
  try {
    seeded = await startSeeded({ bindings: UNLIMITED });
    const groups: Group[] = [];
    const turns = { rounds, warmUp: WARM_UP };
    const ask = await asViewer(seeded);
    const kept = `/v1/audit_logs/${seeded.facts.quiet.entry}`;
    const unread = await unreadEntry(seeded, kept);
    for (const latency of [0, latencyMs]) {
      seeded.upstream.faults.set({ latency: { probability: latency === 0 ? 0 : 1, ms: latency, when: 'before' } });
      const upstream = latency === 0 ? 'the upstream answers at once' : `the upstream takes ${latency} ms more`;
      say(`The lookup, ${upstream} …`);
      groups.push({
        title: `A list of 100 entries; ${upstream}`,
        rows: await compare(lists(ask, latency === 0), turns, now),
      });
      groups.push({ title: `One entry; ${upstream}`, rows: await compare(entries(kept, unread, ask), turns, now) });
    }
    seeded.upstream.faults.clear();
    say('The pages …');
    groups.push({ title: 'Pages over 100,000 entries', rows: await compare(pages(seeded, ask), turns, now) });
    return { entries: seeded.facts.entries, groups };
  } finally {
    await seeded?.stop();
  }
}

interface Ask {
  /** The upstream itself. */
  directly(name: string, path: string): Subject;
  /** The Worker, as a viewer; `source`: the expected source of the answer. */
  through(name: string, path: string, source: string): Subject;
}

/** `bare`: also measures a request that does nothing. */
function lists({ directly, through }: Ask, bare: boolean): Subject[] {
  return [
    directly('directly', LIST),
    through('through Tocsin', LIST, 'upstream'),
    ...(bare ? [through(BARE, '/healthz', 'tocsin')] : []),
  ];
}

function entries(kept: string, unread: string, { directly, through }: Ask): Subject[] {
  return [
    directly('directly', kept),
    through('through Tocsin, from its ledger', kept, 'ledger'),
    through('through Tocsin, from the upstream', unread, 'upstream'),
  ];
}

function pages({ facts }: Seeded, { directly, through }: Ask): Subject[] {
  const paths = ['/', '/alerts', '/alerts?state=all', '/rules', `/entries/${facts.quiet.entry}`, '/alerts/1'];
  const names: { readonly [path: string]: string } = {
    '/': 'the overview page',
    '/alerts': 'open alerts',
    '/alerts?state=all': 'all alerts',
    '/rules': 'rules',
    '/alerts/1': 'an alert',
  };
  return [
    directly('a list of 100 entries, directly', LIST),
    through(BARE, '/healthz', 'tocsin'),
    ...paths.map((path) => through(names[path] ?? 'an entry', path, 'tocsin')),
  ];
}

/** The path of an entry like the one at `like` that no tick has read. */
async function unreadEntry({ upstream }: Seeded, like: string): Promise<string> {
  const headers = { authorization: `Bearer ${upstream.apiKey}` };
  const body = (await (await fetch(`${upstream.url}${like}`, { headers })).json()) as object;
  const id = crypto.randomUUID();
  const createdAt = upstream.now();
  const created_at = new Date(createdAt).toISOString();
  upstream.append({ createdAt, appearsAt: createdAt, body: { ...body, id, created_at } });
  return `/v1/audit_logs/${id}`;
}

async function asViewer({ url, linkSecret, upstream }: Seeded): Promise<Ask> {
  const body = JSON.stringify({ name: 'bench' });
  const operator = await operatorToken(linkSecret, 'POST', VIEWERS_PATH, body, Date.now());
  const made = await fetch(`${url}${VIEWERS_PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator}` },
    body,
  });
  const { token } = (await made.json()) as { readonly token: string };
  return {
    directly: (name, path) => subject(name, `${upstream.url}${path}`, upstream.apiKey, null),
    through: (name, path, source) => subject(name, `${url}${path}`, token, source),
  };
}

function subject(name: string, url: string, key: string, source: string | null): Subject {
  const headers = { authorization: `Bearer ${key}`, accept: 'text/html, application/json' };
  return {
    name,
    async go() {
      const response = await fetch(url, { headers });
      await response.arrayBuffer();
      const from = response.headers.get('x-tocsin-source');
      if (response.status === 200 && from === source) return;
      throw new Error(`${url} answers ${response.status}${source === null ? '' : ` from ${from}, not from ${source}`}`);
    },
  };
}
