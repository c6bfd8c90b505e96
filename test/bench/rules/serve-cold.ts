/** A Worker that evaluates the entries it is sent, made ready as it starts: for its first request. */
import type { BenchEntry } from './entries.ts';
import type { Subject } from './subject.ts';

/** Null: the empty Worker, which reads what it is sent and does nothing with it. */
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
