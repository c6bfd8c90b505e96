/** A Worker that evaluates the entries it receives: to measure its start and its first request. */
import type { Subject } from './subject.ts';

/**
 * `make` creates the subject; null for the empty Worker, which only reads what it receives.
 *
 *   GET  without anything: the Worker was loaded
 *   GET  ?make             creates the subject
 *   POST                   creates it and evaluates the entries; returns the number of matches
 */
export function serveCold(make: (() => Subject) | null): { fetch(request: Request): Promise<Response> } {
  let made: Subject | null = null;
  return {
    async fetch(request) {
      let matches = 0;
      const isGet = request.method === 'GET';
      if (make !== null && (!isGet || new URL(request.url).searchParams.has('make'))) made ??= make();
      const entries = isGet ? [] : ((await request.json()) as readonly object[]);
      if (made !== null) for (const entry of entries) matches += await made.count(entry);
      return new Response(String(matches));
    },
  };
}
