/**
 * What happens in the simulated organization: quiet hours and bursts, entries that share an instant, come late (within
 * the allowed lateness), claim the future, are malformed, odd, long, written again with other content, or such that the
 * storage fails at them.
 */
import type { Dice } from './random.ts';
import { POISON } from './storage.ts';
import type { Shown } from './upstream.ts';

export interface Span {
  /** The log begins; the watch does; the traffic ends. ms, on the upstream's clock. */
  readonly from: number;
  readonly start: number;
  readonly to: number;
  readonly allowedLatenessMs: number;
  /** Bursts of hundreds of one instant, and entries so long that a page is recorded in parts. */
  readonly isLarge: boolean;
}

const HOUR = 3_600_000;
/** So long that a hundred, of which half are, are more than is recorded at once. */
const LONG_CHARS = 14_000;

/** Some are late by all of the allowance. */
function lateBy(dice: Dice, most: number): number {
  return dice.chance(0.2) ? most - dice.between(0, 1) : Math.floor(dice.next() * most);
}

/** Addresses of other networks: two of a /24, two of a /64 in two spellings, and three alone. */
const ELSEWHERE = [
  ...['198.51.100.7', '198.51.100.200', '192.0.2.1', '198.18.0.1'],
  ...['2001:db8:1::5', '2001:DB8:1:0::9', '2001:db8:0:7::1'],
];

/** They look alike, or like an actor of the ordinary traffic. */
const ODD_IDS = [null, undefined, '', 'null', 7, '7', [7], ['actor-1'], '["actor-1"]', '203.0.113.1', true, 'true'];
const ODD_ADDRESSES = [
  ...[null, undefined, '', 7, '7', ['203.0.113.1'], '::ffff:203.0.113.1'],
  ...['2001:db8::1', '2001:DB8:0:0::2', 'nowhere'],
];

/** What an entry says later. The last is no change that counts. */
const CHANGES: readonly Record<string, unknown>[] = [
  { action: 'vm.deleted' },
  { action: 'vm.read', status_code: 403 },
  { client_ip: '203.0.113.2' },
  { user_agent: 'another' },
];

/** Fills the log with all that will happen. `moreDice`: what came later has its own, so that the rest stays as it was. */
export function createTraffic(dice: Dice, moreDice: Dice, log: Shown[], span: Span): void {
  const elsewhere = moreDice.chance(0.7) ? moreDice.next() * 0.3 : 0;
  const lateness = dice.chance(0.6) ? dice.next() * 0.3 : 0;
  const futures = dice.chance(0.4) ? 0.02 : 0;
  const malformed = dice.chance(0.3) ? 0.04 : 0;
  const odd = dice.chance(0.5) ? 0.05 : 0;
  const changed = dice.chance(0.4) ? 0.1 : 0;
  // Each costs three ticks.
  let poisons = dice.chance(0.2) ? dice.between(1, 3) : 0;
  let number = 0;

  const add = (at: number, fields: Record<string, unknown>): void => {
    const late = dice.chance(lateness) ? lateBy(dice, span.allowedLatenessMs) : 0;
    const future = dice.chance(futures) ? dice.pick([30_000, 3_600_000, 400 * 24 * 3_600_000]) : 0;
    // Ids in no order of time, as UUIDs are.
    const id = `${((number * 7919) % 10007).toString(36)}-${number++}`;
    const createdAt = at + future;
    const body: Record<string, unknown> = {
      id,
      action: 'vm.created',
      actor: { id: `actor-${dice.between(1, 4)}`, name: 'Somebody', type: 'user' },
      client_ip: `203.0.113.${dice.between(1, 3)}`,
      created_at: new Date(createdAt).toISOString(),
      method: 'POST',
      path: '/v1/compute/vms',
      status_code: 200,
      ...(moreDice.chance(elsewhere) ? { client_ip: moreDice.pick(ELSEWHERE) } : {}),
      ...fields,
    };
    const isMalformed = dice.chance(malformed);
    const isPoison = !isMalformed && poisons > 0 && at > span.start - HOUR && dice.chance(0.01);
    if (isPoison) poisons--;
    if (isPoison) body['user_agent'] = POISON;
    else if (span.isLarge && dice.chance(0.5)) body['user_agent'] = 'x'.repeat(LONG_CHARS);
    if (isMalformed) {
      if (dice.chance(0.5)) delete body['id'];
      else body['created_at'] = 'yesterday';
      body['number'] = number;
    } else if (dice.chance(odd)) {
      Object.assign(
        body,
        dice.pick<Record<string, unknown>>([
          { actor: null },
          { actor: { id: dice.pick<unknown>(ODD_IDS), name: 'Odd', type: 'user' } },
          { actor: { name: 'Nobody', type: 'user' }, client_ip: dice.pick<unknown>(ODD_ADDRESSES) },
          { client_ip: dice.pick<unknown>(ODD_ADDRESSES) },
          { target: 7 },
          { status_code: '404' },
          { extra: { deep: [1] } },
        ]),
      );
    }
    // Some are right, or say something else, by the time that they would be too late.
    const isRightedLate = isMalformed && dice.chance(0.5);
    const until = at + dice.between(late, span.allowedLatenessMs) + (isRightedLate ? dice.between(0, HOUR) : 0);
    const isRighted = isMalformed && body['id'] !== undefined && (isRightedLate || dice.chance(0.5));
    const isChanged = !isMalformed && !isPoison && dice.chance(changed);
    const before = { body: { ...body }, until, malformed: isMalformed };
    if (isRighted) body['created_at'] = new Date(createdAt).toISOString();
    if (isChanged) Object.assign(body, dice.pick(CHANGES));
    const more = isRighted || isChanged ? { before } : {};
    log.push({
      ...{ id, createdAt, appearsAt: at + late, body, poison: isPoison, malformed: isMalformed && !isRighted },
      optional: isRighted && isRightedLate,
      ...more,
    });
  };

  for (let at = span.from; at < span.to; ) {
    const before = span.start - at;
    at += dice.between(5_000, before > 3 * HOUR ? 1_800_000 : before > HOUR ? 600_000 : 90_000);
    const instant = at;
    switch (dice.between(0, 9)) {
      case 0: {
        const ip = `203.0.113.${dice.between(1, 3)}`;
        for (let i = dice.between(3, 9); i > 0; i--) {
          add(instant + dice.between(0, 240_000), { action: 'vm.read', status_code: 403, client_ip: ip });
        }
        break;
      }
      case 1: {
        const actor = { id: `actor-${dice.between(1, 4)}`, name: 'Eve', type: 'api_key' };
        // Some clocks are coarse: then several of these share an instant.
        const grain = dice.pick([1, 20_000]);
        for (let i = dice.between(2, 6); i > 0; i--) {
          const at = instant + dice.between(0, 70_000);
          add(at - (at % grain), { action: 'vm.deleted', actor });
        }
        break;
      }
      case 2:
        for (let i = span.isLarge && dice.chance(0.3) ? dice.between(90, 250) : dice.between(2, 14); i > 0; i--) {
          add(instant, {});
        }
        break;
      case 3:
        add(instant, { action: 'api_key.deleted' });
        break;
      default:
        add(instant, dice.chance(0.3) ? { action: 'vm.read', method: 'GET' } : {});
    }
  }
}

/** More entries, that somebody must be notified of: some at high and some at low, each by an actor of its own. */
export function addLast(log: Shown[], prefix: string, at: number, count = LAST): void {
  for (let n = 0; n < count; n++) log.push(alerting(`${prefix}-${n}`, n % 3 === 0, at));
}

/** Thousands of them, within minutes. */
export function addBurst(log: Shown[], at: number, count: number): void {
  for (let n = 0; n < count; n++)
    log.push(alerting(`burst-${n}`, n % 10 === 0, at + Math.floor((n / count) * BURST_MS)));
}

/**
 * What goes on: a key that is deleted again and again, from a new network each hour, and what many do at medium and low. It
 * shows up as it happens, or all of it at another time.
 */
export function addNoise(
  log: Shown[],
  prefix: string,
  at: number,
  hour: number,
  appearsAt: number | null = null,
): void {
  const add = (name: string, minutes: number, fields: Record<string, unknown>): void => {
    const entry = alerting(`${prefix}-${name}`, true, at + minutes * 60_000);
    const body = { ...(entry.body as Record<string, unknown>), ...fields };
    log.push({ ...entry, body, appearsAt: appearsAt ?? entry.appearsAt });
  };
  const actor = (id: string) => ({ actor: { id, name: 'Somebody', type: 'api_key' } });
  for (let minutes = 0; minutes < 60; minutes += 20)
    add(`same-${minutes}`, minutes, { ...actor('noisy'), client_ip: '203.0.113.1' });
  add('roams', 7, { ...actor('roams'), client_ip: `10.0.${hour % 250}.1` });
  if (hour % 5 === 0) add('medium', 11, { ...actor('actor-1'), action: 'vm.deleted' });
  for (let n = 0; n < 3; n++) add(`deletes-${n}`, 30 + n / 4, { ...actor('actor-2'), action: 'vm.deleted' });
  add('low', 13, { ...actor(`actor-${hour % 4}`), action: 'vm.created' });
}

const LAST = 12;
const BURST_MS = 5 * 60_000;

/** An entry that opens an alert of its own, at high or at low. */
function alerting(id: string, isHigh: boolean, at: number): Shown {
  const body = {
    id,
    action: isHigh ? 'api_key.deleted' : 'vm.created',
    actor: { id: `actor of ${id}`, name: 'Somebody', type: 'user' },
    client_ip: '203.0.113.9',
    created_at: new Date(at).toISOString(),
    method: 'DELETE',
    path: '/v1/api_keys/1',
    status_code: 200,
  };
  return { id, createdAt: at, appearsAt: at, body, malformed: false, poison: false, optional: false };
}
