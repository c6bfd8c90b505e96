/** Every field of an entry as a table, with what matched marked. Pure; never throws. */

import type { EntryBody } from '../../../audit-log/entry.ts';
import type { Evidence } from '../../../sigma/index.ts';
import { parseJson } from '../../../text/json.ts';
import { numberText } from '../../../text/numbers.ts';
import { Marked } from './entry-text.tsx';
import { evidenceFor, type Field, fieldsOf } from './fields.ts';
import { Code, UntrustedText } from './untrusted-text.tsx';

/** A longer value is folded. */
const UNFOLDED_CHARS = 2_000;
/** More of one value would make the page too slow to open. */
const VALUE_CHARS_MAX = 200_000;

interface FieldTableProps {
  /** The entry's JSON. */
  readonly text: string;
  readonly evidence: readonly Evidence[];
}

/** The fields in the entry's order; no rows if the JSON is not an object. */
export function FieldTable({ text, evidence }: FieldTableProps) {
  const body = parseJson(text);
  const { fields, more } = fieldsOf(typeof body === 'object' && body !== null ? (body as EntryBody) : {});
  return (
    <>
      <table class="fields">
        <caption class="unsighted">Every field of the entry</caption>
        <colgroup>
          <col />
          <col />
        </colgroup>
        <thead class="unsighted">
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <Row field={field} evidence={evidenceFor(field, evidence)} />
          ))}
        </tbody>
      </table>
      {more && <p class="quiet">The JSON below has more fields.</p>}
    </>
  );
}

/** `evidence`: what of it matched this field. */
function Row({ field, evidence }: { field: Field; evidence: readonly Evidence[] }) {
  const isMatched = evidence.length > 0;
  const value = <Value text={field.text} kind={field.kind} />;
  return (
    <tr class={isMatched ? 'matched' : undefined}>
      <th scope="row">
        <Code text={field.path} max={200} />
      </th>
      <td>{isMatched ? <Marked evidence={evidence}>{value}</Marked> : value}</td>
    </tr>
  );
}

function Value({ text, kind }: Pick<Field, 'text' | 'kind'>) {
  if (text.length > UNFOLDED_CHARS) {
    return (
      <details>
        <summary>
          <UntrustedText text={text} max={120} /> <span class="quiet">({numberText(text.length)} characters)</span>
        </summary>
        <p class="whole">
          <UntrustedText text={text} max={VALUE_CHARS_MAX} />
        </p>
      </details>
    );
  }
  if (kind === 'text') return <UntrustedText text={text} />;
  return (
    <code class="other">
      <UntrustedText text={text} />
    </code>
  );
}
