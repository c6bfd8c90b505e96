import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Notification } from '../../../src/alert/notification.ts';
import { payload, unreadable } from '../../../src/notify/webhook/payload.ts';
import { EXAMPLES, GROUP, INHIBITING, RESOLVED } from '../examples.ts';
import { anyNotification } from '../hostile.ts';
import { BLIND, LINKS, OPENED } from '../notifications.ts';

const docs = join(import.meta.dirname, '../../../docs');
const json = JSON.parse(readFileSync(join(docs, 'webhook.schema.json'), 'utf8'));
const schema = z.fromJSONSchema(json);

/** Why `body` is not valid; null: it is. */
function problem(body: unknown): string | null {
  const { error } = schema.safeParse(body);
  return error === undefined ? null : JSON.stringify(error.issues);
}

const sent = (notification: Notification) => JSON.parse(payload(notification, LINKS));

describe('docs/webhook.schema.json', () => {
  test('is of the draft that it names, and versioned', () => {
    expect(json.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(json.$id).toBe(`urn:tocsin:webhook:${json.version.split('.')[0]}`);
    expect(readFileSync(join(docs, 'receivers.md'), 'utf8')).toContain('(webhook.schema.json)');
  });

  test.each(EXAMPLES)('allows the payload of %s', (_, notification) => expect(problem(sent(notification))).toBeNull());

  test('allows any payload', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(problem(sent(notification))).toBeNull();
      }),
    );
  });

  test('allows the payload of what this version can’t read', () => {
    expect(problem(JSON.parse(unreadable({ kind: 'later' } as unknown as Notification, LINKS)))).toBeNull();
  });

  test('allows fields that it does not name', () => {
    const body = sent(OPENED);
    expect(problem({ ...body, data: { ...body.data, alert: { ...body.data.alert, later: 1 } } })).toBeNull();
  });

  test('names every field that a payload has', () => {
    const named = new Set(JSON.stringify(json).match(/"\w+"(?=:)/g));
    for (const [, notification] of EXAMPLES) {
      const fields = JSON.stringify(sent(notification)).match(/(?<=[{,])"\w+"(?=:)/g) ?? [];
      expect(fields.filter((field) => !named.has(field))).toEqual([]);
    }
  });

  test.each(['type', 'timestamp', 'data'])('rejects a payload without %s', (field) => {
    const { [field]: _, ...rest } = sent(OPENED);
    expect(problem(rest)).not.toBeNull();
  });

  const cases: readonly (readonly [string, Notification, readonly string[]])[] = [
    ['an alert', INHIBITING, ['data']],
    ['what an alert is', INHIBITING, ['data', 'alert']],
    ['its rule', INHIBITING, ['data', 'alert', 'rule']],
    ['its window', INHIBITING, ['data', 'window']],
    ['its entry', INHIBITING, ['data', 'entry']],
    ['an inhibited alert', INHIBITING, ['data', 'inhibited', '0']],
    ['a resolution', RESOLVED[0] ?? OPENED, ['data', 'resolution']],
    ['a health alert', BLIND, ['data', 'health']],
    ['a group', GROUP, ['data', 'group']],
    ['its first alert', GROUP, ['data', 'group', 'first']],
    ['one of its other alerts', GROUP, ['data', 'group', 'others', '0']],
  ];

  test.each(cases)('requires each field of %s, with its type', (_, notification, path) => {
    const fields = Object.keys(at(sent(notification), path) as object);
    expect(fields.length).toBeGreaterThan(2);
    for (const field of fields) {
      const without = sent(notification);
      delete (at(without, path) as Record<string, unknown>)[field];
      expect(problem(without), `without ${field}`).not.toBeNull();
      const wrong = sent(notification);
      (at(wrong, path) as Record<string, unknown>)[field] = Symbol('of no type');
      expect(problem(wrong), `with a wrong ${field}`).not.toBeNull();
    }
  });
});

function at(body: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown>)[key], body);
}
