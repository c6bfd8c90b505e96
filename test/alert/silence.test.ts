import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NewSilence, readSilence, type SilencedMatch, silenceOver } from '../../src/alert/silence.ts';
import type { EntryBody } from '../../src/sigma/index.ts';

const NOW = Date.UTC(2026, 0, 31, 3, 0);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES = [
  { id: 'r-1', name: 'key_deleted', title: 'Key deleted', path: 'keys/deletions.yml', tags: [] },
  { id: 'r-2', name: null, title: 'Many deletions', path: 'keys/deletions.yml', tags: [] },
  { id: 'r-3', name: null, title: 'Key deleted', path: 'keys/other.yml', tags: [] },
];
const REST = { endsAt: NOW + HOUR, comment: 'a deploy' };

function read(matchers: unknown, rest: object = REST): NewSilence {
  const found = readSilence({ matchers, ...rest }, NOW, RULES);
  if (!found.ok) throw new Error(found.problem);
  return found.value;
}

describe('reads', () => {
  test.each<readonly [what: string, matchers: unknown, read: NewSilence['matchers']]>([
    ['a rule by its id', { rule: 'r-1' }, { rules: ['r-1'] }],
    ['rules, each once', { rule: ['r-1', 'r-2', 'r-1'] }, { rules: ['r-1', 'r-2'] }],
    ['a rule by its name', { rule: 'key_deleted' }, { rules: ['r-1'] }],
    ['a rule by its title', { rule: 'Many deletions' }, { rules: ['r-2'] }],
    ['all rules of a title', { rule: 'Key deleted' }, { rules: ['r-1', 'r-3'] }],
    ['all rules of a file', { rule: 'deletions' }, { rules: ['r-1', 'r-2'] }],
    ['rules by several names', { rule: ['other', 'Key deleted', 'r-2'] }, { rules: ['r-3', 'r-1', 'r-2'] }],
    ['an actor', { actor: 'ci-deploy' }, { actors: ['ci-deploy'] }],
    ['an actor whose id is a number', { actor: 7 }, { actors: ['7'] }],
    [
      'addresses and ranges',
      { address: ['192.0.2.7', '2001:db8::/32'] },
      { addresses: ['192.0.2.7', '2001:db8::/32'] },
    ],
    ['an IPv4 address mapped to IPv6', { address: '::ffff:192.0.2.7' }, { addresses: ['::ffff:192.0.2.7'] }],
    ['the widest ranges', { address: ['10.0.0.0/8', '2001::/16'] }, { addresses: ['10.0.0.0/8', '2001::/16'] }],
    [
      'what narrows it',
      {
        actor: 'ci',
        level: ['low', 'critical'],
        tag: 'Attack.*',
        fields: { 'actor.type': 'api_key', status_code: [403, '404'] },
      },
      {
        actors: ['ci'],
        levels: ['low', 'critical'],
        tags: ['attack.*'],
        fields: [
          ['actor.type', ['api_key']],
          ['status_code', ['403', '404']],
        ],
      },
    ],
  ])('%s', (_, matchers, expected) => {
    expect(read(matchers)).toEqual({ matchers: expected, startsAt: NOW, ...REST });
  });

  test('a later start, and thirty days', () => {
    const rest = { startsAt: NOW + DAY, endsAt: NOW + 31 * DAY, comment: 'a\nb' };
    expect(read({ actor: 'ci' }, rest)).toEqual({ matchers: { actors: ['ci'] }, ...rest });
  });
});

describe('refuses, and says what to do:', () => {
  const actor = { actor: 'ci' };
  const address = (text: unknown) => ({ matchers: { address: text }, ...REST });
  test.each<readonly [what: string, input: unknown, problem: string]>([
    ['nothing', undefined, 'not JSON'],
    [
      'a field with an invisible name',
      { matchers: { actor: 'ci', fields: { 'a\u200b': 'x' } }, ...REST },
      'matchers.fields: must be 1 to 256 visible characters',
    ],
    ['a list', [], 'it: is not an object'],
    ['no matchers', REST, 'matchers: is not an object'],
    [
      'matchers of nothing',
      { matchers: {}, ...REST },
      'matchers: must have a rule, an actor or an address: level, tag and fields only narrow these',
    ],
    [
      'only what narrows',
      { matchers: { level: 'low', tag: 'x', fields: { a: 'b' } }, ...REST },
      'matchers: must have a rule, an actor or an address',
    ],
    [
      'a misspelled matcher, which would silence more',
      { matchers: { ...actor, levle: 'low' }, ...REST },
      'matchers: must have no other keys than rule, actor, address, level, tag, fields: correct or remove them',
    ],
    [
      'a matcher on the prototype',
      { matchers: JSON.parse('{"actor": "ci", "__proto__": {"level": "low"}}'), ...REST },
      'matchers: must have no other keys',
    ],
    ['matchers on a prototype', { matchers: Object.create({ actor: 'ci' }), ...REST }, 'matchers: must have a rule'],
    [
      'an unknown rule',
      { matchers: { rule: 'none' }, ...REST },
      'matchers.rule: no rule has this id, name, title or file: copy its title from the list of rules',
    ],
    [
      'a mistyped title',
      { matchers: { rule: ['r-1', 'Key deletd'] }, ...REST },
      'matchers.rule: no rule has this id, name, title or file; did you mean "Key deleted"? Write it so',
    ],
    [
      'a file with its ending',
      { matchers: { rule: 'deletion.yml' }, ...REST },
      'matchers.rule: no rule has this id, name, title or file',
    ],
    ['a mistyped file', { matchers: { rule: 'deletion' }, ...REST }, 'did you mean "deletions"? Write it so'],
    ['all rules', { matchers: { rule: '*' }, ...REST }, 'matchers.rule: no rule has this id, name, title or file'],
    [
      'null',
      { matchers: { actor: null }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    ['an object', { matchers: { actor: { id: 'ci' } }, ...REST }, 'matchers.actor: must be 1 to 256 visible'],
    ['a list in a list', { matchers: { actor: [['ci']] }, ...REST }, 'matchers.actor: must be 1 to 256 visible'],
    ['no value', { matchers: { actor: [] }, ...REST }, 'matchers.actor: must have 1 to 50 values'],
    [
      'an empty value',
      { matchers: { actor: '' }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    [
      'a long value',
      { matchers: { actor: 'x'.repeat(257) }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    [
      'a million values',
      { matchers: { actor: Array.from({ length: 1_000_000 }, () => 'x') }, ...REST },
      'matchers.actor: must have 1 to 50 values',
    ],
    [
      'an invisible character',
      { matchers: { actor: 'ci\u200b' }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    [
      'a character that reorders',
      { matchers: { actor: '\u202eic' }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    [
      'a space at its end',
      { matchers: { actor: 'ci ' }, ...REST },
      'matchers.actor: must be 1 to 256 visible characters: write it again, or use an id',
    ],
    [
      'an unknown level',
      { matchers: { ...actor, level: 'severe' }, ...REST },
      'matchers.level: is not one of informational, low, medium, high, critical',
    ],
    [
      'no address',
      address('192.0.2'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'an address with a port',
      address('192.0.2.7:443'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'a range with too many bits',
      address('192.0.2.0/33'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'every IPv4 address',
      address('0.0.0.0/0'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'half of them',
      address('128.0.0.0/1'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'every IPv4 address, mapped to IPv6',
      address('::ffff:0:0/96'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'every IPv6 address',
      address('::/0'),
      'matchers.address: must be an IP address or a range, such as 192.0.2.0/24, at most a /8 (IPv6: /16)',
    ],
    [
      'fields as a list',
      { matchers: { ...actor, fields: [['a', 'b']] }, ...REST },
      'matchers.fields: is not an object',
    ],
    ['no fields', { matchers: { ...actor, fields: {} }, ...REST }, 'matchers.fields: must have 1 to 50 values'],
    [
      'a hundred fields',
      {
        matchers: { ...actor, fields: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'x'])) },
        ...REST,
      },
      'matchers.fields: must have 1 to 50 values',
    ],
    [
      'a field without a name',
      { matchers: { ...actor, fields: { '': 'x' } }, ...REST },
      'matchers.fields: must be 1 to 256 visible characters',
    ],
    [
      'a field of null',
      { matchers: { ...actor, fields: { a: null } }, ...REST },
      'matchers.fields.a: must be 1 to 256 visible',
    ],
    ['no end', { matchers: actor, comment: 'x' }, 'endsAt: is not a number'],
    ['an end as text', { matchers: actor, endsAt: '2h', comment: 'x' }, 'endsAt: is not a number'],
    [
      'an end before the start',
      { matchers: actor, startsAt: NOW + DAY, endsAt: NOW + HOUR, comment: 'x' },
      'it: must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
    ],
    [
      'an end that is the start',
      { matchers: actor, endsAt: NOW, comment: 'x' },
      'it: must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
    ],
    [
      'an end in the past',
      { matchers: actor, startsAt: NOW - DAY, endsAt: NOW - HOUR, comment: 'x' },
      'it: must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
    ],
    [
      'more than thirty days',
      { matchers: actor, endsAt: NOW + 30 * DAY + 1, comment: 'x' },
      'it: must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
    ],
    [
      'a start in a hundred years',
      { matchers: actor, startsAt: NOW + 36_500 * DAY, endsAt: NOW + 36_501 * DAY, comment: 'x' },
      'it: must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
    ],
    ['no comment', { matchers: actor, endsAt: NOW + HOUR }, 'comment: is not text'],
    [
      'a comment of nothing',
      { matchers: actor, endsAt: NOW + HOUR, comment: ' \u200b\n' },
      'comment: must be 1 to 1000 characters: write why',
    ],
    [
      'a long comment',
      { matchers: actor, endsAt: NOW + HOUR, comment: 'x'.repeat(1_001) },
      'comment: must be 1 to 1000 characters: write why',
    ],
  ])('%s', (_, input, problem) => {
    const found = readSilence(input, NOW, RULES);
    expect(found).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  test('whatever JSON it is, it is read or refused in one line, and what is read keeps the bounds', () => {
    const any = fc.jsonValue({ maxDepth: 2 });
    const likely = (...good: readonly unknown[]) => fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 9 }, any);
    const matchers = fc.record(
      {
        rule: likely('r-1', ['r-2', 'deletions']),
        actor: likely('ci', ['k-1', 'ci']),
        address: likely('192.0.2.7', '10.0.0.0/8'),
        level: likely('low', ['high', 'critical']),
        tag: likely('attack.*'),
        fields: fc.oneof(fc.dictionary(fc.constantFrom('a.b', '__proto__', 'c d'), likely('x', 7)), any),
      },
      { requiredKeys: [] },
    );
    const rest = { startsAt: likely(NOW), endsAt: likely(NOW + HOUR), comment: likely('x') };
    const input = fc.oneof(any, fc.record({ matchers: fc.oneof(matchers, matchers, any), ...rest }));
    let accepted = 0;
    fc.assert(
      fc.property(input, (json) => {
        const found = readSilence(json, NOW, RULES);
        if (!found.ok) {
          expect(found.problem).toMatch(/^[^\n]{1,600}$/);
          return;
        }
        accepted++;
        const { matchers, startsAt, endsAt } = found.value;
        expect(matchers.rules ?? matchers.actors ?? matchers.addresses).toBeDefined();
        expect(endsAt).toBeGreaterThan(NOW);
        expect(endsAt - startsAt).toBeLessThanOrEqual(30 * DAY);
        expect(JSON.parse(JSON.stringify(found.value))).toEqual(found.value);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

const ENTRY: EntryBody = {
  actor: { id: 'k-1', name: 'ci-deploy', type: 'api_key' },
  client_ip: '192.0.2.7',
  status_code: 403,
};
const OTHER: EntryBody = { ...ENTRY, actor: { id: 'u-1', name: 'Mallory', type: 'user' }, client_ip: '198.51.100.1' };
const MATCH: SilencedMatch = { rule: 'r-1', level: 'high', tags: ['attack.persistence'], entries: [ENTRY] };

describe('a silence is over', () => {
  const CI = { actor: 'ci-deploy' };
  test.each<readonly [what: string, matchers: unknown, match: Partial<SilencedMatch>, isOver: boolean]>([
    ['its rule', { rule: 'r-1' }, {}, true],
    ['not another rule', { rule: 'r-2' }, {}, false],
    ['its actor, by name', CI, {}, true],
    ['its actor, by id', { actor: 'k-1' }, {}, true],
    ['not another actor', { actor: 'u-1' }, {}, false],
    ['its address', { address: '192.0.2.0/24' }, {}, true],
    ['its address, mapped to IPv6', { address: '::ffff:192.0.2.7' }, {}, true],
    [
      'its address, which the entry has mapped to IPv6',
      { address: '192.0.2.7' },
      { entries: [{ client_ip: '::FFFF:c000:0207' }] },
      true,
    ],
    ['not what has no address', { address: '192.0.2.7' }, { entries: [{}] }, false],
    ['not what only looks like its actor', CI, { entries: [{ actor: { name: 'ci-deploy\u200b' } }] }, false],
    [
      'not an actor of the prototype',
      { actor: 'x' },
      { entries: [JSON.parse('{"__proto__": {"actor": {"id": "x"}}}')] },
      false,
    ],
    ['its actor and address, where both match', { ...CI, address: '192.0.2.7' }, {}, true],
    ['not one of both', { ...CI, address: '198.51.100.1' }, {}, false],
    ['a level that narrows it', { ...CI, level: ['high'] }, {}, true],
    ['not another level', { ...CI, level: ['low', 'medium'] }, {}, false],
    ['a tag that narrows it', { ...CI, tag: 'attack.*' }, {}, true],
    ['not another tag', { ...CI, tag: 'cve.*' }, {}, false],
    ['a field that narrows it', { ...CI, fields: { status_code: 403 } }, {}, true],
    ['not another value of the field', { ...CI, fields: { status_code: 404 } }, {}, false],
    ['nothing critical by itself', CI, { level: 'critical' }, false],
    ['nothing critical by its rule', { rule: 'r-1' }, { level: 'critical' }, false],
    ['what is critical, where it says so', { ...CI, level: ['high', 'critical'] }, { level: 'critical' }, true],
    ['a correlation whose every entry matches', CI, { entries: [ENTRY, ENTRY] }, true],
    ['not one of which an entry is of somebody else', CI, { entries: [ENTRY, OTHER, ENTRY] }, false],
    ['not one of which entries are not known', CI, { entries: null }, false],
    ['not one without entries', CI, { entries: [] }, false],
    [
      'not one without entries, narrowed by a field alone',
      { rule: 'r-1', fields: { status_code: 403 } },
      { entries: null },
      false,
    ],
    ['the rule of a correlation, whatever its entries are', { rule: 'r-1' }, { entries: null }, true],
  ])('%s', (_, matchers, match, isOver) => {
    const silence = read(matchers);
    expect(silenceOver([silence], { ...MATCH, ...match }, NOW)).toBe(isOver ? silence : null);
  });

  test.each([
    ['before its start', -1, false],
    ['at its start', 0, true],
    ['a moment before its end', HOUR - 1, true],
    ['at its end', HOUR, false],
  ])('what occurs %s: %i', (_, offset, isOver) => {
    expect(silenceOver([read(CI)], MATCH, NOW + offset) !== null).toBe(isOver);
  });

  test('of several, the one that ends last', () => {
    const ends = [2, 5, 3].map((hours) => read(CI, { ...REST, endsAt: NOW + hours * HOUR }));
    const others = [read({ actor: 'u-1' }, { ...REST, endsAt: NOW + 9 * HOUR })];
    expect(silenceOver([...ends, ...others], MATCH, NOW)).toBe(ends[1]);
    expect(silenceOver([], MATCH, NOW)).toBeNull();
  });
});
