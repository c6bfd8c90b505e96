/**
 * An audit log of 100,000 entries in the five days before `now`: an organization's ordinary days, with scenarios that should
 * open alerts, and odd entries. The same for the same `now`. Pure.
 *
 * The ordinary days match no rule, so each alert belongs to a scenario; the last of each kind are recent enough to be open.
 */
import { createOrganization } from '../sandbox/organization.ts';
import { createRandom, type Random } from '../sandbox/random.ts';
import { type EntryBody, type LogRecord, writeInstant } from '../sandbox/record.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../sandbox/scenarios.ts';

export const SEEDED_ENTRIES = 100_000;
export const SEEDED_DAYS = 5;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SEED = 1;
/** Between two scenarios. */
const SCENARIO_EVERY = 4 * HOUR;
/** The last scenario of each kind, before now: within the dedup period, so that their alerts are open. */
const LAST_SCENARIOS = [40 * MINUTE, 30 * MINUTE, 20 * MINUTE];
/** Enough for an alert that reaches 10 matches, is updated, and closes after that. */
const UPDATED = 40;
/** Enough alerts for a second page of them. */
export const SCANNING = 40;

/** An attacker's name: markup, a script, Slack mentions, a right-to-left mark, a line break. */
export const HOSTILE_NAME = `"><script>alert('x')</script><img src=x onerror=alert(1)> <!channel> \u202egnp.\njs & 'co'`;

/** Ids for tests. Each is the last of its kind. */
export interface SeededFacts {
  /** Entries recorded when everything is read. */
  readonly entries: number;
  /** Entries that opened an alert of each scenario: the deleted key, the 20th refusal or later, the kubeconfig. */
  readonly scenarios: { readonly [name in ScenarioName]: { readonly entry: string; readonly actor: string | null } };
  /** Of an actor who deleted one API key 40 times, three days ago: its alert was opened, updated and closed. */
  readonly updated: { readonly entry: string; readonly actor: string };
  /** Deletes an API key under an attacker's name; its alert is open. */
  readonly hostile: { readonly entry: string; readonly actor: string };
  /** An entry of 100 KB, stored with its long strings cut. */
  readonly cut: string;
  /** An ordinary entry of a day ago that matched no rule, of an actor with much activity. */
  readonly quiet: { readonly entry: string; readonly actor: string };
  /** An unauthenticated entry. */
  readonly nobody: string;
  /** Malformed records, which are quarantined. */
  readonly malformed: number;
}

export interface SeededLog {
  readonly facts: SeededFacts;
  /** By created_at; malformed records at the place where they appear. */
  readonly records: readonly LogRecord[];
}

/** The log as it is at `now`, ms since the epoch. */
export function seededLog(now: number): SeededLog {
  const random = createRandom(SEED);
  const played = [...earlierScenarios(now, random), ...lastScenarios(now, random)];
  const updated = deletedKey(now - 3 * DAY, UPDATED, 'Casey Grown', random);
  const hostile = deletedKey(now - 15 * MINUTE, 1, HOSTILE_NAME, random);
  const cut = ofBody(now - 2 * HOUR, random, { user_agent: `Mozilla/5.0 ${'A'.repeat(100_000)}` });
  const scan = scanned(now - 50 * HOUR, SCANNING, random);
  const odd = [...played.flatMap(({ records }) => records), ...updated, ...scan, ...hostile, cut];
  const ordinary = ordinaryDays(now, SEEDED_ENTRIES - odd.length);
  const malformed = malformedAt(now - 26 * HOUR);
  const quiet = ordinary.findLast(({ createdAt }) => createdAt < now - DAY) ?? cut;
  const last = (name: ScenarioName): SeededFacts['scenarios'][ScenarioName] => {
    const records = played.findLast((scenario) => scenario.name === name)?.records ?? [];
    return factOf(records.find(({ body }) => OPENS_ALERT[name](body as EntryBody)) ?? records.at(-1) ?? cut);
  };
  const nobody = played
    .flatMap(({ records }) => records)
    .findLast(({ body }) => (body as EntryBody).actor === null) as LogRecord;
  return {
    records: [...ordinary, ...odd, ...malformed].sort((a, b) => a.createdAt - b.createdAt),
    facts: {
      entries: ordinary.length + odd.length,
      scenarios: {
        'api key deleted': last('api key deleted'),
        'burst of 4xx': last('burst of 4xx'),
        'stolen key': last('stolen key'),
      },
      updated: knownOf(updated[0] as LogRecord),
      hostile: knownOf(hostile[0] as LogRecord),
      cut: factOf(cut).entry,
      quiet: knownOf(quiet),
      nobody: factOf(nobody).entry,
      malformed: malformed.length,
    },
  };
}

/** An entry of a scenario that is certain to belong to an alert. */
const OPENS_ALERT: { readonly [name in ScenarioName]: (body: EntryBody) => boolean } = {
  'api key deleted': ({ action }) => action === 'api_key.deleted',
  'burst of 4xx': () => false,
  'stolen key': ({ action }) => action === 'nks_cluster.kubeconfig_read',
};

interface PlayedScenario {
  readonly name: ScenarioName;
  readonly records: readonly LogRecord[];
}

function play(name: ScenarioName, at: number, random: Random): PlayedScenario {
  return { name, records: SCENARIOS[name](at, random, MINUTE) };
}

function earlierScenarios(now: number, random: Random): PlayedScenario[] {
  const count = Math.floor((SEEDED_DAYS * DAY - 2 * SCENARIO_EVERY) / SCENARIO_EVERY);
  return Array.from({ length: count }, (_, i) => {
    const name = SCENARIO_NAMES[i % SCENARIO_NAMES.length] as ScenarioName;
    return play(name, now - SEEDED_DAYS * DAY + (i + 1) * SCENARIO_EVERY, random);
  });
}

function lastScenarios(now: number, random: Random): PlayedScenario[] {
  return SCENARIO_NAMES.map((name, i) => play(name, now - (LAST_SCENARIOS[i] ?? MINUTE), random));
}

/** The last `count` entries of ordinary days. */
function ordinaryDays(now: number, count: number): LogRecord[] {
  // More than needed, since days differ; the oldest are dropped.
  const entriesPerDay = (1.15 * count) / SEEDED_DAYS;
  const from = now - SEEDED_DAYS * DAY;
  const records = createOrganization(SEED).between(from, now - 2_000, { entriesPerDay });
  if (records.length < count) throw new Error(`only ${records.length} entries in ${SEEDED_DAYS} days`);
  return records.slice(-count);
}

/** Somebody deletes an API key, once a minute. */
function deletedKey(at: number, count: number, name: string, random: Random): LogRecord[] {
  const actor = { id: random.uuid(), name, type: 'user' as const };
  const key = random.uuid();
  const fields = {
    actor,
    action: 'api_key.deleted',
    method: 'DELETE',
    path: `/v1/api_keys/${key}`,
    status_code: 204,
    target: { id: key, type: 'api_key' },
  };
  return Array.from({ length: count }, (_, i) => ofBody(at + i * MINUTE, random, fields));
}

/** A scanner asks without a key, from one network after another, each of which has an alert. */
function scanned(at: number, networks: number, random: Random): LogRecord[] {
  const fields = { action: 'request.made', actor: null, status_code: 401, user_agent: 'nikto/2.5.0' };
  return Array.from({ length: networks }, (_, i) =>
    ofBody(at + i * MINUTE, random, { ...fields, client_ip: `10.20.${i}.7` }),
  );
}

function ofBody(at: number, random: Random, fields: Partial<EntryBody>): LogRecord {
  const createdAt = Math.floor(at);
  const body: EntryBody = {
    id: random.uuid(),
    action: 'vm.listed',
    actor: { id: random.uuid(), name: 'Robin Odd', type: 'user' },
    client_ip: '192.0.2.77',
    created_at: writeInstant('microseconds', createdAt),
    method: 'GET',
    path: '/v1/compute/vms',
    status_code: 200,
    user_agent: 'curl/8.17.0',
    target: null,
    ...fields,
  };
  return { createdAt, appearsAt: createdAt, body };
}

/** A record without an id, and one without a readable time. */
function malformedAt(at: number): LogRecord[] {
  const body = { action: 'vm.listed', created_at: writeInstant('microseconds', at) };
  return [
    { createdAt: at, appearsAt: at, body },
    { createdAt: at + 1, appearsAt: at + 1, body: { ...body, id: 'never-read', created_at: 'never' } },
  ];
}

function factOf({ body }: LogRecord): { entry: string; actor: string | null } {
  const { id, actor } = body as EntryBody;
  return { entry: id, actor: actor?.id ?? null };
}

function knownOf(record: LogRecord): { entry: string; actor: string } {
  const { entry, actor } = factOf(record);
  return { entry, actor: actor ?? '' };
}
