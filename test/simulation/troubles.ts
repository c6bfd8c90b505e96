/**
 * What goes wrong in a world and when: how often each fault occurs, outages, clocks, a storage that refuses or is full,
 * evictions, deploys with other rules and settings, rewinds. All of it ends when the calm begins.
 */
import { rewindText } from '../../src/audit-log/checkpoint-text.ts';
import { KV_CHECKPOINT, KV_REWIND } from '../../src/poller/poll.ts';
import { DIALECTS } from '../sandbox/query.ts';
import type { SimulatedKv } from './kv.ts';
import { type VendorFaults, WORKING } from './network.ts';
import type { AlarmFaults } from './object.ts';
import type { Dice } from './random.ts';
import { type SimulatedStorage, WRITES } from './storage.ts';
import type { Upstream } from './upstream.ts';
import { NO_STEP_FAULTS, type StepFaults, type World } from './world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const DATE_FAULTS = ['ahead', 'behind', 'missing', 'stuck', 'jumping'] as const;

/** What is at present. */
export interface Conditions {
  faults: StepFaults;
  alarm: AlarmFaults;
  vendors: VendorFaults;
  cron: { readonly skipped: number; readonly doubled: number };
  /** Our clock, ahead of the world's by so much. */
  oursOff: number;
  /** Requests of a tick. */
  requests: number;
  /** Which of the sets of rules, and of the settings, is deployed. */
  rules: number;
  allowedLatenessMs: number;
  retentionDays: number;
  /** What the receiver of mail is called. */
  mailName: string;
  /** Slack has its setting. */
  isSlackSet: boolean;
  /** A receiver at Discord was added. */
  hasDiscord: boolean;
  /** Which tree of routes is deployed; null: there are none. */
  tree: number | null;
  /** Another isolate has an empty memory. */
  isolate: number;
}

export interface Rewind {
  readonly id: string;
  readonly to: number;
}

/** What happened, as far as the comparison depends on it. */
export interface Happened {
  readonly rewinds: readonly Rewind[];
  rulesChanged: boolean;
  /** The upstream changed the order of its log. */
  turned: boolean;
  /** So long that people must have been notified of blindness; of a refused key; of a ledger that can't write. */
  longOutage: boolean;
  longRefusal: boolean;
  longFull: boolean;
  /** Somebody wrote a checkpoint into KV that is ahead. */
  movedByHand: boolean;
}

export interface TroublesOptions {
  readonly world: World;
  readonly dice: Dice;
  /** For what was added later: the rest of the world stays as it was. */
  readonly moreDice: Dice;
  readonly upstream: Upstream;
  readonly kv: SimulatedKv;
  readonly storage: SimulatedStorage;
  readonly conditions: Conditions;
  readonly start: number;
  /** Where reading begins. */
  readonly startAt: number;
  /** When the calm begins. */
  readonly end: number;
  readonly blindAfterMs: number;
  /** Ends the object where it stands, and starts it with what is deployed now. */
  readonly evict: () => void;
}

export interface Troubles {
  readonly happened: Happened;
  /** The operator has the log read again from then on, ms. */
  rewind(to: number, suppress: boolean): void;
  calm(): void;
}

export function createTroubles(options: TroublesOptions): Troubles {
  const { world, dice, moreDice, upstream, kv, storage, conditions, start, startAt, end, blindAfterMs, evict } =
    options;
  const sometime = (by = dice): number => start + Math.floor(by.next() * (end - start));
  const at = (time: number, note: string, act: () => void): void =>
    world.at(time, () => {
      world.note(note);
      act();
    });
  const rewinds: Rewind[] = [];
  const happened: Happened = {
    ...{
      rewinds,
      rulesChanged: false,
      turned: false,
      longOutage: false,
      longRefusal: false,
      longFull: false,
      movedByHand: false,
    },
  };

  // How often each fault occurs in this world.
  const rate = (most: number): number => (dice.chance(0.5) ? 0 : dice.next() * most);
  conditions.faults = {
    crash: rate(0.03),
    hang: rate(0.02),
    fail: rate(0.05),
    twice: rate(0.05),
    slow: rate(dice.chance(0.3) ? 0.3 : 0.03),
  };
  world.lateTimers = conditions.faults.slow / 2;
  upstream.faults = {
    ...{ reset: rate(0.2), error: rate(0.2), limited: rate(0.03), html: rate(0.05), cut: rate(0.1) },
    ...{ rejectCursor: rate(0.1), sameCursor: rate(0.05), emptyPage: rate(0.1), tooLarge: rate(0.05) },
    ...{ repeated: rate(0.1), shuffled: dice.chance(0.2) ? dice.next() * 0.1 : 0 },
    cursorLifeMs: dice.chance(0.2) ? dice.between(1, 90) * 1000 : Number.POSITIVE_INFINITY,
    cursorsOfOneTick: dice.chance(0.1),
    // One clock may be wrong: of the upstream's `Date`, or ours.
    date: upstream.skewMs === 0 && dice.chance(0.4) ? dice.pick(DATE_FAULTS) : 'none',
  };
  kv.faults = { staleMs: rate(5 * MINUTE), lost: rate(0.1), refused: rate(0.3) };
  conditions.alarm = { late: rate(0.2), twice: rate(0.2), never: rate(0.2) };
  conditions.vendors = { retry: rate(0.4), refused: rate(0.03), evicts: rate(0.03), down: null, slow: null };
  conditions.cron = { skipped: rate(0.3), doubled: rate(0.3) };
  conditions.requests = dice.between(2, 8);
  storage.fails = dice.chance(0.3) ? dice.next() * 0.005 : 0;

  if (upstream.skewMs === 0 && upstream.faults.date === 'none' && dice.chance(0.3)) {
    for (let i = dice.between(1, 6); i > 0; i--) {
      world.at(sometime(), () => {
        conditions.oursOff = dice.between(-600, 600) * 1_000;
        world.hit('our clock: wandered');
        world.note(`our clock is ${conditions.oursOff / 1000}s ahead`);
      });
    }
  }
  for (let i = dice.between(0, 4); i > 0; i--) {
    at(sometime(), 'the object is evicted', () => {
      world.hit('object: evicted');
      evict();
    });
  }
  for (let i = dice.between(0, 3); i > 0; i--) {
    world.at(sometime(), () => {
      world.hit('worker: another isolate');
      conditions.isolate++;
    });
  }

  const refuse = (part: string, share: number, by: Dice): void => {
    const from = sometime(by);
    at(from, `the storage refuses "${part}", ${share} of them`, () => {
      storage.refused = { part, rate: share };
    });
    at(Math.min(from + by.between(3, 60) * MINUTE, end), 'the storage takes everything', () => {
      storage.refused = null;
    });
  };
  // One long trouble at a time: each has its own health alert to come.
  switch (dice.pick(['none', 'none', 'upstream', 'upstream', 'refused', 'full', 'receiver', 'receiver'] as const)) {
    case 'upstream': {
      const from = sometime();
      const until = Math.min(from + dice.between(2, 45) * MINUTE, end);
      const down = dice.pick(['reset', 'reset', 503, 401, 403] as const);
      const isLong = until - from > blindAfterMs + 12 * MINUTE && from > start + 10 * MINUTE;
      happened.longOutage = isLong;
      happened.longRefusal = isLong && (down === 401 || down === 403);
      at(from, `the upstream goes down: ${down}`, () => {
        upstream.down = down;
      });
      at(until, 'the upstream is back', () => {
        upstream.down = null;
      });
      break;
    }
    case 'refused': {
      const part = dice.pick(WRITES);
      refuse(part, part === '' ? dice.pick([0.2, 1]) : dice.pick([0.5, 1]), dice);
      break;
    }
    case 'none':
      if (moreDice.chance(0.08)) refuse('INTO deliveries', moreDice.pick([0.5, 1]), moreDice);
      break;
    case 'receiver': {
      const who = dice.pick(['slack', 'mail'] as const);
      const how = dice.pick(['down', 'slow'] as const);
      const from = sometime();
      at(from, `${who} is ${how}`, () => {
        conditions.vendors = { ...conditions.vendors, [how]: who };
      });
      at(Math.min(from + dice.between(10, 80) * MINUTE, end), `${who} is back`, () => {
        conditions.vendors = { ...conditions.vendors, [how]: null };
      });
      break;
    }
    case 'full': {
      const from = sometime();
      const until = Math.min(from + dice.between(3, 60) * MINUTE, end);
      const pages = dice.between(0, 10);
      at(from, `the storage has room for ${pages} pages more`, () => storage.limit(pages));
      at(until, 'the storage has room', () => storage.limit(null));
      break;
    }
  }
  if (dice.chance(0.3)) {
    happened.rulesChanged = true;
    at(sometime(), 'a deploy: other rules', () => {
      world.hit('deploy: rules');
      conditions.rules = 1;
      conditions.isolate++;
      evict();
    });
  }
  if (!happened.rulesChanged && moreDice.chance(0.4)) {
    at(sometime(moreDice), 'a deploy: rules at other levels', () => {
      world.hit('deploy: levels');
      conditions.rules = 2;
      conditions.isolate++;
      evict();
    });
    at(sometime(moreDice), 'a deploy: the first rules again', () => {
      conditions.rules = 0;
      conditions.isolate++;
      evict();
    });
  }
  if (dice.chance(0.2)) {
    const allowed = conditions.allowedLatenessMs + dice.between(1, 10) * MINUTE;
    at(sometime(), `a deploy: ALLOWED_LATENESS is ${allowed / MINUTE} min`, () => {
      world.hit('deploy: settings');
      conditions.allowedLatenessMs = allowed;
      conditions.isolate++;
      evict();
    });
  }
  if (dice.chance(0.1)) {
    at(sometime(), 'a deploy: the receiver of mail has another name', () => {
      world.hit('deploy: a receiver renamed');
      conditions.mailName = 'post';
      conditions.isolate++;
      evict();
    });
  }
  if (moreDice.chance(0.1)) {
    at(sometime(moreDice), 'a deploy: a receiver is added', () => {
      world.hit('deploy: a receiver added');
      conditions.hasDiscord = true;
      conditions.isolate++;
      evict();
    });
  }
  if (conditions.retentionDays < 30 && dice.chance(0.5)) {
    at(sometime(), 'a deploy: RETENTION is longer', () => {
      world.hit('deploy: a longer RETENTION');
      conditions.retentionDays = 30;
      conditions.isolate++;
      evict();
    });
  }
  if (dice.chance(0.05)) {
    world.at(sometime(), () => {
      world.hit('upstream: another dialect');
      happened.turned = true;
      upstream.dialect = dice.pick(DIALECTS);
      world.note(`the upstream turns ${upstream.dialect}`);
    });
  }
  /** Written to KV by a person, who sees whether it was taken. */
  const write = (key: string, text: string): void => {
    const { refused } = kv.faults;
    kv.faults = { ...kv.faults, refused: 0 };
    kv.write(key, text);
    kv.faults = { ...kv.faults, refused };
  };
  const rewind = (to: number, suppress: boolean, id = `rewind-${rewinds.length + 10}`): void => {
    rewinds.push({ id, to });
    world.hit('operator: rewind');
    world.note(`rewind ${id} to ${new Date(to).toISOString()}`);
    write(KV_REWIND, rewindText({ id, to, suppress }));
  };
  for (let i = dice.chance(0.4) ? dice.between(1, 3) : 0; i > 0; i--) {
    world.at(sometime(), () => {
      const isFar = start - startAt > DAY;
      const to = world.now() - (isFar && dice.chance(0.5) ? dice.between(20, 29) * 60 : dice.between(5, 150)) * MINUTE;
      rewind(to, dice.chance(0.5), `rewind-${i}`);
    });
  }
  if (dice.chance(0.1)) {
    at(sometime(), "somebody moves KV's checkpoint ahead", () => {
      happened.movedByHand = true;
      world.hit('kv: ahead');
      write(KV_CHECKPOINT, JSON.stringify({ watermark: new Date(world.now() + 60 * MINUTE).toISOString() }));
    });
  }

  return {
    happened,
    rewind,
    calm: () => {
      world.note('calm');
      conditions.faults = NO_STEP_FAULTS;
      world.lateTimers = 0;
      conditions.alarm = { late: 0, twice: 0, never: 0 };
      conditions.vendors = WORKING;
      conditions.cron = { skipped: 0, doubled: 0 };
      conditions.oursOff = 0;
      conditions.requests = 200;
      storage.fails = 0;
      storage.refused = null;
      storage.limit(null);
      kv.faults = { staleMs: 0, lost: 0, refused: 0 };
      upstream.calm();
    },
  };
}
