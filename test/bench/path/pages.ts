/**
 * An upstream that is no bottleneck: the pages of a log, oldest first, made before anything is measured.
 *
 * Contract: answers only what the first scan of a new ledger asks: pages of 100, one after the other. The cursor is a number.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readRecord } from '../../../src/audit-log/page.ts';
import { seededLog } from '../../support/seeded-log.ts';

const PAGE = 100;

export interface Pages {
  readonly url: string;
  readonly count: number;
  /** How many of its records are entries, and not malformed. */
  readonly entries: number;
  /** How long each answer waits, ms. */
  latencyMs: number;
  /** The most answers that waited at once since this was last set to 0. */
  atOnce: number;
  stop(): Promise<void>;
}

/** Serves the first records of the seeded log (support/seeded-log.ts). */
export async function servePages(most: number): Promise<Pages> {
  const records = seededLog(Date.now()).records.slice(0, most);
  const pages: Buffer[] = [];
  for (let from = 0; from < records.length; from += PAGE) {
    const items = records.slice(from, from + PAGE).map(({ body }) => body);
    const isLast = from + PAGE >= records.length;
    const pagination = { next_cursor: isLast ? null : String(pages.length + 1), total_count: records.length };
    pages.push(Buffer.from(JSON.stringify({ items, pagination })));
  }
  let waiting = 0;
  const answer = (page: Buffer | undefined, response: ServerResponse): void => {
    waiting--;
    if (page === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json', 'content-length': page.length }).end(page);
  };
  const server = createServer((request, response) => {
    const page = pages[Number(new URL(request.url ?? '/', 'http://upstream').searchParams.get('cursor') ?? 0)];
    served.atOnce = Math.max(served.atOnce, ++waiting);
    if (served.latencyMs === 0) answer(page, response);
    else setTimeout(answer, served.latencyMs, page, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const served: Pages = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: pages.length,
    entries: records.filter(({ body }) => !('problem' in readRecord(body))).length,
    latencyMs: 0,
    atOnce: 0,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}
