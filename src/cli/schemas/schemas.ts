/**
 * The JSON Schemas of the files in rules/, which editors use: docs/schemas/ has them.
 *
 * Contract: pure. Made from what reads the files, so that they change with it; test/cli/schemas.test.ts writes them.
 */
import { ENTRY_FIELDS } from '../../audit-log/entry-fields.ts';
import { RECEIVER_TYPES } from '../../notify/registry.ts';
import { listsSchema, observedSchema, routingSchema, tuningSchema } from './file-schemas.ts';
import type { Schema } from './json-schema.ts';
import { ruleSchema } from './rule-schema.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** By the name of their files. */
export const SCHEMAS: ReadonlyMap<SchemaName, Schema> = new Map(
  Object.entries({
    rule: ruleSchema(ENTRY_FIELDS),
    tuning: tuningSchema(ENTRY_FIELDS),
    lists: listsSchema(),
    observed: observedSchema(ENTRY_FIELDS),
    routing: routingSchema(RECEIVER_TYPES, ENTRY_FIELDS),
  }).map(([name, schema]) => [name as SchemaName, { $schema: DRAFT, $id: `urn:tocsin:${name}`, ...schema }]),
);

export type SchemaName = 'rule' | 'tuning' | 'lists' | 'observed' | 'routing';

/** The comment that names the schema of a file, for yaml-language-server. `path`: below rules/. */
export function schemaComment(path: string, name: SchemaName): string {
  const up = '../'.repeat(path.split('/').length);
  return `# yaml-language-server: $schema=${up}docs/schemas/${name}.schema.json`;
}
