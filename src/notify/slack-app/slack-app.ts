/**
 * A Slack app, by its bot token.
 *
 * Contract: pure; a problem never holds the token. One app has several receivers, each with a channel.
 */
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import { readSigningSecret } from '../../config/slack-actions.ts';
import type { ReceiverType } from '../receiver.ts';
import { TOKEN } from './answer.ts';
import { createSlackApp, SLACK_API } from './send.ts';

const EXPECTS = 'the id of a channel that the app is in, C…';

export const slackApp: ReceiverType = {
  type: 'slack-app',
  label: 'Slack app',
  docs: 'https://docs.slack.dev/quickstart',
  secret: 'SLACK_CHANNEL',
  signingSecret: null,
  expects: EXPECTS,
  settings: [TOKEN],
  bindings: [],
  placesIn: null,
  edits: true,
  read(env, { name, secret }, take) {
    const hint = `set it to ${EXPECTS}: ${bySecret(secret)}`;
    const channel = take(secret, after(readText(env, secret), parseChannel), hint);
    const token = take(
      TOKEN,
      after(readText(env, TOKEN), parseToken),
      `set it to the app's bot token, xoxb-…: ${bySecret(TOKEN)}`,
    );
    if (channel === null || token === null) return null;
    const canAct = readSigningSecret(env).kind === 'value';
    return ({ fetch, timeoutMs }) =>
      createSlackApp({ origin: SLACK_API, token, channel, canAct }, { name, setting: secret, fetch, timeoutMs });
  },
};

/** A public or private channel, or a conversation with one person. */
function parseChannel(text: string): Reading<string> {
  if (/^[CGD][A-Z0-9]{6,24}$/.test(text)) return value(text);
  if (/^https?:/.test(text)) return wrong('is a URL, not the id of a channel');
  return wrong("is not the id of a channel: it is at the end of the channel's details in Slack");
}

/** https://docs.slack.dev/authentication/tokens ("Bot tokens"). */
function parseToken(text: string): Reading<string> {
  if (/^xoxb-[\w-]{10,250}$/.test(text)) return value(text);
  return wrong('does not begin with xoxb-: is it another token of the app, or one that expires (token rotation)?');
}
