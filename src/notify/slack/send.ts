/**
 * Slack by incoming webhook: one POST a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and lets neither the webhook's address nor any part of it into a reason. A message that Slack calls invalid is
 * sent once more in its short form.
 */
import { within } from '../../http/deadline.ts';
import { type Answer, type Fetch, post } from '../../http/post.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { isMisunderstood, outcome } from './answer.ts';
import type { SlackMessage } from './message.ts';
import { render, renderShort } from './render.ts';

export interface SlackOptions {
  /** Unique among the receivers. */
  readonly name: string;
  /** `https://hooks.slack.com/services/…`: a secret. */
  readonly webhookUrl: string;
  readonly fetch: Fetch;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** A receiver that posts to one Slack channel. */
export function createSlack({ name, webhookUrl, fetch, timeoutMs }: SlackOptions): Receiver {
  function tell(message: SlackMessage, signal: AbortSignal): Promise<Answer> {
    return post(fetch, webhookUrl, { headers: HEADERS, body: JSON.stringify(message) }, 'Slack', signal);
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const answer = await tell(rendered(outgoing), signal);
    return isMisunderstood(answer) ? tell(renderShort(outgoing.notification), signal) : answer;
  }

  return {
    name,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `Slack did not answer within ${timeoutMs / 1000} s` };
      const answer = await within(timeoutMs, late, (signal) => exchange(outgoing, signal));
      return outcome(answer, webhookUrl);
    },
  };
}

/** What was stored by another version of the Worker may lack what this one shows. */
function rendered({ notification, links }: Outgoing): SlackMessage {
  try {
    return render(notification, links);
  } catch {
    return renderShort(notification);
  }
}
