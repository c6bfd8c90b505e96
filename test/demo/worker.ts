/**
 * The Worker as it is deployed, running in workerd on this machine: built from wrangler.toml, with a KV and a Durable
 * Object of its own that end with it. What it writes to its console is handed on line by line.
 */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { unstable_startWorker } from 'wrangler';

export interface LogLine {
  readonly level: string;
  readonly message: string;
}

export interface RunningWorker {
  /** Without a slash at its end. */
  readonly url: string;
  /** What the cron trigger does. Throws where the Worker can't be reached; what goes wrong in it, it logs. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly secrets: Readonly<Record<string, string>>;
  /** Bindings besides those of wrangler.toml, or instead, as wrangler writes them: `{ EMAIL: { type: 'send_email' } }`. */
  readonly bindings?: NonNullable<StartWorker['bindings']>;
  readonly onLog: (line: LogLine) => void;
}

type StartWorker = Parameters<typeof unstable_startWorker>[0];

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

/** The settings that nobody sets for a demo, as config.ts has them by default. */
const DEFAULTS = {
  START_AT: '1h',
  FIRST_READ: 'notify',
  ALLOWED_LATENESS: '5m',
  BLIND_AFTER: '15m',
  RETENTION: '30d',
  PLAN: 'free',
  SLACK_WEBHOOK_URL: '',
  EMAIL_TO: '',
  EMAIL_FROM: '',
  WEBHOOK_URL: '',
  WEBHOOK_SECRET: '',
  PUBLIC_URL: '',
  ACCESS_TEAM_DOMAIN: '',
  ACCESS_AUD: '',
  HEARTBEAT_URL: '',
  API_KEY_EXPIRES_AT: '',
};

/** Where a local Worker takes the cron trigger's calls. */
const SCHEDULED_PATH = '/cdn-cgi/local/scheduled?cron=*+*+*+*+*';

/** Builds and starts the Worker, and waits until it answers. Throws where that can't be, in words. */
export async function startWorker({ port, secrets, bindings = {}, onLog }: WorkerOptions): Promise<RunningWorker> {
  buildRules();
  await freePort(port);
  // Nothing is asked of Cloudflare. wrangler reads these when it is loaded.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  // It would print each mail that is sent; and keeps them where they can be asked for.
  process.env.WRANGLER_LOG ??= 'none';
  process.env.X_LOCAL_EXPLORER = 'true';
  const { unstable_startWorker } = await import('wrangler');
  const settings = Object.entries({ ...DEFAULTS, ...secrets }).map(
    ([name, value]) => [name, { type: 'secret_text', value }] as const,
  );
  const worker = await unstable_startWorker({
    config: `${ROOT}wrangler.toml`,
    bindings: { ...Object.fromEntries(settings), ...bindings },
    // What .dev.vars sets is for `npm run dev`: it is read all the same, so each setting is bound here.
    envFiles: [],
    dev: {
      server: { hostname: '127.0.0.1', port },
      logLevel: 'none',
      watch: false,
      persist: false,
      inspector: false,
      structuredLogsHandler: ({ level, message }: LogLine) => onLog({ level, message }),
    },
  });
  const stop = () => worker.dispose();
  try {
    await worker.ready;
    const url = (await worker.url).href.replace(/\/$/, '');
    await (await fetch(`${url}/healthz`)).text();
    const tick = async (): Promise<void> => {
      await (await fetch(`${url}${SCHEDULED_PATH}`)).text();
    };
    return { url, tick, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The build runs it again, and keeps to itself what is wrong. */
function buildRules(): void {
  const { status } = spawnSync(process.execPath, ['src/cli/build-rules.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the rules have to be mended first');
}

/**
 * The port, or where it is 0 one that is free: a Worker must be told its own address before it starts. Throws where the
 * port is taken, for such a Worker never starts, and never says so.
 */
export function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () => reject(new Error(`port ${port} is taken, or not for us to use: choose another --port`)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
