import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Links, NO_LINKS } from '../../../src/alert/links.ts';
import type { AlertNotification, Notification } from '../../../src/alert/notification.ts';
import { testNotification } from '../../../src/ledger/deliver/test-delivery.ts';
import {
  ACTIONS_MAX,
  BLOCKS_MAX,
  type Block,
  BUTTON_TEXT_MAX,
  BUTTON_URL_MAX,
  ELEMENTS_MAX,
  FIELD_MAX,
  FIELDS_MAX,
  HEADER_MAX,
  type Mrkdwn,
  type PlainText,
  type SlackMessage,
  TEXT_MAX,
  TOP_TEXT_MAX,
  type UrlButton,
} from '../../../src/notify/slack/message.ts';
import { renderShort, render as renderWith } from '../../../src/notify/slack/render.ts';
import { LEVELS } from '../../../src/sigma/index.ts';
import { AVERAGE, FLOOD, IN_ORDER } from '../examples.ts';
import { anyNotification } from '../hostile.ts';
import { BLIND, CORRELATED, LINKS, OPENED } from '../notifications.ts';

const render = (notification: Notification, links: Links = NO_LINKS): SlackMessage => renderWith(notification, links);

/** The message as a person in UTC reads it. */
function read(message: SlackMessage): string {
  return blocksOf(message).flatMap(lines).map(decoded).join('\n');
}

function blocksOf({ blocks = [], attachments = [] }: SlackMessage): Block[] {
  return [...blocks, ...attachments.flatMap((attachment) => attachment.blocks)];
}

/** A webhook's message has no other buttons. */
function urlButtons({ elements }: Extract<Block, { type: 'actions' }>): UrlButton[] {
  return elements.map((element) => {
    if (!('url' in element)) throw new Error(`a ${element.type} without an address`);
    return element;
  });
}

function lines(block: Block): string[] {
  if (block.type === 'context') return block.elements.map((element) => element.text);
  if (block.type === 'actions') return urlButtons(block).map(({ text, url }) => `[${text.text}](${url})`);
  if ('text' in block) return [block.text.text];
  return block.fields.flatMap((field, i) => (i % 2 === 0 ? [`${field.text} ${block.fields[i + 1]?.text}`] : []));
}

function decoded(text: string): string {
  return text
    .replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe('what a person reads', () => {
  test('an alert that opened', () => {
    expect(read(render(OPENED))).toBe(
      [
        '[HIGH] API key deleted',
        'An API key was deleted. What used it no longer works.',
        '*What* api_key.deleted',
        'on api_key 9f8e7d6c-0000-4000-8000-000000000002',
        'answered 204',
        'DELETE /v1/api_keys/9f8e7d6c-0000-4000-8000-000000000002',
        '*Who* Alice Smith',
        'user 123e4567-e89b-12d3-a456-426614174000',
        '*From* 203.0.113.9',
        'Terraform/1.5.7 (+https[:]//www[.]terraform[.]io)',
        '*When* 2026-01-31 09:30:00 UTC',
        '2026-01-31 09:30:00 UTC',
        '*How many* 1 match',
        '*Why*',
        '• deleted: action = api_key.deleted',
        '*Runbook*',
        '<https://example.com/runbooks/api-keys?a=1&b=2>',
        'Known false positives: Rotation of keys that was announced',
        'Alert 12 · rule 5f1c2f0e-7c1b-4d5e-9f43-6c1d1a3b7e55 · actor.id = 123e4567-e89b-12d3-a456-426614174000 · attack.t1531',
      ].join('\n'),
    );
  });

  test('its notification on a phone', () => {
    expect(render(OPENED).text).toBe('[HIGH] API key deleted: api_key.deleted by Alice Smith from 203.0.113.9');
  });

  test('says which field of the dedup key is missing, and which is empty', () => {
    const key = [
      { field: 'actor.id', value: null },
      { field: 'target.id', value: '' },
    ];
    expect(read(render({ ...OPENED, alert: { ...OPENED.alert, key } }))).toContain(' · no actor.id · target.id = – · ');
  });

  test('a health alert, with what to do', () => {
    expect(read(render(BLIND))).toBe(
      [
        '[CRITICAL] Tocsin health: not watching the audit log',
        'Nothing was read for 15 minutes: the upstream answers 401.',
        '*What to do*',
        'Make a new API key and set it:',
        'npx wrangler secret put NIRVANA_LABS_API_KEY',
        'Since 2026-01-31 09:30:00 UTC. This is about Tocsin itself, not about your organization.',
      ].join('\n'),
    );
  });

  const grown = {
    ...OPENED,
    kind: 'updated',
    alert: { ...OPENED.alert, count: 1_000, lastAt: OPENED.alert.firstAt + 3_600_000 },
  } as const;
  test('buttons lead to the alert and the entry; without a link there is no button', () => {
    const shown = read(render(OPENED, LINKS));
    expect(shown).toContain(
      `[Acknowledge…](${LINKS.alert}#acknowledge)\n[Sign in to silence…](${LINKS.alert}#silence)\n[Open the alert](${LINKS.alert})\n[Open the log entry](${LINKS.entry})\n*Why*`,
    );
    expect(read(render(OPENED))).not.toContain('[Open');
    expect(read(render(OPENED, { ...LINKS, entry: null }))).not.toContain('entry](');
    expect(read(render(BLIND, LINKS))).toContain(`[Open the overview](${LINKS.alert})`);
  });

  test.each(['javascript:alert(1)', 'https://x.example/ y', `https://x.example/${'y'.repeat(3_000)}`])(
    'a URL that Slack would not accept has no button: %s',
    (alert) => expect(read(render(OPENED, { alert, entry: null }))).not.toContain('[Open'),
  );

  test('each level has its color, and the header is above it', () => {
    const colours = LEVELS.map(
      (level) => render({ ...OPENED, alert: { ...OPENED.alert, level } }).attachments?.[0]?.color,
    );
    expect(new Set(colours).size).toBe(LEVELS.length);
    for (const colour of colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
    const ofHealth = LEVELS.map(
      (level) => render({ ...BLIND, health: { ...BLIND.health, level } }).attachments?.[0]?.color,
    );
    expect(ofHealth).toEqual(colours);
    expect(render(OPENED).blocks?.map(({ type }) => type)).toEqual(['header']);
  });

  test('a test reads as a test', () => {
    const message = render(testNotification(OPENED.entry.createdAt), { alert: 'https://tocsin.example/', entry: null });
    expect(message.text).toMatch(/^Test: alerts reach you here\. This is only a test\./);
    expect(read(message)).toMatch(/There is no alert/);
    expect(read(message)).toMatch(/\[Open the overview\]\(https:\/\/tocsin\.example\/\)/);
    expect(message.text).not.toMatch(/\[INFO/);
  });

  const rows: readonly (readonly [string, Notification, RegExp])[] = [
    [
      'a correlation shows the first of its entries, and how many more there were',
      CORRELATED,
      /First entries, in UTC\*\n• 09:30:00 api_key\.deleted by Alice Smith from 203\.0\.113\.9, answered 204: \/v1\/api_keys\/[\w-]+\n… and 19 more/,
    ],
    [
      'an update has its number below the header',
      grown,
      /\nUpdate: 1,000 matches in 1 hour\. The latest is shown below\.\n/,
    ],
    [
      'a closed alert has the number of its matches',
      { ...grown, kind: 'resolved' },
      /\nClosed after 1,000 matches in 1 hour: its period of 1 hour is over\./,
    ],
    [
      'a health alert’s summary is a sentence',
      { ...BLIND, health: { ...BLIND.health, summary: 'nothing was read for 15 minutes' } },
      /\nNothing was read for 15 minutes\.\n/,
    ],
    [
      'a health alert names its subject',
      { ...BLIND, health: { ...BLIND.health, kind: 'unhealthy-receiver', subject: 'on-call' } },
      /^\[CRITICAL\] Tocsin health: the receiver “on-call” does not work/,
    ],
    [
      'an update has the number of matches and their time span',
      grown,
      /: update \(1,000 matches\)[\s\S]*1,000 matches in 1 hour\nfirst: 2026-01-31 09:30:00/,
    ],
    [
      'the headline of a closed alert begins with that',
      { ...OPENED, kind: 'resolved' },
      /^Closed: \[HIGH\] API key deleted/,
    ],
    ['a correlation has its number and window', CORRELATED, /\*How many\* 20 entries in 10 minutes\n(?!1 match)/],
    ['the steps of an ordered correlation', IN_ORDER, /\*How many\* 3 of 3 steps completed in 1 hour\n/],
    [
      'the titles of those rules',
      IN_ORDER,
      /• rules: “API key created by an API key”, then “Kubeconfig of a cluster read”, then “Som/,
    ],
    ['a fraction, rounded', AVERAGE, /the average of bytes is 1,234\.568 in 1 hour \(condition: /],
    ['the condition of the correlation', CORRELATED, /20 entries in 10 minutes \(condition: 20 or more\)/],
    [
      'a runbook that is not a URL is text, in its lines',
      CORRELATED,
      /\*Runbook\*\nBlock the address\.\nAsk the actor\./,
    ],
    [
      'a resolved health alert',
      { ...BLIND, kind: 'health-resolved' },
      /^Tocsin health, resolved: watching the audit log again/,
    ],
    [
      'an actor without a name is shown by type and id',
      with_({ actor: { id: 'k1', name: null, type: 'api_key' } }),
      /\*Who\* api_key k1/,
    ],
    ['a missing value is a dash', with_({ clientIp: null, action: null }), /\*What\* –[\s\S]*\*From\* –/],
    [
      'a keyword has no field',
      { ...OPENED, evidence: [{ selection: 'words', field: null, value: 'x' }] },
      /• words: any field = x/,
    ],
    ['an invalid time', with_({ createdAt: Number.NaN }), /\*When\* at an unknown time/],
  ];
  test.each(rows)('%s', (_, notification, expected) => {
    expect(read(render(notification))).toMatch(expected);
  });

  test.each(['&', '<b>', 'ci-deploy'])('the list of a group is whole, however much is escaped: %j', (text) => {
    const name = text.repeat(100);
    const others = FLOOD.group.others.map((each) => ({ ...each, title: name, actor: name, address: name }));
    const shown = render({ kind: 'group', group: { ...FLOOD.group, others } });
    check(shown);
    expect(read(shown).match(/^• .*\(alert \d+\)/gm)).toHaveLength(others.length);
    expect(read(shown)).toContain('\n… and 41 more');
  });

  test('long evidence is cut, with the number of lines left out', () => {
    const evidence = Array.from({ length: 30 }, (_, i) => ({ selection: 's', field: `f${i}`, value: 'v' }));
    expect(read(render({ ...OPENED, evidence }))).toMatch(/f7 = v\n… and 22 more/);
  });
});

function with_(entry: Partial<AlertNotification['entry']>): AlertNotification {
  return { ...OPENED, entry: { ...OPENED.entry, ...entry } };
}

describe('what an attacker writes as a name', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['a mention of everybody', '<!channel> hi', '<!channel> hi'],
    ['a mention of somebody', '<@U012AB3CD>', '<@U012AB3CD>'],
    ['a link under another name', '<https://evil.example|Slack>', '<https[:]//evil[.]example|Slack>'],
    ['a bare address', 'see https://evil.example/x', 'see https[:]//evil[.]example/x'],
    ['a host alone', 'evil.example', 'evil[.]example'],
    ['a host with a dot of another kind', 'evil。example', 'evil[.]example'],
    ['entities', '&lt;!here&gt; &amp;', '&lt;!here&gt; &amp;'],
    ['writing turned around', 'a\u202Egpj.exe', 'a\uFFFDgpj[.]exe'],
    ['zero-width characters', 'Al\u200Bi\u2060ce\uFEFF', 'Alice'],
    ['line breaks', 'Alice\r\n\r\n\u2028[LOW] all is well', 'Alice [LOW] all is well'],
    ['control characters', 'a\u0000b\u001b[31mc\u009b', 'a\uFFFDb\uFFFD[31mc\uFFFD'],
    ['a heap of accents', `z${'\u0301'.repeat(50)}`, `z${'\u0301'.repeat(4)}`],
    ['half a surrogate pair', 'x\ud83d', 'x\uFFFD'],
    ['nothing but blanks', ' \u3000\u2800\u00a0', '(blank)'],
    ['markup', '*bold* _it_ ~no~ `code`', '*bold* _it_ ~no~ `code`'],
    ['ten thousand characters', 'x'.repeat(10_000), `${'x'.repeat(99)}…`],
    ['ten thousand emoji', '😀'.repeat(10_000), `${'😀'.repeat(49)}…`],
  ];
  test.each(rows)('%s is text', (_, name, shown) => {
    const message = render(with_({ actor: { id: 'k1', name, type: 'user' } }));
    expect(read(message)).toContain(`*Who* ${shown}\nuser k1`);
    check(message);
  });

  test('is text in the top-level text too', () => {
    const name = '*b* `c` ~s~ _i_ :fire: @channel #general <!here>';
    const { text } = render(with_({ actor: { id: 'k1', name, type: 'user' } }));
    expect(text).toContain("∗b∗ 'c' ∼s∼ ＿i＿ ∶fire: ＠channel ＃general &lt;!here&gt;");
  });

  test.each([
    'http://example.com/',
    'https://user:pass@example.com/',
    'javascript:alert(1)',
    'https://example.com/ <!channel>',
    'https://example.com/a|b',
    'https://example.com/?x=<!here>',
    `https://example.com/${'x'.repeat(3_000)}`,
  ])('a runbook is a link only if it is a plain https URL: %s', (runbook) => {
    expect(JSON.stringify(render({ ...OPENED, alert: { ...OPENED.alert, runbook } }))).not.toContain('<http');
  });

  test.each(['https://example.com/a%7Cb', 'https://example.com/a?x=!here&y="#*b*'])(
    'a runbook’s URL can’t end the link: %s',
    (runbook) => {
      check(render({ ...OPENED, alert: { ...OPENED.alert, runbook } }));
    },
  );
});

const DATE = /<!date\^\d+\^\{date_short_pretty\} at \{time_secs\}\|[\d-]+ [\d:]+ UTC>/g;
const LINK = /\*(?:Runbook|Alert \S+: runbook)\*\n<https:\/\/[^<>|\s]+>/g;
const NEVER = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;

/** Everything that holds of every message, whatever it was made of. */
function check(message: SlackMessage): void {
  expect(JSON.parse(JSON.stringify(message))).toEqual(message);
  const blocks = blocksOf(message);
  expect(blocks.length).toBeLessThanOrEqual(BLOCKS_MAX);
  checkText(message.text, TOP_TEXT_MAX + 60);
  expect(message.text).not.toMatch(/[`*~\n]|(?<![\p{L}\p{N}])[@#]|:\/\//u);
  for (const block of blocks) {
    if (block.type === 'context') {
      expect(block.elements.length).toBeLessThanOrEqual(ELEMENTS_MAX);
      for (const element of block.elements) checkObject(element, TEXT_MAX);
    } else if (block.type === 'actions') {
      expect(block.elements.length).toBeLessThanOrEqual(ACTIONS_MAX);
      for (const { text, url } of urlButtons(block)) {
        checkObject(text, BUTTON_TEXT_MAX);
        expect(url.length).toBeLessThanOrEqual(BUTTON_URL_MAX);
      }
    } else if ('text' in block) {
      checkObject(block.text, block.type === 'header' ? HEADER_MAX : TEXT_MAX);
      if (block.type === 'header') expect(block.text.type).toBe('plain_text');
    } else {
      expect(block.fields.length).toBeLessThanOrEqual(FIELDS_MAX);
      for (const field of block.fields) checkObject(field, FIELD_MAX);
    }
  }
}

function checkObject(object: PlainText | Mrkdwn, max: number): void {
  if (object.type === 'plain_text') expect(object.emoji).toBe(false);
  else {
    expect(object.verbatim).toBe(true);
    // Nothing but words, numbers and times of our own stands in markup.
    expect(object.text.replace(LINK, '').replace(DATE, '')).toMatch(/^[\w *,.:\n+-]*$/);
  }
  checkText(object.text, max);
}

function checkText(text: string, max: number): void {
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(max);
  expect(text.isWellFormed()).toBe(true);
  const others = text.replace(LINK, '').replace(DATE, '');
  expect(others).not.toMatch(/[<>]/);
  expect(others).not.toMatch(/&(?!(?:amp|lt|gt);)/);
  expect(text.replaceAll('\n', '')).not.toMatch(NEVER);
}

describe('whatever is in a notification', () => {
  test('the message is within Slack’s limits, and what others wrote commands nothing', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        check(render(notification));
      }),
      { numRuns: 400 },
    );
  });

  test('its short form is short and plain', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const short = renderShort(notification);
        check(short);
        expect(short.text).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 200 },
    );
  });

  test('three megabytes take as long as three lines', () => {
    const userAgent = '<!channel>\u200b'.repeat(270_000);
    const started = performance.now();
    check(render(with_({ userAgent, path: userAgent, action: userAgent })));
    expect(performance.now() - started).toBeLessThan(50);
  });
});
