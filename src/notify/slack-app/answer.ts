/**
 * How Slack's Web API answers: 200 with `ok`, and an `error` where that is false
 * (https://docs.slack.dev/apis/web-api/#responses). The errors are those of
 * https://docs.slack.dev/reference/methods/chat.postMessage and …/chat.update.
 *
 * Contract: pure. Of an answer only the error's name gets into a reason, never a text.
 */
import { bySecret } from '../../config/setting.ts';
import type { Answer } from '../../http/post.ts';
import { parseJson } from '../../text/json.ts';
import type { Outcome } from '../receiver.ts';

/** Where a message is. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

/** What the methods answer, as far as anything depends on it. `error`: '' where there is none. */
export interface SlackAnswer {
  readonly isOk: boolean;
  readonly error: string;
  readonly place: Place | null;
}

/** Reads an answer's body, whatever it is. */
export function readAnswer(body: string): SlackAnswer {
  const { ok, error, channel, ts } = Object(parseJson(body));
  // What was taken is not sent again, even if its answer is cut.
  const isOk = ok === true || /^\s*\{\s*"ok"\s*:\s*true\b/.test(body);
  return {
    isOk,
    error: !isOk && typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : '',
    place: isOk ? placeFrom(`${channel} ${ts}`) : null,
  };
}

/** A place as a reference: `C024BE91L 1503435956.000247`. */
export function placeText({ channel, ts }: Place): string {
  return `${channel} ${ts}`;
}

/** Null where the text is not a place. */
export function placeFrom(text: string): Place | null {
  const [, channel, ts] = /^([A-Z0-9]{1,30}) (\d{1,20}\.\d{1,20})$/.exec(text) ?? [];
  return channel === undefined || ts === undefined ? null : { channel, ts };
}

/** The message is at fault: a plainer one may be accepted. */
const INVALID =
  /^(?:invalid_(?:blocks|arg|json|array|post|form|char)|json_|msg_|no_text$|too_many_attachments|attachment_|metadata_|markdown_)/;
/** Nothing is wrong, or nothing that anybody can change. */
const TEMPORARY = /^(?:internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/;
/** `message_limit_exceeded`: of the workspace. */
const TOO_MANY = /^(?:rate_?limited|message_limit_exceeded)$/;
/** The message before, or its channel, can't be used any more: a new one may. */
const GONE =
  /^(?:message_not_found|thread_not_found|cant_update_message|edit_window_closed|update_failed|is_inactive|cannot_reply_to_message|channel_not_found|not_in_channel|is_archived)$/;

export function isInvalid(answer: Answer): boolean {
  return answer.kind === 'answered' && (answer.status === 413 || INVALID.test(readAnswer(answer.body).error));
}

/** Whether the message before can't be changed or answered. */
export function isGone(answer: Answer): boolean {
  return isInvalid(answer) || (answer.kind === 'answered' && GONE.test(readAnswer(answer.body).error));
}

/** The setting that holds the app's token. */
export const TOKEN = 'SLACK_BOT_TOKEN';
const INSTALL = `install the app in the workspace again and set its bot token: ${bySecret(TOKEN)}`;

/** What is wrong, by Slack's error, and what to do. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/^not_in_channel$/, 'invite the app to the channel: /invite @Tocsin'],
  [/^channel_not_found$/, 'no such channel, or a private one that the app is not in: /invite @Tocsin there, or set ID'],
  [/^is_archived$/, 'the channel is archived: unarchive it, or set ID'],
  [/^(?:invalid_auth|not_authed|token_|account_inactive|team_access)/, `the bot token does not count: ${INSTALL}`],
  [/^(?:missing_scope|no_permission|not_allowed_token)/, `the app needs the scope chat:write: add it, ${INSTALL}`],
  [/^(?:restricted_|ekm_|enterprise_)/, 'an admin of the workspace restricts posting there: ask for permission'],
];

/** What an answer means for the delivery. `setting`: what holds the channel. */
export function outcomeOf(answer: Answer, setting: string): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, body, afterMs } = answer;
  const { isOk, error, place } = readAnswer(body);
  if (status === 200 && isOk) return { kind: 'delivered', ...(place !== null && { reference: placeText(place) }) };
  const detail = error === '' ? '' : ` (${error})`;
  if (status === 429 || TOO_MANY.test(error)) {
    return { kind: 'slow down', reason: `Slack asks to slow down (${error || status})`, afterMs };
  }
  const reason = `Slack answered ${status}${detail}`;
  const isTemporary = status === 408 || status >= 500 || TEMPORARY.test(error) || (status === 200 && error === '');
  if (isTemporary) return { kind: 'retry', reason, afterMs };
  return { kind: 'refused', reason: `${reason}: ${hint(status, error, setting)}` };
}

function hint(status: number, error: string, setting: string): string {
  if (status === 413 || INVALID.test(error)) return 'it rejected the message and its short form: please report it';
  const cause = CAUSES.find(([errors]) => errors.test(error))?.[1];
  if (cause !== undefined) return cause.replace('set ID', `set another channel's id: ${bySecret(setting)}`);
  return `check the app, its bot token (${TOKEN}) and the channel (${setting})`;
}
