/** Text that others wrote: defanged, whatever it is and wherever it is shown. What we wrote is not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { AlertNotification } from '../../src/alert/notification.ts';
import { render as discord, renderShort as shortDiscord } from '../../src/notify/discord/render.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as ntfy, renderShort as shortNtfy } from '../../src/notify/ntfy/render.ts';
import { render as pagerduty, renderShort as shortPagerDuty } from '../../src/notify/pagerduty/event.ts';
import { renderShort as shortSlack, render as slack } from '../../src/notify/slack/render.ts';
import { renderShort as shortTeams, render as teams } from '../../src/notify/teams/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { defanged, fieldLine, trustedLine, untrustedLine, untrustedWords } from '../../src/text/untrusted.ts';
import { readDiscord } from '../notify/discord/read-back.ts';
import { writtenBy } from '../notify/examples.ts';
import { hostile } from '../notify/hostile.ts';
import { OPENED } from '../notify/notifications.ts';
import { readNtfy } from '../notify/ntfy/read-back.ts';
import { readPagerDuty } from '../notify/pagerduty/read-back.ts';
import { readHtml, readSlack } from '../notify/read-back.ts';
import { readTeams } from '../notify/teams/read-back.ts';
import { linkify } from '../support/linkify.ts';

describe('defanged', () => {
  test.each([
    ['a host', 'evil.com', 'evil[.]com'],
    ['a name that looks like an action', 'usage.click', 'usage[.]click'],
    ['another', 'volume.zip', 'volume[.]zip'],
    ['an action in a text', 'vm.created', 'vm[.]created'],
    ['one dot leader (U+2024)', 'evil\u2024com', 'evil[.]com'],
    ['ideographic full stop', 'evil\u3002com', 'evil[.]com'],
    ['fullwidth full stop', 'evil\uff0ecom', 'evil[.]com'],
    ['halfwidth ideographic full stop', 'evil\uff61com', 'evil[.]com'],
    ['small full stop', 'evil\ufe52com', 'evil[.]com'],
    ['vertical ideographic full stop', 'evil\ufe12com', 'evil[.]com'],
    ['a host of symbols', 'i❤.ws 💩.la', 'i❤[.]ws 💩[.]la'],
    ['a host in another script', 'пример.рф', 'пример[.]рф'],
    ['its Punycode', 'evil.xn--p1ai', 'evil[.]xn--p1ai'],
    ['www', 'www.1.x', 'www[.]1.x'],
    ['www after what a vendor may take as markup', '_www.[ *www.1 éwww.-', '_www[.][ *www[.]1 éwww[.]-'],
    ['a URL', 'https://evil.com/a?b=c', 'https[:]//evil[.]com/a?b=c'],
    ['one with a user', 'http://a@evil.com', 'http[:]//a@evil[.]com'],
    ['one without a scheme', '//evil.com/x', '//evil[.]com/x'],
    ['one of an IP address', 'http://203.0.113.9/x', 'http[:]//203[.]0[.]113[.]9/x'],
    ['an IP address with a port', '203.0.113.9:8080', '203.0.113[.]9:8080'],
    ['an IP address with a path', '203.0.113.9/x', '203.0.113[.]9/x'],
    ['one cut off', '//evil.e…', '//evil[.]e…'],
    ['one that ends in a dot', '//evil.|', '//evil[.]|'],
    ['an IP address with a fragment', '203.0.113.9#x', '203.0.113[.]9#x'],
    ['a scheme with a digit', 'h1://x', 'h1[:]//x'],
    ['a scheme with a digit at its end', 'h323:evil.1', 'h323[:]evil.1'],
    ['one with another dot', 'a\uff0e1\uff1aevil\uff0e', 'a\uff0e1[:]evil\uff0e'],
    ['another, in a word', '_mp4:x.1', '_mp4[:]x.1'],
    ['a host without a dot', 'localhost:80/x', 'local[h]ost[:]80/x'],
    ['it alone', 'see LOCALHOST', 'see LOCAL[H]OST'],
    ['a phone number', 'call +1 202 555 0100 now', 'call +1 202 55[·]5 0100 now'],
    ['one in digits', '+442071838750', '+442071[·]838750'],
    ['one of seven digits', '+1234567', '+123456[·]7'],
    ['a longer one', '+1 202 555 0100 0000', '+1 202 55[·]5 0100 0[·]000'],
    ['one with brackets', '+1 (202) 555-0100', '+1 (202) 55[·]5-0100'],
    ['one after a bracket', 'call (+49 30 123456)', 'call (+49 30 12[·]3456)'],
    ['one in fullwidth characters', '\uff0b１２０２５５５０１００', '\uff0b１２０２５５[·]５０１００'],
    ['one in Arabic digits', '+٢٠٢٥٥٥٠١٠٠', '+٢٠٢٥٥٥[·]٠١٠٠'],
    ['one of North America', '202-555-0100', '202-555-[·]0100'],
    ['one with an area code', '(202)555-0100', '(202)555-[·]0100'],
    ['one with dots', '202.555.0100', '202.555.[·]0100'],
    ['one with other dashes', '202\u2011555\u20130100', '202\u2011555\u2013[·]0100'],
    ['one of a service', '1-800-555-0100', '1-800-55[·]5-0100'],
    ['one among digits', '0100 202 555 01001', '0100 20[·]2 555 01[·]001'],
    ['one with other dots', '+1\u3002202\u2024555\uff0e0100', '+1\u3002202\u202455[·]5\uff0e0100'],
    ['one after a letter', 'fax202-555-0100', 'fax202-555-[·]0100'],
    ['one after other letters', '电话202-555-0100', '电话202-555-[·]0100'],
    ['a phone number as an address', 'tel:+15551234', 'tel[:]+155512[·]34'],
    ['a message', 'sms:+15551234&body=x', 'sms[:]+155512[·]34&body=x'],
    ['a network with a path', '10.0.0.0/8/x', '10.0.0[.]0/8/x'],
    ['a path of three digits', '10.0.0.0/888', '10.0.0[.]0/888'],
    ['a mapped address with a path', '::ffff:203.0.113.9/x', '::ffff[:]203.0.113[.]9/x'],
    ['a zone that is a host', 'fe80::1%evil.com', 'fe80::1%evil[.]com'],
    ['rv with a host', 'rv:109.evil', 'rv[:]109[.]evil'],
    ['rv with an IP address', 'rv:1.9.2.3', 'rv[:]1.9.2.3'],
    ['a mail address', 'mailto:a@evil.com', 'mailto[:]a@evil[.]com'],
    ['a script', 'javascript:alert(1)', 'javascript[:]alert(1)'],
    ['data', 'data:text/html,x', 'data[:]text/html,x'],
    ["a client's own", 'slack://x msteams:/l/x', 'slack[:]//x msteams[:]/l/x'],
    ['a fullwidth colon', 'tel\uff1a1', 'tel[:]1'],
    ['feed, a scheme of hexadecimal digits', 'feed:abcd', 'feed[:]abcd'],
    ['a mail address without a scheme', 'alice@evil.com', 'alice@evil[.]com'],
    ['one at a host without a dot', 'alice@evil', 'alice[@]evil'],
    ['one at an IP address', 'alice@203.0.113.9', 'alice@203[.]0.113.9'],
  ])('%s', (_what, text, expected) => {
    expect(defanged(text)).toBe(expected);
    expect(linkify(text)).not.toEqual([]);
    expect(linkify(expected)).toEqual([]);
  });

  test.each([
    '203.0.113.9',
    '2001:db8::1',
    'fe80::abcd%eth0',
    '[2001:db8:a:b:c:d:e:f]:443',
    '2001:db8::/32',
    'aa:bb:cc:dd:ee:ff',
    '::ffff:203.0.113.9',
    '::ffff:203.0.113.9:443',
    '[::ffff:203.0.113.9]:443',
    '[fe80::abcd%eth0]:443',
    '64:ff9b::192.0.2.33/96',
    '10.0.0.0/8',
    '(10.0.0.0/8, 192.168.0.0/16)',
    'curl/8.5.0 Chrome/120.0.0.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0',
    'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.224 Safari/537.36',
    '2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00.123+02:00',
    '2026-01-31 09:30:00 +0200',
    'sha256:9f86d081',
    '12345678-1234-4567-8901-123456789012',
    '00000000-0000-0000-0000-000000000001',
    '12025550100',
    '(202)5550100',
    '1769851800.123',
    '10.0.19045.3930',
    'v1.27.3+20240131',
    '+123456',
    '/v1/vms/9f8e7d6c',
    'Alice Smith (ops): 3 of 4',
    '@channel',
    '1.5',
  ])('leaves alone %s', (text) => {
    expect(defanged(text)).toBe(text);
    expect(linkify(text)).toEqual([]);
  });
});

test.each(['h323:evil…x', '202…555 0100'])('dots in place of an ellipsis make no link in ASCII: %s', (text) => {
  expect(linkify(text.replace('…', '...'))).not.toEqual([]);
  expect(linkify(readSlack(shortSlack(writtenBy(text))).text)).toEqual([]);
});

test('several values of one line are defanged together', () => {
  expect(untrustedWords(['call +1 202', '555 0100', ''], 100)).toBe('call +1 202 55[·]5 0100 –');
  expect(untrustedWords(['evil', '.com', null, '\u200b'], 100)).toBe('evil .com – (blank)');
});

describe('an action', () => {
  test.each([
    ...['vm.created', 'request.rejected', 'api_key.deleted', 'nks_cluster.kubeconfig_read', 'wormhole.opened'],
    ...['nks_cluster.read', 'usage.read', 'audit_log.read', 'vm.restart', 'organization.memberships_listed'],
  ])('%s keeps its dot in the field action, and nowhere else', (action) => {
    expect(fieldLine('action', action, 100)).toBe(action);
    expect(fieldLine('actor.name', action, 100)).toBe(action.replace('.', '[.]'));
    expect(fieldLine(null, action, 100)).toBe(untrustedLine(action, 100));
  });
  test.each([
    'evil.com',
    'evil.red',
    'evil.limited',
    'evil.to__',
    '_evil.opened',
    'evil.exposed',
    'evil.clubmed',
    'evil.med',
    'evil.kred',
    'usage.click',
    'localhost.created',
    'evil.read',
    'evil.wed',
    'evil.com_read',
    'paypal.com_ed',
    'x_y.com',
    'a.evil.opened',
    'Evil.opened',
    'evil․opened',
    'https://evil.opened',
    'vm.created evil.com',
    'evil.com\nvm.created',
    `vm.${'x'.repeat(100)}ed`,
  ])('with another form is defanged: %j', (text) => {
    expect(linkify(fieldLine('action', text, 100))).toEqual([]);
    expect(fieldLine('action', text, 100)).toBe(untrustedLine(text, 100));
  });

  test('is the same in a headline', () => {
    const of: AlertNotification = { ...OPENED, entry: { ...OPENED.entry, action: 'request.rejected' } };
    expect(JSON.stringify(slack(of, NO_LINKS))).not.toContain('rejected[');
    expect(slack(of, NO_LINKS).text).toContain('request.rejected by ');
  });
});

test('our own words are never defanged', () => {
  expect(trustedLine('see https://docs.example/x, request.rejected and tel:1', 100)).toBe(
    'see https://docs.example/x, request.rejected and tel:1',
  );
  const title = 'request.rejected at corp.example';
  const of: AlertNotification = { ...OPENED, alert: { ...OPENED.alert, title } };
  expect(slack(of, NO_LINKS).text).toContain(title);
  expect(mail(of, NO_LINKS, 'a@b.example').subject).toContain(title);
});

describe('whatever an attacker writes, in whatever field', () => {
  const lure = fc.constantFrom(
    ...[
      'evil',
      '.com',
      '.',
      '\u2024',
      '\u3002',
      '\uff0e',
      ':',
      '\uff1a',
      '//',
      '/',
      '@',
      'www',
      'tel',
      'mailto',
      'zip',
    ],
    ...[
      '203.0.113.9',
      ':8080',
      'xn--p1ai',
      ' ',
      '\u200b',
      '\u0301',
      '❤',
      'a',
      '1',
      '-',
      '_',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
    ],
    ...['usage', 'vm.created', 'ed', '::', 'fe80', 'feed', '%', '+', '…', 'javascript', '\u202e', '\u00ad', '&', '\\'],
    ...[
      '202',
      '555-0100',
      '+1 202',
      ') ',
      '/8',
      'localhost',
      'h323:evil',
      'rv:109.0',
      '::ffff:',
      ']:443',
      '·',
      ' 0100',
    ],
  );
  const lures = fc.array(lure, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(''));

  test('no line of text has anything that a client links', () => {
    fc.assert(
      fc.property(fc.oneof(lures, hostile), (text) => {
        expect(linkify(untrustedLine(text, 100))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  test('no message has', () => {
    const inOurs = new Set(Object.values(texts(writtenBy('nothing'))).flatMap(linkify));
    fc.assert(
      fc.property(fc.oneof(lures, hostile), (text) => {
        for (const [where, shown] of Object.entries(texts(writtenBy(text)))) {
          const found = linkify(shown).filter((link) => !inOurs.has(link) && !isAction(text, link));
          expect(found, where).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** Shown as it is: the text is an action, and stands in that field. */
function isAction(text: string, link: string): boolean {
  return text === link && fieldLine('action', text, 100) === text;
}

/** What people see of each kind of message. */
function texts(notification: AlertNotification): { readonly [where: string]: string } {
  const { text, html, subject } = mail(notification, NO_LINKS, 'a@b.example');
  return {
    slack: readSlack(slack(notification, NO_LINKS)).text,
    'short slack': readSlack(shortSlack(notification)).text,
    discord: readDiscord(discord(notification, NO_LINKS)).text,
    'short discord': readDiscord(shortDiscord(notification)).text,
    ntfy: readNtfy(ntfy(notification, NO_LINKS)).text,
    'short ntfy': readNtfy(shortNtfy(notification)).text,
    teams: readTeams(teams(notification, NO_LINKS)).text,
    'short teams': readTeams(shortTeams(notification)).text,
    pagerduty: readPagerDuty(pagerduty(notification, NO_LINKS)).text,
    'short pagerduty': readPagerDuty(shortPagerDuty(notification)).text,
    text,
    html: readHtml(html).text,
    subject,
    webhook: (JSON.parse(payload(notification, NO_LINKS)) as { data: { text: string } }).data.text,
  };
}
