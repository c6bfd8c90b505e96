/**
 * Slack by an app's bot token: it changes its messages as their alerts change.
 *
 * Contract: `send` never throws and never takes longer than `timeoutMs`. What is news is a new message, since nobody is notified
 * of an edit; an update at medium and below is an answer in the thread of the message before. Where that message is gone,
 * and where none is known, a new one is sent. No reason holds the token.
 */
import { pause, within } from '../../http/deadline.ts';
import { type Answer, type Fetch, post } from '../../http/post.ts';
import { LEVELS } from '../../sigma/index.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import type { SlackMessage } from '../slack/message.ts';
import { render, renderShort } from '../slack/render.ts';
import { isGone, isInvalid, outcomeOf, placeFrom } from './answer.ts';
import { ofApp } from './status.ts';

/** "1 message per second to a specific channel" (https://docs.slack.dev/apis/web-api/rate-limits), and a little more. */
const PACE_MS = 1_020;
/** The answer repeats the message, which may have 50 blocks. */
const ANSWER_BYTES_MAX = 512 * 1024;
/** Of updates up to this level nobody need be notified at once. */
const QUIET = LEVELS.indexOf('medium');

export const SLACK_API = 'https://slack.com';

export interface SlackApp {
  readonly origin: string;
  /** A secret: anyone who knows it can post as the app. */
  readonly token: string;
  /** The channel's id. */
  readonly channel: string;
  /** Slack tells us what was clicked: messages have buttons that act. */
  readonly canAct: boolean;
}

export interface SlackAppOptions {
  /** Unique among the receivers. */
  readonly name: string;
  /** What holds the channel. */
  readonly setting: string;
  readonly fetch: Fetch;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

/** Creates a receiver that posts to one channel. */
export function createSlackApp(
  { origin, token, channel, canAct }: SlackApp,
  { name, setting, fetch, timeoutMs }: SlackAppOptions,
): Receiver {
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` };

  /** `parse`: an edit's text would be parsed by default. */
  const call = (method: string, message: object, signal: AbortSignal): Promise<Answer> => {
    const body = JSON.stringify({ ...message, parse: 'none' });
    return post(fetch, `${origin}/api/chat.${method}`, { headers, body }, 'Slack', signal, ANSWER_BYTES_MAX);
  };

  function rendered({ notification, links, editable }: Outgoing): SlackMessage {
    try {
      return render(notification, links, editable && ofApp(notification, editable, canAct));
    } catch {
      return renderShort(notification);
    }
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Outcome> {
    const { notification, editable } = outgoing;
    const message = rendered(outgoing);
    const before = editable?.earlier == null ? null : placeFrom(editable.earlier);
    const later = before === null ? null : changeOf(outgoing);
    if (before !== null && later !== null) {
      const { channel: where, ts } = before;
      const { text, blocks, attachments } = message;
      const answer =
        later === 'edit'
          ? await call('update', { channel: where, ts, text, blocks, attachments }, signal)
          : await call('postMessage', { channel: where, thread_ts: ts, ...message }, signal);
      // The message before stays the one that is changed.
      if (!isGone(answer)) return withoutReference(outcomeOf(answer, setting));
      await pause(PACE_MS);
    }
    let answer = await call('postMessage', { channel, ...message }, signal);
    if (isInvalid(answer)) {
      // The rejected one counts for the rate.
      await pause(PACE_MS);
      answer = await call('postMessage', { channel, ...renderShort(notification) }, signal);
    }
    const outcome = outcomeOf(answer, setting);
    // In place of a group's message that is gone: the delivery holds one of its alerts.
    return later === 'edit' && 'group' in notification ? withoutReference(outcome) : outcome;
  }

  return {
    name,
    paceMs: PACE_MS,
    send: (outgoing) => {
      const reason = `Slack did not answer within ${timeoutMs / 1000} s`;
      return within<Outcome>(timeoutMs, { kind: 'retry', reason, afterMs: null }, (signal) =>
        exchange(outgoing, signal),
      );
    },
  };
}

/** How a message follows the one before; null: it is a new one. */
function changeOf({ notification, editable }: Outgoing): 'edit' | 'thread' | null {
  if (editable?.isEdit) return 'edit';
  const isQuiet = notification.kind === 'updated' && LEVELS.indexOf(notification.alert.level) <= QUIET;
  return isQuiet && !notification.edits ? 'thread' : null;
}

function withoutReference(outcome: Outcome): Outcome {
  return outcome.kind === 'delivered' ? { kind: 'delivered' } : outcome;
}
