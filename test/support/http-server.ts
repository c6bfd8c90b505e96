/** A server on 127.0.0.1 for fakes: it reads each request completely, and can be stopped. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface HttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts one on `wantedPort` (0: a free one). `serve` gets each request with its body. */
export async function startHttpServer(
  serve: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  wantedPort = 0,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => serve(request, response, Buffer.concat(parts).toString('utf8')));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** How a fake answers the next requests. */
export interface FakeAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly hang?: boolean;
  /** Closes the connection without an answer. */
  readonly reset?: boolean;
  /** Takes the message, and then closes the connection without an answer. */
  readonly lose?: boolean;
  /** Takes the message, begins to answer and never ends. */
  readonly drip?: boolean;
  /** For so many requests; for all if absent. */
  readonly times?: number;
}

/** Answers as it says, once the message was taken or not. */
export function answerWith(answer: FakeAnswer, response: ServerResponse, body = answer.body ?? ''): void {
  if (answer.lose === true) {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, { ...answer.headers });
  if (answer.drip === true) response.write(body.slice(0, 1));
  else response.end(body);
}

/** The answers of a fake: `ok`, unless another one is set. */
export function createAnswers(ok: FakeAnswer): { set(answer: FakeAnswer): void; next(): FakeAnswer } {
  let answer = ok;
  let left = Number.POSITIVE_INFINITY;
  return {
    set(to) {
      answer = to;
      left = to.times ?? Number.POSITIVE_INFINITY;
    },
    next: () => (left-- > 0 ? answer : ok),
  };
}
