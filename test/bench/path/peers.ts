/**
 * What the whole path is measured against, in workerd too: a Worker that asks for the same pages one after the other and
 * parses them, and one whose Durable Object stores each page with one plain statement, in a table like the ledger's.
 */
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { COMPATIBILITY } from '../rules/runtime.ts';

export type PeerWay = 'parse' | 'store';

export interface Peers {
  /** Reads the whole log; returns how many records it has. */
  read(upstream: string, way: PeerWay): Promise<number>;
  stop(): Promise<void>;
}

const CODE = `import { DurableObject } from 'cloudflare:workers';
export class Plain extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(\`CREATE TABLE entries (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT, body TEXT, actor TEXT)\`);
    ctx.storage.sql.exec('CREATE INDEX entries_by_time ON entries (at, actor)');
  }
  store(text) {
    this.ctx.storage.sql.exec(\`INSERT OR IGNORE INTO entries (id, at, body, actor)
      SELECT coalesce(value ->> '$.id', key), value ->> '$.created_at', value, value ->> '$.actor.id'
      FROM json_each(?, '$.items')\`, text);
  }
}
let asked = 0;
export default {
  async fetch(request, env) {
    const { upstream, way } = await request.json();
    const plain = env.PLAIN.getByName(String(asked++));
    let records = 0;
    for (let cursor = '0'; cursor !== null; ) {
      const response = await fetch(upstream + '/v1/audit_logs?limit=100&cursor=' + cursor);
      const text = await response.text();
      const page = JSON.parse(text);
      if (way === 'store') await plain.store(text);
      records += page.items.length;
      cursor = page.pagination.next_cursor;
    }
    return Response.json(records);
  },
};`;

export async function startPeers(): Promise<Peers> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: 'peers',
          modules: [{ type: 'ESModule', path: 'peers.mjs', contents: CODE }],
          ...COMPATIBILITY,
          durableObjects: { PLAIN: { className: 'Plain', useSQLite: true } },
        },
      ],
    }),
  );
  const url = await miniflare.ready;
  return {
    read: async (upstream, way) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ upstream, way }) });
      if (!response.ok) throw new Error(`the peer failed: ${await response.text()}`);
      return (await response.json()) as number;
    },
    stop: () => miniflare.dispose(),
  };
}
