import { expect, test } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { AlertNotification } from '../../src/alert/notification.ts';
import { render } from '../../src/notify/slack/render.ts';
import { jsonLine } from '../../src/text/invisible.ts';
import { type DemoEvent, eventsFrom } from './event.ts';
import { colourPaint, linesOf, plainPaint } from './lines.ts';
import { readMessage } from './message.ts';

const NOW = Date.UTC(2026, 0, 31, 9, 30);
const TICK = {
  at: 'tick',
  pages: 2,
  recorded: 7,
  known: 1,
  quarantined: 0,
  opened: [],
  watermark: '',
  stopped: 'scan ended',
  notes: [],
};
const ALERT = {
  id: 3,
  rule: 'r',
  title: 'API key deleted',
  level: 'high',
  decisions: [{ notify: true, kind: 'opened', reason: 'first match' }],
  evidence: 'a=b',
};

const LINES: readonly (readonly [what: string, level: string, line: unknown, events: readonly unknown[]])[] = [
  ['a tick', 'log', TICK, [{ at: 'tick', recorded: 7, pages: 2 }]],
  [
    'an alert',
    'log',
    { ...TICK, opened: [ALERT] },
    [{ at: 'tick' }, { at: 'alert', id: 3, level: 'high', evidence: 'a=b', decision: 'Notified: opened the alert' }],
  ],
  ['a note', 'warn', { ...TICK, notes: ['a note'] }, [{ at: 'tick' }, { at: 'problem', problem: 'a note' }]],
  [
    'quarantined entries',
    'warn',
    { ...TICK, quarantined: 2 },
    [{ at: 'tick' }, { problem: '2 entries were quarantined' }],
  ],
  [
    'a tick that failed',
    'error',
    { at: 'tick', error: 'no answer' },
    [{ at: 'problem', problem: 'the tick failed: no answer' }],
  ],
  [
    'a setting',
    'error',
    { at: 'settings', setting: 'X', problem: 'is not set', meanwhile: 'none' },
    [{ problem: 'X is not set; meanwhile none' }],
  ],
  [
    'a delivery',
    'log',
    { at: 'delivery', what: 'opened', receiver: 'slack', attempt: 1, state: 'delivered' },
    [{ at: 'delivery', state: 'delivered', reason: null }],
  ],
  [
    'a failed delivery',
    'error',
    { at: 'delivery', receiver: 'slack', state: 'dead', reason: '404' },
    [{ at: 'delivery', state: 'dead', reason: '404' }],
  ],
  ['an error of any kind', 'error', 'Uncaught', [{ at: 'problem', problem: 'Uncaught' }]],
  ['another line', 'log', 'hello', []],
  ['an unknown event', 'log', { at: 'tock' }, []],
];

test.each(LINES)('reads from the Worker’s log: %s', (_, level, line, events) => {
  const found = eventsFrom(level, typeof line === 'string' ? line : JSON.stringify(line));
  expect(found).toHaveLength(events.length);
  expect(found).toMatchObject(events);
});

const NOTIFICATION: AlertNotification = {
  kind: 'opened',
  alert: {
    id: 1234,
    ruleId: 'r',
    title: 'Keys & <doors>',
    description: 'd',
    level: 'high',
    runbook: null,
    falsepositives: ['x'],
    tags: [],
    key: [{ field: 'actor.id', value: 'u' }],
    count: 1,
    firstAt: NOW,
    lastAt: NOW,
    periodMs: 3_600_000,
  },
  entry: {
    id: 'e',
    createdAt: NOW,
    action: 'api_key.deleted',
    actor: { id: 'u', name: 'A <b> & c', type: 'user' },
    target: { id: 't', type: 'api_key' },
    clientIp: '192.0.2.1',
    method: 'DELETE',
    path: '/x',
    statusCode: '204',
    userAgent: null,
  },
  evidence: [],
  window: null,
};

test('reads a message back', () => {
  const message = readMessage(JSON.parse(JSON.stringify(render(NOTIFICATION, NO_LINKS))));
  expect(message.alert).toBe(1234);
  expect(message.text).toBe('[HIGH] Keys & <doors>: api_key.deleted by A <b> & c from 192.0.2.1');
  expect(message.facts.find(({ label }) => label === 'who')?.lines).toEqual(['A <b> & c', 'user u']);
  expect(message.facts.find(({ label }) => label === 'when')?.lines[0]).toBe('2026-01-31 09:30:00 UTC');
});

test.each([null, 7, 'ok', {}, { text: 3, blocks: 'x' }, { blocks: [null, { fields: [1], elements: [{}] }] }])(
  'reads what it can from an invalid message: %j',
  (message) => {
    expect(readMessage(message).alert).toBeNull();
  },
);

const HOSTILE = 'a\u001b[2Jb\u009b31mc\u202ed\ne';
const EVENTS: readonly DemoEvent[] = [
  {
    at: 'started',
    inbox: 'x',
    open: 'x',
    auditLog: 'x',
    worker: 'x',
    slack: 'x',
    mail: 'x',
    lookup: 'x',
    status: 'x',
  },
  { at: 'scenario', name: 'x', entries: 1 },
  { at: 'tick', pages: 1, recorded: 1, staged: 0, known: 0, watermark: '', stopped: 'budget' },
  { at: 'alert', id: 1, level: 'high', title: HOSTILE, evidence: HOSTILE, decision: HOSTILE },
  { at: 'message', alert: 1, text: HOSTILE, facts: [{ label: 'who', lines: [HOSTILE] }] },
  { at: 'mail', alert: 1, to: HOSTILE, subject: HOSTILE },
  { at: 'delivery', id: 1, what: 'opened', receiver: 'slack', attempt: 1, state: 'pending', reason: HOSTILE },
  { at: 'problem', problem: HOSTILE },
  { at: 'ended', how: 'failed', alerts: 0, reason: HOSTILE },
];

test.each(EVENTS)('prints no character of "$at" that a terminal would interpret', (event) => {
  const controls = /[\p{Cc}\p{Bidi_Control}]/u;
  expect(linesOf(event, NOW, plainPaint).join(' ')).not.toMatch(controls);
  const line = jsonLine(event);
  expect(line).not.toMatch(controls);
  expect(JSON.parse(line)).toEqual(event);
});

test('prints nothing for a quiet tick, and colours only if asked', () => {
  const quiet: DemoEvent = {
    at: 'tick',
    pages: 1,
    recorded: 0,
    staged: 0,
    known: 9,
    watermark: '',
    stopped: 'scan ended',
  };
  expect(linesOf(quiet, NOW, plainPaint)).toEqual([]);
  expect(linesOf({ ...quiet, recorded: 1 }, NOW, colourPaint).join('')).toContain('\u001b[');
});
