/** The sandbox on a real port of 127.0.0.1, for tests, the demo and main.ts. */

import { serve } from '@hono/node-server';
import { createSandbox, type Sandbox, type SandboxOptions } from './app.ts';
import type { LogRecord } from './record.ts';

export interface StartOptions extends Partial<SandboxOptions> {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** In the log before the first request. */
  readonly records?: Iterable<LogRecord>;
}

export interface RunningSandbox extends Sandbox {
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** Ends every connection, hanging ones included. */
  stop(): Promise<void>;
}

/** The default key. Not a secret. */
export const SANDBOX_API_KEY = 'sandbox-key-0123456789abcdef';

/**
 * @example
 * const upstream = await startSandbox({ dialect: 'sorted' });
 * upstream.append(...generate({ seed: 1, from, to, entriesPerDay: 20_000 }));
 */
export async function startSandbox(options: StartOptions = {}): Promise<RunningSandbox> {
  const { port: wanted = 0, seed = 1, dialect = 'sorted', apiKey = SANDBOX_API_KEY, records = [], ...rest } = options;
  const sandbox = createSandbox({ seed, dialect, apiKey, ...rest });
  sandbox.append(...records);
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve, reject) => {
    const started = serve({ fetch: sandbox.app.fetch, hostname: '127.0.0.1', port: wanted }, (address) =>
      resolve({ server: started, port: address.port }),
    );
    started.once('error', reject);
  });
  return Object.defineProperties(
    {
      url: `http://127.0.0.1:${port}`,
      port,
      apiKey,
      stop() {
        sandbox.close();
        return new Promise<void>((resolve) => {
          server.close(() => resolve());
          if ('closeAllConnections' in server) server.closeAllConnections();
        });
      },
    },
    Object.getOwnPropertyDescriptors(sandbox),
  ) as RunningSandbox;
}
