import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { slackApp } from '../../src/notify/slack-app/slack-app.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';

/** What is read, and the problems of these two settings. */
function read(env: Record<string, string>) {
  const { slack, problems } = readConfig(env, [slackApp]);
  return { slack, problems: problems.filter(({ setting }) => /SIGNING|RESPONDERS/.test(setting)) };
}

describe('acts from Slack', () => {
  test('need a signing secret, and are for those who are listed', () => {
    const responders = ['U012AB3CD', 'W045EF6GH'];
    expect(read({ SLACK_SIGNING_SECRET: SECRET, SLACK_RESPONDERS: ' U012AB3CD,\nW045EF6GH ' })).toEqual({
      slack: { signingSecret: SECRET, responders },
      problems: [],
    });
    expect(read({ SLACK_SIGNING_SECRET: SECRET })).toEqual({
      slack: { signingSecret: SECRET, responders: [] },
      problems: [],
    });
    expect(read({})).toEqual({ slack: null, problems: [] });
  });

  test.each([
    [{ SLACK_RESPONDERS: 'U012AB3CD' }, 'SLACK_SIGNING_SECRET', 'is not set, but SLACK_RESPONDERS is'],
    [{ SLACK_SIGNING_SECRET: `${SECRET}-` }, 'SLACK_SIGNING_SECRET', 'is not 32 letters and digits'],
    [{ SLACK_SIGNING_SECRET: SECRET.slice(1) }, 'SLACK_SIGNING_SECRET', 'is not 32 letters and digits'],
  ])('without it, nothing counts: %j', (env, setting, problem) => {
    expect(read(env)).toMatchObject({
      slack: null,
      problems: [{ setting, problem: expect.stringContaining(problem) }],
    });
    expect(JSON.stringify(read(env).problems)).not.toContain(SECRET.slice(1));
  });

  test.each(['@jane', 'jane@example.com', 'C024BE91L', 'U012AB3CD;U045EF6GH', '*'])(
    'are for nobody where the list has what is no member: %s',
    (other) => {
      expect(read({ SLACK_SIGNING_SECRET: SECRET, SLACK_RESPONDERS: `U012AB3CD,${other}` })).toMatchObject({
        slack: { responders: [] },
        problems: [{ setting: 'SLACK_RESPONDERS', problem: expect.stringContaining('has at place 2') }],
      });
    },
  );
});
