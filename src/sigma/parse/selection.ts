/**
 * A search identifier: maps, lists of maps, keywords.
 *
 * Contract: a map is an and of its items, a list an or of its members, a member that is text a keyword. Pure.
 */

import type { Expression } from '../rule.ts';
import { join, readItem } from './item.ts';
import { type FieldSpec, readFieldSpec } from './modifiers.ts';
import type { Report } from './problem.ts';
import { type ListNode, type MapNode, type Node, nounOf } from './yaml.ts';

/** Reads a search identifier; null where it has an error, which is reported. */
export function readSelection(name: string, node: Node, report: Report): Expression | null {
  switch (node.kind) {
    case 'map':
      return readMap(name, node, report);
    case 'list':
      return readList(name, node, report);
    case 'scalar':
      // The specification's schema has lists and maps only; a keyword alone says what it means all the same.
      if (node.value !== null) return readItem(KEYWORD, node, name, report);
      report.error(node.place, `the selection "${name}" is empty`, 'it has fields, or a list of keywords');
      return null;
  }
}

const KEYWORD: FieldSpec = {
  field: null,
  comparison: 'equals',
  all: false,
  cased: false,
  neq: false,
  regexFlags: '',
};

function readMap(name: string, node: MapNode, report: Report): Expression | null {
  if (node.entries.length === 0) {
    report.error(node.place, `the selection "${name}" is empty`, 'it has fields, or a list of keywords');
    return null;
  }
  const items: Expression[] = [];
  for (const { key, keyPlace, value } of node.entries) {
    const spec = readFieldSpec(key, keyPlace, report);
    const item = spec === null ? null : readItem(spec, value, name, report);
    if (item !== null) items.push(item);
  }
  return items.length < node.entries.length ? null : join('and', items);
}

function readList(name: string, node: ListNode, report: Report): Expression | null {
  if (node.items.length === 0) {
    report.error(node.place, `the selection "${name}" is an empty list`, 'it would match nothing');
    return null;
  }
  const members: Expression[] = [];
  for (const item of node.items) {
    const member = readMember(name, item, report);
    if (member !== null) members.push(member);
  }
  return members.length < node.items.length ? null : join('or', members);
}

function readMember(name: string, item: Node, report: Report): Expression | null {
  switch (item.kind) {
    case 'map':
      return readMap(name, item, report);
    case 'scalar':
      return readItem(KEYWORD, item, name, report);
    case 'list':
      report.error(item.place, `a member of "${name}" is text or a map, not ${nounOf(item)}`);
      return null;
  }
}
