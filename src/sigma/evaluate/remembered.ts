/**
 * What is remembered of values, each for one of several owners, in one memory for all of them.
 *
 * Contract: holds so many bytes at most, as far as they are counted. Where there is no room, what nobody asked for since
 * it was last looked at is forgotten, one by one; so neither values that come once nor one owner's many push out those
 * that come again and again.
 */
export interface Memory<T> {
  /** What one owner remembers of values. */
  createOwner(): Owner<T>;
}

export interface Owner<T> {
  recall(value: unknown): T | undefined;
  /** Of a value of which nothing is remembered; the bytes are those of both. */
  remember(value: unknown, what: T, bytes: number): void;
}

interface Remembered<T> {
  readonly owner: Map<unknown, Remembered<T>>;
  readonly value: unknown;
  readonly what: T;
  readonly bytes: number;
  /** Since the hand was here. */
  isAskedFor: boolean;
}

/** What it takes to remember anything. */
const BYTES_EACH = 320;

export function createMemory<T>(mostBytes: number): Memory<T> {
  // The clock algorithm: the hand goes round and evicts what was not used since its last pass.
  const all: Remembered<T>[] = [];
  let hand = 0;
  let held = 0;
  const makeRoom = (bytes: number): void => {
    while (held + bytes > mostBytes && all.length > 0) {
      if (hand >= all.length) hand = 0;
      const one = all[hand] as Remembered<T>;
      if (one.isAskedFor) one.isAskedFor = false;
      else {
        one.owner.delete(one.value);
        held -= one.bytes;
        const last = all.pop() as Remembered<T>;
        if (last !== one) all[hand] = last;
      }
      hand++;
    }
  };
  return {
    createOwner: () => {
      const owner = new Map<unknown, Remembered<T>>();
      return {
        recall: (value) => {
          const one = owner.get(value);
          if (one === undefined) return undefined;
          one.isAskedFor = true;
          return one.what;
        },
        remember: (value, what, ownBytes) => {
          const bytes = ownBytes + BYTES_EACH;
          makeRoom(bytes);
          const one = { owner, value, what, bytes, isAskedFor: false };
          owner.set(value, one);
          all.push(one);
          held += bytes;
        },
      };
    },
  };
}
