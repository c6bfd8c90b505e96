import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryView } from '../../src/alert/entry-view.ts';

const view = (body: unknown) => entryView('id', 1, body as Readonly<Record<string, unknown>>);

describe('entryView', () => {
  it('shows the fields that people look for', () => {
    const body = {
      action: 'vm.deleted',
      actor: { id: 'u-1', name: 'Alice', type: 'user' },
      target: { id: 'vm-1', type: 'vm' },
      client_ip: '203.0.113.1',
      method: 'DELETE',
      path: '/v1/compute/vms/vm-1',
      status_code: 204,
      user_agent: 'curl/8',
    };
    expect(view(body)).toEqual({
      id: 'id',
      createdAt: 1,
      action: 'vm.deleted',
      actor: { id: 'u-1', name: 'Alice', type: 'user' },
      target: { id: 'vm-1', type: 'vm' },
      clientIp: '203.0.113.1',
      method: 'DELETE',
      path: '/v1/compute/vms/vm-1',
      statusCode: '204',
      userAgent: 'curl/8',
    });
  });

  const rows: readonly [string, unknown, unknown][] = [
    ['nothing is null', {}, { action: null, actor: { id: null, name: null, type: null }, target: { id: null } }],
    ['null is null', { actor: null, target: null, action: null }, { action: null, actor: { id: null } }],
    ['text instead of an object has no fields', { actor: 'root' }, { actor: { id: null } }],
    ['a flat key is read as well', { 'actor.id': 'u-1' }, { actor: { id: 'u-1' } }],
    ['an object is shown as JSON', { action: { a: [1] } }, { action: '{"a":[1]}' }],
    ['false and 0 are values', { method: false, status_code: 0 }, { method: 'false', statusCode: '0' }],
    ['long text is cut', { user_agent: 'x'.repeat(3e6) }, { userAgent: `${'x'.repeat(1_000)}…` }],
    ['a prototype has no fields', { actor: JSON.parse('{"__proto__":{"id":"x"}}') }, { actor: { id: null } }],
  ];
  it.each(rows)('%s', (_, body, shown) => {
    expect(view(body)).toMatchObject(shown as object);
  });

  it('shows an entry that is nested too deeply', () => {
    const nested = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(() => view({ action: nested, actor: nested, target: { id: nested } })).not.toThrow();
  });

  it('is well-formed text, wherever it is cut', () => {
    const { userAgent, action } = view({ user_agent: `x${'🔔'.repeat(1_000)}`, action: '🔔'.repeat(1_000) });
    expect([userAgent?.isWellFormed(), action?.isWellFormed()]).toEqual([true, true]);
  });

  it('never throws, and is never large', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('action', 'actor', 'target', 'path', 'actor.id'), fc.jsonValue()),
        (body) => {
          expect(JSON.stringify(view(body)).length).toBeLessThan(100_000);
        },
      ),
    );
  });
});
