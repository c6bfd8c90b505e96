/**
 * A fake receiver of Standard Webhooks: it verifies each message with the standard's own library, which checks the
 * signature and that the timestamp is within five minutes, and answers 401 to invalid messages.
 */
import { Webhook } from 'standardwebhooks';
import { answerWith, type FakeAnswer, startHttpServer } from './http-server.ts';

export interface WebhookAnswer extends Omit<FakeAnswer, 'times'> {
  /** An endless body. */
  readonly endless?: boolean;
}

/** A message with a valid signature, accepted or not. */
export interface Post {
  readonly id: string;
  /** From its header, s since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

export interface WebhookInbox {
  /** With a secret token in its query. */
  readonly url: string;
  readonly secrets: readonly string[];
  /** The signing key's bytes. */
  readonly key: Uint8Array;
  readonly posts: readonly Post[];
  /** Why posts were rejected. */
  readonly problems: readonly string[];
  answer(with_: WebhookAnswer): void;
  stop(): Promise<void>;
}

const TOKEN = 'wEbHo0kT0kenOfS0me0ne';
/** At least 24 bytes. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256);

export async function startWebhookInbox(): Promise<WebhookInbox> {
  const base64 = Buffer.from(KEY).toString('base64');
  const verifier = new Webhook(`whsec_${base64}`);
  const posts: Post[] = [];
  const problems: string[] = [];
  let now: WebhookAnswer = { status: 204 };
  const server = await startHttpServer((request, response, body) => {
    try {
      verifier.verify(body, request.headers as Record<string, string>);
    } catch (error) {
      problems.push(String(error));
      response.writeHead(401).end();
      return;
    }
    const header = (name: string): string => String(request.headers[name]);
    posts.push({ id: header('webhook-id'), timestamp: Number(header('webhook-timestamp')), body });
    if (now.hang === true) return;
    if (now.reset === true) {
      request.socket.destroy();
      return;
    }
    if (now.endless !== true) {
      answerWith(now, response);
      return;
    }
    response.writeHead(now.status, { ...now.headers });
    const pour = (): void => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    };
    response.on('drain', pour);
    response.on('error', () => {});
    pour();
  });
  return {
    url: `${server.origin}/hooks/tocsin?token=${TOKEN}`,
    secrets: [TOKEN, base64, `whsec_${base64}`],
    key: KEY,
    posts,
    problems,
    answer: (with_) => {
      now = with_;
    },
    stop: server.stop,
  };
}
