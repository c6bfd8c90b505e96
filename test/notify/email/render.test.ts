import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Links, NO_LINKS } from '../../../src/alert/links.ts';
import type { Notification } from '../../../src/alert/notification.ts';
import { HEADER_LIMITS, LIMITS } from '../../../src/notify/email/message.ts';
import { render, renderShort } from '../../../src/notify/email/render.ts';
import { LEVELS } from '../../../src/sigma/index.ts';
import {
  CLOSED,
  CORRELATION,
  EXAMPLES,
  FLOOD_DIGEST,
  GOES_ON,
  GROUP,
  HEALTH_ALERTS,
  HEALTH_RESOLVED,
  HOSTILE_TEXTS,
  RAISED,
  RESOLVED,
  SHORTENED,
  UPDATED,
  writtenBy,
} from '../examples.ts';
import { anyNotification, hostile } from '../hostile.ts';
import { ACT_LINKS, BLIND, LINKS, OPENED } from '../notifications.ts';
import { readHtml, readText } from '../read-back.ts';

const SENDER = 'tocsin@example.com';
const mail = (notification: Notification, links: Links = LINKS) => render(notification, links, SENDER);

describe('what a person reads', () => {
  test('an alert that opened', () => {
    const { subject, text } = mail(OPENED);
    expect(subject).toBe('[HIGH] API key deleted: Alice Smith from 203.0.113.9');
    expect(text).toBe(`[HIGH] API key deleted

An API key was deleted. What used it no longer works.

What      api_key.deleted
          on api_key 9f8e7d6c-0000-4000-8000-000000000002
          answered 204
          DELETE /v1/api_keys/9f8e7d6c-0000-4000-8000-000000000002
Who       Alice Smith
          user 123e4567-e89b-12d3-a456-426614174000
From      203.0.113.9
          Terraform/1.5.7 (+https[:]//www[.]terraform[.]io)
When      2026-01-31 09:30:00 UTC
How many  1 match

Acknowledge…
${LINKS.alert}#acknowledge

Sign in to silence…
${LINKS.alert}#silence

Open the alert
${LINKS.alert}

Open the log entry
${LINKS.entry}

Why
  • deleted: action = api_key.deleted

Runbook
  https://example.com/runbooks/api-keys?a=1&b=2

Known false positives: Rotation of keys that was announced

Alert 12 · rule 5f1c2f0e-7c1b-4d5e-9f43-6c1d1a3b7e55 · actor.id = 123e4567-e89b-12d3-a456-426614174000 · attack.t1531
`);
  });

  test.each(EXAMPLES)('text and HTML have the same words in the same order: %s', (_, notification) => {
    const { text, html } = mail(notification);
    expect(words(readHtml(html).text)).toEqual(words(text));
  });

  test('text and HTML have the same words, whatever is in the notification', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const { text, html } = mail(notification);
        expect(words(readHtml(html).text)).toEqual(words(text));
      }),
      { numRuns: 150 },
    );
  });

  test('an update and a closed alert begin with that; a correlation shows its first entries', () => {
    expect(mail(UPDATED).text).toMatch(
      /^\[HIGH\] API key deleted: update \(100 matches\)\n\nUpdate: 100 matches in 12 minutes\./,
    );
    expect(mail(CLOSED).text).toMatch(/^Closed: \[HIGH\] API key deleted\n\nClosed after 1,342 matches in 47 minutes/);
    expect(mail(CORRELATION).text).toMatch(/First entries, in UTC\n {2}• 09:20:00 vm\.updated by ci-deploy from/);
  });

  test('without a link there is no button', () => {
    expect(readHtml(mail(OPENED, NO_LINKS).html).links).toEqual([OPENED.alert.runbook]);
    expect(mail(OPENED, NO_LINKS).text).not.toContain('Open the');
    expect(readHtml(mail(OPENED, { alert: 'javascript:alert(1)', entry: '"><script>' }).html).links).toHaveLength(1);
  });

  test('every page that the HTML links to is also written out', () => {
    const { text, links } = readHtml(mail(OPENED).html);
    expect(links).toEqual([...ACT_LINKS, LINKS.alert, LINKS.entry, OPENED.alert.runbook]);
    for (const link of links) expect(text).toContain(link.replace(/#.*/, ''));
  });

  test('nothing remote, no image, no script, and the client’s own colors', () => {
    const { html } = mail(OPENED);
    expect(html).not.toMatch(/<(?:img|script|link|iframe|style)|src=|url\(|[^-]color:#(?!ffffff)/);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
  });
});

/** Without URLs: the text has one below each button, the HTML each page's below all of them. */
function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => !/^(?:https:.*)?$/.test(word));
}

describe('the subject', () => {
  test('is the same except for "Re: " in all mails of an alert, so that clients thread them', () => {
    expect(mail(UPDATED).subject).toBe(`Re: ${mail(OPENED).subject}`);
    expect(mail(CLOSED).subject).toBe(`Re: ${mail(OPENED).subject}`);
  });

  test('of what was raised is news', () =>
    expect(mail(RAISED).subject).toBe(`[CRITICAL] ${mail(OPENED).subject.slice(7)}`));

  test('of a group is its headline', () => {
    expect(mail(GROUP).subject).toBe(
      '[CRITICAL] A stolen key at work, and 4 more alerts of ci-deploy from 2 addresses',
    );
  });

  test('of a health alert is its headline', () => {
    expect(mail(BLIND).subject).toBe('[CRITICAL] Tocsin health: not watching the audit log');
    expect(mail({ ...BLIND, kind: 'health-resolved' }).subject).toBe(
      'Tocsin health, resolved: watching the audit log again',
    );
  });

  test.each([...HOSTILE_TEXTS, 'x'.repeat(10_000)])('is one short line, whatever an attacker writes: %j', (text) => {
    expectOneLine(mail(writtenBy(text)).subject);
    expect(mail(writtenBy(text)).subject).not.toMatch(/:\/\//);
  });

  test('is one short line, whatever is in the notification', () => {
    fc.assert(fc.property(anyNotification, (notification) => expectOneLine(mail(notification).subject)));
    fc.assert(fc.property(hostile, (text) => expectOneLine(mail(writtenBy(text)).subject)));
  });

  function expectOneLine(subject: string): void {
    expect(subject.length).toBeLessThanOrEqual(Math.min(140, LIMITS.subject));
    expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(subject.isWellFormed()).toBe(true);
  }
});

describe('the headers', () => {
  test('of an alert', () => {
    expect(mail(OPENED).headers).toEqual({
      'List-Id': 'Tocsin <tocsin.example.com>',
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'In-Reply-To': '<alert-12.tocsin@example.com>',
      References: '<alert-12.tocsin@example.com>',
      Importance: 'high',
      'X-Priority': '1',
      'X-Tocsin-Alert': '12',
    });
  });

  test('all mails of one alert refer to the same thread, and each alert has its own', () => {
    const of = (notification: Notification) => mail(notification).headers.References;
    for (const each of [UPDATED, RAISED, GOES_ON, ...RESOLVED, CLOSED]) expect(of(each)).toBe(of(OPENED));
    expect(of(CORRELATION)).not.toBe(of(OPENED));
    const begun = new Map(HEALTH_ALERTS.map((each) => [each.health.kind, of(each)]));
    expect(HEALTH_RESOLVED.map(of)).toEqual(HEALTH_RESOLVED.map(({ health }) => begun.get(health.kind)));
    expect(new Set([...HEALTH_ALERTS, OPENED, CORRELATION].map(of)).size).toBe(HEALTH_ALERTS.length + 2);
  });

  test('a group is in the thread of its first alert, and says how many it has', () => {
    const { first } = GROUP.group;
    expect(mail(GROUP).headers).toEqual({ ...mail(first).headers, 'X-Tocsin-Group': '5' });
    expect(mail(FLOOD_DIGEST).headers).toMatchObject({ Importance: 'normal', 'X-Tocsin-Alert': '13' });
  });

  test('importance follows the level; what is over is not urgent', () => {
    const of = (notification: Notification) => mail(notification).headers.Importance;
    expect(LEVELS.map((level) => of({ ...OPENED, alert: { ...OPENED.alert, level } }))).toEqual([
      'low',
      'low',
      'normal',
      'high',
      'high',
    ]);
    expect(LEVELS.map((level) => of({ ...BLIND, health: { ...BLIND.health, level } }))).toEqual([
      'low',
      'low',
      'normal',
      'high',
      'high',
    ]);
    expect([of(RAISED), of(GOES_ON), ...RESOLVED.map(of)]).toEqual(['high', 'high', ...RESOLVED.map(() => 'normal')]);
    expect([of(CLOSED), of(BLIND), of({ ...BLIND, kind: 'health-resolved' })]).toEqual(['normal', 'high', 'normal']);
  });

  test('hold no untrusted text, and keep the platform’s limits', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const headers = Object.entries(mail(notification).headers);
        expect(headers.length).toBeLessThanOrEqual(HEADER_LIMITS.allowlisted);
        for (const [name, value] of headers) {
          expect(name.length).toBeLessThanOrEqual(HEADER_LIMITS.name);
          expect(value).toMatch(/^[\x20-\x7e]{1,200}$/);
        }
      }),
    );
  });
});

test('the longest mail is short', () => {
  const { text, html } = mail(SHORTENED);
  expect(text.length).toBeLessThan(8_000);
  expect(html.length).toBeLessThan(16_000);
});

test('the short form is one line without links', () => {
  for (const text of HOSTILE_TEXTS) {
    const short = renderShort(writtenBy(text), LINKS);
    expect(readHtml(short.html).links).toEqual([]);
    expect(readText(short.text).links).toEqual([]);
    expect(short.headers).toEqual({});
  }
});
