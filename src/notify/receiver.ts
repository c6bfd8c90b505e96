/**
 * A receiver is where notifications go. `send` does the I/O and classifies the vendor's answer where the vendor is known.
 */
import type { Links } from '../alert/links.ts';
import type { Notification } from '../alert/notification.ts';
import type { ConfigurableType, ConfiguredReceiver } from '../config/receivers.ts';
import type { Fetch } from '../http/post.ts';

/** How a send ended. Reasons are for people and hold no secret, nor a URL that carries one. */
export type Outcome =
  /** `reference`: what the receiver knows the message by, to change it later. Short, and no secret. */
  | { readonly kind: 'delivered'; readonly reference?: string }
  /** Too many messages: nothing is wrong. `afterMs`: the vendor asked not to be asked earlier; null: it named no time. */
  | { readonly kind: 'slow down'; readonly reason: string; readonly afterMs: number | null }
  /** May work later. `afterMs`: the vendor asked not to be asked earlier. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** Will not work as things are: somebody has to do something. */
  | { readonly kind: 'refused'; readonly reason: string };

/** One notification on its way out. */
export interface Outgoing {
  /** The same at every attempt, and of no other delivery: a receiver recognizes a repetition by it. */
  readonly id: string;
  readonly notification: Notification;
  readonly links: Links;
  /** For a receiver that edits its messages; missing for others, and where the message is about no alert. */
  readonly editable?: Editable;
}

/** What a receiver that edits has to know of a message. */
export interface Editable {
  /** The id of the ledger, which its alerts are of. */
  readonly ledger: string;
  /** The alerts of the message as they are now, in its order. */
  readonly alerts: readonly AlertNow[];
  /** The reference of the newest message about the alert; null: there is none, or it was forgotten. */
  readonly earlier: string | null;
  /** That message is what this one shows, and is changed. */
  readonly isEdit: boolean;
  /** Somebody acknowledged or resolved the first alert after this message was enqueued, and it still is so. */
  readonly isActedOn: boolean;
}

/** `by`: who acknowledged or resolved it; null: nobody. `reason`: why it is resolved. */
export interface AlertNow {
  readonly id: number;
  readonly status: 'open' | 'acknowledged' | 'resolved' | 'past';
  readonly by: string | null;
  readonly reason: string | null;
}

export interface Receiver {
  /** Unique among the receivers; deliveries are queued under it: `slack`, `email`, `email/2`. */
  readonly name: string;
  /** The least time between two messages, ms, by what the vendor documents. */
  readonly paceMs: number;
  /** Never throws: whatever goes wrong is an `Outcome`. */
  send(outgoing: Outgoing): Promise<Outcome>;
}

/** What receivers need of the world. */
export interface Outside {
  readonly fetch: Fetch;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** For a send, whatever it does. */
  readonly timeoutMs: number;
}

export type CreateReceiver = (outside: Outside) => Receiver;

/**
 * A type of receiver: everything that the rest of Tocsin knows of a vendor. Its settings stay inside: `read` returns a
 * function that creates the receiver.
 */
export interface ReceiverType extends ConfigurableType<CreateReceiver> {
  /** What people call it. */
  readonly label: string;
  /** The vendor's page that says how to get what `secret` holds. */
  readonly docs: string;
}

/** How long a receiver may take to answer: what Standard Webhooks recommends ("Request timeouts": 15 to 30 s). */
export const SEND_TIMEOUT_MS = 15_000;

/** Creates the configured receivers. One with a problem refuses every message for that reason. */
export function createReceivers(
  configured: readonly ConfiguredReceiver<CreateReceiver>[],
  outside: Omit<Outside, 'timeoutMs'>,
): readonly Receiver[] {
  return configured.map(({ name, problem, create }) =>
    create === null
      ? { name, paceMs: 0, send: () => Promise.resolve({ kind: 'refused', reason: problem }) }
      : create({ ...outside, timeoutMs: SEND_TIMEOUT_MS }),
  );
}
