/** Answers on the wire: complete, lost, interrupted or stalled, with and without a socket. */

import type { Context } from 'hono';

/** The part of @hono/node-server's bindings used here; absent without a server. */
interface Bindings {
  readonly incoming?: { readonly socket: { destroy(): void } };
  readonly outgoing?: { sendDate: boolean };
}
export interface SandboxEnv {
  Bindings: Bindings;
}

/** The longest time that written bytes take on the loopback. */
const FLUSH_MS = 20;

export const JSON_HEADERS = { 'content-type': 'application/json' };

export function reply(status: number, body: unknown, headers: { readonly [name: string]: string } = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...headers } });
}

/** The message of a careless server, which echoes the credentials, plain and encoded. */
export function echoOf(authorization: string): string {
  const key = authorization.replace(/^Bearer /, '');
  return `bad credentials ${authorization} / ${encodeURIComponent(key)} / ${btoa(authorization)} / ${btoa(key)}`;
}

export function lostError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
}

async function lost(): Promise<never> {
  throw lostError();
}

/** Loses the connection: destroys the socket, or without a server lets `fetch` fail. */
export function lose(c: Context<SandboxEnv>): Promise<never> {
  c.env?.incoming?.socket.destroy();
  return lost();
}

/** Loses the connection in the middle of a body, after the bytes written so far have arrived. */
export async function breakOff(c: Context<SandboxEnv>, error: unknown = lostError()): Promise<void> {
  const socket = c.env?.incoming?.socket;
  if (socket === undefined) throw error;
  await realSleep(FLUSH_MS);
  socket.destroy();
}

/** A body that starts with `text` and ends after `then`. */
export function streamOf(text: string, then: () => Promise<void>): ReadableStream<Uint8Array> {
  let hasStarted = false;
  return new ReadableStream({
    async pull(controller) {
      if (!hasStarted) {
        hasStarted = true;
        controller.enqueue(new TextEncoder().encode(text));
        return;
      }
      await then();
      controller.close();
    },
  });
}

export function realSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
