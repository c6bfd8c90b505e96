/**
 * Answers on the wire: well formed, or lost, broken off and never ended, on a socket as without one.
 */

import type { Context } from 'hono';

/** What @hono/node-server puts beside the request, as much as is used here; absent without a server. */
interface Bindings {
  readonly incoming?: { readonly socket: { destroy(): void } };
  readonly outgoing?: { sendDate: boolean };
}
export interface SandboxEnv {
  Bindings: Bindings;
}

/** How long what was written takes to arrive on the loopback, at most. */
const FLUSH_MS = 20;

export const JSON_HEADERS = { 'content-type': 'application/json' };

export function reply(status: number, body: unknown, headers: { readonly [name: string]: string } = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...headers } });
}

/** What a careless server says: the credentials it was given, as they came and encoded. */
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

/** Loses the connection: on a server the socket is destroyed, without one `fetch` fails. */
export function lose(c: Context<SandboxEnv>): Promise<never> {
  c.env?.incoming?.socket.destroy();
  return lost();
}

/** Loses the connection in the middle of a body, once what was written so far has had the time to arrive. */
export async function breakOff(c: Context<SandboxEnv>, error: unknown = lostError()): Promise<void> {
  const socket = c.env?.incoming?.socket;
  if (socket === undefined) throw error;
  await realSleep(FLUSH_MS);
  socket.destroy();
}

/** A body that begins with the text and ends with whatever `then` does. */
export function streamOf(text: string, then: () => Promise<void>): ReadableStream<Uint8Array> {
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!begun) {
        begun = true;
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
