/** The Worker: connects what Cloudflare calls with what answers. No logic here. */
import { readConfig } from './config/config.ts';
import type { CreateReceiver } from './notify/receiver.ts';
import { RECEIVER_TYPES } from './notify/registry.ts';
import { LEDGER_NAME, reportSettings, tick } from './poller/tick.ts';
import { routing } from './rules.gen.ts';
import { createApp } from './web/app.ts';
import type { RefusalMemory } from './web/context.ts';
import { REPORT_AFTER_MS } from './web/security.ts';

export { Ledger } from './ledger/durable.ts';

/** Every tick reports the settings, but only the first request. */
let reported = false;
const refusals: RefusalMemory = { hours: [], reportAt: 0 };

export default {
  async scheduled(_controller, env) {
    const config = readConfig<KVNamespace, typeof env.LEDGER, CreateReceiver>(env, RECEIVER_TYPES, routing);
    const ledger = config.ledger?.getByName(LEDGER_NAME) ?? null;
    await tick(config, ledger, { now: () => Date.now(), fetch: (url, init) => fetch(url, init) });
  },
  fetch(request, env, context) {
    const config = readConfig<KVNamespace, typeof env.LEDGER>(env, RECEIVER_TYPES, routing);
    const connect = () => config.ledger?.getByName(LEDGER_NAME) ?? null;
    if (!reported) reportSettings(config);
    reported = true;
    return createApp({
      config,
      ledger: connect(),
      reconnect: connect,
      now: () => Date.now(),
      later: (work) => context.waitUntil(scheduler.wait(REPORT_AFTER_MS).then(work)),
      refusals,
      fetch: (url, init) => fetch(url, init),
    }).fetch(request);
  },
} satisfies ExportedHandler<Cloudflare.Env>;
