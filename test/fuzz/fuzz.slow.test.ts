/** A short run of `npm run fuzz`, and that each check notices the fault that it is for. */
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/audit-log/client.ts';
import { createProxy } from '../../src/audit-log/proxy.ts';
import { render as discord } from '../../src/notify/discord/render.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { render as teams } from '../../src/notify/teams/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { oneLine } from '../../src/text/untrusted.ts';
import { runScript } from '../cli/run-command.ts';
import type { FuzzKind } from './kind.ts';
import { cliKind } from './kinds/cli.ts';
import { ledgerKind } from './kinds/ledger.ts';
import { linkKind } from './kinds/link.ts';
import { messageKind } from './kinds/message.ts';
import { pageKind } from './kinds/page.ts';
import { requestKind } from './kinds/request.ts';
import { routingKind, ruleKind } from './kinds/rule.ts';
import { settingsKind } from './kinds/settings.ts';
import { textKind } from './kinds/text.ts';
import { upstreamKind } from './kinds/upstream.ts';
import { createKinds } from './kinds.ts';
import { readOptions } from './options.ts';
import { inputOf, runKind } from './run.ts';
import { SECRETS } from './texts.ts';
import { tasksFor, totals } from './work.ts';

const run = (kind: FuzzKind, inputs: number, stop = 1) => runKind(kind, { seed: 2, from: 0, inputs, stop });

describe('nothing is found', () => {
  test.each(createKinds().map((kind) => [kind.name, kind] as const))(
    'in a few inputs: %s',
    async (_name, kind) => {
      const inputs = Math.max(60, Math.round(kind.share / 500));
      const { findings, ...result } = await run(kind, inputs);
      expect(findings).toEqual([]);
      expect(result).toMatchObject({ kind: kind.name, inputs });
    },
    120_000,
  );
});

describe('a planted fault is found, and the smallest input shown', () => {
  const unescaped = (text: string): string =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const FAULTS: readonly (readonly [what: string, kind: FuzzKind, problem: RegExp])[] = [
    ['lines that keep control characters', textKind({ untrustedLine: (text) => text ?? '' }) as FuzzKind, /stands raw/],
    [
      'lines that are not defanged',
      textKind({ untrustedLine: (text, max) => oneLine(text ?? '', max) }) as FuzzKind,
      /makes a link of/,
    ],
    ['JSON as JSON.stringify writes it', textKind({ jsonLine: JSON.stringify }) as FuzzKind, /stands raw/],
    [
      'JSON that loses characters',
      textKind({ jsonLine: (value) => JSON.stringify(value).replace(/[^ -~]/g, '') }) as FuzzKind,
      /not the same/,
    ],
    [
      'log lines that are not escaped',
      textKind({ log: (level, line) => console[level](JSON.stringify(line)) }) as FuzzKind,
      /stands raw/,
    ],
    [
      'passes that are not verified',
      linkKind({
        readPass: () => ({ kind: 'good', pass: { alert: 1, ledger: '0'.repeat(16), expires: 9e15 } }),
      }) as FuzzKind,
      /is good/,
    ],
    [
      'Slack messages that are not escaped',
      messageKind({
        slack: (...of) =>
          JSON.parse(
            JSON.stringify(slack(...of))
              .replaceAll('&lt;', '<')
              .replaceAll('&gt;', '>'),
          ) as never,
      }),
      /not escaped|command|link|blocks/,
    ],
    [
      'Slack messages as markup',
      messageKind({
        slack: (...of) => JSON.parse(JSON.stringify(slack(...of)).replaceAll('"plain_text"', '"mrkdwn"')) as never,
      }),
      /command|mrkdwn|blocks|text/,
    ],
    [
      'Discord messages that are not escaped',
      messageKind({ discord: (...of) => JSON.parse(JSON.stringify(discord(...of)).replaceAll('\\\\', '')) as never }),
      /discord has the/,
    ],
    [
      'Teams messages with Markdown in what others wrote',
      messageKind({
        teams: (...of) =>
          JSON.parse(JSON.stringify(teams(...of)), (_, value) =>
            value?.type === 'RichTextBlock' ? { type: 'TextBlock', text: value.inlines[0].text, wrap: true } : value,
          ) as never,
      }),
      /teams has the/,
    ],
    [
      'mail whose HTML is not escaped',
      messageKind({ mail: (...of) => ({ ...mail(...of), html: unescaped(mail(...of).html) }) }),
      /./,
    ],
    [
      'a mail with a line break in its subject',
      messageKind({ mail: (...of) => ({ ...mail(...of), subject: `${of[0].kind}\r\nBcc: x@evil.example` }) }),
      /subject/,
    ],
    [
      'a mail that fetches an image',
      messageKind({
        mail: (...of) => ({
          ...mail(...of),
          html: mail(...of).html.replace('</h1>', '</h1><img src="https://evil.example/x">'),
        }),
      }),
      /img/,
    ],
    [
      'webhook messages that are cut into JSON',
      messageKind({ payload: (...of) => payload(...of).slice(0, -1) }),
      /JSON/,
    ],
    ['pages that are not escaped', pageKind(unescaped), /not ours|an element|an attribute|left open|closes/],
    [
      'pages with what others wrote as an address',
      pageKind((html) => html.replace('<bdi>', '<a href="javascript:x"></a><bdi>')),
      /at \d+|address/,
    ],
    ['pages with invisible characters', pageKind((html) => html.replace('<bdi>', '<bdi>\u202e')), /U\+202e stands raw/],
    [
      'an answer of 500',
      requestKind(() => new Response('{}', { status: 500, headers: { 'x-content-type-options': 'nosniff' } })),
      /500/,
    ],
    [
      'an answer that shows the secret',
      requestKind(
        (response) =>
          new Response(`{"message":"${SECRETS.linkSecret}"}`, response.status === 304 ? { status: 200 } : response),
      ),
      /a secret is shown/,
    ],
    [
      'an answer that shows the key, escaped',
      requestKind((response) => new Response(SECRETS.apiKey.replace('n', '\\u006e'), { headers: response.headers })),
      /a secret is shown|JSON/,
    ],
    [
      'answers without headers against attacks',
      requestKind((response) => new Response(response.body, { status: response.status })),
      /without nosniff/,
    ],
    [
      'a redirect elsewhere',
      requestKind((response) => {
        const headers = new Headers(response.headers);
        if (response.status === 303) headers.set('location', '//evil.example');
        return new Response(response.body, { status: response.status, headers });
      }),
      /a redirect to/,
    ],
    [
      'an upstream client that echoes the key',
      upstreamKind({
        createClient: (options) => createClient({ ...options, apiKey: 'another-key-of-the-same-length' }),
      }),
      /a secret is shown/,
    ],
    [
      'a proxy that echoes the key',
      upstreamKind({ createProxy: (options) => createProxy({ ...options, apiKey: 'another-key-of-the-same-length' }) }),
      /a secret is shown/,
    ],
    ['terminal output that is not cleaned', cliKind((text) => text.replace('plain', '\u001b[2J')), /stands raw/],
    ['terminal output that loses our words', cliKind((text) => text.replaceAll('2026', '')), /without our own words/],
    ['terminal output with forged lines', cliKind((text) => `${text}\nHEALTHY`), /lines in place of/],
    [
      'a health alert with the words of others as they are',
      ledgerKind((of) =>
        of.kind === 'health' ? { ...of, health: { ...of.health, summary: `${of.health.summary} evil.com` } } : of,
      ),
      /makes a link of evil\.com/,
    ],
    [
      'a health alert that shows a secret',
      ledgerKind((of) =>
        of.kind === 'health' ? { ...of, health: { ...of.health, summary: SECRETS.webhookUrl } } : of,
      ),
      /a secret is shown|makes a link/,
    ],
    [
      'a problem that shows a secret',
      settingsKind((text, settings) => `${text} ${settings.map(([, value]) => value).join(' ')}`),
      /a secret is shown/,
    ],
    ['a problem of a rule over two lines', ruleKind((line) => line.replace(':', '\n')), /stands raw/],
    [
      'a problem of a routing that shows a secret',
      routingKind((line) => `${line} ${SECRETS.webhookUrl}`),
      /a secret is shown/,
    ],
  ];
  test.each(FAULTS)(
    '%s',
    async (_what, kind, problem) => {
      const { findings } = await run(kind, 3_000);
      expect(findings).toHaveLength(1);
      expect(findings[0]?.problem).toMatch(problem);
      const { smallest, number } = findings[0] ?? { smallest: null, number: 0 };
      const original = inputOf(kind, 2, number);
      expect(JSON.stringify(smallest).length).toBeLessThanOrEqual(JSON.stringify(original).length);
    },
    120_000,
  );

  test('an exception, and a smaller input that fails in the same way', async () => {
    const kind: FuzzKind<{ text: string }> = {
      ...{ name: 'throws', about: '', share: 1 },
      generate: (dice) => ({ text: `${'x'.repeat(dice.between(0, 40))}!${'y'.repeat(dice.between(0, 40))}` }),
      check: ({ text }) => {
        if (text.includes('!')) throw new TypeError('a bang');
        return text === '' ? 'empty' : null;
      },
    };
    const { findings, inputs } = await run(kind as FuzzKind, 10, 1);
    expect(inputs).toBe(1);
    expect(findings).toMatchObject([
      { smallest: { text: '!' }, problem: expect.stringContaining('it threw TypeError: a bang') },
    ]);
  });
});

describe('inputs', () => {
  test.each(createKinds().map((kind) => [kind.name, kind] as const))(
    'are the same for the same seed: %s',
    (_name, kind) => {
      const [again] = createKinds().filter(({ name }) => name === kind.name);
      for (let number = 0; number < 20; number++) {
        expect(inputOf(again as FuzzKind, 5, number)).toEqual(inputOf(kind, 5, number));
      }
      const inputs = Array.from({ length: 20 }, (_, number) => JSON.stringify(inputOf(kind, 5, number)));
      expect(new Set(inputs).size).toBeGreaterThan(15);
      expect(inputs).not.toEqual(Array.from({ length: 20 }, (_, number) => JSON.stringify(inputOf(kind, 6, number))));
      // Plain JSON: what is printed is the whole input.
      for (const input of inputs) expect(JSON.stringify(JSON.parse(input))).toBe(input);
    },
  );

  test('are divided by their shares, in parts', () => {
    const kinds = [
      { name: 'a', share: 3 },
      { name: 'b', share: 1 },
    ];
    const tasks = tasksFor(kinds, { inputs: 10_000, only: null, from: 5 });
    expect(tasks.filter(({ kind }) => kind === 'a').map(({ inputs }) => inputs)).toEqual([2_000, 2_000, 2_000, 1_500]);
    expect(tasks.filter(({ kind }) => kind === 'b')).toEqual([
      { kind: 'b', from: 5, inputs: 2_000 },
      { kind: 'b', from: 2_005, inputs: 500 },
    ]);
    expect(tasksFor(kinds, { inputs: 7, only: 'b', from: 0 })).toEqual([{ kind: 'b', from: 0, inputs: 7 }]);
    expect(totals(['a', 'b'], [{ kind: 'b', inputs: 10, ms: 2_000, findings: [] }])).toEqual([
      { kind: 'b', inputs: 10, perSecond: 5, findings: 0 },
    ]);
  });
});

describe('npm run fuzz', () => {
  const fuzz = (...args: readonly string[]) => runScript('test/fuzz/main.ts', args);

  test('runs every kind, and says so', async () => {
    const { code, out, err } = await fuzz('--inputs', '300', '--seed', '3', '--json');
    // Each kind's share is rounded.
    expect(err).toMatch(/ of 30\d inputs/);
    expect(code).toBe(0);
    const { seed, kinds, findings } = JSON.parse(out) as {
      seed: number;
      kinds: { kind: string }[];
      findings: unknown[];
    };
    expect({ seed, findings }).toEqual({ seed: 3, findings: [] });
    expect(kinds.map(({ kind }) => kind)).toEqual(createKinds().map(({ name }) => name));
  }, 120_000);

  test('repeats one input', async () => {
    const { code, out } = await fuzz('--only', 'link', '--from', '7', '--inputs', '1', '--quiet');
    expect(code).toBe(0);
    expect(out).toContain('1 inputs of seed 1: nothing found');
  }, 60_000);

  test('has a help, and refuses wrong arguments', async () => {
    expect(await fuzz('--help')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('usage: npm run fuzz'),
    });
    expect(await fuzz('--inputs', '0')).toMatchObject({ code: 2, err: expect.stringContaining('--inputs must be') });
  }, 60_000);

  test.each([
    [['--only', 'x'], 'wrong'],
    [['--seed', '-1'], 'wrong'],
    [['--jobs', '1.5'], 'wrong'],
    [['--x'], 'wrong'],
    [['--help'], 'help'],
    [[], 'run'],
    [['--only', 'a', '--inputs', '5'], 'run'],
  ])('%j', (args, kind) => {
    expect(readOptions(args, ['a']).kind).toBe(kind);
  });
});
