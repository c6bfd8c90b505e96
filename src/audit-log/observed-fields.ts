/**
 * Reads `rules/observed.yml`: fields and values of entries beyond those that Tocsin knows, which rules can use then.
 *
 * A map from a field to its type (`response_bytes: number`), or to values that it has (`actor.type: [service_account]`, which
 * makes a field that is not known a text). Written by hand, or by `npm run tocsin -- fields pull`.
 *
 * Contract: build time only. What is wrong is reported with its place and left out. Pure.
 */
import type { FieldCatalogue, KnownField } from '../sigma/build.ts';
import { createReport, type Problem, type Report, truncate } from '../yaml/diagnostics.ts';
import { kindName, type MapEntry, readDocuments, type SourceFile } from '../yaml/yaml.ts';

/** The file, below the folder of rules. */
export const OBSERVED_FILE = 'observed.yml';

const DOCUMENT = {
  noun: 'the file of observed fields',
  hint: '"response_bytes: number", "actor.type: [service_account]"',
};
const TYPES = ['text', 'number', 'boolean', 'any'] as const;
const ABOUT = 'Declared in rules/observed.yml.';

export interface ObservedFields {
  /** The known fields with what the file adds. */
  readonly fields: FieldCatalogue;
  readonly problems: readonly Problem[];
}

/** The known fields with what a file adds; null: there is no file. */
export function withObserved(known: FieldCatalogue, file: SourceFile | null): ObservedFields {
  const problems: Problem[] = [];
  if (file === null) return { fields: known, problems };
  const report = createReport(file.path, problems);
  const fields = new Map(known.map((field) => [field.name, field]));
  for (const document of readDocuments(file, report, DOCUMENT)) {
    for (const entry of document.entries) {
      const field = readField(entry, fields, report);
      if (field !== null) fields.set(field.name, field);
    }
  }
  return { fields: [...fields.values()], problems };
}

function readField(entry: MapEntry, fields: ReadonlyMap<string, KnownField>, report: Report): KnownField | null {
  const { key: name, keyPlace, value } = entry;
  const known = fields.get(name);
  if (!/^[^\s|.][^\s|]*$/.test(name)) {
    report.error(keyPlace, `"${truncate(name)}" can't be the name of a field`, 'such as "actor.region"');
    return null;
  }
  if (value.kind === 'scalar') {
    const type = TYPES.find((each) => each === value.value);
    if (type === undefined) {
      const hint = `its type (${TYPES.join(', ')}), or a list of its values`;
      report.error(value.place, `"${truncate(name)}" must have a type or values`, hint);
      return null;
    }
    if (known === undefined) return { name, type, certainty: 'observed', about: ABOUT };
    report.error(value.place, `"${name}" is known, with its type`, 'list the values that it has too, or remove it');
    return null;
  }
  const values = readValues(entry, report);
  if (values === null) return null;
  if (known === undefined)
    return { name, type: 'text', certainty: 'observed', about: ABOUT, values: { observed: values } };
  if (known.values !== undefined || known.format !== undefined || known.range !== undefined)
    return withValues(known, values);
  report.notice(keyPlace, `"${name}" may have any value`, 'remove it');
  return null;
}

function readValues({ key, value }: MapEntry, report: Report): readonly string[] | null {
  if (value.kind !== 'list') {
    const hint = `such as "${truncate(key)}: [value, value]"`;
    report.error(value.place, `"${truncate(key)}" must be a type or a list of values, not ${kindName(value)}`, hint);
    return null;
  }
  const values: string[] = [];
  for (const item of value.items) {
    if (item.kind === 'scalar' && item.value !== null) values.push(item.source ?? String(item.value));
    else report.error(item.place, `a value must be text or a number, not ${kindName(item)}`);
  }
  return values;
}

/** A field that has these values too. What was a guess is one no more. */
function withValues(field: KnownField, observed: readonly string[]): KnownField {
  const { documented = [], observed: before = [], guessed = [] } = field.values ?? {};
  const numbers = field.range === undefined ? [] : observed.map(Number).filter(Number.isFinite);
  const values = {
    documented,
    observed: [...new Set([...before, ...observed])].filter((value) => !documented.includes(value)),
    guessed: guessed.filter((value) => !observed.includes(value)),
  };
  if (field.range === undefined) return { ...field, values };
  return { ...field, range: [Math.min(field.range[0], ...numbers), Math.max(field.range[1], ...numbers)] };
}
