/** An ordinary behaviour: what it adds to a company's life. Nobody in it is an attacker. */
import type { Company } from '../company.ts';
import type { World } from '../world.ts';

export interface Behaviour {
  /** As `--behaviour` takes it. */
  readonly name: string;
  readonly about: string;
  /** How many days before the counted week its past begins; absent: 10. */
  readonly pastDays?: number;
  /** Adds it to the world. It goes on for the world's whole time, unless it says otherwise. */
  readonly add: (world: World, company: Company) => void;
}
