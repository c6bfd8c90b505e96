/** What a correlation counts: of which rules, by which fields, in which groups, and what it asks for. */

import { conditionWords } from '../../../alert/condition-wording.ts';
import { ordinal } from '../../../alert/number-wording.ts';
import type { CorrelationRule, CorrelationType, Rule } from '../../../sigma/index.ts';
import { durationInWords } from '../../../text/duration.ts';
import { Card } from './elements.tsx';
import { Code, UntrustedText } from './untrusted-text.tsx';

export interface CorrelationProps {
  readonly rule: CorrelationRule;
  /** Another rule, by its id. */
  readonly ruleOf: (id: string) => Rule | null;
}

const NAME = 120;
const PROSE = 4_000;

const COUNTED: { readonly [type in CorrelationType]: string } = {
  event_count: 'The entries that these rules match',
  value_count: 'The different values',
  temporal: 'How many of these rules match, in whatever order',
  temporal_ordered: 'How many of these rules match, in this order',
  value_sum: 'The sum',
  value_avg: 'The average',
  value_median: 'The median',
  value_percentile: 'The share in percent that the last value has among the values',
};

/** A card about it. */
export function Correlation({ rule, ruleOf }: CorrelationProps) {
  const { type, percentile, fields, groupBy, timespanMs } = rule;
  const titleOf = (id: string): string => ruleOf(id)?.title ?? id;
  return (
    <Card title="What it counts" aside={<code>{type}</code>}>
      <p>
        {percentile === null ? COUNTED[type] : `The ${ordinal(percentile)} percentile`}
        {fields.length > 0 && (
          <>
            {' '}
            of <Code text={fields.join(' and ')} max={PROSE} />
          </>
        )}
        , within {durationInWords(timespanMs)}
        {groupBy.length > 0 && (
          <>
            , for each <Code text={groupBy.join(' and ')} max={PROSE} />
          </>
        )}
        . It asks for <UntrustedText text={conditionWords(rule, titleOf)} max={PROSE} />.
      </p>
      <Rules rule={rule} ruleOf={ruleOf} />
      <Aliases rule={rule} titleOf={titleOf} />
    </Card>
  );
}

function Rules({ rule, ruleOf }: CorrelationProps) {
  const items = rule.rules.map((id) => {
    const of = ruleOf(id);
    return (
      <li>
        {of === null ? (
          <UntrustedText text={id} max={NAME} />
        ) : (
          <a href={`/rules/${encodeURIComponent(id)}`}>
            <UntrustedText text={of.title} max={NAME} />
          </a>
        )}
      </li>
    );
  });
  return rule.type === 'temporal_ordered' ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function Aliases({ rule, titleOf }: { rule: CorrelationRule; titleOf: (id: string) => string }) {
  const aliases = Object.entries(rule.aliases).flatMap(([alias, fields]) =>
    Object.entries(fields).map(([id, field]) => ({ alias, field, title: titleOf(id) })),
  );
  if (aliases.length === 0) return null;
  return (
    <ul>
      {aliases.map(({ alias, field, title }) => (
        <li>
          <Code text={alias} max={NAME} /> is <Code text={field} max={NAME} /> of{' '}
          <UntrustedText text={title} max={NAME} />
        </li>
      ))}
    </ul>
  );
}
