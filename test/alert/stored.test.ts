import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import { shortText } from '../../src/alert/short-text.ts';
import { readNotification } from '../../src/alert/stored.ts';
import { EXAMPLES } from '../notify/examples.ts';
import { BLIND, CORRELATED, OPENED } from '../notify/notifications.ts';
import { OLD } from '../notify/old.ts';

const read = (notification: unknown) => readNotification(JSON.stringify(notification));
const old = (name: string) => read(OLD.find(([known]) => known === name)?.[1]);

describe('what is stored', () => {
  test.each(EXAMPLES)('today comes out as it went in: %s', (_, notification) => {
    expect(read(notification)).toEqual(JSON.parse(JSON.stringify(notification)));
  });

  test('by the first version is made whole', () => {
    expect(old('an alert')).toEqual({ ...OPENED, alert: { ...OPENED.alert, periodMs: 3_600_000 } });
    expect(old('a correlation')).toEqual({ ...CORRELATED, window: { ...CORRELATED.window, first: [] } });
    expect(old('an alarm')).toEqual(BLIND);
  });

  test('and is no notification comes out as it is', () => {
    for (const strange of [null, 1, 'x', [], {}, { alarm: null }, { alert: [] }])
      expect(read(strange)).toEqual(strange);
  });

  test('and is no JSON is an error', () => expect(() => readNotification('{')).toThrow(SyntaxError));
});

describe('in short', () => {
  test.each([
    [{ kind: 'new', alert: { title: 'API key deleted', level: 'high' } }, ': [HIGH] API key deleted'],
    [{ kind: 'new', alert: { title: 'at evil.example' } }, ': at evil[.]example'],
    [{ kind: 'new', alarm: { summary: 'nothing was read' } }, ': nothing was read'],
    [{ kind: 'new', alert: { title: 7, level: {} } }, ''],
    [{}, ''],
    [null, ''],
  ])('%j is told as far as it can be read', (strange, told) => {
    expect(shortText(strange as never, NO_LINKS)).toBe(`Tocsin has an alert that it cannot read${told}`);
  });

  test('whatever is stored, it is a line', () => {
    fc.assert(fc.property(fc.json(), (text) => /^[^\n]+$/.test(shortText(readNotification(text), NO_LINKS))));
  });
});
