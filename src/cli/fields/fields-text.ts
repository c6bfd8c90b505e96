/** The fields of entries for people: on a terminal, and as Markdown (docs/fields.md). Pure. */
import { type FieldCatalogue, type KnownField, valuesOf } from '../../sigma/build.ts';
import { safe } from '../terminal.ts';

/** So many values of a field fit into a row of a table. */
const FEW = 8;
const CERTAINTIES = ['documented', 'observed', 'guessed'] as const;

/** A line for each field: its name, its type, how sure it is, and what it is. */
export function fieldLines(fields: FieldCatalogue): readonly string[] {
  const rows = [
    ['FIELD', 'TYPE', 'KNOWN AS', 'WHAT IT IS'],
    ...fields.map((field) => [
      safe(field.name),
      typeText(field),
      field.certainty,
      `${field.about} ${valuesText(field)}`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** All values of a field, with how sure they are. */
export function valueLines(field: KnownField): readonly string[] {
  const { values = {} } = field;
  return [
    `${field.name}: ${typeText(field)}, ${field.certainty}. ${field.about}`,
    ...CERTAINTIES.flatMap((certainty) => {
      const known = values[certainty] ?? [];
      return known.length === 0
        ? []
        : ['', heading(certainty, known.length), ...known.map((each) => `  ${safe(each)}`)];
    }),
  ];
}

function heading(certainty: string, count: number): string {
  return `${certainty.charAt(0).toUpperCase()}${certainty.slice(1)} (${count})`;
}

function typeText({ type, format, range }: KnownField): string {
  if (range !== undefined) return `${type}, ${range[0]} to ${range[1]}`;
  return format === undefined || format === 'action' ? type : `${type}: ${format}`;
}

/** The values where they are few, else how many there are. */
function valuesText({ name, closed, values, ...field }: KnownField): string {
  const all = valuesOf({ name, ...field, ...(values && { values }) });
  if (all.length === 0) return '';
  if (closed) return `One of ${all.join(', ')}.`;
  return all.length <= FEW ? `Known: ${all.map(safe).join(', ')}.` : `${all.length} are known.`;
}

/** The page of the fields. */
export function fieldsMarkdown(fields: FieldCatalogue): string {
  const open = fields.filter(
    (field) => !field.closed && valuesOf(field).length > 0 && !field.name.startsWith('tocsin.'),
  );
  return `<!-- Generated from src/audit-log/entry-fields.ts: change that, then run the test of this page with --update. -->

# Fields of an entry

What Tocsin knows of entries of the audit log. Rules are [checked](sigma.md#problems) against it, and \`npm run tocsin -- fields\`
prints it with what your \`rules/observed.yml\` adds. **Documented** is what the log's vendor says, **guessed** what is likely: the
vendor does not publish the list of actions. A rule that should not depend on a guess matches the method and the path too.

${markdownTable([
  ['field', 'type', 'what it is'],
  ...fields.map((field) => [
    `\`${field.name}\``,
    typeText(field),
    cell(`${field.about} ${field.closed ? valuesText(field) : ''}`),
  ]),
]).join('\n')}

${open.map(valuesMarkdown).join('\n')}`;
}

function valuesMarkdown(field: KnownField): string {
  const { values = {} } = field;
  const parts = CERTAINTIES.flatMap((certainty) => {
    const known = values[certainty] ?? [];
    if (known.length === 0) return [];
    const lines = field.format === 'action' ? byType(known) : known;
    return [`${heading(certainty, known.length)}:\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\``];
  });
  return `## Known values of \`${field.name}\`\n\n${parts.join('\n\n')}\n`;
}

/** Actions in lines, one for each type of resource: `vm.read .listed .updated`. */
function byType(actions: readonly string[]): readonly string[] {
  const verbs = Map.groupBy(actions, (action) => action.slice(0, action.indexOf('.')));
  return [...verbs].map(([type, those]) => `${type}${those.map((action) => action.slice(type.length)).join(' ')}`);
}

/** The columns as wide as their widest cells. */
function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|');
}
