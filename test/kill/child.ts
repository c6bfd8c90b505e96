/**
 * What every process that is killed does for the one that kills it: its options are its one argument, as JSON; it says when
 * it is ready and when a request begins and ends; and it ends itself, with all that it started, when nobody watches it any
 * more. It leads a process group of its own.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';

/** From the child: it is ready, a request begins, a request ends. */
export type ChildMessage = 'ready' | 'begin' | 'end';

/** Reads the options, and ends this process and its group with its parent. */
export function beginChild<Options>(): Options {
  process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
  return JSON.parse(process.argv[2] ?? '') as Options;
}

export function tell(message: ChildMessage): void {
  process.send?.(message);
}

/** Says when a request to a server of this process begins and ends. */
export function tellRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { response } = message as { readonly response: ServerResponse };
    tell('begin');
    response.once('close', () => tell('end'));
  });
}
