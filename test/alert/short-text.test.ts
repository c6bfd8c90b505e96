import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { Notification } from '../../src/alert/notification.ts';
import { shortText } from '../../src/alert/short-text.ts';
import { parseJson } from '../../src/text/json.ts';

const short = (stored: unknown) => shortText(stored as Notification, NO_LINKS);

describe('the short text of a notification that cannot be read whole', () => {
  test.each([
    [{ kind: 'opened', alert: { title: 'API key deleted', level: 'high' } }, ': [HIGH] API key deleted'],
    [{ kind: 'opened', alert: { title: 'at evil.example' } }, ': at evil[.]example'],
    [{ kind: 'health', health: { summary: 'no complete read' } }, ': no complete read'],
    [{ kind: 'opened', alert: { title: 7, level: {} } }, ''],
    [{}, ''],
    [null, ''],
  ])('%j shows as much as can be read', (stored, shown) => {
    expect(short(stored)).toBe(`Tocsin has an alert that this version cannot read${shown}`);
  });

  test('says how many waited during an outage, as an older version stored it', () => {
    expect(short({ kind: 'digest', digest: { receiver: 'slack', messages: 402, healthMessages: 3 } })).toBe(
      '402 notifications of alerts waited during an outage: see them on the page of all alerts',
    );
  });

  test('is one line, whatever is stored', () => {
    fc.assert(fc.property(fc.json(), (text) => /^[^\n]+$/.test(short(parseJson(text)))));
  });
});
