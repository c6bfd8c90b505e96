/**
 * A log in a file or on the standard input: lines of Tocsin's own export, or what the audit log's API answers.
 *
 * Contract: in flat memory. Lines of Tocsin's own are in order, and what people did stands before the first entry, as `--save`
 * writes it. Entries of the API come in any order, and are sorted first. What can't be read is counted, with the place of the
 * first; where nothing can be read, that is a `Failure`.
 */
import { createReadStream, statSync } from 'node:fs';
import type { PastAct } from '../../backtest/past-act.ts';
import { type PastEntry, pastEntries } from '../../backtest/past-entry.ts';
import { counted } from '../../text/numbers.ts';
import { cannotRead } from '../cannot-read.ts';
import { Failure } from '../failure.ts';
import { safe } from '../terminal.ts';
import { type JsonValue, jsonValues } from './json-values.ts';
import type { PastLog } from './past-log.ts';
import { createSorter } from './sorter.ts';
import { Unreadable } from './unreadable.ts';

/** The path that means the standard input. */
export const STDIN = '-';
const CHUNK_BYTES = 1 << 20;
/** Reading is about so much of the work, where entries are sorted after it. */
const READING = 0.3;
const HINT = `It must have lines of Tocsin's export (GET /api/entries), or entries of the audit log's API: one a line, in a list,
or as pages with "items".`;

/** The log in a file. Throws a `Failure` if it can't be read or has no entries; so does reading it. */
export async function readFileLog(path: string): Promise<PastLog> {
  const name = path === STDIN ? 'the standard input' : safe(path);
  const size = path === STDIN ? null : sizeOf(path, name);
  const unreadable = new Unreadable();
  const addUnreadable = (line: number, problem: string): void => unreadable.add(`${name}:${line}`, problem);
  const source = createSource(path, name);
  const values = jsonValues(source.chunks(), addUnreadable);
  const { acts, head } = await readHead(values);
  const first = head.flatMap(({ value }) => pastEntries(value)).find((each) => !('problem' in each));
  const isOurs = first !== undefined && 'seq' in first;
  const sorter = isOurs ? null : createSorter();
  const repeated = { count: 0 };

  async function* readable(): AsyncGenerator<readonly PastEntry[]> {
    const readableOf = (some: readonly JsonValue[]): PastEntry[] =>
      some.flatMap(({ line, value }) =>
        pastEntries(value).flatMap((each) => {
          const isOfForm = 'problem' in each || (each.seq !== undefined) === isOurs;
          if (!('problem' in each) && isOfForm) return [each];
          addUnreadable(line, 'problem' in each ? each.problem : 'of another form than those before it');
          return [];
        }),
      );
    yield readableOf(head);
    for await (const some of values) yield readableOf(some);
  }
  async function* entries(): AsyncGenerator<readonly PastEntry[]> {
    let [last, found] = [0, 0];
    for await (const some of readable()) {
      found += some.length;
      if (sorter !== null) sorter.add(some);
      else {
        const fresh: PastEntry[] = [];
        for (const entry of some) {
          const { seq = 0 } = entry;
          if (seq > last) fresh.push(entry);
          else repeated.count++;
          last = Math.max(last, seq);
        }
        yield fresh;
      }
    }
    if (found === 0) throw noEntries(name, unreadable.first);
    if (sorter !== null) yield* sorter.sorted();
  }
  return {
    acts,
    entries: entries(),
    countFrom: null,
    done: () => {
      if (size === null) return null;
      const read = source.bytes() / Math.max(1, size);
      return sorter === null ? read : READING * read + (1 - READING) * sorter.done();
    },
    notes: () => [
      ...unreadable.notes(),
      ...(repeated.count > 0 ? [`${repeatedText(repeated.count)}: their numbers don't rise.`] : []),
      ...(sorter !== null && sorter.repeated > 0
        ? [`${repeatedText(sorter.repeated)}: their ids had come before.`]
        : []),
    ],
  };
}

function repeatedText(count: number): string {
  return `${counted(count, 'entry is', 'entries are')} left out`;
}

/** What people did, and the first values after it. */
async function readHead(values: AsyncGenerator<readonly JsonValue[]>) {
  const acts: PastAct[] = [];
  for (;;) {
    // Not `for await`: that would end what goes on.
    const { value: some, done } = await values.next();
    if (done) return { acts, head: [] };
    const from = some.findIndex(({ value }) => actIn(value) === null);
    const until = from < 0 ? some.length : from;
    acts.push(...some.slice(0, until).flatMap(({ value }) => actIn(value) ?? []));
    if (from >= 0) return { acts, head: some.slice(until) };
  }
}

function actIn(value: unknown): PastAct | null {
  const { act } = (value ?? {}) as { readonly act?: PastAct | string };
  return typeof act === 'object' ? act : null;
}

function createSource(path: string, name: string) {
  let bytes = 0;
  return {
    bytes: () => bytes,
    async *chunks(): AsyncGenerator<string> {
      const decoder = new TextDecoder();
      try {
        const stream = path === STDIN ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          yield decoder.decode(chunk, { stream: true });
        }
      } catch (error) {
        throw cannotRead(name, error, HINT);
      }
      yield decoder.decode();
    },
  };
}

function noEntries(name: string, first: string): Failure {
  return new Failure(first === '' ? `${name} has no entries` : `no entry in ${name} can be read: ${first}`, HINT);
}

function sizeOf(path: string, name: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw cannotRead(name, error, HINT);
  }
}
