/** Which values of a field a rule is about. */
import { expect, test } from 'vitest';
import { namedValues } from '../../src/sigma/build.ts';
import { parsed, ruleWith } from './rules.ts';

const ACTIONS = ['vm.created', 'vm.deleted', 'volume.deleted', 'user.read'];

const named = (text: string, id = 'r-1') => {
  const { rules } = parsed(text).ruleSet;
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const rule = byId.get(id);
  return rule === undefined ? undefined : namedValues(rule, byId, 'action', ACTIONS);
};

test.each<readonly [detection: string, expected: readonly string[] | null]>([
  ['a: {action: vm.deleted}\ncondition: a', ['vm.deleted']],
  ['a: {action: VM.Deleted, status_code: 200}\ncondition: a', ['vm.deleted']],
  ['a: {action|endswith: .deleted}\ncondition: a', ['vm.deleted', 'volume.deleted']],
  ['a: {action: vm.deleted}\nb: {path: x}\ncondition: a or b', ['vm.deleted']],
  ['a: {action: "vm.*"}\nb: {action: vm.created}\ncondition: a and not b', ['vm.deleted']],
  ['a: {action: "*"}\nb: {status_code: 403}\ncondition: a and b', ACTIONS],
  ['a: {status_code: 403}\ncondition: a', null],
  ['a: {action: vm.deleted}\nb: {status_code: 403}\ncondition: b and not a', null],
  ['a: {action: vm.made}\ncondition: a', null],
])('%s', (detection, expected) => {
  expect(named(ruleWith(detection))).toEqual(expected);
});

test('of a correlation they are those of what it counts, through chains', () => {
  const text = [
    ruleWith('a: {action: vm.deleted}\ncondition: a'),
    ruleWith('a: {status_code: 403}\ncondition: a', 'r-2'),
    'title: Low\nid: c-1\ncorrelation: {type: event_count, rules: [r-2], timespan: 5m, condition: {gte: 2}}\n',
    'title: Top\nid: c-2\ncorrelation: {type: temporal, rules: [c-1, r-1], timespan: 5m}\n',
  ].join('---\n');
  expect(['c-1', 'c-2'].map((id) => named(text, id))).toEqual([null, ['vm.deleted']]);
});
