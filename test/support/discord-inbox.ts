/**
 * A fake of Discord's webhooks: a server on 127.0.0.1 that enforces Discord's limits, and rejects unknown fields.
 *
 * https://discord.com/developers/docs/resources/webhook#execute-webhook and …/resources/message#embed-object-embed-limits.
 */

import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { type Check, type Fields, list, object, oneOf, text } from './shape.ts';

export interface DiscordInbox {
  readonly url: string;
  readonly token: string;
  readonly messages: readonly unknown[];
  /** Why messages were rejected. */
  readonly problems: readonly string[];
  /** The bodies of all posts, accepted or not. */
  readonly bodies: readonly string[];
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

const url: Check = (value, at) =>
  text(2048)(value, at) ?? (/^https?:\/\/[^\s<>]+$/.test(String(value)) ? null : `${at} is not a URL`);
const color: Check = (value, at) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffff ? null : `${at} is not a color`;
const noMentions: Check = (value, at) =>
  JSON.stringify(value) === '{"parse":[]}' ? null : `${at} allows mentions, or lacks parse`;

const FIELD = object({ name: text(256), value: text(1024), inline: oneOf(true, false) });
const EMBED = object({
  title: text(256),
  'url?': url,
  'description?': text(4096),
  color,
  'fields?': list(25, FIELD),
  footer: object({ text: text(2048) }),
});
const MESSAGE = object({ 'content?': text(2000), 'embeds?': list(10, EMBED), allowed_mentions: noMentions });

/** Why Discord would answer 400; null if it would accept the message. */
export function discordProblem(message: unknown): string | null {
  const problem = MESSAGE(message, 'message');
  if (problem !== null) return problem;
  const { content, embeds } = message as Fields;
  if (content === undefined && embeds === undefined) return 'the message is empty';
  const texts: string[] = [];
  JSON.stringify(embeds, (key, value: unknown) => {
    if (typeof value === 'string' && key !== 'url') texts.push(value);
    return value;
  });
  const all = texts.join('').length;
  return all <= 6000 ? null : `the embeds have ${all} characters, more than 6000`;
}

const TOKEN = `t0k3n-of_discord-${'aB3dE5fG'.repeat(6)}`;
const OK: FakeAnswer = { status: 200, body: '{"id":"1"}' };

export async function startDiscordInbox(): Promise<DiscordInbox> {
  const messages: unknown[] = [];
  const problems: string[] = [];
  const bodies: string[] = [];
  const answers = createAnswers(OK);
  const server = await startHttpServer((request, response, body) => {
    bodies.push(body);
    const now = answers.next();
    if (now.hang === true) return;
    if (now.reset === true) {
      request.socket.destroy();
      return;
    }
    if (now.status === 200) {
      const message: unknown = JSON.parse(body);
      const problem = request.url?.endsWith('?wait=true') ? discordProblem(message) : 'it was not asked to wait';
      if (problem !== null) {
        problems.push(problem);
        response.writeHead(400).end('{"message": "Invalid Form Body", "code": 50035}');
        return;
      }
      messages.push(message);
    }
    answerWith(now, response, now.body ?? OK.body);
  });
  return {
    url: `${server.origin}/api/webhooks/123456789012345678/${TOKEN}`,
    token: TOKEN,
    messages,
    problems,
    bodies,
    answer: answers.set,
    stop: server.stop,
  };
}
