/** The inbox page: its content, its server, and that messages can't do anything in it. */

import { request } from 'node:http';
import { expect, test } from 'vitest';
import { createArrivals } from './arrivals.ts';
import { inboxPage, itemsHtml, mailDocument } from './inbox-html.ts';
import { startInboxPage } from './inbox-page.ts';
import { type Mail, readMail } from './mailbox.ts';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)> & '`;

function mail(more: Partial<Mail> = {}): Mail {
  return {
    messageId: '<a@demo.example>',
    from: '"Tocsin" <tocsin@demo.example>',
    to: 'night@demo.example',
    subject: '[HIGH] API key deleted',
    sentAt: Date.UTC(2026, 0, 31),
    headers: [['References', '<alert-1@demo.example>']],
    text: 'API key deleted\nhttp://127.0.0.1:1/alerts/1?pass=1.2.3',
    html: '<p>API key deleted</p>',
    alert: 1,
    ...more,
  };
}

test('reads a mail as miniflare keeps it', () => {
  const { alert, ...kept } = mail();
  const given = {
    ...kept,
    to: [kept.to],
    sentAt: '2026-01-31T00:00:00.000Z',
    headers: Object.fromEntries(kept.headers),
  };
  expect(readMail(given)).toEqual(mail());
  expect(readMail({ ...given, text: '/alerts/7?pass=x\nhttp://h/alerts/12?pass=y' })).toMatchObject({ alert: 12 });
  expect(readMail({ ...given, text: 'no link' })).toMatchObject({ alert: null });
  for (const none of [null, 7, 'x', {}, { messageId: 3 }]) expect(readMail(none)).toBeNull();
});

test('escapes everything in a message or a mail', () => {
  const hostile = mail({
    messageId: HOSTILE,
    from: HOSTILE,
    to: HOSTILE,
    subject: HOSTILE,
    headers: [[HOSTILE, HOSTILE]],
    text: `${HOSTILE} https://h.example/${HOSTILE}`,
  });
  const html = itemsHtml([
    { kind: 'slack', id: 1, at: 0, message: { text: HOSTILE } },
    { kind: 'mail', id: 2, at: 0, mail: hostile },
  ]);
  expect(html).not.toContain('<script');
  expect(html).not.toMatch(/<img/);
  expect(html.match(/&#60;script&#62;/g)?.length).toBeGreaterThan(6);
});

test('shows the newest first, and links addresses in text', () => {
  const html = itemsHtml([
    { kind: 'mail', id: 1, at: 0, mail: mail() },
    { kind: 'slack', id: 2, at: 0, message: { text: 'second' } },
  ]);
  expect(html.indexOf('item-2')).toBeLessThan(html.indexOf('item-1'));
  expect(html).toContain('<a href="http://127.0.0.1:1/alerts/1?pass=1.2.3" rel="noreferrer">');
});

test('the page has no inline script or style', () => {
  const html = inboxPage([{ kind: 'mail', id: 1, at: 0, mail: mail() }]);
  expect(html).not.toMatch(/<style|style=|\son\w+=/);
  expect(html.match(/<script[^>]*>/g)).toEqual(['<script src="/script.js" defer>']);
});

test('a mail opens links in a new page', () => {
  expect(mailDocument(mail({ html: '<!DOCTYPE html><html>x' }))).toBe('<!doctype html><base target="_blank"><html>x');
});

test('the server shows what arrived, signs in to Tocsin, and answers only for its own host', async () => {
  const page = await startInboxPage();
  try {
    const get = (path: string) => fetch(`${page.url}${path}`, { redirect: 'manual' });
    expect((await get('/open')).status).toBe(503);
    page.setTarget('http://127.0.0.1:9/', 'tocsin=x');
    const opened = await get('/open');
    expect(opened.headers.get('location')).toBe('http://127.0.0.1:9/');
    expect(opened.headers.get('set-cookie')).toBe('tocsin=x; HttpOnly; SameSite=Lax; Path=/');

    page.addMessage({ text: 'one' });
    page.addMail(mail());
    const news = await get('/news?after=1');
    expect(await news.json()).toMatchObject({ last: 2, html: expect.not.stringContaining('item-1"') });
    const front = await get('/');
    expect(await front.text()).toContain('data-last="2"');
    expect(front.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*script-src 'self'/);
    const framed = await get('/mails/2');
    expect(await framed.text()).toContain('<p>API key deleted</p>');
    expect(framed.headers.get('content-security-policy')).toMatch(/; sandbox (?!.*allow-scripts)/);
    for (const path of ['/mails/1', '/mails/3', '/nothing']) expect((await get(path)).status).toBe(404);
    expect(await statusFor(page.url, 'tocsin.example')).toBe(421);
  } finally {
    await page.stop();
  }
});

test('an alert counts once per inbox, and must reach both', () => {
  const reached = createArrivals();
  reached.add('Slack', 'alert 1');
  reached.add('Slack', 'alert 1');
  reached.add('Slack', 'alert 2');
  expect(reached.haveReached(1)).toBe(false);
  reached.add('mail', 'alert 2');
  expect(reached.haveReached(1)).toBe(true);
  expect(reached.haveReached(2)).toBe(false);
  expect(reached.count).toBe(1);
  expect(reached.text()).toBe('2 reached the Slack inbox and 1 reached the mail inbox');
});

function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
