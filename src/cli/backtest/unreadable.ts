/** Counts what can't be read of a log, and remembers the first of it. */
import { counted } from '../../text/numbers.ts';

export class Unreadable {
  /** Where the first is, and what is wrong with it; '' where all can be read. */
  first = '';
  #count = 0;

  add(place: string, problem: string): void {
    if (this.#count++ === 0) this.first = `${place}: ${problem}`;
  }

  notes(): readonly string[] {
    return this.#count === 0 ? [] : [`${counted(this.#count, 'record')} can't be read. The first: ${this.first}.`];
  }
}
