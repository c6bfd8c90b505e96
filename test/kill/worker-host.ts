/**
 * The Worker that is killed, as a process: the bundle that is deployed, in workerd below this process, with KV and the
 * Durable Object on the disk. When workerd alone is killed, its host starts it again, as a platform does.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare';
import type { Bundle } from './bundle.ts';
import { beginChild, tell } from './child.ts';

export interface WorkerOptions {
  readonly name: string;
  readonly port: number;
  readonly bundle: Bundle;
  /** Settings and secrets. */
  readonly settings: Readonly<Record<string, string>>;
  /** The mail provider, which the binding EMAIL leads to. */
  readonly mailUrl: string;
  /** KV and the Durable Object. */
  readonly storage: string;
  /** Where it may write what it needs to run. */
  readonly folder: string;
  /** Holds the id of workerd's process, once it runs. */
  readonly pidFile: string;
  /** The Worker's log, appended to. */
  readonly logFile: string;
}

const MAIL_RELAY = 'mail-relay';
/** Of the relay alone. */
const COMPATIBILITY_DATE = '2026-10-01';

/** The platform's binding only keeps mails in memory: this one passes them to a provider that can be killed. */
const MAIL_RELAY_CODE = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async send(mail) {
    const response = await fetch(this.env.MAIL_URL, { method: 'POST', body: JSON.stringify(mail) });
    if (!response.ok) throw new Error('E_INTERNAL_SERVER_ERROR');
    return response.json();
  }
}`;

const options = beginChild<WorkerOptions>();
const { name, port, bundle, settings, mailUrl, storage, folder, pidFile, logFile } = options;
process.env['TMPDIR'] = folder;
process.env['MINIFLARE_WORKERD_PATH'] = workerdWithPid();

const main = join(bundle.folder, bundle.main);
const tocsin: V4WorkerOptions = {
  ...bundle.worker,
  name,
  modules: [{ type: 'ESModule', path: main }],
  modulesRoot: bundle.folder,
  bindings: settings,
  serviceBindings: { EMAIL: MAIL_RELAY },
};
const mailRelay: V4WorkerOptions = {
  name: MAIL_RELAY,
  modules: [{ type: 'ESModule', path: join(folder, 'mail-relay.js'), contents: MAIL_RELAY_CODE }],
  modulesRoot: folder,
  compatibilityDate: COMPATIBILITY_DATE,
  bindings: { MAIL_URL: mailUrl },
};
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port,
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    resourcePersistencePath: storage,
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ level, message }) => appendFileSync(logFile, `${level} ${message}\n`),
    workers: [tocsin, mailRelay],
  }),
);
await miniflare.ready;
tell('ready');

/** A script that runs workerd, and first says by which process id. */
function workerdWithPid(): string {
  const workerd = createRequire(createRequire(import.meta.url).resolve('miniflare'))('workerd').default as string;
  const script = join(folder, 'workerd.sh');
  const lines = [
    '#!/bin/sh',
    `echo $$ > '${pidFile}.new' && mv '${pidFile}.new' '${pidFile}'`,
    `exec '${workerd}' "$@"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 });
  return script;
}
