/**
 * A receiver is where notifications go: one folder or file a vendor. `render` is pure and stands beside it; `send`
 * does the I/O and classifies the vendor's answer where the vendor is known.
 */
import type { Links } from '../alert/links.ts';
import type { Notification } from '../alert/notification.ts';

/** How a send ended. Reasons are for people, with every secret (and URL that carries one) left out. */
export type Outcome =
  /** `note`: what went wrong all the same, and is not tried again: some of several people did not get it. */
  | { readonly kind: 'delivered'; readonly note?: string }
  /** May work later. `afterMs`: the vendor said not before. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | null }
  /** Will never work as it is: the delivery is dead. */
  | { readonly kind: 'refused'; readonly reason: string };

/** One notification on its way out. */
export interface Outgoing {
  /** The same at every attempt, and of no other delivery: what a receiver may know a repetition by. */
  readonly id: string;
  readonly notification: Notification;
  readonly links: Links;
}

export interface Receiver {
  /** Unique among the receivers; deliveries are queued under it. */
  readonly name: string;
  /** Never throws: whatever goes wrong is an `Outcome`. */
  send(outgoing: Outgoing): Promise<Outcome>;
}
