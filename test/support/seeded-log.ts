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
  /** By created_at; the malformed stand among them where they are shown. */
  readonly records: readonly LogRecord[];
}

/** The log as it is at `now`, ms since the epoch. */
export function seededLog(now: number): SeededLog {
  const random = createRandom(SEED);
  const told = [...earlierStories(now, random), ...lastStories(now, random)];
  const grown = deletedKey(now - 3 * DAY, UPDATED, 'Casey Grown', random);
  const hostile = deletedKey(now - 15 * MINUTE, 1, HOSTILE_NAME, random);
  const cut = ofBody(now - 2 * HOUR, random, { user_agent: `Mozilla/5.0 ${'A'.repeat(100_000)}` });
  const odd = [...told.flatMap(({ records }) => records), ...grown, ...hostile, cut];
  const ordinary = ordinaryDays(now, SEEDED_ENTRIES - odd.length);
  const malformed = malformedAt(now - 26 * HOUR);
  const quiet = ordinary.findLast(({ createdAt }) => createdAt < now - DAY) ?? cut;
  const last = (name: ScenarioName): SeededFacts['scenarios'][ScenarioName] => {
    const records = told.findLast((story) => story.name === name)?.records ?? [];
    return factOf(records.find(({ body }) => TELLING[name](body as EntryBody)) ?? records.at(-1) ?? cut);
  };
  const nobody = told
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
      updated: knownOf(grown[0] as LogRecord),
      hostile: knownOf(hostile[0] as LogRecord),
      cut: factOf(cut).entry,
      quiet: knownOf(quiet),
      nobody: factOf(nobody).entry,
      malformed: malformed.length,
    },
  };
}

/** The entry of a scenario that surely belongs to an alert. */
const TELLING: { readonly [name in ScenarioName]: (body: EntryBody) => boolean } = {
  'api key deleted': ({ action }) => action === 'api_key.deleted',
  'burst of 4xx': () => false,
  'stolen key': ({ action }) => action === 'nks_cluster.kubeconfig_read',
};

interface Story {
  readonly name: ScenarioName;
  readonly records: readonly LogRecord[];
}

function story(name: ScenarioName, at: number, random: Random): Story {
  return { name, records: SCENARIOS[name](at, random, MINUTE) };
}

function earlierStories(now: number, random: Random): Story[] {
  const count = Math.floor((SEEDED_DAYS * DAY - 2 * SCENARIO_EVERY) / SCENARIO_EVERY);
  return Array.from({ length: count }, (_, i) => {
    const name = SCENARIO_NAMES[i % SCENARIO_NAMES.length] as ScenarioName;
    return story(name, now - SEEDED_DAYS * DAY + (i + 1) * SCENARIO_EVERY, random);
  });
}

function lastStories(now: number, random: Random): Story[] {
  return SCENARIO_NAMES.map((name, i) => story(name, now - (LAST_SCENARIOS[i] ?? MINUTE), random));
}

/** The last so many entries of the days. */
function ordinaryDays(now: number, count: number): LogRecord[] {
  // More than asked for, since days differ; what is too old is left out.
  const entriesPerDay = (1.15 * count) / SEEDED_DAYS;
  const from = now - SEEDED_DAYS * DAY;
  const records = createOrganization(SEED).between(from, now - 2_000, { entriesPerDay });
  if (records.length < count) throw new Error(`only ${records.length} entries in ${SEEDED_DAYS} days`);
  return records.slice(-count);
}

/** Somebody deletes an API key, and tries it again each minute. */
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

/** Without an id, and without a time. */
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
