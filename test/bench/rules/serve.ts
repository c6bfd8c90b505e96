/**
 * Serves the measured code as a Worker: the same in workerd and in Node, timed from outside, because a Worker's clock does
 * not advance while it computes. Keeps the entries and the subjects between requests.
 *
 *   POST /entries            more entries, as a JSON array
 *   POST /distinct           makes every value of the entries different from all others
 *   POST /make/NAME          creates a subject, and evaluates the first entry: it is ready
 *   POST /heap               bytes in use after garbage collection; null if unknown
 *   POST /run/NAME?count=N&from=M   evaluates N entries from the one with the index M on (after the last follows the
 *                            first); returns the number of matches
 *   POST /check/NAME?count=N the first N; returns the matches of each rule, and the last entry of each
 *   POST /task/NAME?count=N  runs a task N times; returns how often it was true
 *   POST /drop/NAME          drops a subject
 *   POST /nothing            nothing: the overhead of a request
 */
import { type BenchEntry, distinctEntries } from './entries.ts';
import type { Subject } from './subject.ts';

/** Runs a number of times; returns how often it was true. */
export type Task = (count: number) => number;

export interface Served {
  readonly subjects?: { readonly [name: string]: () => Subject };
  readonly tasks?: { readonly [name: string]: () => Task };
}

/** Rule id → how many entries it matches and the index of the last. */
export type Found = { readonly [ruleId: string]: readonly [matches: number, last: number] };

export function serve({ subjects = {}, tasks = {} }: Served): { fetch(request: Request): Promise<Response> } {
  let entries: object[] = [];
  const made = new Map<string, Subject>();
  const begun = new Map<string, Task>();

  const subject = (name: string): Subject => {
    const known = made.get(name) ?? subjects[name]?.();
    if (known === undefined) throw new Error(`no subject ${name}`);
    made.set(name, known);
    return known;
  };
  const task = (name: string): Task => {
    const known = begun.get(name) ?? tasks[name]?.();
    if (known === undefined) throw new Error(`no task ${name}`);
    begun.set(name, known);
    return known;
  };

  const answer = async (what: string, name: string, query: URLSearchParams, request: Request): Promise<unknown> => {
    const count = Number(query.get('count'));
    switch (what) {
      case 'entries':
        for (const entry of (await request.json()) as object[]) entries.push(entry);
        return entries.length;
      case 'distinct':
        // Parsed: the first search in a text that was put together takes longer.
        entries = distinctEntries(entries as BenchEntry[]).map((entry) => JSON.parse(JSON.stringify(entry)) as object);
        return entries.length;
      case 'make':
        return run(subject(name), entries, Math.min(1, entries.length), 0);
      case 'drop':
        made.delete(name);
        return 1;
      case 'heap':
        return heap();
      case 'run':
        return run(subject(name), entries, count, Number(query.get('from')));
      case 'check':
        return check(subject(name), entries, count);
      case 'task':
        return task(name)(count);
      default:
        return null;
    }
  };

  return {
    async fetch(request) {
      const url = new URL(request.url);
      const [, what = '', ...names] = url.pathname.split('/');
      const name = decodeURIComponent(names.join('/'));
      try {
        return Response.json(await answer(what, name, url.searchParams, request));
      } catch (error) {
        return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 });
      }
    },
  };
}

async function run(subject: Subject, entries: readonly object[], count: number, from: number): Promise<number> {
  let matches = 0;
  for (let i = from; i < from + count; i++) {
    const found = subject.count(entries[i % entries.length] as object);
    matches += typeof found === 'number' ? found : await found;
  }
  return matches;
}

async function check(subject: Subject, entries: readonly object[], count: number): Promise<Found> {
  const found: Record<string, [number, number]> = {};
  for (let i = 0; i < count; i++) {
    for (const id of await subject.ids(entries[i] as object)) found[id] = [(found[id]?.[0] ?? 0) + 1, i];
  }
  return found;
}

/** Bytes in use after garbage collection; null if unknown. */
function heap(): number | null {
  const { gc, process } = globalThis as { gc?: () => void; process?: { memoryUsage?(): { heapUsed: number } } };
  if (gc === undefined || process?.memoryUsage === undefined) return null;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
