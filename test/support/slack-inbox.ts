/**
 * A fake of Slack's incoming webhooks: a real server on 127.0.0.1 that answers as configured and keeps what it gets. Like
 * Slack, it rejects invalid messages (slack-rules.ts).
 *
 * Workers reach it only over HTTP, so it has controls under /__inbox: `GET /messages`, `PUT /answer`
 * (`{ status, body?, headers?, times? }`, perhaps with `hang: true` or `reset: true`), `POST /reset`.
 */
import type { ServerResponse } from 'node:http';
import { parseJson } from '../../src/text/json.ts';
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { slackProblem } from './slack-rules.ts';

export interface Inbox {
  /** The webhook's address, with a secret in its path, like Slack's. */
  readonly url: string;
  /** Accepted messages, oldest first. */
  readonly messages: readonly unknown[];
  /** Why messages were rejected. */
  readonly problems: readonly string[];
  /** The bodies of all posts, accepted or not. */
  readonly bodies: readonly string[];
  /** All posts, accepted or not. */
  readonly posts: number;
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

const OK: FakeAnswer = { status: 200, body: 'ok' };

/**
 * Starts an inbox on a free port (or `port`); `onMessage` gets each accepted message. `plain`: it accepts any message, like
 * a webhook that is not Slack's.
 */
export async function startInbox(
  options: { port?: number; onMessage?: (message: unknown) => void; plain?: boolean } = {},
): Promise<Inbox> {
  const messages: unknown[] = [];
  const problems: string[] = [];
  const bodies: string[] = [];
  let posts = 0;
  const answers = createAnswers(OK);

  /** Answers a request to the controls; false if it is not one. */
  function control(path: string, body: string, response: ServerResponse): boolean {
    const json = (value: unknown): boolean => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
      return true;
    };
    switch (path) {
      case '/__inbox/messages':
        return json({ messages, problems, posts });
      case '/__inbox/answer':
        answers.set(JSON.parse(body) as FakeAnswer);
        return json({});
      case '/__inbox/reset':
        for (const list of [messages, problems, bodies]) list.length = 0;
        posts = 0;
        answers.set(OK);
        return json({});
      default:
        return false;
    }
  }

  const server = await startHttpServer((request, response, body) => {
    if (control(request.url ?? '', body, response)) return;
    posts++;
    bodies.push(body);
    const now = answers.next();
    if (now.hang === true) return;
    if (now.reset === true) {
      request.socket.destroy();
      return;
    }
    if (now.status === 200) {
      const message = parseJson(body);
      const problem = options.plain === true ? null : slackProblem(message);
      if (problem !== null) {
        problems.push(problem);
        response.writeHead(400).end(message === undefined ? 'invalid_payload' : 'invalid_blocks');
        return;
      }
      messages.push(message);
      options.onMessage?.(message);
    }
    answerWith(now, response);
  }, options.port);
  return {
    url: `${server.origin}/services/T00000000/B00000000/a-secret-of-slack`,
    messages,
    problems,
    bodies,
    get posts() {
      return posts;
    },
    answer: answers.set,
    stop: server.stop,
  };
}
