/** An attack laid over an ordinary month: what is done, and what must be noticed of it. */
import type { Level } from '../../../src/sigma/index.ts';
import type { Company, Person, Role } from '../company.ts';
import type { Client, Done, World } from '../world.ts';

export interface Story {
  /** As `--story` takes it. */
  readonly name: string;
  readonly about: string;
  /** On which day of the month it begins; 0: Monday, the first. */
  readonly day: number;
  readonly play: (stage: Stage) => void;
}

export interface Stage {
  readonly world: World;
  readonly company: Company;
  /** A time of the story's day in Berlin, or of a day after it: `at(26)` is two o'clock of the next. */
  at(hours: number): number;
  /** A key of the month by name, as it is usually used. */
  key(name: string): Client;
  /** A person who lives in the month: the same number, another person in each role. */
  person(role: Role, number: number): Person;
  /** An address that nobody in the company has had. */
  stranger(): string;
  /**
   * What must be noticed, with a message `within` minutes after `by` at the latest: by an alert that has an entry of the story
   * from after the last one that was decisive.
   */
  expect(expected: Omit<Expected, 'by'>, by: Done): void;
}

export interface Expected {
  /** In words, of the one who attacks. */
  readonly what: string;
  /** Names of rules, any of which will do. Empty: any rule with one of the tactics. */
  readonly rules: readonly string[];
  /** As Sigma tags them, without `attack.`. */
  readonly tactics: readonly string[];
  /** At least. */
  readonly level: Level;
  /** Minutes. */
  readonly within: number;
  /** The decisive entry. */
  readonly by: Done;
}
