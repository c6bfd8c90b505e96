/** The receivers there are, made from the settings. */
import type { ReceiverSettings } from '../config/receivers.ts';
import type { Fetch } from '../http/post.ts';
import { createEmail } from './email.ts';
import type { Receiver } from './receiver.ts';
import { createSlack } from './slack.ts';
import { createUnset } from './unset.ts';
import { createWebhook } from './webhook.ts';

/**
 * A receiver may take so long to answer; less than an attempt is given (ledger/deliver/outbox.ts), and what Standard Webhooks
 * asks for ("Request timeouts": 15 to 30 s).
 */
const SEND_TIMEOUT_MS = 15_000;

/** What receivers need of the world. */
export interface Outside {
  readonly fetch: Fetch;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}

/** Creates the receivers that the settings name. Empty: nobody is told, which `Config.problems` says loudly. */
export function createReceivers(settings: readonly ReceiverSettings[], outside: Outside): readonly Receiver[] {
  return settings.map((of) => createReceiver(of, outside));
}

function createReceiver(of: ReceiverSettings, { fetch, now }: Outside): Receiver {
  const { name } = of;
  const timeoutMs = SEND_TIMEOUT_MS;
  switch (of.type) {
    case 'slack':
      return createSlack({ name, webhookUrl: of.webhookUrl, fetch, timeoutMs });
    case 'email':
      return createEmail({ name, binding: of.binding, sender: of.sender, to: of.to, timeoutMs });
    case 'webhook':
      return createWebhook({ name, url: of.url, key: of.key, fetch, now, timeoutMs });
    case 'unset':
      return createUnset(name, of.problem);
  }
}
