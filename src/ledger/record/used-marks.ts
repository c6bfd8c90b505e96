/**
 * The marks that came back from the log, each with the entry that brought it: so that an entry read again is known, and a
 * mark that another entry brings is not genuine any more.
 *
 * Contract: bounded by `MARKS_MAX` and by age. What is forgotten stays forgotten: `isForgotten` tells that a mark may have
 * been used. Plain text when stored, one line a mark.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { fieldValue } from '../../sigma/index.ts';
import { jsonText } from '../../text/json.ts';
import { sha256Hex } from '../../text/sha256.ts';

/** The entry that brought a mark. Id and address as hashes, whose collisions nobody can choose: both are the upstream's. */
export interface MarkUse {
  readonly entry: string;
  /** When it occurred, ms. */
  readonly at: number;
  readonly address: string;
}

/** About six a minute for 27 hours. A line has some 50 characters, so all of them fit into a row of 2 MB. */
export const MARKS_MAX = 10_000;
const LINE_CHARS_MAX = 80;
if (!(MARKS_MAX * LINE_CHARS_MAX < 1_000_000)) throw new Error('the used marks must fit into a row');

export class UsedMarks {
  readonly #uses = new Map<string, MarkUse>();
  /** Marks sent before this may be forgotten, ms. */
  #forgottenBefore: number;

  constructor(forgottenBefore: number, lines: readonly string[]) {
    this.#forgottenBefore = forgottenBefore;
    for (const line of lines) {
      const [name, entry, at, address] = line.split(' ');
      if (name === undefined || entry === undefined || at === undefined || address === undefined) continue;
      this.#uses.set(name, { entry, at: Number.parseInt(at, 36), address });
    }
  }

  get size(): number {
    return this.#uses.size;
  }

  get forgottenBefore(): number {
    return this.#forgottenBefore;
  }

  /** The entry that brought this mark; null if none is known. */
  useOf(name: string): MarkUse | null {
    return this.#uses.get(name) ?? null;
  }

  /** Whether a mark sent then may have been used and forgotten. */
  isForgotten(sentAt: number): boolean {
    return sentAt < this.#forgottenBefore;
  }

  /** Adds a use. Returns false where an older mark had to be forgotten for it. */
  add(name: string, use: MarkUse): boolean {
    this.#uses.set(name, use);
    if (this.#uses.size <= MARKS_MAX) return true;
    const [oldest] = this.#uses.keys();
    if (oldest !== undefined) this.#forget(oldest);
    return false;
  }

  /** Forgets what was sent before a time. */
  forgetBefore(sentBefore: number): void {
    if (sentBefore <= this.#forgottenBefore) return;
    // In the order in which they came back, which is nearly that of their times: a late one is forgotten later.
    for (const name of this.#uses.keys()) {
      if (sentAtOf(name) >= sentBefore) break;
      this.#uses.delete(name);
    }
    this.#forgottenBefore = sentBefore;
  }

  /** One line a mark. */
  lines(): string[] {
    return [...this.#uses].map(([name, { entry, at, address }]) => `${name} ${entry} ${at.toString(36)} ${address}`);
  }

  #forget(name: string): void {
    this.#uses.delete(name);
    this.#forgottenBefore = Math.max(this.#forgottenBefore, sentAtOf(name) + 1);
  }
}

/** The use that an entry makes of its mark. */
export function useBy(id: string, occurredAt: number, body: EntryBody): MarkUse {
  const address = jsonText(fieldValue(body, 'client_ip') ?? null) ?? '';
  return { entry: sha256Hex(id).slice(0, 16), at: Math.floor(occurredAt), address: sha256Hex(address).slice(0, 12) };
}

function sentAtOf(name: string): number {
  return Number.parseInt(name, 36);
}
