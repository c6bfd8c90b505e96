/**
 * Discord by incoming webhook: one POST a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and puts no part of the webhook's URL into a reason. A message that Discord rejects as invalid is sent once
 * more in its short form.
 */
import { within } from '../../http/deadline.ts';
import { type Answer, type Fetch, post } from '../../http/post.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { isInvalid, outcome } from './answer.ts';
import type { DiscordMessage } from './message.ts';
import { render, renderShort } from './render.ts';

export interface DiscordOptions {
  /** Unique among the receivers. */
  readonly name: string;
  /** `https://discord.com/api/webhooks/…`: a secret. */
  readonly webhookUrl: string;
  /** The setting that holds it. */
  readonly setting: string;
  readonly fetch: Fetch;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Tocsin' };

/** Creates a receiver that posts to one Discord channel. */
export function createDiscord({ name, webhookUrl, setting, fetch, timeoutMs }: DiscordOptions): Receiver {
  // Without `wait`, "a message that is not saved does not return an error" (…/resources/webhook#execute-webhook).
  const url = `${webhookUrl}${webhookUrl.includes('?') ? '&' : '?'}wait=true`;

  function postMessage(message: DiscordMessage, signal: AbortSignal): Promise<Answer> {
    return post(fetch, url, { headers: HEADERS, body: JSON.stringify(message) }, 'Discord', signal);
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const answer = await postMessage(rendered(outgoing), signal);
    return isInvalid(answer) ? postMessage(renderShort(outgoing.notification), signal) : answer;
  }

  return {
    name,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `Discord did not answer within ${timeoutMs / 1000} s` };
      return outcome(await within(timeoutMs, late, (signal) => exchange(outgoing, signal)), setting);
    },
  };
}

/** What another version of the Worker stored may lack what this one shows. */
function rendered({ notification, links }: Outgoing): DiscordMessage {
  try {
    return render(notification, links);
  } catch {
    return renderShort(notification);
  }
}
