import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReceivers } from '../../../src/config/receivers.ts';
import { render, renderShort } from '../../../src/notify/teams/render.ts';
import { createTeams } from '../../../src/notify/teams/send.ts';
import { teams } from '../../../src/notify/teams/teams.ts';
import { startTeamsInbox, teamsProblem } from '../../support/teams-inbox.ts';
import { EXAMPLES, SHORTENED } from '../examples.ts';
import { anyNotification, hostile } from '../hostile.ts';
import { ACT_LINKS, BLIND, LINKS, OPENED, outgoing } from '../notifications.ts';
import { readTeams } from './read-back.ts';

const SIGNATURE = 'vmIihrkhagLWJ2yAFwDGdqm74d5RgPATjWqXlinZwwc';
const FLOW = '/workflows/4bbf0259c9da4dce95d4358489cad7ee/triggers/manual/paths/invoke';
const QUERY = `?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIGNATURE}`;
const NEW = `https://default3016677c32d54346ba5e7dd46f6662.60.environment.api.powerplatform.com:443/powerautomate/automations/direct${FLOW}${QUERY}`;
const OLD = `https://prod-23.westeurope.logic.azure.com:443${FLOW}${QUERY}`;

describe('TEAMS_WEBHOOK_URL', () => {
  const problemOf = (text: string) => readReceivers({ TEAMS_WEBHOOK_URL: text }, [teams], null).receivers[0]?.problem;

  test.each([
    NEW,
    OLD,
    NEW.replace('powerplatform.com', 'gov.powerplatform.microsoft.us'),
    OLD.replace('azure.com', 'azure.us'),
    'http://127.0.0.1:9/inbox',
  ])('may be %s', (url) => {
    expect(problemOf(url)).toBeNull();
  });

  test.each([
    [
      'another host',
      NEW.replace('powerplatform.com', 'powerplatform.com.evil.example'),
      'is not at api.powerplatform.com',
    ],
    ['a host that only ends alike', OLD.replace('.logic.azure', '.evillogic.azure'), 'is not at'],
    ['the domain itself', `https://logic.azure.com${FLOW}${QUERY}`, 'is not at'],
    ['http', OLD.replace('https', 'http'), 'is not https'],
    ['an old connector', `https://acme.webhook.office.com/webhookb2/${SIGNATURE}`, 'is of an Office 365 connector'],
    ['an older connector', `https://outlook.office365.com/webhook/${SIGNATURE}`, 'is of an Office 365 connector'],
    ['half a path', NEW.replace('/paths/invoke', ''), 'is cut off'],
    ['without a signature', NEW.replace(/&sig=.*/, ''), 'has no signature'],
    ['with half a signature', NEW.slice(0, -30), 'has no signature'],
    ['with a fragment', `${NEW}#x`, 'is cut off'],
    ['with a password', OLD.replace('//', '//me:pw@'), 'has a user name or password'],
  ])('may not be %s', (_, url, problem) => {
    expect(problemOf(url)).toContain(`TEAMS_WEBHOOK_URL ${problem}`);
    expect(problemOf(url)).not.toMatch(/vmIihrkhagLW|4bbf0259/);
  });
});

describe('a message', () => {
  test.each(EXAMPLES)('%s is within the limits', (_, notification) => {
    expect(teamsProblem(render(notification, LINKS))).toBeNull();
    expect(teamsProblem(renderShort(notification))).toBeNull();
  });

  test('is within the limits, whatever is in the notification', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(teamsProblem(render(notification, LINKS))).toBeNull();
        expect(teamsProblem(renderShort(notification))).toBeNull();
      }),
    );
  });

  test.each(['"', '\\', 'ü', '😀'])('that is too long, of %j, ends with whole lines and an ellipsis', (character) => {
    const runbook = Array.from({ length: 20 }, () => character.repeat(300)).join('\n');
    const evidence = SHORTENED.evidence.map((each) => ({ ...each, value: character.repeat(500) }));
    const message = render({ ...SHORTENED, evidence, alert: { ...SHORTENED.alert, runbook } }, LINKS);
    expect(teamsProblem(message)).toBeNull();
    const { text, links } = readTeams(message);
    expect(text).toMatch(/\n…$/);
    for (const label of ['What', 'Who', 'From', 'When', 'How many'])
      expect(text).toMatch(new RegExp(`^${label}$`, 'm'));
    expect(links).toEqual([...ACT_LINKS, LINKS.alert, LINKS.entry]);
  });

  test('has the level and title, the facts, the links and why', () => {
    const { text, links } = readTeams(render(OPENED, LINKS));
    expect(text).toMatch(/^\[HIGH\] API key deleted\n/);
    for (const part of [
      'api_key.deleted',
      'Alice Smith',
      '203.0.113.9',
      '2026-01-31T09:30:00Z, SHORT 2026-01-31T09:30:00Z (2026-01-31 09:30:00 UTC)',
      'deleted: action = api_key.deleted',
      'Known false positives: Rotation of keys that was announced',
      'Alert 12 · rule 5f1c2f0e-7c1b-4d5e-9f43-6c1d1a3b7e55',
    ]) {
      expect(text).toContain(part);
    }
    expect(links).toEqual([...ACT_LINKS, LINKS.alert, LINKS.entry, OPENED.alert.runbook]);
  });

  test.each<[string, Parameters<typeof render>[0], string]>([
    ['high', OPENED, 'attention'],
    ['medium', { ...OPENED, alert: { ...OPENED.alert, level: 'medium' } }, 'warning'],
    ['low', { ...OPENED, alert: { ...OPENED.alert, level: 'low' } }, 'accent'],
    ['blind', BLIND, 'attention'],
    ['resolved', { kind: 'health-resolved', health: BLIND.health }, 'good'],
  ])('about %s has its color', (_, notification, style) => {
    expect(render(notification, LINKS).attachments[0].content.body[0]).toMatchObject({ type: 'Container', style });
  });

  test('an instant outside every calendar has no date', () => {
    const { text, commands } = readTeams(
      render({ ...OPENED, entry: { ...OPENED.entry, createdAt: Number.NaN } }, LINKS),
    );
    expect(text).toContain('at an unknown time');
    expect(commands).toEqual([]);
  });
});

test('what others wrote is in a TextRun only, and no client makes a link or a date of it', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const entry = { ...OPENED.entry, userAgent: `[x](https://evil.example) {{DATE(${text}, SHORT)}} ${text}` };
      const message = render({ ...OPENED, entry }, LINKS);
      expect(readTeams(message).commands).toEqual([]);
      const blocks = JSON.stringify(message).match(/"TextBlock"/g);
      expect(blocks).toHaveLength(1);
    }),
  );
});

describe('what a flow answers', () => {
  const code = (of: string) => `{"error":{"code":"${of}","message":"https://evil.example"}}`;
  test.each([
    [
      'a flow that is off',
      400,
      code('WorkflowTriggerIsNotEnabled'),
      'refused',
      /\(WorkflowTriggerIsNotEnabled\): the flow is off.*secret put X/,
      1,
    ],
    ['another trigger', 400, code('TriggerInputSchemaMismatch'), 'refused', /another trigger/, 1],
    ['for the organization only', 401, code('DirectApiAuthorizationRequired'), 'refused', /let anyone, or copy/, 1],
    ['a flow that is gone', 404, code('WorkflowNotFound'), 'refused', /the flow was deleted/, 1],
    ['invalid, short form too', 400, code('BadRequest'), 'refused', /report it/, 2],
    ['too large', 413, '', 'refused', /report it/, 2],
    ['an outage', 503, '<html>', 'retry', /answered 503/, 1],
    ['a flow that failed', 502, code('NoResponse'), 'retry', /answered 502 \(NoResponse\)/, 1],
    ['a redirect', 302, '', 'refused', /never redirects/, 1],
    ['a page', 200, '<!doctype html>', 'retry', /answered 200/, 1],
    ['a flow that answers for itself', 200, 'thank you', 'delivered', /./, 1],
    ['an invalid code', 418, code('https://evil'), 'refused', /answered 418: check/, 1],
  ])('%s', async (_, status, body, kind, reason, posts) => {
    const inbox = await startTeamsInbox();
    try {
      inbox.answer({ status, body });
      const receiver = createTeams({ name: 't', webhookUrl: inbox.url, setting: 'X', fetch, timeoutMs: 5_000 });
      const outcome = await receiver.send(outgoing(OPENED));
      expect(outcome.kind).toBe(kind);
      expect('reason' in outcome ? outcome.reason : 'none').toMatch(reason);
      expect(inbox.bodies).toHaveLength(posts);
    } finally {
      await inbox.stop();
    }
  });

  test('a message that it calls invalid is sent once more in its short form', async () => {
    const inbox = await startTeamsInbox();
    try {
      inbox.answer({ status: 400, body: code('BadRequest'), times: 1 });
      const receiver = createTeams({ name: 't', webhookUrl: inbox.url, setting: 'X', fetch, timeoutMs: 5_000 });
      expect(await receiver.send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
      expect(inbox.messages).toEqual([renderShort(OPENED)]);
    } finally {
      await inbox.stop();
    }
  });
});
