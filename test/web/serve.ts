/** The pages on a real server, for a browser. */
import { serve } from '@hono/node-server';
import { assets } from '../support/assets.ts';
import { pagesApp, type Served } from './app.ts';

export interface Running {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Serves them and their assets on a free port of 127.0.0.1. */
export function servePages(served: Served): Promise<Running> {
  const app = pagesApp({ ...served, env: { ASSETS: assets, ...served.env } });
  const fetch = (request: Request) =>
    new URL(request.url).pathname.startsWith('/assets/') ? assets.fetch(request.url) : app.fetch(request);
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      const stop = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ origin: `http://127.0.0.1:${port}`, stop });
    });
  });
}
