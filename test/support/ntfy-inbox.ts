/**
 * A fake of an ntfy server, which publishes messages as JSON, enforces ntfy's limits, and rejects unknown fields.
 *
 * https://docs.ntfy.sh/publish/#publish-as-json, …/publish/#limitations; what that page leaves out is in ntfy's server:
 * https://github.com/binwiederhier/ntfy/blob/main/server/server.go (transformBodyJSON), util.go (maybeDecodeHeader), errors.go.
 */
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { type Check, first, list, object, oneOf, text } from './shape.ts';

export interface NtfyInbox {
  readonly origin: string;
  readonly topic: string;
  readonly token: string;
  /** As subscribers get them. */
  readonly messages: readonly NtfyEvent[];
  /** Why messages were rejected. */
  readonly problems: readonly string[];
  /** The bodies of all posts, accepted or not. */
  readonly bodies: readonly string[];
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

export interface NtfyEvent {
  readonly title: string;
  readonly message: string;
  readonly priority: number;
  readonly click?: string;
  readonly actions?: readonly { readonly label: string; readonly url: string }[];
}

const MESSAGE_BYTES = 4_096;

const bytes =
  (most: number): Check =>
  (value, at) => {
    const size = Buffer.byteLength(String(value));
    return text(most)(value, at) ?? (size <= most ? null : `${at} has ${size} bytes, more than ${most}`);
  };
const url: Check = (value, at) => (/^https?:\/\/[!-~]+$/.test(String(value)) ? null : `${at} is not a URL`);
const MESSAGE = object({
  topic: (value, at) => (/^[-_A-Za-z0-9]{1,64}$/.test(String(value)) ? null : `${at} is invalid`),
  'title?': bytes(1_024),
  message: bytes(MESSAGE_BYTES),
  priority: oneOf(1, 2, 3, 4, 5),
  'click?': url,
  'actions?': list(3, object({ action: oneOf('view'), label: text(100), url })),
});

/** Why ntfy would not accept the message as a text; null if it would. */
export function ntfyProblem(message: unknown): string | null {
  const body = JSON.stringify(message);
  const size = Buffer.byteLength(body);
  return first([MESSAGE(message, 'message'), size <= 2 * MESSAGE_BYTES ? null : `the request has ${size} bytes`]);
}

/** The message as subscribers get it: its title was a header on the way, in which encoded words are decoded. */
export function ntfyEvent(message: unknown): NtfyEvent {
  const { title = '', message: body, ...rest } = message as NtfyEvent;
  const decoded = title.replace(/=\?utf-8\?(?:b\?([\w+/=]*)|q\?([^?]*))\?=/gi, (_, base64?: string, quoted = '') =>
    base64 === undefined ? quoted.replace(/_/g, ' ') : Buffer.from(base64, 'base64').toString(),
  );
  return { ...rest, title: decoded.trim(), message: body.trim() };
}

const OK: FakeAnswer = { status: 200, body: '{"id":"hwQ2YpKdmg","time":1769851800,"event":"message"}\n' };
const TOPIC = 'tocsin-k4J9x2LmQ7wZ';
const TOKEN = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2';

export async function startNtfyInbox(): Promise<NtfyInbox> {
  const messages: NtfyEvent[] = [];
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
      const refuse = (status: number, code: number, problem: string): void => {
        problems.push(problem);
        response.writeHead(status).end(`{"code":${code},"http":${status},"error":"no"}`);
      };
      if (request.url !== '/') return refuse(404, 40401, `posted to ${request.url}`);
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 40101, 'unauthorized');
      const problem = ntfyProblem(message);
      if (problem !== null) return refuse(problem.includes('bytes') ? 413 : 400, 40024, problem);
      messages.push(ntfyEvent(message));
    }
    answerWith(now, response, now.body ?? OK.body);
  });
  return {
    origin: server.origin,
    topic: TOPIC,
    token: TOKEN,
    messages,
    problems,
    bodies,
    answer: answers.set,
    stop: server.stop,
  };
}
