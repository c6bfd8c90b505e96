/** A server on 127.0.0.1 for fakes: it reads each request completely, and can be stopped. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface HttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts one on a free port. `serve` gets each request with its body. */
export async function startHttpServer(
  serve: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => serve(request, response, Buffer.concat(parts).toString('utf8')));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
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
