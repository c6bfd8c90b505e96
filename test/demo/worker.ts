/**
 * The Worker as it is deployed, running locally in workerd: built from wrangler.toml, with its own KV and Durable Object
 * that end with it. Its log is passed on line by line.
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
  /** Without a trailing slash. */
  readonly url: string;
  /** Runs the cron trigger. Throws if the Worker can't be reached; it logs what fails inside. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly secrets: Readonly<Record<string, string>>;
  /** Bindings that add to or replace those of wrangler.toml, in wrangler's form: `{ EMAIL: { type: 'send_email' } }`. */
  readonly bindings?: NonNullable<StartWorker['bindings']>;
  readonly onLog: (line: LogLine) => void;
}

type StartWorker = Parameters<typeof unstable_startWorker>[0];

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

/** Settings that the demo does not set, with the defaults of config.ts. */
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

/** Runs the cron trigger of a local Worker. */
export const SCHEDULED_PATH = '/cdn-cgi/local/scheduled?cron=*+*+*+*+*';

/** Builds and starts the Worker, and waits until it answers. Throws if that fails. */
export async function startWorker({ port, secrets, bindings = {}, onLog }: WorkerOptions): Promise<RunningWorker> {
  buildRules();
  await freePort(port);
  // No requests to Cloudflare. wrangler reads these variables when it is loaded.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  // Without this it prints every mail. The explorer lets us read them.
  process.env.WRANGLER_LOG ??= 'none';
  process.env.X_LOCAL_EXPLORER = 'true';
  const { unstable_startWorker } = await import('wrangler');
  const settings = Object.entries({ ...DEFAULTS, ...secrets }).map(
    ([name, value]) => [name, { type: 'secret_text', value }] as const,
  );
  const worker = await unstable_startWorker({
    config: `${ROOT}wrangler.toml`,
    bindings: { ...Object.fromEntries(settings), ...bindings },
    // .dev.vars is for `npm run dev`, but is read anyway: so every setting is bound here.
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

/** The build runs this too, but hides its output. */
function buildRules(): void {
  const { status } = spawnSync(process.execPath, ['src/cli/build-rules.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('fix the rules first');
}

/**
 * The port, or a free one for 0: the Worker's address must be known before it starts. Throws if the port is taken, since a
 * Worker on such a port never starts and reports nothing.
 */
export function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () => reject(new Error(`port ${port} is taken or not permitted: choose another --port`)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
