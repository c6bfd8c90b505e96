/**
 * One run of the simulation: the real tick, client, ledger, host and receivers in a world that goes wrong, then most
 * of an hour of calm, then the comparison with the plain model. A seed decides everything.
 */
import { NO_LINKS } from '../../src/alert/links.ts';
import { readConfig } from '../../src/config/config.ts';
import { createOutbox } from '../../src/ledger/health/attempts.ts';
import { createHost, type Host } from '../../src/ledger/host.ts';
import { createLedger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { readState } from '../../src/ledger/store/state.ts';
import { type CreateReceiver, createReceivers, type Receiver } from '../../src/notify/receiver.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { tick } from '../../src/poller/tick.ts';
import type { Routing } from '../../src/routing/routing.ts';
import { compile, type Engine, type Level } from '../../src/sigma/index.ts';
import { DIALECTS } from '../sandbox/query.ts';
import { compare } from './compare.ts';
import type { Deployment } from './dead.ts';
import { digestOf } from './digest.ts';
import { bringAbout, pickEnding, pickLate } from './endings.ts';
import { createKv } from './kv.ts';
import { currentProcess } from './machine.ts';
import { createNetwork, DISCORD_URL, SLACK_URL, type SlackHabits, WORKING } from './network.ts';
import { createObject } from './object.ts';
import { observeLedger } from './observer.ts';
import { createOperator } from './operator.ts';
import { createPeople } from './people.ts';
import type { WrittenRouting } from './plain-routes.ts';
import { createDice, type Dice } from './random.ts';
import { LEARNING_FROM, parsedRouting, ROUTED_FROM, TREE_COUNT, writtenRouting } from './routings.ts';
import { LEARNING_RULE_SETS, RULE_SETS, TAGGED_RULE_SETS } from './rules.ts';
import { createStorage } from './storage.ts';
import { addLast, createTraffic } from './traffic.ts';
import { type Conditions, createTroubles } from './troubles.ts';
import { createUpstream } from './upstream.ts';
import { createWorld, NO_STEP_FAULTS } from './world.ts';

const MINUTE = 60_000;
const ALLOWED_LATENESS_MS = 5 * MINUTE;
const BLIND_AFTER_MS = 15 * MINUTE;
/** When the run begins. A first start reads one hour back. */
export const START = Date.UTC(2026, 0, 5, 12);
const HOUR = 60 * MINUTE;
/** Where reading begins: in some worlds before what is kept. */
const START_AT = START - HOUR;
const OLD_START_AT = START - 30 * HOUR;
/** So many ticks that fail in a row since the storage is full can't all fail to say so. */
const FULL_TICKS = 8;
/** How long Slack is down in the end, in some worlds. */
const LONG_OUTAGES = [26 * HOUR, 26 * HOUR, 3 * 24 * HOUR, 6 * 24 * HOUR];
const GAP_HOURS_MAX = 8;
const CALM_MS = 50 * MINUTE;
const ENGINES: readonly Engine[] = RULE_SETS.map((rules) => compile(rules));
const LEARNING_ENGINES: readonly Engine[] = LEARNING_RULE_SETS.map((rules) => compile(rules));
const TAGGED_ENGINES: readonly Engine[] = TAGGED_RULE_SETS.map((rules) => compile(rules));

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

/** Each run has isolates of its own. */
let runs = 0;

/** Runs one seed. */
export async function run(seed: number): Promise<RunResult> {
  const nthRun = ++runs;
  const dice = createDice(seed);
  // Another stream, for what was added later: known seeds keep their worlds.
  const moreDice = createDice(~seed);
  const latestDice = createDice(seed ^ 0x2b_cafe);
  const isLearning = seed >= LEARNING_FROM;
  const hasRoutes = seed >= ROUTED_FROM && !isLearning;
  const engines = isLearning ? LEARNING_ENGINES : hasRoutes ? TAGGED_ENGINES : ENGINES;
  const routesDice = createDice(seed ^ 0x70_07e5);
  const world = createWorld(START, dice);
  const isLarge = dice.chance(0.1);
  const dialect = dice.pick(DIALECTS);
  const listing = { by: dice.pick(['time', 'time', 'arrival', 'about'] as const), filtersOnly: dice.chance(0.3) };
  world.hit(`upstream: ${dialect}, by ${listing.by}`);
  if (dialect === 'sorted' && listing.filtersOnly) world.hit('upstream: filters, and does not sort');
  if (isLarge) world.hit('traffic: full pages');
  const isOld = !isLarge && !hasRoutes && dice.chance(0.1);
  if (isOld) world.hit('settings: RETENTION is shorter than the log');
  /** In the end, a receiver is down for more than a day. */
  const isLong = !isLarge && !isOld && dice.chance(0.03);
  const startAt = isOld ? OLD_START_AT : START_AT;
  const pageCap = isLarge ? 100 : dice.between(3, 10);
  const skewMs = dice.pick([0, 0, -3 * MINUTE, 3 * MINUTE]);
  const upstream = createUpstream(world, dice, { dialect, pageCap, skewMs, listing });
  world.note(`dialect ${dialect}, upstream clock ${skewMs / 1000}s ahead`);
  const end = START + dice.between(30, 90) * MINUTE;
  createTraffic(dice, latestDice, upstream.log, {
    from: startAt - 2 * HOUR + skewMs,
    start: START + skewMs,
    to: end + skewMs,
    allowedLatenessMs: ALLOWED_LATENESS_MS,
    isLarge,
  });
  const kv = createKv(world, dice);
  const storage = createStorage(world, dice);
  const conditions: Conditions = {
    ...{ faults: NO_STEP_FAULTS, alarm: { late: 0, twice: 0, never: 0 }, vendors: WORKING },
    ...{ cron: { skipped: 0, doubled: 0 }, oursOff: 0, requests: 60 },
    ...{
      rules: 0,
      allowedLatenessMs: ALLOWED_LATENESS_MS,
      retentionDays: isOld ? 1 : 30,
      isolate: 0,
      mailName: 'mail',
      ...{ isSlackSet: true, hasDiscord: hasRoutes, tree: hasRoutes ? routesDice.between(0, TREE_COUNT - 1) : null },
    },
  };
  const faults = () => conditions.faults;
  const ourClock = (): number => world.now() + conditions.oursOff;
  const slack: SlackHabits = {
    // Where there is time for it to die, more often.
    refusedAlert: dice.chance(isLong ? 0.5 : 0.1) ? dice.between(1, 20) : null,
    everyMs: dice.chance(0.5) ? 1_000 : null,
    retryAfter: dice.pick([1, 30, null]),
  };
  const network = createNetwork({
    ...{ world, dice, upstream, ourClock, faults },
    vendorFaults: () => conditions.vendors,
    slack,
    evict: () => object.reset(),
  });

  /** A receiver whose requests carry what it sends. */
  const remembering = (receiver: Receiver): Receiver => ({
    name: receiver.name,
    paceMs: receiver.paceMs,
    send: (outgoing) => network.sending(outgoing, () => receiver.send(outgoing)),
  });

  // What a deploy sets.
  const plainly = routingOf(dice, moreDice, conditions);
  const levels = {
    slackLevel: routesDice.pick<Level>(['low', 'informational']),
    mailLevel: routesDice.pick<Level>(['low', 'medium', 'high']),
  };
  const written = (): WrittenRouting | null =>
    conditions.tree === null ? null : writtenRouting(conditions.tree, { mail: conditions.mailName, ...levels });
  const routing = (): Routing => {
    const text = written();
    return text === null ? plainly() : parsedRouting(text, TAGGED_RULE_SETS[conditions.rules]?.rules ?? []);
  };
  const mailNames = new Set<string>();
  const deployments: Deployment[] = [];
  const isSuppressed = dice.chance(0.3);
  const settings = () => {
    const env = {
      NIRVANA_LABS_API_KEY: 'simulated-key-0123456789abcdef',
      // An isolate's memory is kept by the upstream's address.
      NIRVANA_LABS_BASE_URL: `https://upstream.example/${nthRun}.${conditions.isolate}`,
      LINK_SECRET: 'simulated-0123456789abcdef-0123456789',
      ...(conditions.isSlackSet ? { SLACK_WEBHOOK_URL: SLACK_URL } : {}),
      DISCORD_WEBHOOK_URL: DISCORD_URL,
      EMAIL_TO: 'oncall@example.com',
      EMAIL_FROM: 'tocsin@example.com',
      EMAIL: network.mail,
      START_AT: new Date(startAt).toISOString(),
      RETENTION: `${conditions.retentionDays}d`,
      FIRST_READ: isSuppressed ? 'record' : 'notify',
      ALLOWED_LATENESS: `${conditions.allowedLatenessMs / MINUTE}m`,
      BLIND_AFTER: `${BLIND_AFTER_MS / MINUTE}m`,
      KV: {
        get: (keys: string[]) => world.step('kv.get', () => kv.read(keys), faults()),
        put: (key: string, value: string) => world.step('kv.put', () => kv.write(key, value), faults()),
        delete: () => Promise.reject(new Error('nothing deletes')),
      },
    };
    const config = readConfig<KVNamespace, unknown, CreateReceiver>(env, RECEIVER_TYPES, routing());
    const unset = [
      'LEDGER',
      'RATE_LIMIT',
      'RATE_LIMIT_WIDE',
      'ASSETS',
      'PUBLIC_URL',
      ...(conditions.isSlackSet ? [] : ['SLACK_WEBHOOK_URL']),
    ];
    const wrong = config.problems.filter(({ setting }) => !unset.includes(setting));
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
    return { ...config, problems: [], watch: { ...config.watch, pagesPerTick: conditions.requests } };
  };

  const observer = observeLedger(storage.disk, () => conditions.allowedLatenessMs);
  const object = createObject({
    ...{ world, dice, faults, alarmFaults: () => conditions.alarm },
    start: (alarm): Host => {
      const config = settings();
      if (conditions.tree !== null) world.hit(`routes: ${conditions.tree}`);
      const { receivers: routes } = config;
      mailNames.add(conditions.mailName);
      const names = routes.map(({ name }) => name);
      const isSet = (name: string): boolean => name !== 'slack' || conditions.isSlackSet;
      deployments.push({ at: world.now(), receivers: names.map((name) => ({ name, isSet: isSet(name) })) });
      const receivers = createReceivers(routes, { fetch: network.fetch, now: ourClock });
      const engine = engines[conditions.rules] as Engine;
      return storage.calmly(() =>
        createHost({
          ledger: observer.observe(
            createLedger(storage.store, { engine, receivers: routes, routing: routing(), ...config.watch }),
            {
              ...{ engine, receivers: routes, routing: routing(), written: written() },
            },
          ),
          store: storage.store,
          outbox: observer.observeOutbox(createOutbox(storage.store, routes)),
          receivers: receivers.map(remembering),
          linksOf: () => Promise.resolve(NO_LINKS),
          alarm,
          now: world.now,
          log: { sent: () => {}, failed: (error) => world.note(`the alarm failed: ${String(error)}`) },
        }),
      );
    },
  });
  if (isOld) storage.keepEvicted();
  const ledger: LedgerApi = {
    begin: (input) => {
      const worker = currentProcess();
      return object.call('ledger.begin', async (host) => {
        network.leaveAlone(worker, readState(storage.disk)?.failure?.retryAt ?? 0);
        const begun = await host.begin(input);
        if (begun.checkpoint.gap !== null) world.hit('tail: a gap');
        return begun;
      });
    },
    record: (batch) => object.call('ledger.record', (host) => host.record(batch)),
    flush: (expect, most) => object.call('ledger.flush', (host) => host.flush(expect, most)),
    quarantineCandidate: (record) =>
      object.call('ledger.quarantineCandidate', (host) => host.quarantineCandidate(record)),
    recordFailedTick: (failure) => object.call('ledger.failed', (host) => host.recordFailedTick(failure)),
    canRecord: () => object.call('ledger.canRecord', (host) => host.canRecord()),
  };

  let ticks = 0;
  /** Ticks in a row that failed since the storage was full. */
  let failedFull: number[] = [];
  const runTick = (): void => {
    ticks++;
    const worker = world.spawn(
      'worker',
      () => tick(settings(), ledger, { now: ourClock, fetch: network.fetch }),
      ({ stopped, recorded, pages, notes, how }) => {
        failedFull = [];
        if (network.askingOf(worker) > 0) world.hit('tick: over, with a page asked for');
        world.hit(`poll: ${stopped}`);
        if (recorded > 0 || how !== 'resumed')
          world.note(`poll ${how}, ${pages} pages, ${recorded} recorded, ${stopped}`);
        for (const note of notes) world.note(note);
      },
      (error) => {
        world.hit('poll: failed');
        if (!String(error).includes('full')) failedFull = [];
        else if (world.now() - (failedFull.at(-1) ?? 0) > 3 * MINUTE) failedFull = [world.now()];
        else failedFull.push(world.now());
        if (failedFull.length >= FULL_TICKS) troubles.happened.longFull = true;
        world.note(`poll failed: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    const kill = worker.kill;
    worker.kill = () => {
      if (network.askingOf(worker) > 0) world.hit('crash: with a page asked for');
      kill();
    };
  };
  const cron = (): void => {
    if (dice.chance(conditions.cron.skipped)) {
      world.hit('cron: skipped');
      return;
    }
    runTick();
    if (!dice.chance(conditions.cron.doubled)) return;
    world.hit('cron: doubled');
    world.at(world.now() + dice.between(0, 50_000), runTick);
  };
  /** Runs until then, with a tick every so often. */
  const runUntil = async (until: number, everyMs: number): Promise<void> => {
    for (let at = world.now(); at < until; at += everyMs) world.at(at, cron);
    await world.run(until);
  };
  const troubles = createTroubles({
    ...{
      world,
      dice,
      moreDice,
      upstream,
      kv,
      storage,
      conditions,
      start: START,
      startAt,
      end,
      blindAfterMs: BLIND_AFTER_MS,
    },
    evict: () => object.reset(),
  });
  const operator = createOperator({
    ...{ world, dice, upstream, disk: storage.disk, ourClock, shown: network.note, object },
  });
  for (let i = dice.chance(0.4) ? dice.between(5, 30) : 0; i > 0; i--) {
    world.at(START + Math.floor(dice.next() * (end - START)), () => world.spawn('operator', operator.act));
  }

  const people = createPeople({ world, dice: latestDice, disk: storage.disk, object });
  const actSometime = (from: number, to: number): void =>
    world.at(from + Math.floor(latestDice.next() * (to - from)), () => world.spawn('people', people.act));
  for (let i = latestDice.chance(0.7) ? latestDice.between(1, 25) : 0; i > 0; i--) actSometime(START, end + CALM_MS);

  for (let i = hasRoutes ? routesDice.between(0, 2) : 0; i > 0; i--) {
    world.at(START + Math.floor(routesDice.next() * (end - START)), () => {
      conditions.tree = routesDice.between(0, TREE_COUNT - 1);
      world.hit('deploy: routes');
      world.note(`a deploy: the routes ${conditions.tree}`);
      conditions.isolate++;
      object.reset();
    });
  }

  await runUntil(end, MINUTE);
  const calmAt = world.now();
  troubles.calm();
  await runUntil(end + CALM_MS, MINUTE);
  // Something severe comes while a receiver does not work.
  if (hasRoutes && routesDice.chance(0.4)) {
    conditions.vendors = { ...WORKING, down: routesDice.pick(['slack', 'mail'] as const) };
    addLast(upstream.log, 'routed', world.now() + skewMs);
    await runUntil(world.now() + 30 * MINUTE, MINUTE);
    conditions.vendors = WORKING;
    await runUntil(world.now() + 10 * MINUTE, MINUTE);
  }
  // A gap is tried again every fifteen scans, each of which may take several ticks where Date stands still.
  const hasGap = (): boolean => readState(storage.disk)?.checkpoint.gap != null;
  for (let hours = 0; hours < GAP_HOURS_MAX && hasGap(); hours++) await runUntil(world.now() + HOUR, MINUTE);
  // The calm may end in the middle of a scan.
  const hasStaged = (): boolean => storage.disk.all('SELECT 1 FROM staging LIMIT 1').length > 0;
  for (let minutes = 0; minutes < 15 && hasStaged(); minutes++) await runUntil(world.now() + MINUTE, MINUTE);
  // A message that failed again and again while others got through waits for an hour.
  const hasSetAside = (): boolean =>
    storage.disk.all(
      "SELECT 1 FROM deliveries WHERE state = 'pending' AND due_at IS NOT NULL AND alert IS NOT ? LIMIT 1",
      slack.refusedAlert,
    ).length > 0;
  for (let minutes = 0; minutes < 70 && hasSetAside(); minutes++) await runUntil(world.now() + MINUTE, MINUTE);
  // What waited for a receiver that was renamed is sent to it under its new name.
  if (conditions.mailName !== 'mail') {
    world.spawn('operator', () => object.call('operator: resend', (host) => host.resend('mail', conditions.mailName)));
    await runUntil(world.now() + 10 * MINUTE, MINUTE);
  }
  if (isLong) {
    world.hit('slack: down for a day');
    conditions.vendors = { ...WORKING, down: 'slack' };
    addLast(upstream.log, 'last', world.now() + skewMs);
    // What comes near its end is too new for a digest.
    await runUntil(world.now() + dice.pick(LONG_OUTAGES) - HOUR / 2, 5 * MINUTE);
    addLast(upstream.log, 'new', world.now() + skewMs);
    await runUntil(world.now() + HOUR / 2, 5 * MINUTE);
    conditions.vendors = WORKING;
    await runUntil(world.now() + HOUR, 5 * MINUTE);
  }
  const mailTakesAlerts = routing().receivers.some(({ type, minLevel }) => type === 'email' && minLevel !== 'critical');
  const isShort = hasRoutes && routesDice.chance(0.7);
  const ending =
    isLarge || isOld || isLong || isShort ? null : (pickEnding(moreDice, mailTakesAlerts) ?? pickLate(latestDice));
  if (ending !== null) {
    await bringAbout(ending, {
      ...{ world, dice: moreDice, conditions, slack, disk: storage.disk, upstream },
      act: () => void world.spawn('people', people.act),
      rewind: (to) => troubles.rewind(to, false),
      clock: () => world.now() + skewMs,
      evict: () => object.reset(),
      runFor: (ms, everyMs) => runUntil(world.now() + ms, everyMs),
    });
  }
  await world.run(world.now() + MINUTE);

  const compared = compare({
    ...{ store: storage.disk, kv, upstream, network, observer, slack },
    ...{ mailNames, deployments, ending, calmAt, fallback: written()?.fallback ?? null },
    happened: troubles.happened,
    engines: new Map(engines.map((engine) => [engine.version, engine])),
    startAt,
    ...{ isOld, isLong: isLong || ending !== null },
    now: world.now(),
    allowedLatenessMs: conditions.allowedLatenessMs,
    hadGap: world.hits.has('tail: a gap'),
    released: operator.released,
    operatorProblems: [...operator.problems, ...people.problems],
  });
  for (const cause of compared.causes) world.hit(`dead: ${cause}`);
  for (const way of compared.ways) world.hit(`routed: ${way}`);
  const { disk } = storage;
  for (const { what } of disk.all<{ what: string }>(
    `SELECT concat(notification ->> '$.kind', iif(state IN ('suppressed', 'waiting'), concat(', ', state), '')) AS what
       FROM deliveries
     UNION ALL SELECT 'instead of another receiver' FROM deliveries WHERE notification ->> '$.insteadOf' IS NOT NULL AND health IS NULL
     UNION ALL SELECT 'contributing' FROM matches WHERE decision IS NULL
     UNION ALL SELECT value ->> '$.reason' FROM matches, json_each(decision) WHERE decision IS NOT NULL`,
  )) {
    world.hit(`decided: ${what}`);
  }
  for (const { what } of disk.all<{ what: string }>(
    `SELECT concat('alert: ', state, ' ', resolution ->> '$.reason') AS what FROM alerts
     UNION ALL SELECT concat('act of tocsin: ', act) FROM acts WHERE who = 'tocsin'
     UNION ALL SELECT concat('group: ', notification ->> '$.group.kind') FROM deliveries WHERE notification ->> '$.kind' = 'group'`,
  )) {
    world.hit(what.trim());
  }
  for (const { rule, matched } of isLearning
    ? disk.all<{ rule: string; matched: number }>('SELECT rule, sum(count) AS matched FROM alerts GROUP BY rule')
    : [])
    world.hits.set(`matched: ${rule}`, matched);
  const evicted = isOld ? disk.all('SELECT 1 FROM kept_entries').length : 0;
  if (evicted > 0) world.hits.set('evicted: an entry', evicted);
  const { count = 0 } =
    disk.all<{ count: number }>('SELECT count(*) AS count FROM entries WHERE revision > 0')[0] ?? {};
  if (count > 0) world.hits.set('recorded: a revision', count);
  const digest = digestOf(disk, network.received);
  disk.close();
  const few = compared.entries < 10 || compared.alerts === 0 || ticks === 0;
  return {
    ...{ seed, hits: world.hits, schedule: world.schedule, digest },
    problems: few
      ? [`${compared.entries} entries, ${compared.alerts} alerts: too few`, ...compared.problems]
      : compared.problems,
    entries: compared.entries,
    alerts: compared.alerts,
  };
}

/** The receivers' minimum levels differ, so that some deliveries are suppressed. */
function routingOf(dice: Dice, moreDice: Dice, conditions: Conditions): () => Routing {
  const declared = (type: string, name: string, minLevel: Level) => {
    const of = RECEIVER_TYPES.find((each) => each.type === type);
    if (of === undefined) throw new Error(`no receiver type ${type}`);
    return { type, name, minLevel, secret: of.secret, signingSecret: of.signingSecret };
  };
  const slack = declared('slack', 'slack', dice.pick<Level>(['low', 'low', 'informational']));
  const mailLevel = dice.pick<Level>(['low', 'medium', 'critical']);
  const discord = declared('discord', 'discord', moreDice.pick<Level>(['low', 'low', 'medium']));
  return () => {
    const { mailName, hasDiscord } = conditions;
    return { receivers: [slack, declared('email', mailName, mailLevel), ...(hasDiscord ? [discord] : [])] };
  };
}
