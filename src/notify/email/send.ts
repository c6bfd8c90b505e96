/**
 * Email by Cloudflare's `send_email` binding: one mail a notification, to all recipients together.
 *
 * Contract: `send` never throws and never takes longer than `timeoutMs`, even if the binding's promise never settles; no
 * address gets into a reason. A mail that is rejected as invalid is sent once more in its short form. If one recipient is
 * at fault, each gets a mail by itself, so that the others are notified (one-by-one.ts). Once one of them has it, the
 * delivery is done, and its note names the others (`outcomeOfAll`).
 */
import { within } from '../../http/deadline.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { codeOf, isAboutRecipient, isInvalid, type MailResult, outcome, outcomeOfAll } from './answer.ts';
import type { MailBinding } from './message.ts';
import { sendOneByOne } from './one-by-one.ts';
import { type Content, render, renderShort } from './render.ts';

export interface EmailOptions {
  /** Unique among the receivers. */
  readonly name: string;
  readonly binding: MailBinding;
  /** The sender's address; its domain must be set up for sending. */
  readonly sender: string;
  /** At least one, at most 50. */
  readonly to: readonly string[];
  /** For a send, whatever it takes. */
  readonly timeoutMs: number;
}

/** Creates a receiver that mails to some people. */
export function createEmail({ name, binding, sender, to, timeoutMs }: EmailOptions): Receiver {
  async function sendMail(content: Content, recipients: readonly string[]): Promise<MailResult> {
    try {
      await binding.send({ from: { name: 'Tocsin', email: sender }, to: [...recipients], ...content });
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'error', code: codeOf(error) };
    }
  }

  /** To all together; if that fails for one of them, to each by itself, with the results in `results`. */
  async function exchange(
    outgoing: Outgoing,
    results: (MailResult | null)[],
    signal: AbortSignal,
  ): Promise<MailResult> {
    let content = rendered(outgoing, sender);
    let result = await sendMail(content, to);
    if (isInvalid(result)) {
      content = renderShort(outgoing.notification, outgoing.links);
      result = await sendMail(content, to);
    }
    if (isAboutRecipient(result) && to.length > 1 && !signal.aborted) {
      results.push(...to.map(() => null));
      const sendTo = (index: number) => sendMail(content, to.slice(index, index + 1));
      await sendOneByOne({ results, sendTo, timeoutMs, signal });
    }
    return result;
  }

  return {
    name,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: MailResult = {
        kind: 'late',
        reason: `Cloudflare's Email Service did not answer within ${timeoutMs / 1000} s`,
      };
      const results: (MailResult | null)[] = [];
      const result = await within(timeoutMs, late, (signal) => exchange(outgoing, results, signal));
      // The results so far count, even if there was not enough time for all.
      return results.length > 0 ? outcomeOfAll(results) : outcome(result);
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
