/** Makes a failing input smaller while it still fails: members left out, texts cut, numbers nearer to zero. */
import type { Json } from './kind.ts';

/** Each try checks an input once. */
const TRIES_MAX = 400;

/** The smallest input found that `fails`. Greedy and deterministic. */
export async function shrink(input: Json, fails: (input: Json) => Promise<boolean>): Promise<Json> {
  let smallest = input;
  let tries = 0;
  for (let again = true; again && tries < TRIES_MAX; ) {
    again = false;
    for (const candidate of smaller(smallest)) {
      if (++tries > TRIES_MAX) break;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

/** Smaller inputs of the same shape, the smallest first. Fields of an object stay: a kind needs them. */
function* smaller(input: Json): Generator<Json> {
  if (typeof input === 'string') {
    if (input === '') return;
    const half = Math.ceil(input.length / 2);
    yield '';
    if (half < input.length) yield input.slice(0, half);
    if (half < input.length) yield input.slice(half);
    for (let size = Math.ceil(input.length / 4); size >= 1 && input.length <= 400; size = size === 1 ? 0 : size >> 1) {
      for (let at = 0; at < input.length; at += size) yield input.slice(0, at) + input.slice(at + size);
    }
  } else if (typeof input === 'number') {
    if (input !== 0) yield 0;
    if (Math.abs(input) > 1) yield Math.trunc(input / 2);
  } else if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++) yield [...input.slice(0, i), ...input.slice(i + 1)];
    for (let i = 0; i < input.length; i++) {
      for (const each of smaller(input[i] ?? null)) yield [...input.slice(0, i), each, ...input.slice(i + 1)];
    }
  } else if (typeof input === 'object' && input !== null) {
    for (const [name, value] of Object.entries(input)) {
      for (const each of smaller(value as Json)) yield { ...(input as { [name: string]: Json }), [name]: each };
    }
  }
}
