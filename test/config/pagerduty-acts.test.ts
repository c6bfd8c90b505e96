import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { comesBack } from '../../src/config/pagerduty-acts.ts';
import { pagerduty } from '../../src/notify/pagerduty/pagerduty.ts';

const SECRET = 'GReRsSVR4VGhLrWRfl9xR5QOiCZV2cDQ';
const OTHER = 'kaoeVR4VGhLrWRfl9xR5QOiCZV2cDQGR';
const TOKEN = 'y_NbAkKc66ryYTWUXYEu';
const ALL = { PAGERDUTY_WEBHOOK_SECRET: SECRET, PAGERDUTY_API_TOKEN: TOKEN };

/** What is read, and the problems of these settings. */
function read(env: Record<string, string>, ...routing: Parameters<typeof readConfig>[2][]) {
  const config = readConfig(env, [pagerduty], ...routing);
  const problems = config.problems.filter(({ setting }) => /PAGERDUTY_(?:WEBHOOK|API)/.test(setting));
  return { pagerduty: config.pagerduty, problems };
}

describe('acts from PagerDuty', () => {
  test('need the secret of a subscription, and a key of the REST API', () => {
    const api = { origin: 'https://api.pagerduty.com', token: TOKEN };
    const receivers = ['pagerduty'];
    expect(read(ALL)).toEqual({ pagerduty: { secrets: [SECRET], api, receivers }, problems: [] });
    expect(read({ ...ALL, PAGERDUTY_REGION: 'EU', PAGERDUTY_WEBHOOK_SECRET: ` ${SECRET},\n${OTHER} ` })).toEqual({
      pagerduty: { secrets: [SECRET, OTHER], api: { ...api, origin: 'https://api.eu.pagerduty.com' }, receivers },
      problems: [],
    });
    expect(read({})).toEqual({ pagerduty: null, problems: [] });
  });

  test('without the key is a notice: most incidents are not known', () => {
    expect(read({ PAGERDUTY_WEBHOOK_SECRET: SECRET })).toMatchObject({
      pagerduty: { secrets: [SECRET], api: null },
      problems: [{ setting: 'PAGERDUTY_API_TOKEN', severity: 'notice' }],
    });
  });

  test.each<[Record<string, string>, boolean]>([
    [ALL, true],
    [{}, false],
    [{ PAGERDUTY_WEBHOOK_SECRET: SECRET }, false],
    [{ PAGERDUTY_API_TOKEN: TOKEN }, false],
    [{ ...ALL, PAGERDUTY_WEBHOOK_SECRET: 'short' }, false],
    [{ ...ALL, PAGERDUTY_API_TOKEN: 'short' }, false],
  ])('come back by %j: %s', (env, expected) => {
    expect(comesBack(env)).toBe(expected);
  });

  test('in an unknown region ask no REST API', () => {
    expect(read({ ...ALL, PAGERDUTY_REGION: 'asia' }).pagerduty).toMatchObject({ api: null });
  });

  test('are of the receivers that the routing has', () => {
    const receiver = (name: string, type: string) => ({
      ...{ name, type, secret: 'X', signingSecret: null, minLevel: 'low' as const },
    });
    const receivers = [receiver('oncall', 'pagerduty'), receiver('chat', 'slack'), receiver('second', 'pagerduty')];
    expect(read(ALL, { receivers }).pagerduty?.receivers).toEqual(['oncall', 'second']);
  });

  test.each([
    [{ PAGERDUTY_API_TOKEN: TOKEN }, 'PAGERDUTY_WEBHOOK_SECRET', 'is not set, but PAGERDUTY_API_TOKEN is'],
    [{ ...ALL, PAGERDUTY_WEBHOOK_SECRET: `${SECRET},short` }, 'PAGERDUTY_WEBHOOK_SECRET', 'has at place 2'],
    [{ ...ALL, PAGERDUTY_WEBHOOK_SECRET: `${SECRET},`.repeat(11) }, 'PAGERDUTY_WEBHOOK_SECRET', 'has more than 10'],
    [{ ...ALL, PAGERDUTY_API_TOKEN: `${TOKEN} 1` }, 'PAGERDUTY_API_TOKEN', 'is not a key of the REST API'],
  ])('say what is wrong, and hold no secret: %#', (env, setting, problem) => {
    expect(read(env).problems).toMatchObject([
      { setting, severity: 'error', problem: expect.stringContaining(problem) },
    ]);
    expect(JSON.stringify(read(env).problems)).not.toMatch(/GReRs|NbAkK/);
  });
});
