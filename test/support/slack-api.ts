/**
 * A fake of the part of Slack's Web API that an app posts with: it checks the token, rejects what Slack rejects
 * (slack-rules.ts), keeps the channel's messages with their edits and threads, and answers as configured.
 *
 * Its errors are 200 with `ok: false`, as https://docs.slack.dev/apis/web-api/#responses documents. It answers with the whole message,
 * as Slack does.
 */
import { parseJson } from '../../src/text/json.ts';
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import type { Fields } from './shape.ts';
import { slackAppProblem } from './slack-rules.ts';

export interface Posted {
  readonly ts: string;
  /** Null: in the channel itself. */
  readonly thread: string | null;
  message: Fields;
  edits: number;
}

export interface SlackApi {
  readonly origin: string;
  readonly token: string;
  readonly channel: string;
  /** What the channel shows, oldest first. */
  readonly posted: readonly Posted[];
  /** `postMessage` or `update`, in order. */
  readonly calls: readonly string[];
  readonly bodies: readonly string[];
  /** Why messages were rejected. */
  readonly problems: readonly string[];
  /** Slack's error for the next requests to a method; null: none. */
  fails(method: 'postMessage' | 'update', error: string | null): void;
  /** Somebody deletes every message. */
  deleteAll(): void;
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

const OK: FakeAnswer = { status: 200 };

export async function startSlackApi(): Promise<SlackApi> {
  const [token, channel] = ['xoxb-1234567890-a-secret-of-slack', 'C024BE91L'];
  const posted: Posted[] = [];
  const calls: string[] = [];
  const bodies: string[] = [];
  const problems: string[] = [];
  const errors = new Map<string, string | null>();
  const answers = createAnswers(OK);

  function errorOf(method: string, message: Fields): string | null {
    const set = errors.get(method) ?? null;
    if (set !== null) return set;
    const problem = slackAppProblem(message, method === 'update');
    if (problem !== null) {
      problems.push(problem);
      return 'invalid_blocks';
    }
    if (message['channel'] !== channel) return 'channel_not_found';
    return method === 'update' && !posted.some(({ ts }) => ts === message['ts']) ? 'message_not_found' : null;
  }

  function take(method: string, message: Fields): string {
    const found = posted.find(({ ts }) => method === 'update' && ts === message['ts']);
    if (found !== undefined) {
      found.message = message;
      found.edits++;
      return found.ts;
    }
    const ts = `1503435956.${String(posted.length + 1).padStart(6, '0')}`;
    posted.push({ ts, thread: (message['thread_ts'] as string | undefined) ?? null, message, edits: 0 });
    return ts;
  }

  const server = await startHttpServer((request, response, body) => {
    bodies.push(body);
    const now = answers.next();
    if (now.hang === true) return;
    if (now.reset === true) {
      request.socket.destroy();
      return;
    }
    if (now.status !== 200 || now.body !== undefined) return answerWith(now, response);
    const json = (value: object): void =>
      answerWith({ ...now, headers: { 'content-type': 'application/json' } }, response, JSON.stringify(value));
    const method = /^\/api\/chat\.(postMessage|update)$/.exec(request.url ?? '')?.[1];
    if (method === undefined) return json({ ok: false, error: 'unknown_method' });
    if (request.headers.authorization !== `Bearer ${token}`) return json({ ok: false, error: 'invalid_auth' });
    calls.push(method);
    const message = parseJson(body) as Fields;
    const error = errorOf(method, message);
    if (error !== null) return json({ ok: false, error, response_metadata: { messages: [`[ERROR] ${token}`] } });
    json({ ok: true, channel, ts: take(method, message), message });
  });
  return {
    ...{ origin: server.origin, token, channel, posted, calls, bodies, problems },
    fails: (method, error) => void errors.set(method, error),
    deleteAll: () => {
      posted.length = 0;
    },
    answer: answers.set,
    stop: server.stop,
  };
}
