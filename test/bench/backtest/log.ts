/** A month's export of a large organization, as `tocsin backtest --since 30d --save` writes it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createOrganization } from '../../sandbox/organization.ts';
import { createRandom } from '../../sandbox/random.ts';
import type { LogRecord } from '../../sandbox/record.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../../sandbox/scenarios.ts';

const DAYS = 30;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FROM = Date.UTC(2026, 0, 5);
/** Of the organization's own days, an attack in each of these. */
const ATTACK_EVERY = 8 * HOUR;

/** Writes so many lines, or nearly so; returns how many. */
export function writeMonth(path: string, entries: number): number {
  const file = openSync(path, 'w');
  const organization = createOrganization(1);
  const random = createRandom(2);
  let seq = 0;
  for (let day = FROM; day < FROM + DAYS * DAY; day += DAY) {
    const records: LogRecord[] = organization.between(day, day + DAY, {
      entriesPerDay: entries / DAYS,
      rhythm: 'flat',
    });
    for (let at = day; at < day + DAY; at += ATTACK_EVERY)
      records.push(...SCENARIOS[random.pick(SCENARIO_NAMES)](at + random.next() * HOUR, random, 10 * MINUTE));
    records.sort((a, b) => a.createdAt - b.createdAt);
    let text = '';
    for (const { createdAt, body } of records) {
      const began = Math.ceil(createdAt / MINUTE) * MINUTE;
      const read = { began, horizon: began - 5 * MINUTE, suppressBefore: null, rules: 'one' };
      text += `${JSON.stringify({ seq: ++seq, revision: 0, occurredAt: Math.floor(createdAt), read, entry: body })}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
  return seq;
}
