/**
 * One run of the simulation: the real watch, tail, ledger and host in a world that goes wrong, then an hour of calm,
 * then the comparison with the plain model. A seed decides everything.
 */
import { NO_LINKS } from '../../src/alert/links.ts';
import type { Notification } from '../../src/alert/notification.ts';
import { rewindText } from '../../src/audit-log/checkpoint-text.ts';
import { parsePage } from '../../src/audit-log/page.ts';
import { createOutbox } from '../../src/ledger/health/attempts.ts';
import { createHost, type Host } from '../../src/ledger/host.ts';
import { createLedger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { Outcome, Receiver } from '../../src/notify/receiver.ts';
import { KV_CHECKPOINT, KV_REWIND, poll } from '../../src/poller/poll.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { compile, type Engine, type Level } from '../../src/sigma/index.ts';
import { DIALECTS } from '../sandbox/query.ts';
import { observeClosings } from './closing-observer.ts';
import { compare } from './compare.ts';
import { digestOf } from './digest.ts';
import { createKv } from './kv.ts';
import { createOperator } from './operator.ts';
import { createDice } from './random.ts';
import { RULE_SETS } from './rules.ts';
import { createTraffic } from './traffic.ts';
import { createUpstream, type Listing } from './upstream.ts';
import { createWorld, Lost, type StepFaults } from './world.ts';

export const ALLOWED_LATENESS_MS = 5 * 60_000;
export const BLIND_AFTER_MS = 15 * 60_000;
const MINUTE = 60_000;
/** When the run begins. A first start reads one hour back. */
export const START = Date.UTC(2026, 0, 5, 12);
const ENGINES = RULE_SETS.map((rules) => compile(rules)) as [Engine, Engine];
/** How many random numbers the migrations of a new ledger drew when the seeds were frozen. */
const FIRST_START_DRAWS = 38;
const DATE_FAULTS = ['ahead', 'behind', 'missing', 'stuck', 'jumping'] as const;
/** What recording an entry writes; '' is anything. */
const WRITES = [
  '',
  'INTO entries',
  'INTO batches',
  'INTO windows',
  'INTO alerts',
  'INTO matches',
  'INTO deliveries',
  'INTO staging',
];
const NO_STEP_FAULTS: StepFaults = { crash: 0, fail: 0, twice: 0, slow: 0 };

/** What reached a receiver. */
export interface Received {
  readonly receiver: string;
  readonly notification: Notification;
}

export interface Rewinds {
  readonly id: string;
  readonly to: number;
}

export interface RunResult {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly hits: ReadonlyMap<string, number>;
  readonly schedule: readonly string[];
  readonly entries: number;
  readonly alerts: number;
  /** What it decided, as a hash (digest.ts). */
  readonly digest: string;
}

/** Runs one seed. */
export async function run(seed: number): Promise<RunResult> {
  const dice = createDice(seed);
  const world = createWorld(START, dice);
  const dialect = dice.pick(DIALECTS);
  const listing: Listing = { by: dice.pick(['time', 'time', 'arrival', 'about']), filtersOnly: dice.chance(0.3) };
  world.hit(`upstream: ${dialect}, by ${listing.by}`);
  if (dialect === 'sorted' && listing.filtersOnly) world.hit('upstream: filters, and does not sort');
  const upstream = createUpstream(
    world,
    dice,
    dialect,
    dice.between(3, 10),
    dice.pick([0, 0, -3 * MINUTE, 3 * MINUTE]),
    listing,
  );
  const kv = createKv(world, dice);
  const troubled = dice.between(30, 90) * MINUTE;
  const end = START + troubled;
  world.note(`dialect ${dialect}, upstream clock ${upstream.skewMs / 1000}s ahead`);
  createTraffic(dice, upstream.log, {
    from: START - 3 * 60 * MINUTE + upstream.skewMs,
    start: START + upstream.skewMs,
    to: end + upstream.skewMs,
    allowedLatenessMs: ALLOWED_LATENESS_MS,
  });

  // How often each fault occurs in this world.
  const rate = (most: number): number => (dice.chance(0.5) ? 0 : dice.next() * most);
  let faults: StepFaults = {
    crash: rate(0.03),
    fail: rate(0.05),
    twice: rate(0.05),
    slow: rate(dice.chance(0.3) ? 0.3 : 0.03),
  };
  upstream.faults = {
    error: rate(0.2),
    rejectCursor: rate(0.1),
    sameCursor: rate(0.05),
    emptyPage: rate(0.1),
    tooLarge: rate(0.05),
    cursorLifeMs: dice.chance(0.2) ? dice.between(1, 90) * 1000 : Number.POSITIVE_INFINITY,
    // One clock may be wrong: of the upstream's `Date`, or ours.
    date: upstream.skewMs === 0 && dice.chance(0.4) ? dice.pick(DATE_FAULTS) : 'none',
  };
  let oursOff = 0;
  const ourClock = (): number => world.now() + oursOff;
  if (upstream.skewMs === 0 && upstream.faults.date === 'none' && dice.chance(0.3)) {
    for (let i = dice.between(1, 6); i > 0; i--) {
      world.at(START + Math.floor(dice.next() * troubled), 'our clock', () => {
        oursOff = dice.between(-600, 600) * 1_000;
        world.hit('our clock: wandered');
        world.note(`our clock is ${oursOff / 1000}s ahead`);
      });
    }
  }
  kv.faults = { staleMs: rate(5 * MINUTE), lost: rate(0.1), refused: rate(0.3) };
  let alarmFaults = { late: rate(0.2), twice: rate(0.2), never: rate(0.2) };
  let receiverFaults = { retry: rate(0.4), refused: rate(0.03), hangs: rate(0.05) };
  let cronFaults = { skipped: rate(0.3), doubled: rate(0.3) };

  // The Durable Object: its storage survives an eviction, its memory does not.
  const disk = nodeStore();
  let isMigrating = false;
  let starts = 0;
  let storageFails = dice.chance(0.3) ? dice.next() * 0.005 : 0;
  /** What the storage refuses at present: statements with this part, or any. */
  let refused: { readonly part: string; readonly rate: number } | null = null;
  const store: Store = {
    ...disk,
    run: (sql, ...binds) => {
      const isRefused = refused !== null && sql.includes(refused.part) && dice.chance(refused.rate);
      if (!isMigrating && (isRefused || dice.chance(storageFails))) {
        world.hit(isRefused ? `storage: refused ${refused?.part || 'some'}` : 'storage: failed');
        world.note('the storage fails');
        throw new Lost('the storage failed');
      }
      disk.run(sql, ...binds);
    },
  };
  let alarmAt: number | null = null;
  // The receivers' minimum levels differ, so that some deliveries are suppressed.
  const routes: readonly RoutedReceiver[] = [
    { name: 'slack', minLevel: dice.pick<Level>(['low', 'low', 'informational']), problem: null },
    { name: 'mail', minLevel: dice.pick<Level>(['low', 'medium', 'critical']), problem: null },
  ];
  const observer = observeClosings(disk);
  const suppressFirstRead = dice.chance(0.3);
  let rules = 0;
  const received: Received[] = [];
  const answers = new Map<string, number[]>();
  const alarm = {
    get: () => world.step('alarm.get', () => alarmAt, faults),
    set: (at: number) =>
      world.step(
        'alarm.set',
        () => {
          alarmAt = at;
          world.at(at, 'alarm', ring);
        },
        faults,
      ),
  };
  const receivers: Receiver[] = routes.map(({ name }) => ({
    name,
    send: ({ notification }) =>
      world.step(
        `send ${name}`,
        (): Outcome => {
          if (dice.chance(receiverFaults.refused)) return { kind: 'refused', reason: 'no' };
          if (dice.chance(receiverFaults.retry))
            return { kind: 'retry', reason: 'later', afterMs: dice.chance(0.3) ? 30_000 : null };
          received.push({ receiver: name, notification });
          return { kind: 'delivered' };
        },
        { ...faults, crash: faults.crash + receiverFaults.hangs },
      ),
  }));
  const startHost = (): Host => {
    // Migrations themselves draw no random numbers: a change of the schema must not change a seed's world.
    for (let draws = starts++ === 0 ? FIRST_START_DRAWS : 1; draws > 0; draws--) dice.next();
    isMigrating = true;
    const started = createHost({
      ledger: observer.observe(
        createLedger(store, {
          engine: ENGINES[rules] as Engine,
          allowedLatenessMs: ALLOWED_LATENESS_MS,
          retentionMs: 30 * 24 * 60 * MINUTE,
          blindAfterMs: BLIND_AFTER_MS,
          receivers: routes,
        }),
      ),
      store,
      outbox: createOutbox(store, routes),
      receivers,
      linksOf: () => Promise.resolve(NO_LINKS),
      alarm,
      now: world.now,
      log: { sent: () => {}, failed: (error) => world.note(`alarm failed: ${String(error)}`) },
    });
    isMigrating = false;
    return started;
  };
  let host = startHost();
  const ring = (): void => {
    if (alarmAt === null || alarmAt > world.now()) return;
    alarmAt = null;
    if (dice.chance(alarmFaults.never)) {
      world.hit('alarm: never');
      return;
    }
    const late = dice.chance(alarmFaults.late) ? dice.between(1, 10) * MINUTE : 0;
    if (late > 0) world.hit('alarm: late');
    world.at(world.now() + late, 'alarm', () => void host.alarm());
    if (dice.chance(alarmFaults.twice)) {
      world.hit('alarm: twice');
      world.at(world.now() + late + dice.between(0, 5_000), 'alarm', () => void host.alarm());
    }
  };

  const ledger: LedgerApi = {
    begin: (input) =>
      world.step(
        'ledger.begin',
        async () => {
          const begun = await host.begin(input);
          if (begun.checkpoint.gap !== null) world.hit('tail: a gap');
          return begun;
        },
        faults,
      ),
    record: (batch) => world.step('ledger.record', () => host.record(batch), faults),
    flush: (expect, most) => world.step('ledger.flush', () => host.flush(expect, most), faults),
    quarantineCandidate: (record) =>
      world.step('ledger.quarantineCandidate', () => host.quarantineCandidate(record), faults),
    recordFailedTick: (failure) => world.step('ledger.failed', () => host.recordFailedTick(failure), faults),
    canRecord: () => host.canRecord(),
  };
  let budget = { requests: dice.between(2, 8), ms: 45_000 };
  let polls = 0;
  const tick = (): void => {
    polls++;
    let isOver = false;
    let asking = 0;
    const recording: LedgerApi['record'] = (batch) => {
      const crashes = world.hits.get('crash: ledger.record');
      const recorded = ledger.record(batch);
      const isCrash = world.hits.get('crash: ledger.record') !== crashes;
      if (isCrash && asking > 0) world.hit('crash: ledger.record, with a page asked for');
      return recorded;
    };
    const auditLog = {
      requests: 0,
      list: async (query: Parameters<typeof upstream.list>[0]) => {
        auditLog.requests++;
        asking++;
        const askedAt = ourClock();
        const { json, date } = await world
          .step('list', () => upstream.list(query), { ...faults, twice: 0 })
          .finally(() => asking--);
        // What was read may be long on its way.
        await world.step('answer', () => {}, { ...NO_STEP_FAULTS, slow: faults.slow });
        if (isOver) world.hit('poll: a page came after it was over');
        for (const { id } of (json as { items: { id?: string }[] }).items) {
          if (id !== undefined) answers.set(id, [...(answers.get(id) ?? []), Math.max(ourClock(), date ?? ourClock())]);
        }
        return parsePage(json, { askedAt, answeredAt: ourClock(), date });
      },
    };
    poll({
      kv: {
        get: (keys) => world.step('kv.get', () => kv.read(keys), faults),
        put: (key, value) => world.step('kv.put', () => kv.write(key, value), faults),
      },
      ledger: { ...ledger, record: recording },
      auditLog,
      now: ourClock,
      allowedLatenessMs: ALLOWED_LATENESS_MS,
      startAt: START - 60 * MINUTE,
      suppressFirstRead,
      ...budget,
    })
      .finally(() => {
        isOver = true;
      })
      .then(
        ({ stopped, recorded, pages, notes, how }) => {
          world.hit(`poll: ${stopped}`);
          if (recorded > 0 || how !== 'resumed')
            world.note(`poll ${how}, ${pages} pages, ${recorded} recorded, ${stopped}`);
          for (const note of notes) world.note(note);
        },
        (error) => {
          world.hit('poll: failed');
          world.note(`poll failed: ${error instanceof Error ? error.message : String(error)}`);
        },
      );
  };
  const calm = end + 100 * MINUTE;
  for (let at = START; at < calm; at += MINUTE) {
    world.at(at, 'cron', () => {
      if (dice.chance(cronFaults.skipped)) {
        world.hit('cron: skipped');
        return;
      }
      tick();
      if (!dice.chance(cronFaults.doubled)) return;
      world.hit('cron: doubled');
      world.at(world.now() + dice.between(0, 50_000), 'cron', tick);
    });
  }

  // Events that affect the whole world.
  const sometime = (): number => START + Math.floor(dice.next() * troubled);
  const rewinds: Rewinds[] = [];
  let longOutage = false;
  for (let i = dice.between(0, 4); i > 0; i--) {
    world.at(sometime(), 'evicted', () => {
      world.hit('ledger: evicted');
      world.note('the ledger is evicted');
      host = startHost();
    });
  }
  const outageFor = dice.chance(0.4) ? dice.between(2, 45) * MINUTE : 0;
  if (outageFor > 0) {
    const from = sometime();
    const until = Math.min(from + outageFor, end);
    longOutage = until - from > BLIND_AFTER_MS + 12 * MINUTE && from > START + 10 * MINUTE;
    world.at(from, 'outage', () => {
      upstream.down = true;
      world.note('the upstream goes down');
    });
    world.at(until, 'outage', () => {
      upstream.down = false;
      world.note('the upstream is back');
    });
  }
  // Blindness could not be stored meanwhile.
  if (outageFor === 0 && dice.chance(0.25)) {
    const from = sometime();
    const part = dice.pick(WRITES);
    const rate = part === '' ? 0.2 : dice.pick([0.5, 1]);
    world.at(from, 'storage', () => {
      refused = { part, rate };
      world.note(`the storage refuses "${part}", ${rate} of them`);
    });
    world.at(Math.min(from + dice.between(3, 60) * MINUTE, end), 'storage', () => {
      refused = null;
      world.note('the storage takes everything');
    });
  }
  const rulesChange = dice.chance(0.3);
  if (rulesChange) {
    world.at(sometime(), 'rules', () => {
      world.hit('rules: changed');
      world.note('the rules change');
      rules = 1;
      host = startHost();
    });
  }
  if (dice.chance(0.05)) {
    world.at(sometime(), 'dialect', () => {
      world.hit('upstream: another dialect');
      upstream.dialect = dice.pick(DIALECTS);
      world.note(`the upstream turns ${upstream.dialect}`);
    });
  }
  for (let i = dice.chance(0.4) ? dice.between(1, 3) : 0; i > 0; i--) {
    const id = `rewind-${i}`;
    world.at(sometime(), 'rewind', () => {
      const to = world.now() - dice.between(5, 150) * MINUTE;
      rewinds.push({ id, to });
      world.hit('operator: rewind');
      world.note(`rewind ${id} to ${new Date(to).toISOString()}`);
      const order = rewindText({ id, to, suppress: dice.chance(0.5) });
      const refused = kv.faults.refused;
      kv.faults = { ...kv.faults, refused: 0 };
      kv.write(KV_REWIND, order);
      kv.faults = { ...kv.faults, refused };
    });
  }
  let movedByHand = false;
  if (dice.chance(0.1)) {
    world.at(sometime(), 'kv ahead', () => {
      movedByHand = true;
      world.hit('kv: ahead');
      kv.faults = { ...kv.faults, refused: 0 };
      kv.write(KV_CHECKPOINT, JSON.stringify({ watermark: new Date(world.now() + 60 * MINUTE).toISOString() }));
    });
  }

  // By its own dice: most seeds are as they would be without.
  const hand = createDice(seed + 0.5);
  const shown = (id: string, at: number): void => void answers.set(id, [...(answers.get(id) ?? []), at]);
  const operator = createOperator({
    ...{ world, dice: hand, upstream, disk, ourClock, shown },
    host: () => host,
    faults: () => faults,
  });
  for (let i = hand.chance(0.4) ? hand.between(5, 30) : 0; i > 0; i--) {
    world.at(START + Math.floor(hand.next() * troubled), 'operator', () => void operator.act());
  }

  await world.run(end);
  world.note('calm');
  faults = NO_STEP_FAULTS;
  oursOff = 0;
  storageFails = 0;
  refused = null;
  upstream.calm();
  kv.faults = { staleMs: 0, lost: 0, refused: 0 };
  alarmFaults = { late: 0, twice: 0, never: 0 };
  receiverFaults = { retry: 0, refused: 0, hangs: 0 };
  cronFaults = { skipped: 0, doubled: 0 };
  budget = { requests: 60, ms: 45_000 };
  await world.run(calm + MINUTE / 2);

  const { problems, entries, alerts } = compare({
    store,
    kv,
    upstream,
    received,
    answers,
    rewinds,
    engines: new Map(ENGINES.map((engine) => [engine.version, engine])),
    routes,
    closings: observer.closings,
    startAt: START - 60 * MINUTE,
    now: world.now(),
    allowedLatenessMs: ALLOWED_LATENESS_MS,
    rulesChange,
    longOutage,
    movedByHand,
    hadGap: world.hits.has('tail: a gap'),
    released: operator.released,
  });
  for (const { what } of disk.all<{ what: string }>(
    `SELECT concat(notification ->> '$.kind', iif(state = 'suppressed', ', suppressed', '')) AS what FROM deliveries
     UNION ALL SELECT 'contributing' FROM matches WHERE decision IS NULL`,
  )) {
    world.hit(`decided: ${what}`);
  }
  const digest = digestOf(disk, received);
  disk.close();
  return {
    seed,
    problems: polls === 0 ? ['no poll ran'] : problems,
    hits: world.hits,
    schedule: world.schedule,
    entries,
    alerts,
    digest,
  };
}
