import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LINKS } from '../../../src/alert/links.ts';
import type { Notification } from '../../../src/alert/notification.ts';
import { testNotification } from '../../../src/ledger/deliver/test-delivery.ts';
import { BYTES_MAX, payload } from '../../../src/notify/webhook/payload.ts';
import {
  AVERAGE,
  CLOSED,
  CORRELATION,
  EXAMPLES,
  GOES_ON,
  GROUP,
  HOSTILE_TEXTS,
  IN_ORDER,
  INHIBITING,
  RAISED,
  RESOLVED,
  SHORTENED,
  UPDATED,
  writtenBy,
} from '../examples.ts';
import { anyNotification } from '../hostile.ts';
import { BLIND, LINKS, OPENED } from '../notifications.ts';

const { alert, entry } = LINKS;
const sent = (notification: Notification, links = LINKS) => JSON.parse(payload(notification, links));

describe('what a program reads', () => {
  test('a complete alert', () => {
    expect(sent(OPENED)).toEqual({
      type: 'alert.opened',
      timestamp: '2026-01-31T09:30:00.000Z',
      data: {
        reason: null,
        test: false,
        text: '[HIGH] API key deleted: api_key.deleted by Alice Smith from 203.0.113.9',
        links: { alert, entry },
        alert: {
          id: 12,
          rule: {
            id: '5f1c2f0e-7c1b-4d5e-9f43-6c1d1a3b7e55',
            title: 'API key deleted',
            description: 'An API key was deleted. What used it no longer works.',
            tags: ['attack.t1531'],
            runbook: 'https://example.com/runbooks/api-keys?a=1&b=2',
            falsepositives: ['Rotation of keys that was announced'],
          },
          level: 'high',
          key: [{ field: 'actor.id', value: '123e4567-e89b-12d3-a456-426614174000' }],
          count: 1,
          first_at: '2026-01-31T09:30:00.000Z',
          last_at: '2026-01-31T09:30:00.000Z',
          period_seconds: 3_600,
          networks: null,
          acknowledged_by: null,
        },
        resolution: null,
        inhibited: [],
        inhibited_more: 0,
        fields: [],
        entry: {
          id: 'a1b2c3d4-0000-4000-8000-000000000001',
          created_at: '2026-01-31T09:30:00.000Z',
          action: 'api_key.deleted',
          actor: { id: '123e4567-e89b-12d3-a456-426614174000', name: 'Alice Smith', type: 'user' },
          target: { id: '9f8e7d6c-0000-4000-8000-000000000002', type: 'api_key' },
          client_ip: '203.0.113.9',
          method: 'DELETE',
          path: '/v1/api_keys/9f8e7d6c-0000-4000-8000-000000000002',
          status_code: '204',
          user_agent: 'Terraform/1.5.7 (+https://www.terraform.io)',
        },
        evidence: [{ selection: 'deleted', field: 'action', value: 'api_key.deleted' }],
        window: null,
        shortened: false,
      },
    });
  });

  test('a complete health alert', () => {
    expect(sent(BLIND, NO_LINKS)).toEqual({
      type: 'health.raised',
      timestamp: '2026-01-31T09:30:00.000Z',
      data: {
        test: false,
        text: expect.stringMatching(
          /^\[CRITICAL\] Tocsin health: not watching the audit log\. Nothing was read for 15 minutes/,
        ),
        links: NO_LINKS,
        health: {
          kind: 'blind',
          level: 'critical',
          subject: null,
          summary: BLIND.health.summary,
          hint: BLIND.health.hint,
          since: '2026-01-31T09:30:00.000Z',
        },
        shortened: false,
      },
    });
  });

  test.each<[Notification, string]>([
    [UPDATED, 'alert.updated'],
    [RAISED, 'alert.raised'],
    [GOES_ON, 'alert.recurred'],
    [GROUP, 'group'],
    [CLOSED, 'alert.resolved'],
    [{ ...BLIND, kind: 'health-resolved' }, 'health.resolved'],
  ])('the type is of the notification', (notification, type) => expect(sent(notification).type).toBe(type));

  test('a dedup key tells a field that is missing from an empty one', () => {
    const key = [
      { field: 'actor.id', value: null },
      { field: 'target.id', value: '' },
    ];
    expect(sent({ ...OPENED, alert: { ...OPENED.alert, key } }).data.alert.key).toEqual(key);
  });

  test('a correlation has its number, window and first entries', () => {
    const { window } = sent(CORRELATION).data;
    expect(window).toMatchObject({ type: 'event_count', value: 20, timespan_seconds: 600, condition: '20 or more' });
    expect(window.first).toHaveLength(3);
  });

  test('a fraction, and the titles of the rules', () => {
    expect(sent(AVERAGE).data.window).toMatchObject({ type: 'value_avg', value: 1234.5678, fields: ['bytes'] });
    expect(sent(IN_ORDER).data.window).toMatchObject({ value: 3, percentile: null, rules: IN_ORDER.window?.rules });
  });

  test.each([
    [Date.UTC(9999, 11, 31), '9999-12-31T00:00:00.000Z'],
    [Date.UTC(10_000, 0, 1), null],
    [-8.64e15, null],
    [Number.NaN, null],
  ])('a time is RFC 3339, or null: %d', (createdAt, shown) => {
    expect(sent({ ...OPENED, entry: { ...OPENED.entry, createdAt } }).timestamp).toBe(shown);
  });

  test('a test says that it is one', () => expect(sent(testNotification(0)).data.test).toBe(true));

  test('all types of one schema have the same fields', () => {
    const fields = (notification: Notification) => Object.keys(sent(notification).data).sort();
    for (const notification of [UPDATED, CLOSED, SHORTENED, INHIBITING, ...RESOLVED])
      expect(fields(notification)).toEqual(fields(OPENED));
  });
});

describe('untrusted text', () => {
  test.each(HOSTILE_TEXTS)('is unchanged in its field: %j', (text) => {
    const { entry, evidence } = sent(writtenBy(text)).data;
    for (const field of ['action', 'client_ip', 'path', 'user_agent']) expect(entry[field]).toBe(text.toWellFormed());
    expect(evidence[0].value).toBe(text.toWellFormed());
  });

  test('is cut if it is long, and marked as shortened', () => {
    const { data } = sent(SHORTENED);
    expect(data.shortened).toBe(true);
    expect(data.entry.user_agent).toMatch(/^a-name-that-goes-on.*…$/);
    expect(data.links).toEqual({ alert, entry });
  });

  test.each(['\u0000', '\u2028', '"', '😀', '\ud83d'])(
    'is small even if all of it must be escaped: %j',
    (character) => {
      const worst = writtenBy(character.repeat(30_000), {
        ...CORRELATION,
        evidence: Array.from({ length: 100 }, () => ({ selection: 's', field: 'f', value: 'v' })),
      });
      const [first] = worst.window?.first ?? [];
      const window = worst.window && {
        ...worst.window,
        first: Array.from({ length: 100 }, () => first ?? worst.entry),
      };
      const many = Array.from({ length: 100 }, () => character.repeat(30_000));
      expectSmall({
        ...worst,
        window,
        evidence: many.map((value) => ({ selection: value, field: value, value })),
        alert: { ...worst.alert, tags: many, falsepositives: many, runbook: many[0] ?? '', title: many[0] ?? '' },
      });
      const [long = ''] = many;
      const named = many.map((name) => ({ name, alerts: Number.MAX_VALUE }));
      const inhibited = many.map((title) => ({ id: Number.MAX_VALUE, title, level: 'high' as const, count: 1 }));
      const resolution = { reason: 'false positive', by: long, comment: long } as const;
      const alert = { ...worst.alert, tags: many, falsepositives: many, acknowledgedBy: long, title: long };
      const fields = many.map((value) => ({ field: value, value }));
      const parts = { alert, window, inhibited, resolution, fields, reason: long };
      const all = { ...worst, ...parts, evidence: many.map((value) => ({ selection: value, field: value, value })) };
      const others = many.map((title) => ({
        ...({
          id: Number.MAX_VALUE,
          title,
          level: 'informational',
          kind: 'recurred',
          count: Number.MAX_VALUE,
        } as const),
        ...{ lastAt: Date.UTC(2026, 0, 1), actor: long, address: long },
      }));
      const lists = { others, rules: named, actors: named, addresses: named };
      expectSmall(all);
      expectSmall({ kind: 'group', group: { ...GROUP.group, ...lists, subject: long, first: all } });
    },
  );

  test('the payload is small JSON, whatever is in the notification', () => {
    fc.assert(fc.property(anyNotification, expectSmall), { numRuns: 150 });
  });

  test.each(EXAMPLES)('%s is small', (_, notification) => expectSmall(notification));

  function expectSmall(notification: Notification): void {
    const text = payload(notification, LINKS);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(BYTES_MAX);
    expect(text.isWellFormed()).toBe(true);
    expect(JSON.parse(text)).toHaveProperty('data.text');
  }
});
