/** A Worker that evaluates the entries it receives: to measure its first request. */
import type { BenchEntry } from './entries.ts';
import type { Subject } from './subject.ts';

/** Null for the empty Worker, which only reads what it receives. */
export function serveCold(subject: Subject | null): { fetch(request: Request): Promise<Response> } {
  return {
    async fetch(request) {
      if (request.method === 'GET') return new Response('0');
      let matches = 0;
      const entries = (await request.json()) as readonly BenchEntry[];
      if (subject !== null) for (const entry of entries) matches += await subject.count(entry);
      return new Response(String(matches));
    },
  };
}
