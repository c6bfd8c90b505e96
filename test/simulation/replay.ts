/**
 * The real ledger replayed against itself: the entries that a ledger stored, in the order of their `seq`, with the silences and
 * acts in their places among them, through the real intake into a fresh ledger.
 *
 * Contract: reads `stored` and changes nothing there. What a ledger does not store comes from elsewhere: the rules of a
 * version, and the receivers and routes that were deployed when an entry was recorded, and when a step of a pass came. Acts of
 * `tocsin` are read, never decided again. Passes are planned and evaluated again; how far their steps went, and after what,
 * is read. Groups, messages and what is due by the clock are not replayed. Where entries were evicted, or their text
 * cut, there is nothing to replay them from.
 */
import { type Alert, TOCSIN } from '../../src/alert/alert.ts';
import type { Deferred } from '../../src/alert/notify.ts';
import { notifiedByTime, notifiedNow, resolved, unacknowledged } from '../../src/alert/status.ts';
import type { Notifying } from '../../src/ledger/deliver/places.ts';
import type { MarkFinding } from '../../src/ledger/model.ts';
import { ABSENT, alertOnAbsences } from '../../src/ledger/record/absences.ts';
import { actOn } from '../../src/ledger/record/acts.ts';
import { requireState } from '../../src/ledger/record/context.ts';
import type { Unrecorded } from '../../src/ledger/record/dedupe.ts';
import { evaluatedBy } from '../../src/ledger/record/evaluated.ts';
import { createIntake, type Intake } from '../../src/ledger/record/intake.ts';
import { step } from '../../src/ledger/record/pass.ts';
import type { Act } from '../../src/ledger/rpc.ts';
import { addAct, readAlertById, writeAlert } from '../../src/ledger/store/alerts.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { lastPasses, readPass } from '../../src/ledger/store/passes.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import { firstState, writeState } from '../../src/ledger/store/state.ts';
import type { Row, Store } from '../../src/ledger/store/store.ts';
import type { Engine } from '../../src/sigma/index.ts';

/** What a ledger does not store. */
export interface ReplaySetup {
  /** By the version of their rules. */
  readonly engines: ReadonlyMap<string, Engine>;
  /** What was deployed, apart from the rules, when an entry was recorded. The same object where it is the same. */
  readonly deployedAt: (seq: number) => Omit<Notifying, 'engine'>;
  /** The same, with the rules, when a step of a pass came. */
  readonly deployedAtStep: (step: number) => Notifying;
  /** And when an act came. */
  readonly deployedAtAct: (act: number) => Notifying;
  /** Of a step, the most. */
  readonly stepEntries?: number;
}

/** What a replay of the same must give, table by table, each in its order. */
const REPLAYED: Readonly<Record<string, string>> = {
  alerts: `SELECT id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level, title, key_parts,
    networks, notified, acknowledged, assignee, resolution, escalations, previous, decided FROM alerts ORDER BY id`,
  matches: 'SELECT * FROM matches ORDER BY alert, seq',
  acts: 'SELECT * FROM acts ORDER BY id',
  silences: 'SELECT * FROM silences ORDER BY id',
  activity: 'SELECT * FROM activity ORDER BY rule',
  passes: `SELECT id, value ->> '$.rules' AS rules, value ->> '$.from' AS began, value ->> '$.matches' AS matches,
    value ->> '$.opened' AS opened FROM passes WHERE value ->> '$.outcome' = 'done' ORDER BY id`,
  windows: 'SELECT rule, key, newest, fingerprint, text FROM windows ORDER BY rule, key',
};

/** Replays a ledger against itself, and reports what comes out otherwise. */
export function reportReplay(stored: Store, setup: ReplaySetup, report: (problem: string) => void): void {
  const again = replayed(stored, setup, report);
  differences(stored, again).forEach(report);
  again.close();
}

/** How a replayed ledger differs from the stored one, as sentences. */
export function differences(stored: Store, again: Store): string[] {
  return Object.entries(REPLAYED).flatMap(([table, sql]) => {
    const [due, got] = [stored.all(sql), again.all(sql)];
    if (due.length !== got.length) return [`replay: ${got.length} ${table}, not ${due.length}`];
    return due.flatMap((row, i) => rowDifferences(table, row, got[i] ?? {}));
  });
}

function rowDifferences(table: string, due: Row, got: Row): string[] {
  const [first = '', second = ''] = Object.values(due);
  return Object.keys(due)
    .filter((column) => due[column] !== got[column])
    .map((column) => `replay: ${table} ${first} ${second}: ${column} is ${got[column]}, not ${due[column]}`);
}

type EntryRow = {
  readonly id: string;
  readonly revision: number;
  readonly created_at: number;
  readonly occurred_at: number;
  readonly body: string;
  readonly mark: MarkFinding | null;
};
type BatchRow = {
  readonly first_seq: number;
  readonly last_seq: number;
  readonly began: number;
  readonly horizon: number;
  readonly suppress_before: number | null;
  readonly rules: string;
};
type ActRow = {
  readonly id: number;
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly act: string;
  readonly who: string;
  readonly via: string | null;
  readonly detail: string | null;
};
type SilenceRow = Row & {
  readonly id: number;
  readonly seq: number;
  readonly ends_at: number;
  readonly expired_by: string | null;
  readonly planned_end: number | null;
  readonly expired_seq: number | null;
};

/** Something that is done between two entries, after `seq`, and there in this order. */
interface Between {
  readonly seq: number;
  readonly order: number;
  /** Absent: whatever rules there are. */
  readonly engine?: Engine;
  readonly act: (setup: Notifying) => void;
}

/** A fresh ledger with all that was stored in another one, decided again. Reports acts that are not possible there. */
export function replayed(
  stored: Store,
  { engines, deployedAt, deployedAtStep, deployedAtAct, stepEntries }: ReplaySetup,
  report: (problem: string) => void,
): Store & { close(): void } {
  const store = nodeStore();
  migrate(store);
  store.transaction(() => writeState(store, firstState(0, 0, null)));
  let setup: Notifying | null = null;
  let intake: Intake | null = null;

  const passes = lastPasses(stored, Number.MAX_SAFE_INTEGER).toReversed();
  const steps = passes.flatMap(({ id, steps }) =>
    steps.map(
      ({ number, seq, act, position }): Between => ({
        ...{ seq, order: act + number / 1e6, engine: deployedAtStep(number).engine },
        act: () => stepTo(store, id, position, deployedAtStep(number)),
      }),
    ),
  );
  const between = [...silencesOf(stored, store), ...actsOf(stored, store, deployedAtAct), ...steps].sort(
    (a, b) => a.seq - b.seq || a.order - b.order,
  );
  const doNext = (): void => {
    const { seq, act } = between.shift() as Between;
    // Nothing can be done with an alert before there are rules.
    const known = setup as Notifying;
    try {
      store.transaction(() => act(known));
    } catch (error) {
      report(`replay: after entry ${seq}: ${String(error)}`);
    }
  };
  const catchUp = (before: number): void => {
    while ((between[0]?.seq ?? before) < before) doNext();
  };
  /** Plans what was planned after an entry. What decided nothing is done at once. */
  const plan = (seq: number, engine: Engine, deployed: Omit<Notifying, 'engine'>): void => {
    catchUp(seq);
    // What came with other rules came before.
    const last = between.findLastIndex((each) => each.seq === seq && (each.engine ?? engine) !== engine);
    for (let i = 0; i <= last; i++) doNext();
    store.transaction(() => {
      const before = requireState(store);
      const now = before.savedAt;
      writeState(store, { ...before, evaluated: evaluatedBy(store, before, engine, now, stepEntries) });
    });
    for (const { id, planned, steps, outcome } of passes) {
      if (planned.seq === seq && steps.length === 0 && outcome === 'done')
        store.transaction(() => stepTo(store, id, seq, { ...deployed, engine }));
    }
  };

  for (const batch of stored.all<BatchRow>('SELECT * FROM batches ORDER BY first_seq')) {
    const engine = engines.get(batch.rules);
    if (engine === undefined) throw new Error(`no rules of the version ${batch.rules}`);
    const deployed = deployedAt(batch.first_seq);
    const before: Notifying | null = setup as Notifying | null;
    if (engine !== before?.engine) plan(batch.first_seq - 1, engine, deployed);
    catchUp(batch.first_seq);
    if (setup === null || intake === null || setup.engine !== engine || !isSame(setup, deployed)) {
      setup = { ...deployed, engine };
      intake = createIntake(store, setup);
    }
    const take = intake;
    const rows = stored.all<EntryRow>(
      'SELECT * FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq',
      ...[batch.first_seq, batch.last_seq],
    );
    const { began, horizon, suppress_before: suppressBefore } = batch;
    store.transaction(() => {
      const taken = take(requireState(store), rows.map(unrecorded), [], { began, horizon, suppressBefore }, began);
      writeState(store, taken.state);
    });
  }
  catchUp(Number.POSITIVE_INFINITY);
  return store;
}

function isSame(before: Notifying, { receivers, routing }: Omit<Notifying, 'engine'>): boolean {
  return before.receivers === receivers && before.routing === routing;
}

/** As it was before it was numbered. */
function unrecorded({ id, revision, created_at, occurred_at, body, mark }: EntryRow): Unrecorded {
  const read = JSON.parse(body) as { readonly id?: unknown };
  return {
    id: typeof read.id === 'string' ? read.id : id,
    ...{ revision, createdAt: created_at, occurredAt: occurred_at, text: body },
    ...(mark !== null && { mark }),
  };
}

/** Each silence is made, and ended by somebody, after the entry that it was made or ended after. */
function silencesOf(stored: Store, store: Store): Between[] {
  return stored.all<SilenceRow>('SELECT * FROM silences ORDER BY id').flatMap((row): Between[] => {
    const { id, seq, ends_at, expired_by, planned_end, expired_seq } = row;
    const asMade: Row = {
      ...row,
      ...{ ends_at: planned_end ?? ends_at, expired_by: null, planned_end: null, expired_seq: null },
      ...{ suppressed: 0, suppressed_at: null, alerts: '[]' },
    };
    const made: Between = { seq, order: -1, act: () => insert(store, 'silences', asMade) };
    const end = 'UPDATE silences SET ends_at = ?, expired_by = ?, planned_end = ?, expired_seq = ? WHERE id = ?';
    const ended = (): void => store.run(end, ends_at, expired_by, planned_end, expired_seq, id);
    return expired_seq === null ? [made] : [made, { seq: expired_seq, order: -1, act: ended }];
  });
}

/** Goes on with a pass as far as it had come, and to its end where that is so. */
function stepTo(store: Store, id: number, position: number, options: Notifying): void {
  let pass = readPass(store, id);
  do {
    if (pass === null) throw new Error(`pass ${id} was not planned`);
    step({ store, options }, pass, 0, position);
    pass = readPass(store, id);
  } while (pass?.state === 'clearing' || (pass?.state === 'running' && pass.position < position));
}

function insert(store: Store, table: string, row: Row): void {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  store.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, ...Object.values(row));
}

function actsOf(stored: Store, store: Store, deployedAtAct: ReplaySetup['deployedAtAct']): Between[] {
  return stored.all<ActRow>('SELECT * FROM acts ORDER BY id').map((row) => ({
    ...{ seq: row.seq, order: row.id, engine: deployedAtAct(row.id).engine },
    act: (setup) => {
      if (row.who !== TOCSIN) repeat(store, setup, row);
      else if (row.act === ABSENT) missAgain(stored, store, deployedAtAct(row.id), row);
      else repeatOwn(store, row);
    },
  }));
}

/** Somebody acts again as they did. */
function repeat(store: Store, setup: Notifying, { alert, at, act, who, via, detail }: ActRow): void {
  const request = { alerts: [alert], act: actFrom(act, detail), who, via: via ?? '', seenLevel: null };
  const [acted] = actOn(store, setup, request, at);
  if (acted?.outcome !== 'done') throw new Error(`"${act}" on alert ${alert} ended as ${acted?.outcome}`);
}

type Detail = Readonly<Record<string, unknown>>;

function actFrom(act: string, detail: string | null): Act {
  const { comment = null, ...of } = JSON.parse(detail ?? '{}') as Detail;
  return { act, comment, ...of } as Act;
}

/** Something is missing again. */
function missAgain(stored: Store, store: Store, setup: Notifying, { alert, at: now, detail }: ActRow): void {
  const { rule: id = '', key = '' } = readAlertById(stored, alert) ?? {};
  const rule = setup.engine.rules.get(id);
  if (rule?.kind !== 'correlation') throw new Error(`there is no rule ${id}`);
  const absence = { rule, key, at: Number((JSON.parse(detail ?? '{}') as Detail)['at']) };
  writeState(store, alertOnAbsences(store, setup, requireState(store), [absence], now).state);
}

/** Time does again what it did: what is stored of it, not what is due. */
function repeatOwn(store: Store, { alert: id, seq, at, act, who, via, detail }: ActRow): void {
  const before = readAlertById(store, id);
  if (before === null) throw new Error(`"${act}" is of alert ${id}, which is not there`);
  const of = JSON.parse(detail ?? '{}') as Detail;
  writeAlert(store, afterOwn(before, act, of, at), before);
  addAct(store, { alert: id, act, who, via, detail: detail === null ? null : of }, seq, at);
}

function afterOwn(alert: Alert, act: string, detail: Detail, at: number): Alert {
  const names = (detail['receivers'] ?? []) as readonly string[];
  switch (act) {
    case 'deferred':
      return notifiedByTime(alert, detail['receivers'] as Readonly<Record<string, Deferred['kind']>>, at);
    case 'acknowledgement ended':
      return notifiedByTime(unacknowledged(alert), Object.fromEntries(names.map((name) => [name, 'recurred'])), at);
    case 'silence ended':
    case 'introduced':
      return notifiedNow(alert, names, at);
    case 'escalated': {
      const ended = detail['to'] as readonly string[];
      return notifiedNow(
        { ...alert, escalations: alert.escalations.filter(({ to }) => !ended.includes(to)) },
        names,
        at,
      );
    }
    case 'resolved':
      return resolved(alert, { reason: 'quiet', by: TOCSIN, at, comment: null });
    case 'dead': {
      const { [String(detail['receiver'])]: _dead, ...notified } = alert.notified;
      return { ...alert, notified };
    }
    default:
      throw new Error(`time does not do "${act}"`);
  }
}
