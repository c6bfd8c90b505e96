/**
 * A fake of Slack's incoming webhooks: a real server on 127.0.0.1 that answers as configured and keeps what it gets. Like
 * Slack, it rejects invalid messages (slack-rules.ts).
 *
 * Workers reach it only over HTTP, so it has controls under /__inbox: `GET /messages`, `PUT /answer`
 * (`{ status, body?, headers?, times? }`, perhaps with `hang: true` or `reset: true`), `POST /reset`.
 */
import { createServer } from 'node:http';
import { parseJson } from '../../src/text/json.ts';
import { slackProblem } from './slack-rules.ts';

/** How the next posts are answered. */
export interface InboxAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answer. */
  readonly hang?: boolean;
  /** Close the connection without an answer. */
  readonly reset?: boolean;
  /** For so many posts; without it, for all. */
  readonly times?: number;
}

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
  answer(with_: InboxAnswer): void;
  stop(): Promise<void>;
}

const OK: InboxAnswer = { status: 200, body: 'ok' };

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
  let next = OK;
  let left = Number.POSITIVE_INFINITY;
  const answer = (with_: InboxAnswer): void => {
    next = with_;
    left = with_.times ?? Number.POSITIVE_INFINITY;
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const json = (value: unknown): void => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
      };
      if (request.url === '/__inbox/messages') return json({ messages, problems, posts });
      if (request.url === '/__inbox/answer') {
        answer(JSON.parse(text) as InboxAnswer);
        return json({});
      }
      if (request.url === '/__inbox/reset') {
        messages.length = 0;
        problems.length = 0;
        bodies.length = 0;
        posts = 0;
        answer(OK);
        return json({});
      }
      posts++;
      bodies.push(text);
      const now = left > 0 ? next : OK;
      left--;
      if (now.hang === true) return;
      if (now.reset === true) {
        request.socket.destroy();
        return;
      }
      if (now.status === 200) {
        const message = parseJson(text);
        const problem = options.plain === true ? null : slackProblem(message);
        if (problem !== null) {
          problems.push(problem);
          response.writeHead(400).end(message === undefined ? 'invalid_payload' : 'invalid_blocks');
          return;
        }
        messages.push(message);
        options.onMessage?.(message);
      }
      response.writeHead(now.status, { ...now.headers }).end(now.body ?? '');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/services/T00000000/B00000000/a-secret-of-slack`,
    messages,
    problems,
    bodies,
    get posts() {
      return posts;
    },
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
