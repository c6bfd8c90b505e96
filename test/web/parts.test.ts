/** The parts of pages that decide something: JSON to copy, fields and evidence, addresses that may be links. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attackPath } from '../../src/alert/attack.ts';
import { EVERY_ALERT } from '../../src/ledger/alert-query.ts';
import { type AlertFilters, alertsPath, readAlertQuery } from '../../src/web/pages/alerts.tsx';
import { KeyParts } from '../../src/web/pages/parts/alert-list.tsx';
import { evidenceFor, fieldsOf } from '../../src/web/pages/parts/fields.ts';
import { prettyJson } from '../../src/web/pages/parts/json-text.ts';
import { httpsAddress } from '../../src/web/pages/parts/rule-text.tsx';

describe('a dedup key', () => {
  it.each([
    ['a value', 'u-1', '<span><span class="quiet"><bdi>f</bdi></span> <code><bdi>u-1</bdi></code></span>'],
    [
      'an empty one',
      '',
      '<span><span class="quiet"><bdi>f</bdi></span> <code><span class="none">(empty)</span></code></span>',
    ],
    ['none', null, '<span><span class="quiet">no <bdi>f</bdi></span></span>'],
  ])('shows %s', (_, value, html) => {
    expect(String(KeyParts({ parts: [{ field: 'f', value }], max: 80 }))).toBe(html);
  });
});

describe('JSON to copy', () => {
  it('has the same meaning as before', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(prettyJson(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('keeps large numbers and duplicate keys', () => {
    expect(prettyJson('{"n":9007199254740993,"x":1.0,"x":1e400}')).toBe(
      '{\n  "n": 9007199254740993,\n  "x": 1.0,\n  "x": 1e400\n}',
    );
  });

  it('escapes invisible characters', () => {
    expect(prettyJson('{"a":"x\u202Ey\u{E0041}"}')).toBe('{\n  "a": "x\\u202ey\\udb40\\udc41"\n}');
  });

  it('is indented as JSON.stringify does', () => {
    const value = { a: [], b: {}, c: [1, { d: null }], e: 'x: {y}, [z] "' };
    expect(prettyJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it('stays small if deeply nested', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(prettyJson(deep).length).toBeLessThan(50 * 40_000);
  });
});

describe('fields', () => {
  it('are named by their path, in their order', () => {
    const { fields, more } = fieldsOf({ a: 1, b: { c: [true, { d: 'x' }], e: {} }, 'f.g': null });
    expect(fields.map(({ path, text }) => `${path}=${text}`)).toEqual([
      'a=1',
      'b.c[0]=true',
      'b.c[1].d=x',
      'b.e={}',
      'f.g=null',
    ]);
    expect(more).toBe(false);
  });

  it('are bounded in number and depth', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < 50_000; i++) deep = { a: deep };
    expect(fieldsOf({ deep, wide: Array.from({ length: 10_000 }, (_, i) => i) })).toMatchObject({ more: true });
    expect(fieldsOf({ deep }).fields).toHaveLength(1);
  });

  it('are marked if their value matched, also in a list, also if it was cut', () => {
    const long = 'A'.repeat(300);
    const evidence = [
      { selection: 's', field: 'tags', value: 'b' },
      { selection: 's', field: 'agent', value: 'A'.repeat(256) },
      { selection: 'k', field: null, value: 'word' },
    ];
    const { fields } = fieldsOf({ tags: ['a', 'b'], agent: long, other: 'word', b: 'b' });
    const marked = fields.filter((field) => evidenceFor(field, evidence).length > 0);
    expect(marked.map(({ path }) => path)).toEqual(['tags[1]', 'agent', 'other']);
  });
});

describe('addresses', () => {
  it.each([
    ['attack.t1098.001', 'https://attack.mitre.org/techniques/T1098/001/'],
    ['attack.t1531', 'https://attack.mitre.org/techniques/T1531/'],
    ['attack.T1531', 'https://attack.mitre.org/techniques/T1531/'],
    ['attack.privilege-escalation', 'https://attack.mitre.org/tactics/TA0004/'],
    ['attack.privilege_escalation', 'https://attack.mitre.org/tactics/TA0004/'],
    ['attack.constructor', null],
    ['attack.t1/../../evil', null],
    ['cve.2026-1', null],
  ])('of the tag %s', (tag, path) => {
    expect(attackPath(tag)).toBe(path);
  });

  it.each([
    ['https://example.com/a?b#c', 'https://example.com/a?b#c'],
    ['http://example.com/', null],
    ['javascript:alert(1)', null],
    [' https://example.com/', null],
    ['https://user:password@example.com/', null],
    ['https://', null],
  ])('%s as a link', (text, address) => {
    expect(httpsAddress(text)).toBe(address);
  });

  it('of the list of alerts are read as they are written', () => {
    const now = Date.UTC(2026, 10, 30, 14);
    const query: AlertFilters = {
      ...{
        status: 'acknowledged',
        level: 'high',
        rule: 'a b&c',
        actor: 'ci+deploy',
        tag: 'attack.t1098',
        assignee: 'Ada',
      },
      ...{ text: '100 % & more', since: now - 86_400_000, until: Date.UTC(2026, 10, 30), before: 12, most: null },
      given: { since: '24h', until: '2026-11-30' },
    };
    const params = new URL(alertsPath(query), 'https://tocsin.example').searchParams;
    expect(readAlertQuery((name) => params.get(name) ?? undefined, now)).toEqual(query);
    expect(alertsPath({ ...EVERY_ALERT, status: 'unresolved' })).toBe('/alerts');
  });
});
