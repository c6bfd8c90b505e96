/**
 * What visitors can make the ledger read, counted in workerd: whatever they ask for, however large the ledger is, a request
 * reads at most 20 rows for each row that it shows, and 2,000. Every GET route that a visitor can reach has its rows here.
 */
import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { SILENCES_MAX } from '../../src/ledger/deliver/silences.ts';
import type { Ledger } from '../../src/ledger/durable.ts';
import { BLOCK_ENTRIES, evictIndex, indexFilled } from '../../src/ledger/record/entry-index.ts';
import { durableStore } from '../../src/ledger/store/durable-store.ts';
import type { AllDeps } from '../../src/web/app.ts';
import { POLICY } from '../../src/web/policy.ts';
import { VIEWS } from '../../src/web/visitor-ledger.ts';
import { addViewer, bearer, createSite, passFor, type Site } from './site.ts';
import { HOUR, type World } from './world.ts';

const PER_ROW = 20;
const BESIDES = 2_000;

/** The newest block is as full as it can be without being indexed. */
const ENTRIES = 220 * BLOCK_ENTRIES + BLOCK_ENTRIES - 2;
const ALERTS = 20_000;
const EVICTED_FROM = 120 * BLOCK_ENTRIES;
const EVICTED_TO = 160 * BLOCK_ENTRIES;
const REVISIONS = 2_000;
/** Of the alert with the most matches, and of the entry that is in the most alerts. */
const MATCHES = 5_000;
/** Of each state, for each receiver. */
const DELIVERIES = 3_000;
const QUARANTINED = 3_000;
const KEY = `invalid:${'0'.repeat(60)}0001`;

let world: World;
let site: Site;
let token = '';
/** Rows read since the last `reset`, and the views that were asked for. */
const counted = { rows: 0, views: new Set<string>() };

/** `1` to `most` as `n`. */
const upTo = (most: number) =>
  `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${most})`;

/** Fills the ledger by SQL: through the front door it would take minutes. */
function fill(storage: DurableObjectStorage, now: number): void {
  const run = (sql: string): void => void storage.sql.exec(sql).toArray();
  // All within a day, so that it is all near; 'busy' is in every block, 'seldom' once in a block.
  run(`${upTo(ENTRIES)}
    INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor, network)
    SELECT n, 'e' || n, 0, ${now} - (${ENTRIES} - n) * 380, ${now} - (${ENTRIES} - n) * 380,
      '{"id":"e' || n || '","action":"vm.read","actor":{"id":"a' || n % 900 || '"},"client_ip":"192.0.2.7"}',
      CASE n % ${BLOCK_ENTRIES} WHEN 7 THEN 'seldom' ELSE iif(n % 2, 'busy', 'a' || (n % 9000)) END,
      iif(n % 3, '192.0.2.7', '10.0.' || (n % 200) || '.' || (n % 250)) FROM numbers`);
  // Revisions are the newest entries: none of them is in the index.
  run(
    `UPDATE entries SET id = 'revised', revision = seq WHERE seq > ${ENTRIES - REVISIONS} AND seq <= ${ENTRIES - 10}`,
  );
  indexFilled(durableStore(storage), 0, ENTRIES);
  // Of a part of the log nearly everything is evicted, except an entry in each block.
  run(`DELETE FROM entries WHERE seq > ${EVICTED_FROM} AND seq < ${EVICTED_TO} AND seq % ${BLOCK_ENTRIES} <> 9`);
  run(`${upTo(ENTRIES / 100)} INSERT INTO batches (first_seq, last_seq, began, horizon, rules)
    SELECT n * 100 - 99, n * 100, ${now}, ${now}, 'rules' FROM numbers`);
  run(`${upTo(ALERTS)}
    INSERT INTO alerts (id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level, title, key_parts)
    SELECT n, iif(n = 3, 'rare', 'often'), 'k' || n, ${now} - (${ALERTS} - n) * 1000, 86400000, iif(n % 4, 'closed', 'open'), 0,
      9000, n, n, ${now}, CASE n % 20 WHEN 0 THEN 'critical' WHEN 4 THEN 'low' WHEN 8 THEN 'high' ELSE 'medium' END, 'title', '[]'
    FROM numbers`);
  run(
    `${upTo(MATCHES)} INSERT INTO matches (alert, seq, at, decision, evidence) SELECT 1, n * 3, n, '{}', '[]' FROM numbers`,
  );
  run(
    `${upTo(MATCHES)} INSERT OR IGNORE INTO matches (alert, seq, at, decision, evidence) SELECT n + 1, 3, n, '{}', '[]' FROM numbers`,
  );
  run(
    `INSERT INTO matches (alert, seq, at, decision, evidence) SELECT 1, seq, seq, '{}', '[]' FROM entries WHERE id = 'revised'`,
  );
  const states = `SELECT 'pending' AS state, NULL AS due_at, NULL AS digest UNION ALL SELECT 'pending', 1, NULL
    UNION ALL SELECT 'dead', NULL, NULL UNION ALL SELECT 'bundled', NULL, 1 UNION ALL SELECT 'delivered', NULL, NULL`;
  run(`${upTo(DELIVERIES)}
    INSERT INTO deliveries (receiver, alert, notification, level, state, attempts, queued_at, due_at, settled_at, reason, digest)
    SELECT receivers.value, iif(n % 2, 1, n), '{"kind":"opened"}', n % 5, state, 1, ${now} - n, due_at, ${now} - n, 'refused', digest
    FROM numbers, (${states}), json_each('["slack","webhook","removed"]') AS receivers`);
  run(`${upTo(DELIVERIES)}
    INSERT INTO deliveries (receiver, alert, notification, level, state, attempts, queued_at, grp, subject, seq)
    SELECT receivers.value, n, '{"kind":"opened"}', n % 5, 'waiting', 0, ${now} - n, 'of actor ' || n % 50, 'actor ' || n % 50, n
    FROM numbers, json_each('["slack","webhook","removed"]') AS receivers`);
  // Those that died in a digest are the newest of the dead.
  run(`${upTo(DELIVERIES)}
    INSERT INTO deliveries (receiver, notification, level, state, attempts, queued_at, settled_at, reason, digest)
    SELECT 'slack', '{}', 1, 'dead', 1, ${now}, ${now}, 'refused', 1 FROM numbers`);
  run(`${upTo(QUARANTINED)}
    INSERT INTO quarantine (key, state, first_at, read_at, failures, cut, id, problem, body)
    SELECT 'invalid:' || printf('%064d', n), 'quarantined', ${now}, ${now}, 3, NULL, iif(n % 2, 'revised', 'e' || n), 'none', '{}'
    FROM numbers`);
  run(`${upTo(3_000)} INSERT INTO staging (occurred_at, id, revision, part, created_at, read_by, body)
    SELECT n, 's' || n, 0, n % 3, n, n, '{}' FROM numbers`);
  run(
    `${upTo(5_000)} INSERT INTO security_log (id, act, who) SELECT ${now} * 1000 + n, 'sign-in', 'someone' FROM numbers`,
  );
  run(`${upTo(5_000)} INSERT INTO refusals (hour, writes, counts) SELECT ${now} / 3600000 - n, 1, '{}' FROM numbers`);
  // Of rules that are not there any more.
  run(
    `${upTo(5_000)} INSERT INTO activity (rule, matched, last_at, last_seq) SELECT 'gone ' || n, 1, n, n FROM numbers`,
  );
  run(`${upTo(3_000)} INSERT INTO silences
      (id, matchers, starts_at, ends_at, author, via, comment, made_at, seq, suppressed, alerts)
    SELECT n, '{"rules":["often"]}', ${now} - 100000, iif(n <= 200, ${now} + 9000000, ${now} - n), 'a', 'api', 'c', ${now}, 1, 0, '[]'
    FROM numbers`);
  run(
    `${upTo(3_000)} INSERT INTO acts (alert, seq, at, act, who, via) SELECT 1, 1, ${now}, 'comment', 'a', 'api' FROM numbers`,
  );
  run(`${upTo(40)} INSERT INTO health_alerts (kind, state, since, notified_at, count, summary)
    SELECT 'overflow:' || n, 'open', ${now}, ${now}, 1, 'too many' FROM numbers`);
}

beforeAll(async () => {
  const settings = {
    WEBHOOK_URL: 'https://webhook.example/in',
    WEBHOOK_SECRET: 'whsec_c2VlZGVkLXNlZWRlZC1zZWVkZWQtc2VlZGVk',
  };
  site = await createSite({ world: { settings }, settings });
  ({ world } = site);
  await world.untilEnded();
  await world.inStorage((storage) => fill(storage, Date.now()));
  await world.editState((state) => ({ ...state, lastSeq: ENTRIES, lastAlert: ALERTS }));
  await world.evict();
  // Of the role that opens every page.
  token = (await addViewer('a visitor', null, 'operator')).token;
  await runInDurableObject(world.stub, (_: Ledger, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
      const rows = exec(query, ...binds);
      // What reads runs to its end.
      const toArray = rows.toArray.bind(rows);
      rows.toArray = () => {
        const all = toArray();
        counted.rows += rows.rowsRead;
        return all;
      };
      return rows;
    }) as typeof storage.sql.exec;
  });
}, 120_000);

/** The ledger, whose views are noted. */
function ledger(): AllDeps['ledger'] {
  const { stub } = world;
  const view = (name: string, args: unknown[]) => {
    counted.views.add(name);
    return stub.view(name as 'alert', args as never);
  };
  return new Proxy(stub, { get: (target, of) => (of === 'view' ? view : Reflect.get(target, of)) }) as never;
}

const ledgerId = async () => (await world.sql<{ id: string }>('SELECT id FROM identity'))[0]?.id;

/** The most that a message lists. */
const OF_A_MESSAGE = Array.from({ length: 16 }, (_, i) => i + 1);

type Kind = 'viewer' | 'link';

async function ask(kind: Kind, path: string): Promise<Response> {
  const deps = { deps: { ledger: ledger() } };
  const headers = { accept: 'text/html' };
  if (kind === 'viewer') return site.visit(path, { headers: { ...bearer(token).headers, ...headers } }, deps);
  const query = `${path.includes('?') ? '&' : '?'}pass=${passFor(1, HOUR, await ledgerId(), OF_A_MESSAGE)}`;
  const answer = await site.visit(`${path}${query}`, { headers }, deps);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  const to = answer.headers.get('location');
  if (to === null || cookie === undefined) return answer;
  return site.visit(new URL(to, 'https://tocsin.example').pathname, { headers: { ...headers, cookie } }, deps);
}

/** The rows of the tables and lists in a page; those of the chart are not rows of the ledger. */
function shownIn(html: string): number {
  return html.replace(/<figure class="chart">.*?<\/figure>/s, '').match(/<tr[ >]|<li[ >]/g)?.length ?? 0;
}

/** What the lists of an answer have; of lines, how many. */
function itemsIn(json: string): number {
  if (json === '' || json.startsWith('{"seq":')) return json.split('\n').length;
  return Object.values(JSON.parse(json) as object).reduce((sum, of) => sum + (Array.isArray(of) ? of.length : 0), 1);
}

const entry = (id: string): string => `/entries/${encodeURIComponent(id)}`;
const lookup = (id: string): string => `/v1/audit_logs/${encodeURIComponent(id)}`;
/** An entry of each kind: in the middle of 'busy', of 'seldom', of an actor that few have, first, last, in many alerts, none. */
const IDS = [
  ...['e100001', `e${100 * BLOCK_ENTRIES + 7}`, 'e100002', 'e1', 'e3', `e${ENTRIES}`, `e${ENTRIES - 1}`, 'revised'],
  ...[130, 131].map((block) => `e${block * BLOCK_ENTRIES + 9}`),
  ...['none', 'a'.repeat(300), '%', "' OR 1=1 --", 'é'],
];
const QUERIES = ['open', 'all'].flatMap((state) =>
  [
    '',
    '&level=critical',
    '&level=informational',
    '&rule=rare',
    '&rule=often',
    '&level=low&rule=rare',
    '&level=low&rule=none',
  ].flatMap((filter) =>
    ['', '&before=19000', '&before=1', '&before=999999999999999'].map((before) => `?state=${state}${filter}${before}`),
  ),
);

/** What the API takes: each filter by itself and with others, where it finds few and where it finds many. */
const API_QUERIES = ['', 'status=open&', 'status=acknowledged&', 'status=resolved&', 'status=all&'].flatMap((status) =>
  [
    ...[
      '',
      'level=critical',
      'level=low&rule=rare',
      'rule=none',
      'actor=busy',
      'actor=none',
      'tag=attack.t1098',
      'tag=none',
    ],
    ...[
      'assignee=',
      'assignee=Ada',
      'since=2999-01-01T00:00:00Z',
      'until=1999-01-01T00:00:00Z',
      'text=title',
      'text=none',
    ],
    ...['text=192.0.2&actor=seldom&level=high', 'text=none&most=1', 'most=3', 'text=none&before=1000', 'before=2'],
  ].map((filter) => `/api/alerts?${status}${filter}`),
);

const SEARCHES = ['unresolved', 'open', 'acknowledged', 'resolved', 'all'].flatMap((status) =>
  [
    '&actor=a7',
    '&text=none',
    '&tag=none',
    '&assignee=Ada',
    '&since=1h',
    '&until=2000-01-01',
    '&actor=a7&level=high',
  ].map((filter) => `?status=${status}${filter}`),
);

/** For each route, what visitors may ask. */
const ASKED: { readonly [pattern: string]: readonly string[] } = {
  '/': ['/', '/?x=1'],
  '/alerts': ['/alerts', ...QUERIES.map((query) => `/alerts${query}`), ...SEARCHES.map((query) => `/alerts${query}`)],
  '/alerts/:id': ['/alerts/1', '/alerts/2', `/alerts/${ALERTS}`, '/alerts/999999999999999', '/alerts/x'],
  '/api/alerts': API_QUERIES,
  '/api/alerts/:id': ['/api/alerts/1', '/api/alerts/2', '/api/alerts/999999999999999', '/api/alerts/x'],
  '/api/alerts/:id/route': ['/api/alerts/1/route', `/api/alerts/${ALERTS}/route`, '/api/alerts/999999999999999/route'],
  '/api/alerts/:id/why': ['/api/alerts/1/why', '/api/alerts/2/why', `/api/alerts/${ALERTS}/why`],
  '/api/acts': ['/api/acts', '/api/acts?after=1', '/api/acts?after=999999999999999'],
  '/api/entries': [
    ...['', '?after=1', `?after=${ENTRIES - 10}`, '?after=999999999999999', '?most=1', `?after=${EVICTED_FROM}`],
    ...['?since=1999-01-01T00:00:00Z', '?since=2999-01-01T00:00:00Z', '?until=1999-01-01T00:00:00Z'],
  ].map((query) => `/api/entries${query}`),
  '/api/entries/:id/why': IDS.map((id) => `/api${entry(id)}/why`),
  '/api/rules': ['/api/rules'],
  '/api/silences': ['/api/silences'],
  '/entries/:id': IDS.map(entry),
  '/quarantine': ['/quarantine', ...[0, 9e14].map((at) => `/quarantine?before=${at}.${KEY}`), '/quarantine?before=x'],
  '/quarantine/:key': [`/quarantine/${KEY}`, '/quarantine/invalid:00000000', `/quarantine/entry:${'f'.repeat(64)}`],
  '/rules': ['/rules'],
  '/rules/:id': ['/rules/none', '/rules/a39c64f4-dc13-4073-8f0b-ddd3a7e1bf0c'],
  '/silences': ['/silences'],
  '/security': ['/security', '/security?before=1', '/security?before=9000000000000000', '/security?before=x'],
  '/v1/audit_logs': ['/v1/audit_logs', '/v1/audit_logs?limit=100'],
  '/v1/audit_logs/:id': IDS.map(lookup),
};

const ROUTES = POLICY.filter(
  ([method, , access]) => method === 'GET' && access !== 'open' && access !== 'unlimited' && access !== 'operator',
).map(([, pattern]) => pattern);

describe('what a visitor makes the ledger read', () => {
  it('is counted for every route', () => {
    expect(Object.keys(ASKED).toSorted()).toEqual(ROUTES.toSorted());
  });

  it('would be noticed: the counter counts what a view without a bound reads', async () => {
    const naive = [
      "SELECT * FROM alerts WHERE level = 'none' AND id < 99999",
      "SELECT level, count(*) FROM alerts WHERE state = 'open' GROUP BY level",
      "SELECT * FROM entries WHERE id = 'revised'",
      "SELECT count(*) FROM entries WHERE occurred_at > 0 AND actor = 'seldom'",
      'SELECT count(*) FROM staging',
    ];
    for (const sql of naive) {
      counted.rows = 0;
      await world.sql(sql);
      expect([sql, counted.rows > BESIDES - PER_ROW]).toEqual([sql, true]);
    }
  });

  const most: { [pattern: string]: string } = {};
  it.each(ROUTES)('is bounded: %s', async (pattern) => {
    for (const path of ASKED[pattern] ?? []) {
      for (const kind of ['viewer', 'link'] as const) {
        counted.rows = 0;
        const answer = await ask(kind, path);
        const text = new TextDecoder().decode(await answer.arrayBuffer());
        expect([path, answer.status < 500 || answer.status === 502]).toEqual([path, true]);
        const shown = path.startsWith('/v1/') ? 1 : path.startsWith('/api/') ? itemsIn(text) : shownIn(text);
        const line = `${counted.rows} rows read for ${shown} shown: ${kind} ${path} ${answer.status}`;
        if (counted.rows > Number.parseInt(most[pattern] ?? '0', 10)) most[pattern] = line;
        expect(counted.rows, line).toBeLessThanOrEqual(PER_ROW * shown + BESIDES);
      }
    }
  });

  it('is bounded: an entry that is not recorded', async () => {
    counted.rows = 0;
    const headers = { ...bearer(token).headers, 'content-type': 'application/json' };
    const request = { method: 'DELETE', path: '/v1/api_keys/k-1', status_code: 204, client_ip: '192.0.2.7' };
    const body = JSON.stringify({ action: 'api_key.deleted', actor: { id: 'busy', type: 'user' }, ...request });
    const answer = await site.visit('/api/route', { method: 'POST', headers, body }, { deps: { ledger: ledger() } });
    expect(((await answer.json()) as { matched: unknown[] }).matched.length).toBeGreaterThan(0);
    expect([answer.status, counted.rows <= BESIDES]).toEqual([200, true]);
  });

  it('is where a match goes, and not what an alert led to: its matches, acts and deliveries', async () => {
    const rowsOf = async (of: string): Promise<number> => {
      counted.rows = 0;
      expect((await ask('viewer', `/api/alerts/1/${of}`)).status).toBe(200);
      return counted.rows;
    };
    // The silences that last, each by its index; the alert, and the entry of its last match twice.
    expect(await rowsOf('route')).toBeLessThanOrEqual(2 * SILENCES_MAX + 3);
    expect(await rowsOf('why')).toBeGreaterThan(2 * SILENCES_MAX + 200);
  });

  it('was read by every view', () => {
    expect([...counted.views].toSorted()).toEqual(VIEWS.toSorted());
    console.info(Object.values(most).join('\n'));
  });
});

describe('what strangers make the index write', () => {
  it('is two rows for a block, and two when it is evicted, though each entry has values of its own', async () => {
    const [first, blocks] = [300 * BLOCK_ENTRIES, 3];
    const written: number[] = [];
    await world.inStorage((storage) => {
      const count = (work: (store: ReturnType<typeof durableStore>) => void): void => {
        let rows = 0;
        const run = (sql: string, ...binds: SqlStorageValue[]): void => {
          const cursor = storage.sql.exec(sql, ...binds);
          cursor.toArray();
          rows += cursor.rowsWritten;
        };
        work({ ...durableStore(storage), run });
        written.push(rows);
      };
      const [last, at] = [first + blocks * BLOCK_ENTRIES - 1, Date.UTC(2026, 0, 5, 12)];
      storage.sql.exec(`${upTo(blocks * BLOCK_ENTRIES)}
        INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor, network)
        SELECT ${first} - 1 + n, 'h' || n, 0, ${at} + n, ${at} + n, '{}', 'actor ' || n, '10.0.' || n FROM numbers`);
      count((store) => indexFilled(store, first - 1, last));
      storage.sql.exec('DELETE FROM entries WHERE seq >= ?', first);
      count((store) => evictIndex(store, [300, 301, 302]));
    });
    expect(written).toEqual([2 * blocks, 2 * blocks]);
  });
});
