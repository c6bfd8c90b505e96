/**
 * The simulated people who act on alerts: they acknowledge, resolve, assign, comment and silence, one alert or several, sometimes
 * twice, sometimes on what they saw before it got worse, or on what is not there. Each call may crash, fail, be slow, get no
 * answer or be made twice, like any other.
 */
import { RESOLVE_REASONS } from '../../src/alert/alert.ts';
import type { Act, ActRequest } from '../../src/ledger/rpc.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';
import type { SimulatedObject } from './object.ts';
import { RANGES } from './plain-silences.ts';
import type { Dice } from './random.ts';
import type { World } from './world.ts';

export interface PeopleOptions {
  readonly world: World;
  readonly dice: Dice;
  readonly disk: Store;
  readonly object: SimulatedObject;
}

export interface People {
  /** What an act said and did not do, as sentences. */
  readonly problems: readonly string[];
  /** Somebody acts on some alerts. */
  act(): Promise<void>;
}

type AlertRow = { id: number; state: string; level: string; assignee: string | null; acknowledged: string | null };

const NAMES = ['ada', 'bob', 'eve'];
const MINUTE = 60_000;
/** By their ids. Some are of the first rules only. */
const RULES = ['vm deleted', 'vm created', 'key deleted', 'many failures', 'many deleted', 'vm read'];

export function createPeople({ world, dice, disk, object }: PeopleOptions): People {
  const problems: string[] = [];
  // The same comment again would be the same request again.
  let comments = 0;

  const request = (): ActRequest => {
    const live = disk.all<{ id: number }>("SELECT id FROM alerts WHERE state IN ('open', 'acknowledged')");
    const all = disk.all<{ id: number }>('SELECT id FROM alerts');
    const from = live.length > 0 && dice.chance(0.9) ? live : all;
    const alerts = Array.from({ length: dice.chance(0.2) ? dice.between(2, 5) : 1 }, () =>
      from.length === 0 || dice.chance(0.02) ? 1_000_000 : dice.pick(from).id,
    );
    const comment = dice.chance(0.3) ? 'seen' : null;
    const act = dice.pick<Act>([
      ...[{ act: 'acknowledge', comment } as const, { act: 'acknowledge', comment } as const],
      ...[{ act: 'resolve', reason: dice.pick(RESOLVE_REASONS), comment } as const],
      ...[{ act: 'assign', to: dice.chance(0.2) ? null : dice.pick(NAMES) } as const],
      { act: 'comment', comment: `it is the deploy key (${++comments})` },
    ]);
    const seenLevel = dice.chance(0.5) ? null : dice.pick<Level>(LEVELS);
    return { alerts, act, who: dice.pick(NAMES), via: dice.pick(['cli', 'page', 'api']), seenLevel };
  };

  const ask = (what: ActRequest): Promise<unknown> =>
    object.call('people: act', async (host) => {
      const before = new Map(what.alerts.map((id) => [id, alertIn(disk, id)]));
      // It came before: the answer was lost, or they asked twice.
      const commented = new Set(what.alerts.filter((id) => hasComment(disk, id, what)));
      const last = lastAct(disk);
      const acting = host.act(what);
      // The ledger is done by now, whatever becomes of the alarm and of the answer.
      const stored = disk.all<{ alert: number; act: string; who: string }>(
        "SELECT alert, act, who FROM acts WHERE id > ? AND who <> 'tocsin' ORDER BY id",
        last,
      );
      const due = outcomesFor(what, before, commented);
      const done = due.filter(({ outcome }) => outcome === 'done');
      const [text, dueText] = [
        stored.map(({ alert, act, who }) => `${act} ${alert} by ${who}`).join(', '),
        done.map(({ alert }) => `${what.act.act} ${alert} by ${what.who}`).join(', '),
      ];
      // Where it could not be stored, nothing was done.
      const isRefused =
        stored.length === 0 &&
        (await acting.then(
          () => false,
          () => true,
        ));
      if (text !== dueText && !isRefused) problems.push(`people did "${dueText}", and the acts are "${text}"`);
      const outcomes = await acting;
      for (const { outcome } of outcomes) world.hit(`act: ${what.act.act}, ${outcome}`);
      if (JSON.stringify(outcomes) !== JSON.stringify(due))
        problems.push(`an act ended as ${JSON.stringify(outcomes)}, not ${JSON.stringify(due)}`);
    });

  /** Makes a silence of a rule, an actor or addresses, sometimes of some levels only; or ends one. */
  const silence = async (): Promise<void> => {
    const active = disk.all<{ id: number }>('SELECT id FROM silences WHERE ends_at > ?', world.now());
    if (active.length > 0 && dice.chance(0.4)) {
      const { id } = dice.pick(active);
      const ended = await object.call('people: expire', (host) => host.expireSilence(id, dice.pick(NAMES)));
      world.hit('silence: ended');
      if (ended === null) problems.push(`the silence ${id} is there, and could not be ended`);
      return;
    }
    const startsAt = world.now() + dice.pick([0, 0, -5, 20]) * MINUTE;
    const matchers = {
      ...dice.pick([
        { rule: dice.pick(RULES) },
        { actor: [`actor-${dice.between(1, 4)}`] },
        { address: dice.pick(Object.keys(RANGES)) },
        { rule: dice.pick(RULES), actor: ['actor-1', 'Eve'] },
      ]),
      ...(dice.chance(0.3) ? { level: ['high', 'critical'] } : {}),
    };
    const endsAt = startsAt + dice.between(25, 240) * MINUTE;
    const text = JSON.stringify({ matchers, startsAt, endsAt, comment: 'we know' });
    const made = await object.call('people: silence', (host) =>
      host.silence({ silence: text, who: dice.pick(NAMES), via: 'cli' }),
    );
    world.hit(`silence: ${made.kind}`);
  };

  return {
    problems,
    act: async () => {
      if (disk.all("SELECT 1 FROM sqlite_schema WHERE name = 'acts'").length === 0) return;
      if (dice.chance(0.2)) return silence().catch(() => {});
      const what = request();
      await ask(what).catch(() => {});
      if (dice.chance(0.2)) await ask(what).catch(() => {});
    },
  };
}

function alertIn(disk: Store, id: number): AlertRow | null {
  return disk.all<AlertRow>('SELECT id, state, level, assignee, acknowledged FROM alerts WHERE id = ?', id)[0] ?? null;
}

function hasComment(disk: Store, id: number, { act, who }: ActRequest): boolean {
  const sql = "SELECT 1 FROM acts WHERE alert = ? AND act = 'comment' AND who = ? AND detail ->> '$.comment' = ?";
  return act.act === 'comment' && disk.all(sql, id, who, act.comment).length > 0;
}

function lastAct(disk: Store): number {
  return disk.all<{ id: number | null }>('SELECT max(id) AS id FROM acts')[0]?.id ?? 0;
}

/** How an act on these alerts should end; the same alert twice is as if it were done one after the other. */
function outcomesFor(
  { alerts, act, who, seenLevel }: ActRequest,
  before: ReadonlyMap<number, AlertRow | null>,
  commented: ReadonlySet<number>,
): { readonly alert: number; readonly outcome: string }[] {
  const done = new Set<number>();
  return alerts.map((alert) => {
    const row = before.get(alert) ?? null;
    if (row === null) return { alert, outcome: 'missing' };
    const isDone = done.has(alert);
    const decides = act.act === 'acknowledge' || act.act === 'resolve';
    const isOver = row.state === 'resolved' || row.state === 'past' || (isDone && act.act === 'resolve');
    if (decides && isOver) return { alert, outcome: 'resolved before' };
    if (decides && seenLevel !== null && LEVELS.indexOf(row.level as Level) > LEVELS.indexOf(seenLevel))
      return { alert, outcome: 'raised' };
    const isSo =
      (act.act === 'acknowledge' && JSON.parse(row.acknowledged ?? 'null')?.by === who) ||
      (act.act === 'assign' && row.assignee === act.to) ||
      isDone ||
      commented.has(alert);
    if (isSo) return { alert, outcome: 'unchanged' };
    done.add(alert);
    return { alert, outcome: 'done' };
  });
}
