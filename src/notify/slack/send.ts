/**
 * Slack by incoming webhook: one POST a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and puts no part of the webhook's URL into a reason. A message that Slack rejects as invalid is sent once more in
 * its short form.
 */
import { within } from '../../http/deadline.ts';
import { type Answer, type Fetch, post } from '../../http/post.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { isInvalid, outcome, type Webhook } from './answer.ts';
import type { SlackMessage } from './message.ts';
import { render, renderShort } from './render.ts';

export interface SlackOptions extends Webhook {
  /** Unique among the receivers. */
  readonly name: string;
  readonly fetch: Fetch;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** Creates a receiver that posts to one Slack channel. */
export function createSlack({ name, fetch, timeoutMs, ...webhook }: SlackOptions): Receiver {
  function postMessage(message: SlackMessage, signal: AbortSignal): Promise<Answer> {
    return post(fetch, webhook.webhookUrl, { headers: HEADERS, body: JSON.stringify(message) }, 'Slack', signal);
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const answer = await postMessage(rendered(outgoing), signal);
    return isInvalid(answer) ? postMessage(renderShort(outgoing.notification), signal) : answer;
  }

  return {
    name,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `Slack did not answer within ${timeoutMs / 1000} s` };
      return outcome(await within(timeoutMs, late, (signal) => exchange(outgoing, signal)), webhook);
    },
  };
}

/** What another version of the Worker stored may lack what this one shows. */
function rendered({ notification, links }: Outgoing): SlackMessage {
  try {
    return render(notification, links);
  } catch {
    return renderShort(notification);
  }
}
