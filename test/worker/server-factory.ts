/**
 * Creates servers for the tests in workerd on demand, over HTTP, since a test inside workerd can't start one: each test
 * gets its own upstream and Slack.
 *
 * - `POST /upstreams` `{ seed?, dialect?, logOwnReads? }` → `{ url, apiKey }`
 * - `PUT /clock` `{ url, offsetMs }`: that upstream's clock, as far from the real one
 * - `POST /traffic` `{ url, ...GenerateOptions, lateEvery?, futureEvery?, sharedEvery? }` → `{ count }`: ordinary
 *   entries, every so many of them late, dated in the future, or followed by 150 of the same instant
 * - `POST /inboxes` `{ plain? }` → `{ url }`: a Slack, or (plain) a webhook that takes any message at any time
 * - `POST /documents` `{ text }` → `{ url }`: an address that answers with that text
 */
import { createServer } from 'node:http';
import type { ReadsLogged } from '../sandbox/app.ts';
import { entryAt, futureDated, late, sharedInstant } from '../sandbox/odd.ts';
import { type GenerateOptions, generate } from '../sandbox/organization.ts';
import type { Dialect } from '../sandbox/query.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { type RunningSandbox, startSandbox } from '../sandbox/server.ts';
import { type Inbox, startInbox } from '../support/slack-inbox.ts';

export const UPSTREAM_KEY = 'nvk-test-0123456789abcdef';

export interface TrafficRequest extends GenerateOptions {
  readonly url: string;
  readonly lateEvery?: number;
  readonly futureEvery?: number;
  readonly sharedEvery?: number;
}

interface ServerFactory {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the factory's own server on a free port. */
export async function startServerFactory(): Promise<ServerFactory> {
  const upstreams = new Map<string, { sandbox: RunningSandbox; clock: { offsetMs: number } }>();
  const inboxes: Inbox[] = [];
  const documents: string[] = [];

  const upstreamOf = (url: string) => {
    const found = upstreams.get(url);
    if (found === undefined) throw new RangeError(`no upstream at ${url}`);
    return found;
  };

  const routes: { readonly [route: string]: (body: never) => unknown } = {
    'POST /upstreams': async ({ seed, dialect, logOwnReads }: Asked) => {
      const clock = { offsetMs: 0 };
      const sandbox = await startSandbox({
        seed: seed ?? 1,
        dialect: dialect ?? 'sorted',
        logOwnReads: logOwnReads ?? false,
        apiKey: UPSTREAM_KEY,
        now: () => Date.now() + clock.offsetMs,
      });
      upstreams.set(sandbox.url, { sandbox, clock });
      return { url: sandbox.url, apiKey: sandbox.apiKey };
    },
    'PUT /clock': ({ url, offsetMs }: { url: string; offsetMs: number }) => {
      upstreamOf(url).clock.offsetMs = offsetMs;
      return {};
    },
    'POST /traffic': ({ url, ...asked }: TrafficRequest) => {
      const records = traffic(asked);
      upstreamOf(url).sandbox.log.append(records);
      return { count: records.length };
    },
    'POST /inboxes': async ({ plain }: { plain?: boolean }) => {
      const inbox = await startInbox({ plain: plain ?? false });
      inboxes.push(inbox);
      return { url: inbox.url };
    },
    'POST /documents': ({ text }: { text: string }) => ({ url: `${base()}/documents/${documents.push(text) - 1}` }),
  };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      try {
        const [, document] = /^\/documents\/(\d+)$/.exec(request.url ?? '') ?? [];
        if (document !== undefined) {
          response.end(documents[Number(document)]);
          return;
        }
        const route = routes[`${request.method} ${request.url}`];
        if (route === undefined) throw new RangeError(`no route ${request.method} ${request.url}`);
        const text = Buffer.concat(parts).toString('utf8');
        response.end(JSON.stringify(await route(JSON.parse(text === '' ? '{}' : text) as never)));
      } catch (error) {
        response.writeHead(500).end(JSON.stringify({ message: String(error) }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = (): string => {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  };
  return {
    url: base(),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all([...upstreams.values()].map(({ sandbox }) => sandbox.stop()));
      await Promise.all(inboxes.map((inbox) => inbox.stop()));
    },
  };
}

interface Asked {
  readonly seed?: number;
  readonly dialect?: Dialect;
  readonly logOwnReads?: boolean | ReadsLogged;
}

/** How many share one instant: more than a page holds. */
const SHARED = 150;
/** How late an entry may be: just less than the allowed lateness of five minutes. */
const LATEST_MS = 4 * 60_000;

function traffic({ lateEvery = 0, futureEvery = 0, sharedEvery = 0, ...options }: Omit<TrafficRequest, 'url'>) {
  const each = (n: number, every: number): boolean => every > 0 && n % every === every - 1;
  return generate(options).flatMap((record, n): LogRecord[] => {
    if (each(n, sharedEvery)) return [record, ...sharedInstant(record.createdAt, SHARED, `shared-${n}-`)];
    if (each(n, futureEvery)) {
      const at = record.createdAt;
      return [record, { ...futureDated(at, (1 + (n % 48)) * 3_600_000, `future-${n}`) }, entryAt(at, `beside-${n}`)];
    }
    return [each(n, lateEvery) ? late(record, 1_000 + ((n * 7_919) % LATEST_MS)) : record];
  });
}
