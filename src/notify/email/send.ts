/**
 * Email by Cloudflare's `send_email` binding: one mail a notification, to one address.
 *
 * Contract: `send` never throws and never takes longer than `timeoutMs`, even if the binding's promise never settles; no
 * address gets into a reason. A mail that is rejected as invalid is sent once more in its short form, but not once the time
 * is over: the delivery is then retried anyway, and would arrive twice.
 */
import { within } from '../../http/deadline.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { codeOf, isInvalid, type MailResult, outcome } from './answer.ts';
import type { MailBinding } from './message.ts';
import { type Content, render, renderShort } from './render.ts';

export interface EmailOptions {
  /** Unique among the receivers. */
  readonly name: string;
  readonly binding: MailBinding;
  /** The sender's address; its domain must be set up for sending. */
  readonly sender: string;
  readonly to: string;
  /** For a send, whatever it takes. */
  readonly timeoutMs: number;
}

/** Creates a receiver that mails to one person, or to a mailing list. */
export function createEmail({ name, binding, sender, to, timeoutMs }: EmailOptions): Receiver {
  async function sendMail(content: Content): Promise<MailResult> {
    try {
      await binding.send({ from: { name: 'Tocsin', email: sender }, to, ...content });
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'error', code: codeOf(error) };
    }
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<MailResult> {
    const result = await sendMail(rendered(outgoing, sender));
    if (!isInvalid(result) || signal.aborted) return result;
    return sendMail(renderShort(outgoing.notification, outgoing.links));
  }

  return {
    name,
    // No rate is documented but the account's own (E_RATE_LIMIT_EXCEEDED).
    paceMs: 0,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: MailResult = {
        kind: 'late',
        reason: `Cloudflare's Email Service did not answer within ${timeoutMs / 1000} s`,
      };
      return outcome(await within(timeoutMs, late, (signal) => exchange(outgoing, signal)));
    },
  };
}

/** What another version of the Worker stored may lack what this one shows. */
function rendered({ notification, links }: Outgoing, sender: string): Content {
  try {
    return render(notification, links, sender);
  } catch {
    return renderShort(notification, links);
  }
}
