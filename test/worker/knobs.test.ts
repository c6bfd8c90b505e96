/** Every fault of the upstream: once it is over, no entry is lost or recorded twice. */
import { afterAll, describe, expect, it } from 'vitest';
import type { PollResult } from '../../src/poller/poll.ts';
import type { KnobsPatch } from '../sandbox/faults.ts';
import { createSampleLog, expectRecordedAndDelivered } from './sample-log.ts';
import { createWorld, DIALECTS, HOUR, logged, type World } from './world.ts';

/** `harmless`: every poll did its work; else an error or a note of the polls. */
type Effect = 'harmless' | RegExp;

interface Row {
  readonly sentence: string;
  readonly knobs: KnobsPatch;
  readonly effect: Effect | Readonly<Record<(typeof DIALECTS)[number], Effect>>;
  readonly client?: { readonly timeoutMs?: number; readonly maxBytes?: number };
  /** The most requests of the first poll. */
  readonly most?: number;
}

const ONCE = { next: 1 };
const ALWAYS = { probability: 1 };
/** Three pages, each read once. */
const PAGES = 3;

const FORMS = ['seconds', 'date', 'ms', 'none'] as const;

const ROWS: readonly Row[] = [
  {
    sentence: 'it is slow before it looks',
    knobs: { latency: { ...ALWAYS, ms: 60 } },
    effect: 'harmless',
    most: PAGES,
  },
  {
    sentence: 'it is slow after it has looked',
    knobs: { latency: { ...ALWAYS, ms: 60, when: 'after' } },
    effect: 'harmless',
    most: PAGES,
  },
  {
    sentence: 'it is slower than we wait',
    knobs: { latency: { ...ALWAYS, ms: 300 } },
    effect: /did not answer within 100 ms/,
    client: { timeoutMs: 100 },
    most: 3,
  },
  ...FORMS.map(
    (form): Row => ({
      sentence: `429 once, Retry-After a second (${form})`,
      knobs: { rateLimit: { ...ONCE, waitMs: 1000, form } },
      effect: 'harmless',
      most: PAGES + 1,
    }),
  ),
  ...(['seconds', 'date', 'ms'] as const).map(
    (form): Row => ({
      sentence: `429, Retry-After two minutes (${form}): requested once`,
      knobs: { rateLimit: { ...ONCE, waitMs: 120_000, form } },
      effect: /limits our requests \(429\)/,
      most: 1,
    }),
  ),
  {
    sentence: '429 always',
    knobs: { rateLimit: { ...ALWAYS, waitMs: 1000 } },
    effect: /limits our requests \(429\)/,
    most: 3,
  },
  ...[408, 409, 500, 502, 503, 504, 599].map(
    (status): Row => ({
      sentence: `${status} once`,
      knobs: { error: { ...ONCE, status } },
      effect: 'harmless',
      most: PAGES + 1,
    }),
  ),
  {
    sentence: '503 always',
    knobs: { error: { ...ALWAYS, status: 503 } },
    effect: /is failing \(503\)/,
    most: 3,
  },
  {
    sentence: '503 once, with a header against retries',
    knobs: { error: { ...ONCE, status: 503, shouldRetry: false } },
    effect: /is failing \(503\)/,
    most: 1,
  },
  { sentence: '401', knobs: { error: { ...ALWAYS, status: 401 } }, effect: /refused the API key \(401\)/, most: 1 },
  { sentence: '403', knobs: { error: { ...ALWAYS, status: 403 } }, effect: /lacks permission \(403\)/, most: 1 },
  ...[400, 404, 422].flatMap((status): Row[] => [
    {
      sentence: `${status} to its first query: asked without sort and filter`,
      knobs: { error: { ...ONCE, status } },
      effect: /rejected a query: dropped/,
    },
    {
      sentence: `${status} to any query`,
      knobs: { error: { ...ALWAYS, status } },
      effect: new RegExp(`\\(${status}\\)`),
      most: 2,
    },
  ]),
  { sentence: 'it hangs once', knobs: { hang: ONCE }, effect: 'harmless', client: { timeoutMs: 150 }, most: PAGES + 1 },
  {
    sentence: 'it hangs always',
    knobs: { hang: ALWAYS },
    effect: /did not answer within 100 ms/,
    client: { timeoutMs: 100 },
    most: 3,
  },
  {
    sentence: 'it stops in the middle of an answer once',
    knobs: { stall: ONCE },
    effect: 'harmless',
    client: { timeoutMs: 150 },
    most: PAGES + 1,
  },
  {
    sentence: 'it stops in the middle of every answer',
    knobs: { stall: ALWAYS },
    effect: /did not answer within 100 ms/,
    client: { timeoutMs: 100 },
    most: 3,
  },
  { sentence: 'it resets a connection', knobs: { reset: ONCE }, effect: 'harmless', most: PAGES + 1 },
  { sentence: 'it resets every connection', knobs: { reset: ALWAYS }, effect: /could not be reached/, most: 3 },
  { sentence: 'it breaks off an answer', knobs: { breakOff: ONCE }, effect: 'harmless', most: PAGES + 1 },
  { sentence: 'it breaks off every answer', knobs: { breakOff: ALWAYS }, effect: /could not be reached/, most: 3 },
  { sentence: 'half a JSON text', knobs: { truncated: ONCE }, effect: /is not JSON \(200/, most: 1 },
  { sentence: 'JSON without items', knobs: { wrongJson: ONCE }, effect: /is not a page of the audit log/, most: 1 },
  {
    sentence: 'items that are no list',
    knobs: { wrongJson: { ...ONCE, body: { items: {}, pagination: null } } },
    effect: /is not a page of the audit log/,
    most: 1,
  },
  {
    sentence: 'a cursor that is no text',
    knobs: { wrongJson: { ...ONCE, body: { items: [], pagination: { next_cursor: 7 } } } },
    effect: /is not a page of the audit log/,
    most: 1,
  },
  { sentence: 'null', knobs: { wrongJson: { ...ONCE, body: null } }, effect: /is not a page/, most: 1 },
  { sentence: 'HTML with 200', knobs: { html: ONCE }, effect: /is not JSON \(200, text\/html/, most: 1 },
  {
    sentence: 'a page over the cap, once: asked for again at limit 10',
    knobs: { oversized: { ...ONCE, bytesPerItem: 20_000 } },
    effect: 'harmless',
    client: { maxBytes: 1_000_000 },
    most: 5,
  },
  {
    sentence: 'every page over the cap at limit 100, none at 10',
    knobs: { oversized: { ...ALWAYS, bytesPerItem: 20_000 } },
    effect: 'harmless',
    client: { maxBytes: 1_000_000 },
    most: 40,
  },
  {
    sentence: 'every page over the cap at limit 10 too',
    knobs: { oversized: { ...ALWAYS, bytesPerItem: 0, bytes: 1_100_000 } },
    effect: /longer than 1000000 bytes/,
    client: { maxBytes: 1_000_000 },
    most: 2,
  },
  {
    sentence: 'a page over 16 MB',
    knobs: { oversized: { ...ONCE, bytesPerItem: 200_000 } },
    effect: 'harmless',
    client: { timeoutMs: 10_000 },
    most: 5,
  },
  { sentence: 'it rejects a cursor', knobs: { rejectedCursor: ONCE }, effect: /rejected a cursor: dropped/ },
  {
    sentence: 'it rejects two cursors',
    knobs: { rejectedCursor: { next: 2 } },
    effect: /rejected a cursor: dropped/,
  },
  {
    // Where it filters, each new query begins where the last page ended; where it does not, there is no second page.
    sentence: 'it rejects every cursor',
    knobs: { rejectedCursor: ALWAYS },
    effect: {
      sorted: /rejected a cursor: dropped/,
      'newest-first': /rejected the request \(400\)/,
      'oldest-first': /rejected the request \(400\)/,
    },
  },
  {
    sentence: 'a cursor that leads to the page it came with',
    knobs: { repeatingCursor: { ...ONCE, mode: 'same' } },
    effect: 'harmless',
  },
  {
    sentence: 'cursors that always lead to the page they came with',
    knobs: { repeatingCursor: { ...ALWAYS, mode: 'same' } },
    effect: /repeated a cursor/,
  },
  {
    sentence: 'a cursor that leads back to the first page',
    knobs: { repeatingCursor: { ...ONCE, mode: 'cycle' } },
    effect: 'harmless',
  },
  {
    sentence: 'cursors that go round in a circle',
    knobs: { repeatingCursor: { ...ALWAYS, mode: 'cycle' } },
    effect: /repeated a cursor/,
  },
  { sentence: 'an empty page with a next cursor', knobs: { emptyPage: ONCE }, effect: 'harmless', most: PAGES + 1 },
  {
    sentence: 'five empty pages with a next cursor',
    knobs: { emptyPage: { next: 5 } },
    effect: 'harmless',
    most: PAGES + 5,
  },
  {
    sentence: 'nothing but empty pages with a next cursor',
    knobs: { emptyPage: ALWAYS },
    effect: 'harmless',
    most: 12,
  },
  ...[301, 302, 303, 307, 308].map(
    (status): Row => ({
      sentence: `a redirect (${status}), not followed`,
      knobs: { redirect: { ...ONCE, status } },
      effect: new RegExp(`a redirect \\(${status}\\), which is not followed`),
      most: 1,
    }),
  ),
  { sentence: 'no Date', knobs: { missingDate: ALWAYS }, effect: 'harmless' },
  { sentence: 'an invalid Date', knobs: { oddDate: ALWAYS }, effect: 'harmless' },
  { sentence: 'a Date an hour behind', knobs: { clockSkewMs: -HOUR }, effect: 'harmless' },
  { sentence: 'a Date an hour ahead', knobs: { clockSkewMs: HOUR }, effect: 'harmless' },
  ...[400, 401, 500].map(
    (status): Row => ({
      sentence: `an error (${status}) that echoes the key`,
      knobs: { echo: { ...ALWAYS, status } },
      effect: new RegExp(`\\(${status}\\).*its message: bad credentials Bearer \\[redacted\\]`),
    }),
  ),
  {
    sentence: 'random faults of every kind',
    knobs: {
      rateLimit: { probability: 0.1, waitMs: 1 },
      error: { probability: 0.1 },
      reset: { probability: 0.1 },
      truncated: { probability: 0.05 },
      html: { probability: 0.05 },
      emptyPage: { probability: 0.2 },
      rejectedCursor: { probability: 0.1 },
      repeatingCursor: { probability: 0.1 },
      missingDate: { probability: 0.2 },
    },
    effect: /.*/,
  },
];

/** The error or the notes of a poll that did not do all its work. */
function messagesOf(outcome: PollResult | Error): string {
  return outcome instanceof Error ? outcome.message : outcome.notes.join('\n');
}

async function pollTwice(world: World, client: Row['client']): Promise<(PollResult | Error)[]> {
  const outcomes: (PollResult | Error)[] = [];
  for (let n = 0; n < 2; n++) {
    const auditLog = world.auditLog({ timeoutMs: 2_000, ...client });
    const outcome = await world.poll({ auditLog, requests: 12 }).catch((error: Error) => error);
    logged.push(`${String(outcome)} ${outcome instanceof Error ? outcome.stack : JSON.stringify(outcome)}`);
    outcomes.push(outcome);
  }
  return outcomes;
}

describe.each(DIALECTS)('%s:', (dialect) => {
  it.each(ROWS)('$sentence', async ({ knobs, effect: effects, client, most }) => {
    const effect = effects === 'harmless' || effects instanceof RegExp ? effects : effects[dialect];
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now());
    await world.append(sample.records);
    await world.knobs(knobs);
    const before = world.costs.requests;
    const auditLog = world.auditLog({ timeoutMs: 2_000, ...client });
    const first = await world.poll({ auditLog, requests: 12 }).catch((error: Error) => error);
    logged.push(`${first instanceof Error ? first.stack : JSON.stringify(first)}`);
    if (most !== undefined) expect(world.costs.requests - before).toBeLessThanOrEqual(most);
    if (effect === 'harmless') expect(first).not.toBeInstanceOf(Error);
    else expect(messagesOf(first)).toMatch(effect);
    const rest = await pollTwice(world, client);
    if (effect === 'harmless') for (const outcome of rest) expect(outcome).not.toBeInstanceOf(Error);
    if (knobs.clockSkewMs === undefined) expect(Object.keys(await world.hits())).not.toEqual([]);
    await world.clearKnobs();
    await world.untilEnded();
    await world.poll();
    await expectRecordedAndDelivered(world, sample);
  });
});

describe.each(DIALECTS)('%s: late entries are recorded if the upstream sends', (dialect) => {
  it.each([
    ['no Date', 280, { missingDate: ALWAYS }],
    ['an invalid Date', 280, { oddDate: ALWAYS }],
    ['a Date an hour behind', 280, { clockSkewMs: -HOUR }],
    ['a Date three seconds ahead', 280, { clockSkewMs: 3_000 }],
    // A wrong clock uses up half a minute of the allowed lateness at most.
    ['a Date an hour ahead', 240, { clockSkewMs: HOUR }],
    ['a Date ten years ahead', 240, { clockSkewMs: 10 * 365 * 24 * HOUR }],
  ] satisfies [string, number, KnobsPatch][])('%s, by up to %i seconds', async (_, seconds, knobs) => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now());
    await world.append(sample.records);
    await world.knobs(knobs);
    await world.poll();
    await world.poll();
    const later = createSampleLog(Date.now(), { prefix: 'later', spanMs: seconds * 1000 });
    await world.append(later.records);
    await world.poll();
    await world.poll();
    await expectRecordedAndDelivered(world, sample, later);
  });
});

describe('a tick of the cron', () => {
  it.each([
    ['an error that echoes the key', { echo: { probability: 1, status: 500 } }],
    ['a redirect', { redirect: ALWAYS }],
    ['a lost connection', { reset: ALWAYS }],
    ['HTML', { html: ALWAYS }],
  ] satisfies [string, KnobsPatch][])('that meets %s fails, and logs why in one line', async (_, knobs) => {
    const world = await createWorld();
    await world.knobs(knobs);
    const from = logged.length;
    await expect(world.tick()).rejects.toThrow('upstream');
    const lines = logged.slice(from).map((line) => JSON.parse(line) as { at: string; error?: string });
    expect(lines.filter(({ at }) => at === 'tick')).toEqual([
      { at: 'tick', error: expect.stringContaining('upstream'), requests: expect.any(Number) },
    ]);
  });
});

afterAll(async () => {
  const { apiKey, slack } = await createWorld();
  const secrets = [apiKey, btoa(apiKey).replaceAll('=', ''), encodeURIComponent(apiKey), new URL(slack.url).pathname];
  expect(logged.length).toBeGreaterThan(100);
  for (const line of logged) for (const secret of secrets) expect(line).not.toContain(secret);
});
