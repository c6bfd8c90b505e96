/** Numbers in their order, in blocks: adding, removing and finding one cost about the square root of their number. */

const BLOCK = 128;

export interface Sorted {
  /** In the place of all there are. */
  load(values: readonly number[]): void;
  add(value: number): void;
  /** One that is there. */
  remove(value: number): void;
  /** The one at a place, and the next one (where there is none, the same). */
  pair(place: number): readonly [number, number];
}

export function createSorted(): Sorted {
  /** None is empty. */
  let blocks: number[][] = [];

  /** The first block that ends with `value` or more, or the last one. */
  const blockOf = (value: number): number => {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = blocks[middle] as number[];
      if ((block[block.length - 1] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    load: (values) => {
      const sorted = Float64Array.from(values).sort();
      blocks = [];
      for (let i = 0; i < sorted.length; i += BLOCK) blocks.push(Array.from(sorted.subarray(i, i + BLOCK)));
    },
    add: (value) => {
      const at = blockOf(value);
      const block = blocks[at];
      if (block === undefined) {
        blocks.push([value]);
        return;
      }
      block.splice(firstNotBelow(block, value), 0, value);
      if (block.length > 2 * BLOCK) blocks.splice(at + 1, 0, block.splice(BLOCK));
    },
    remove: (value) => {
      const at = blockOf(value);
      const block = blocks[at] as number[];
      block.splice(firstNotBelow(block, value), 1);
      if (block.length === 0) blocks.splice(at, 1);
    },
    pair: (place) => {
      let at = 0;
      let left = place;
      for (let size = blocks[0]?.length ?? 0; left >= size && at < blocks.length - 1; size = blocks[at]?.length ?? 0) {
        left -= size;
        at++;
      }
      const low = blocks[at]?.[left] as number;
      return [low, blocks[at]?.[left + 1] ?? blocks[at + 1]?.[0] ?? low];
    },
  };
}

function firstNotBelow(block: readonly number[], value: number): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
