/**
 * Email by Cloudflare's `send_email` binding: one mail a notification, to all recipients together.
 *
 * Contract: `send` never throws and never takes longer than `timeoutMs`, whether or not the binding's promise ever comes;
 * no address gets into a reason. A mail that is called invalid is sent once more in its short form. Where one recipient
 * is at fault, each is written to by itself, so that the others hear of it (one-by-one.ts); once one of them has it, the
 * delivery is done, and its note says who has not (`together`).
 */
import { within } from '../../http/deadline.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { type Answer, codeOf, isAboutRecipient, isMisunderstood, outcome, together } from './answer.ts';
import type { MailBinding } from './message.ts';
import { oneByOne } from './one-by-one.ts';
import { type Content, render, renderShort } from './render.ts';

export interface EmailOptions {
  /** Unique among the receivers. */
  readonly name: string;
  readonly binding: MailBinding;
  /** Whom the mails are from; its domain must be set up for sending. */
  readonly sender: string;
  /** At least one, at most 50. */
  readonly to: readonly string[];
  /** For a send, whatever it takes. */
  readonly timeoutMs: number;
}

/** A receiver that mails to some people. */
export function createEmail({ name, binding, sender, to, timeoutMs }: EmailOptions): Receiver {
  async function mail(content: Content, recipients: readonly string[]): Promise<Answer> {
    try {
      await binding.send({ from: { name: 'Tocsin', email: sender }, to: [...recipients], ...content });
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'error', code: codeOf(error) };
    }
  }

  /** To all together; where that fails for one of them, by themselves, each one's answer in `answers`. */
  async function exchange(outgoing: Outgoing, answers: (Answer | null)[], signal: AbortSignal): Promise<Answer> {
    let content = rendered(outgoing, sender);
    let answer = await mail(content, to);
    if (isMisunderstood(answer)) {
      content = renderShort(outgoing.notification, outgoing.links);
      answer = await mail(content, to);
    }
    if (isAboutRecipient(answer) && to.length > 1 && !signal.aborted) {
      answers.push(...to.map(() => null));
      await oneByOne({ answers, tell: (place) => mail(content, to.slice(place, place + 1)), timeoutMs, signal });
    }
    return answer;
  }

  return {
    name,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = {
        kind: 'late',
        reason: `Cloudflare's Email Service did not answer within ${timeoutMs / 1000} s`,
      };
      const answers: (Answer | null)[] = [];
      const answer = await within(timeoutMs, late, (signal) => exchange(outgoing, answers, signal));
      // By themselves: what has come counts, even where the time was not enough for all.
      return answers.length > 0 ? together(answers) : outcome(answer);
    },
  };
}

/** What was stored by another version of the Worker may lack what this one shows. */
function rendered({ notification, links }: Outgoing, sender: string): Content {
  try {
    return render(notification, links, sender);
  } catch {
    return renderShort(notification, links);
  }
}
