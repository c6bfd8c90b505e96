/**
 * Deliberate mistakes in generated code, index and interpreter. Each is realistic. Comparing the code with the interpreter
 * (agreement.ts) must notice it, or, where both use what is wrong, comparing the interpreter with the reference.
 */

export interface Mistake {
  readonly name: string;
  /** Below `src/sigma`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Code and interpreter then differ. */
export const MISTAKES: readonly Mistake[] = [
  // Generated code.
  {
    name: 'code: "lt" is "lte"',
    file: 'codegen/generate.ts',
    find: "lt: '<',",
    replace: "lt: '<=',",
  },
  {
    name: 'code: all values of a list are needed, not any',
    file: 'codegen/generate.ts',
    find: "`).join(' || '));",
    replace: "`).join(' && '));",
  },
  {
    name: 'code: "cased" is ignored',
    file: 'codegen/generate.ts',
    find: "test.cased ? 'text' : 'folded'",
    replace: "'folded'",
  },
  {
    name: 'code: an empty "or" is true',
    file: 'codegen/generate.ts',
    find: '|| String(isAnd);',
    replace: "|| 'true';",
  },
  {
    name: 'code: a number beyond the doubles is compared with the nearest double',
    file: 'codegen/generate.ts',
    find: 'if (test.exact !== undefined) break;',
    replace: '',
  },
  {
    name: 'code: a number text beyond the doubles is decided',
    file: 'codegen/fields.ts',
    find: "if (typeof scalar === 'string' && !Number.isNaN(number) && !sameDecimal(scalar, String(number)))",
    replace: 'if (Number.isNaN(number))',
  },
  {
    name: 'code: a list is decided like a missing value',
    file: 'codegen/fields.ts',
    find: 'if (isLong || Array.isArray(value)) this.undecided = true;',
    replace: 'if (isLong) this.undecided = true;',
  },
  {
    name: 'code: a list with null in it is not null',
    file: 'codegen/fields.ts',
    find: `    if (Array.isArray(value)) this.undecided = true;
    return value === undefined || value === null;`,
    replace: '    return value === undefined || value === null;',
  },
  {
    name: 'code: a missing value is the text "undefined"',
    file: 'codegen/fields.ts',
    find: 'return value === undefined ? undefined : textOf(value, true);',
    replace: 'return textOf(value as Scalar, true);',
  },
  {
    name: 'code: a folded text is that of the entry before',
    file: 'codegen/fields.ts',
    find: 'for (let field = 0; field < this.#folded.length; field++) this.#folded[field] = null;',
    replace: '',
  },
  {
    name: 'code: a path is read through a list as through an object',
    file: 'codegen/generate.ts',
    find: '!Array.isArray(',
    replace: 'Boolean(',
  },
  {
    name: 'code: a flat key with a dot is not read',
    file: 'codegen/generate.ts',
    find: '] === undefined && typeof ',
    replace: '] !== null && typeof ',
  },
  // What the index is made of.
  {
    name: 'witness: "not" keeps what its operand needs',
    file: 'codegen/witness.ts',
    find: 'return needOf(expression.of, !expected);',
    replace: 'return needOf(expression.of, expected);',
  },
  {
    name: 'witness: "not" of an "and" needs all of it',
    file: 'codegen/witness.ts',
    find: "const isAll = (expression.kind === 'and') === expected;",
    replace: "const isAll = expression.kind === 'and';",
  },
  {
    name: 'witness: one branch of an "or" is enough',
    file: 'codegen/witness.ts',
    find: 'return parts.includes(null) ? null : parts.flatMap((one) => one ?? []);',
    replace: 'return parts[0] ?? null;',
  },
  {
    name: 'witness: a branch of an "or" that needs nothing is left out',
    file: 'codegen/witness.ts',
    find: 'return parts.includes(null) ? null : parts.flatMap((one) => one ?? []);',
    replace: 'return parts.flatMap((one) => one ?? []);',
  },
  {
    name: 'witness: a lone surrogate is a literal',
    file: 'codegen/witness.ts',
    find: '!text.isWellFormed() || ',
    replace: '',
  },
  {
    name: 'witness: a cased literal is not folded',
    file: 'codegen/witness.ts',
    find: 'const folded = fold(text);',
    replace: 'const folded = text;',
  },
  {
    name: 'witness: a long literal at an end is cut',
    file: 'codegen/witness.ts',
    find: "if (place !== 'anywhere' || folded.length <= LENGTH_MAX)",
    replace: 'if (folded.length <= LENGTH_MAX)',
  },
  {
    name: 'witness: "s" without case is one letter, although "ſ" is another',
    file: 'codegen/witness.ts',
    find: 'letters.add(fold(String.fromCodePoint(point)));',
    replace: "letters.add(fold(String.fromCodePoint(point)).replace('ſ', 's'));",
  },
  {
    name: 'witness: what a regular expression may leave out is needed',
    file: 'codegen/witness.ts',
    find: "(one.kind === 'repeat' && one.min > 0)",
    replace: "one.kind === 'repeat'",
  },
  {
    name: 'witness: the beginning of a line is the beginning of the text',
    file: 'codegen/witness.ts',
    find: "isAtStart = one.what === 'start';",
    replace: "isAtStart = one.what === 'start' || one.what === 'lineStart';",
  },
  {
    name: 'witness: a literal after an optional part is still at the start',
    file: 'codegen/witness.ts',
    find: `    runs = [''];
    isAtStart = false;
  };`,
    replace: `    runs = [''];
  };`,
  },
  {
    name: 'witness: of the choices within a text, only the first counts',
    file: 'codegen/witness.ts',
    find: 'return texts.includes(null) ? null : fewOf(texts.flatMap((one) => one ?? []));',
    replace: 'return texts[0] ?? null;',
  },
  {
    name: 'witness: the second part of a pattern is at the end',
    file: 'codegen/witness.ts',
    find: "i === last ? 'end' : 'anywhere');\n  });",
    replace: "i === 1 ? 'end' : 'anywhere');\n  });",
  },
  // The index.
  {
    name: 'index: the first four characters of a literal begin one too early',
    file: 'codegen/literal-table.ts',
    find: 'return { first: GRAM - 1, last };',
    replace: 'return { first: GRAM - 2, last };',
  },
  {
    name: 'index: one character more than is looked at, at the start',
    file: 'codegen/literal-table.ts',
    find: 'return { first: 0, last: Math.min(last, FAR - 1) };',
    replace: 'return { first: 0, last: Math.min(last + 1, FAR - 1) };',
  },
  {
    name: 'index: the tail is as long as what literals need of it, without the characters before',
    file: 'codegen/literal-table.ts',
    find: "if (place === 'end') tail = Math.max(tail, text.length - end + GRAM - 1);",
    replace: "if (place === 'end') tail = Math.max(tail, text.length - end);",
  },
  {
    name: 'index: the tail is not looked at',
    file: 'codegen/literal-table.ts',
    find: 'if (to === length || this.#tail === 0) return all < 128;',
    replace: 'if (to >= 0) return all < 128;',
  },
  {
    name: 'index: the marks before the text are forgotten',
    file: 'codegen/literal-table.ts',
    find: 'const MARKS_HASH = (((MARK << 8) ^ MARK) << 8) ^ MARK;',
    replace: 'const MARKS_HASH = 0;',
  },
  {
    name: 'index: short literals at the end are searched at the start',
    file: 'codegen/short-literals.ts',
    find: 'whole.endsWith(text)',
    replace: 'whole.startsWith(text)',
  },
  {
    name: 'index: a text beyond ASCII is not looked through again when folded',
    file: 'codegen/literal-table.ts',
    find: 'if (!isAscii && folded.text() !== raw) ',
    replace: 'if (!isAscii && raw.length !== folded.text().length) ',
  },
  {
    name: 'index: case counts in the hash',
    file: 'codegen/literal-table.ts',
    find: 'const CASELESS = 0xffdf;',
    replace: 'const CASELESS = 0xffff;',
  },
  {
    name: 'index: case counts for short literals',
    file: 'codegen/short-literals.ts',
    find: 'one.hasCase ? folded.text() : raw',
    replace: 'raw',
  },
  {
    name: 'index: hits of all stretches but the last are lost',
    file: 'codegen/literal-table.ts',
    find: 'if (count > 0) this.#check(',
    replace: 'if (count > 0 && i === to) this.#check(',
  },
  {
    name: 'index: of literals with one hash, only the last is compared',
    file: 'codegen/literal-table.ts',
    find: 'for (; at !== 0; at = this.#nexts[at] as number) {',
    replace: 'for (; at !== 0; at = 0) {',
  },
  {
    name: 'index: the fifth character is compared with the fourth',
    file: 'codegen/literal-table.ts',
    find: 'this.#probeAt[at] = fifth - end;',
    replace: 'this.#probeAt[at] = fifth - end - 1;',
  },
  {
    name: 'index: the fifth character has no case beyond ASCII',
    file: 'codegen/literal-table.ts',
    find: 'if (fifth < 128 && (fifth & CASELESS)',
    replace: 'if ((fifth & CASELESS)',
  },
  {
    name: 'index: a list is not looked at',
    file: 'codegen/candidates.ts',
    find: 'else if (value !== undefined && value !== null) this.#lookAtEach(tables[field] as Table, value);',
    replace: '',
  },
  {
    name: 'index: the first address of a range is not in it',
    file: 'codegen/candidates.ts',
    find: 'firstAfter(starts, ipv4Number(text), 0)',
    replace: 'firstAfter(starts, ipv4Number(text) - 1, 0)',
  },
  {
    name: 'index: a range of one address is empty',
    file: 'codegen/build-index.ts',
    find: 'Map.groupBy(ranges, ({ last }) => last + 1)',
    replace: 'Map.groupBy(ranges, ({ last }) => last)',
  },
  // The interpreter.
  {
    name: 'interpreter: an empty "and" is false',
    file: 'formula.ts',
    find: 'return formula.of.every((child) => isTrue(child, isLeafTrue));',
    replace: 'return formula.of.length > 0 && formula.of.every((child) => isTrue(child, isLeafTrue));',
  },
  {
    name: 'interpreter: null does not exist',
    file: 'evaluate/interpreter.ts',
    find: 'return (entry.value(field) !== undefined) === test.present ? 0 : NOWHERE;',
    replace: 'return (entry.value(field) != null) === test.present ? 0 : NOWHERE;',
  },
  {
    name: 'interpreter: a missing value is not null',
    file: 'evaluate/interpreter.ts',
    find: 'return isNull(entry.value(field)) ? 0 : NOWHERE;',
    replace: 'return entry.value(field) !== undefined && isNull(entry.value(field)) ? 0 : NOWHERE;',
  },
  {
    name: 'interpreter: "fieldref" is the other way round',
    file: 'evaluate/interpreter.ts',
    find: 'firstRelated(textsIn(form, field, entry), textsIn(form, test.field, entry), test.compare);',
    replace: 'firstRelated(textsIn(form, test.field, entry), textsIn(form, field, entry), test.compare);',
  },
  {
    name: 'interpreter: "fieldref" ignores "cased"',
    file: 'evaluate/interpreter.ts',
    find: 'return firstRelated(textsIn(form, field, entry), textsIn(form, test.field, entry), test.compare);',
    replace:
      "return firstRelated(textsIn('folded', field, entry), textsIn('folded', test.field, entry), test.compare);",
  },
  {
    name: 'interpreter: all scalars of a field must match',
    file: 'evaluate/interpreter.ts',
    find: 'return entry.in(form, field).findIndex(matches);',
    replace: 'return entry.in(form, field).every(matches) ? 0 : NOWHERE;',
  },
  {
    name: 'interpreter: a double negation is a negation',
    file: 'formula.ts',
    find: 'return !isTrue(formula.of, isLeafTrue);',
    replace: "return isTrue(formula.of, isLeafTrue) === (formula.of.kind === 'not');",
  },
];

/** Code and interpreter may still agree, but not with the reference. */
export const SHARED_MISTAKES: readonly Mistake[] = [
  {
    name: 'only the first member of a list is compared',
    file: 'evaluate/interpreter.ts',
    find: 'return entry.in(form, field).findIndex(matches);',
    replace: 'return entry.in(form, field).slice(0, 1).findIndex(matches);',
  },
  {
    name: 'a list with null in it is not null',
    file: 'evaluate/scalar.ts',
    find: 'collect(value, false).hasNull;',
    replace: 'value === null;',
  },
  {
    name: 'a final sigma stays a final sigma',
    file: 'evaluate/fold.ts',
    find: "return lower.includes('ς') ? lower.replace(/ς/g, 'σ') : lower;",
    replace: 'return lower;',
  },
  {
    name: 'a dotted capital I becomes two letters',
    file: 'evaluate/fold.ts',
    find: 'if (lower.length !== text.length) return foldedWithDottedI(text, lower);',
    replace: '',
  },
  {
    name: 'a number text is rounded',
    file: 'evaluate/number.ts',
    find: 'return compares(op, compareDecimals(scalar, exact ?? String(value)), 0);',
    replace: 'return compares(op, number, value);',
  },
  {
    name: 'a range of addresses has a bit too many',
    file: 'evaluate/cidr.ts',
    find: 'known.has(address.slice(0, length))',
    replace: 'ranges.some((range) => range.slice(0, -1) === address.slice(0, length - 1))',
  },
  {
    name: 'a mapped address is of IPv6',
    file: 'evaluate/cidr.ts',
    find: 'bits.startsWith(MAPPED_BITS)',
    replace: 'false',
  },
  {
    name: '"?" is half of a surrogate pair',
    file: 'regex/automaton.ts',
    find: 'return point > 0xffff ? 2 : 1;',
    replace: 'return 1;',
  },
  {
    name: 'a path comes before the flat key',
    file: 'evaluate/field.ts',
    find: 'if (flat !== undefined) return flat;',
    replace: `const isElsewhere = splitsOf(path).some(([head, rest]) => fieldValue(own(value, head), rest) !== undefined);
  if (flat !== undefined && !isElsewhere) return flat;`,
  },
  {
    name: 'what an object inherits is a field',
    file: 'evaluate/field.ts',
    find: 'Object.hasOwn(object, name) ?',
    replace: 'name in object ?',
  },
  {
    name: 'an object has scalars',
    file: 'evaluate/scalar.ts',
    find: 'return collect(value, false).scalars;',
    replace: 'return collect(value, true).scalars;',
  },
  {
    name: 'of many texts, the last is not searched',
    file: 'evaluate/search.ts',
    find: 'end[0] = sorted.length;',
    replace: 'end[0] = sorted.length - 1;',
  },
  {
    name: 'an hour of a date is one too many',
    file: 'evaluate/time.ts',
    find: '(date) => date.getUTCHours(),',
    replace: '(date) => (date.getUTCHours() + 1) % 24,',
  },
];
