/** What a correlation counts: over which rules, fields and groups, and its condition. Pure. */

import { rulePath } from '../../../access/link.ts';
import { conditionWords } from '../../../alert/condition-wording.ts';
import { ordinal } from '../../../alert/number-wording.ts';
import {
  ABSENCE,
  type CorrelationRule,
  FIRST_SEEN,
  type Rule,
  type SigmaCorrelationType,
} from '../../../sigma/index.ts';
import { durationInWords } from '../../../text/duration.ts';
import { Card } from './elements.tsx';
import { TEXT_MAX } from './rule-text.tsx';
import { Code, UntrustedText } from './untrusted-text.tsx';

interface CorrelationProps {
  readonly rule: CorrelationRule;
  /** Another rule, by its id. */
  readonly ruleOf: (id: string) => Rule | null;
}

const NAME_CHARS = 120;

const SUBJECTS: { readonly [type in SigmaCorrelationType]: string } = {
  event_count: 'The entries that these rules match',
  value_count: 'The different values',
  temporal: 'How many of these rules match, in any order',
  temporal_ordered: 'How many of these rules match, in this order',
  value_sum: 'The sum',
  value_avg: 'The average',
  value_median: 'The median',
  value_percentile: 'The share (%) of the last value among all values',
};

/** A card: a sentence, the rules, the aliases. */
export function Correlation({ rule, ruleOf }: CorrelationProps) {
  const { type, percentile, fields, groupBy, timespanMs } = rule;
  if (type === FIRST_SEEN) return <FirstSeen rule={rule} />;
  if (type === ABSENCE) return <Absence rule={rule} />;
  const titleOf = (id: string): string => ruleOf(id)?.title ?? id;
  return (
    <Card title="What it counts" aside={<code>{type}</code>}>
      <p>
        {percentile === null ? SUBJECTS[type] : `The ${ordinal(percentile)} percentile`}
        {fields.length > 0 && (
          <>
            {' '}
            of <Code text={fields.join(' and ')} max={TEXT_MAX} />
          </>
        )}
        , within {durationInWords(timespanMs)}
        {groupBy.length > 0 && (
          <>
            , for each <Code text={groupBy.join(' and ')} max={TEXT_MAX} />
          </>
        )}
        . Condition: <UntrustedText text={conditionWords(rule, titleOf)} max={TEXT_MAX} />.
      </p>
      <Rules rule={rule} ruleOf={ruleOf} />
      <Aliases rule={rule} titleOf={titleOf} />
    </Card>
  );
}

/** A card: a sentence. */
function FirstSeen({ rule: { fields, groupBy, timespanMs, condition } }: { rule: CorrelationRule }) {
  return (
    <Card title="What is new" aside={<code>{FIRST_SEEN}</code>}>
      <p>
        A value of <Code text={fields.join(' and ')} max={TEXT_MAX} /> that was not seen in{' '}
        {durationInWords(timespanMs)}
        {groupBy.length > 0 && (
          <>
            , for each <Code text={groupBy.join(' and ')} max={TEXT_MAX} />
          </>
        )}
        . What {groupBy.length > 0 ? 'each of them has' : 'there is'} in the first{' '}
        {durationInWords(condition[0]?.value ?? 0)} is learned without a match.
      </p>
    </Card>
  );
}

/** A card: a sentence. */
function Absence({ rule: { groupBy, timespanMs } }: { rule: CorrelationRule }) {
  return (
    <Card title="What is missed" aside={<code>{ABSENCE}</code>}>
      <p>
        It matches where no entry has come for {durationInWords(timespanMs)} after the last
        {groupBy.length > 0 && (
          <>
            {' '}
            of each <Code text={groupBy.join(' and ')} max={TEXT_MAX} />
          </>
        )}
        , once for each time. While the log can't be read, nothing is missed.
      </p>
    </Card>
  );
}

function Rules({ rule, ruleOf }: CorrelationProps) {
  const items = rule.rules.map((id) => {
    const of = ruleOf(id);
    return (
      <li>
        {of === null ? (
          <UntrustedText text={id} max={NAME_CHARS} />
        ) : (
          <a href={rulePath(id)}>
            <UntrustedText text={of.title} max={NAME_CHARS} />
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
          <Code text={alias} max={NAME_CHARS} /> is <Code text={field} max={NAME_CHARS} /> of{' '}
          <UntrustedText text={title} max={NAME_CHARS} />
        </li>
      ))}
    </ul>
  );
}
