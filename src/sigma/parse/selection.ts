/**
 * A search identifier: maps, lists of maps, keywords.
 *
 * Contract: a map is an and of its items, a list an or of its members, a member that is text a keyword. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import { kindName, type ListNode, type MapNode, type Node } from '../../yaml/yaml.ts';
import type { ParseContext } from './context.ts';
import { join, readItem, scalarsOf } from './item.ts';
import { KEYWORD, readFieldSpec } from './modifiers.ts';
import type { ParsedCondition } from './parsed-condition.ts';

/** Reads a search identifier; null where it has an error, which is reported. */
export function readSelection(name: string, node: Node, reading: ParseContext): ParsedCondition | null {
  switch (node.kind) {
    case 'map':
      return readMap(name, node, reading);
    case 'list':
      return readList(name, node, reading);
    case 'scalar':
      // The specification's schema has lists and maps only; a keyword alone says what it means all the same.
      if (node.value !== null) return readItem(KEYWORD, node, name, reading);
      reading.report.error(
        node.place,
        `the selection "${truncate(name)}" is empty`,
        'it has fields, or a list of keywords',
      );
      return null;
  }
}

function readMap(name: string, node: MapNode, reading: ParseContext): ParsedCondition | null {
  if (node.entries.length === 0) {
    reading.report.error(
      node.place,
      `the selection "${truncate(name)}" is empty`,
      'it has fields, or a list of keywords',
    );
    return null;
  }
  const items: ParsedCondition[] = [];
  for (const { key, keyPlace, value } of node.entries) {
    const spec = readFieldSpec(key, keyPlace, reading.report);
    // What is wrong with the values is told beside what is wrong with the key.
    if (spec === null) scalarsOf(value, reading.report);
    const item = spec === null ? null : readItem(spec, value, name, reading);
    if (item !== null) items.push(item);
  }
  return items.length < node.entries.length ? null : join('and', items);
}

function readList(name: string, node: ListNode, reading: ParseContext): ParsedCondition | null {
  if (node.items.length === 0) {
    reading.report.error(node.place, `the selection "${truncate(name)}" is an empty list`, 'it would match nothing');
    return null;
  }
  const members: ParsedCondition[] = [];
  for (const item of node.items) {
    const member = readMember(name, item, reading);
    if (member !== null) members.push(member);
  }
  return members.length < node.items.length ? null : join('or', members);
}

function readMember(name: string, item: Node, reading: ParseContext): ParsedCondition | null {
  switch (item.kind) {
    case 'map':
      return readMap(name, item, reading);
    case 'scalar':
      return readItem(KEYWORD, item, name, reading);
    case 'list':
      reading.report.error(item.place, `a member of "${truncate(name)}" is text or a map, not ${kindName(item)}`);
      return null;
  }
}
