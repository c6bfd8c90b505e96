/** The pages on a real server, for a browser. */
import { serve } from '@hono/node-server';
import { pagesApp, type Served } from './app.ts';

export interface Running {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Serves them on a free port of 127.0.0.1. */
export function servePages(served: Served): Promise<Running> {
  return new Promise((resolve) => {
    const server = serve({ fetch: pagesApp(served).fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      const stop = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ origin: `http://127.0.0.1:${port}`, stop });
    });
  });
}
