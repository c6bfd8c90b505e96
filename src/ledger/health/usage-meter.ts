/**
 * Counts what of the day's allowances the ledger uses, in memory.
 *
 * Contract: the counts are stored whenever the state's row is written, and ticks carry them from call to call. An eviction
 * loses what was counted since the later of the two: what alarms used, mostly. What visitors read is not lost, as it is what
 * limits them: it is stored ahead, with at most a row written for `VISITOR_READS_AHEAD` rows read. Nothing else of it is a
 * row or a call of its own.
 */
import type { Plan } from '../../config/watch.ts';
import type { CarriedUsage, DayUsage } from '../rpc.ts';
import type { Meter } from '../store/store.ts';
import { most, newDay, plus, rolledOver, type Spent, VISITOR_READS_AHEAD } from './usage.ts';

export class UsageMeter implements Meter {
  readonly plan: Plan;
  readonly #startedAt: number;
  #now: number;
  /** What earlier starts of the ledger used, as far as it is known. */
  #before: DayUsage;
  /** Since this start, of the same day. */
  #since: { -readonly [count in keyof DayUsage]: number };

  /** How much visitors have read by what is stored: at least what they did. */
  #visitorsStored = 0;

  /** `now`: when the ledger starts, wall, ms. */
  constructor(plan: Plan, now: number) {
    this.plan = plan;
    this.#startedAt = now;
    this.#now = now;
    this.#before = newDay(now);
    this.#since = newDay(now);
  }

  /** Statements belong to the call that was counted last. */
  addRows(read: number, written: number): void {
    this.#since.rowsRead += read;
    this.#since.rowsWritten += written;
  }

  /** Runs a view, and counts the rows that it reads as the visitors'. `save` stores what `saved` returns; it may fail. */
  visit<T>(view: () => T, save: () => void): T {
    const before = this.#since.rowsRead;
    try {
      return view();
    } finally {
      this.#since.visitorReads += this.#since.rowsRead - before;
      const { visitorReads } = this.#used();
      if (this.plan === 'free' && visitorReads > this.#visitorsStored) {
        this.#visitorsStored = visitorReads + VISITOR_READS_AHEAD;
        try {
          save();
        } catch {
          // A storage that takes nothing can still be looked at. The next view tries again.
          this.#visitorsStored = 0;
        }
      }
    }
  }

  /** Counts a call, or what else was spent. */
  add(spent: Spent, now: number): void {
    this.#rollOver(now);
    this.#since = plus(this.#since, spent);
  }

  /** Takes over what was stored by earlier starts; undefined: nothing was. Call it once, before the first save. */
  restore(stored: DayUsage | undefined): void {
    if (stored !== undefined) this.#learn(stored);
  }

  /** Takes over what a tick carries from an earlier start. From this one it has nothing new. */
  adopt(carried: CarriedUsage | null | undefined, now: number): void {
    this.#rollOver(now);
    if (carried && carried.by !== this.#startedAt) this.#learn(carried.usage);
  }

  /** What of the day is used. */
  current(now: number): DayUsage {
    this.#rollOver(now);
    return this.#used();
  }

  saved(): DayUsage {
    const used = this.#used();
    return { ...used, visitorReads: Math.max(used.visitorReads, this.#visitorsStored) };
  }

  carried(): CarriedUsage {
    return { by: this.#startedAt, usage: this.#used() };
  }

  #used(): DayUsage {
    return plus(this.#before, this.#since);
  }

  /** Counts of earlier starts each lack what was lost with the memory, so the most is the nearest. */
  #learn(usage: DayUsage): void {
    // An older version of the Worker counted less.
    const known = rolledOver({ ...newDay(this.#now), ...usage }, this.#now);
    if (known.day < this.#since.day) return;
    this.#before = known.day === this.#since.day ? most(this.#before, known) : known;
    this.#since.day = known.day;
  }

  #rollOver(now: number): void {
    this.#now = now;
    const before = rolledOver(this.#before, now);
    if (before.day === this.#before.day) return;
    this.#before = before;
    this.#since = newDay(now);
    this.#visitorsStored = 0;
  }
}
