/** A parsed document whose references are not yet resolved. */

import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { UnresolvedCorrelation } from './correlation.ts';
import type { FilterTargets } from './detection.ts';
import type { Header } from './header.ts';
import type { LogSource } from './logsource.ts';
import type { OuterCorrelation } from './outer.ts';
import type { ParsedCondition, ParsedLeaf } from './parsed-condition.ts';

/** What every document has. */
export interface UnresolvedRuleBase {
  readonly header: Header;
  readonly report: Report;
  readonly hasId: boolean;
  /** At the root of the document, which is reported. */
  readonly hasMisplacedTests: boolean;
  readonly idPlace: Place;
  readonly namePlace: Place;
}

export type UnresolvedRule = UnresolvedRuleBase &
  (
    | {
        readonly kind: 'detection';
        readonly source: LogSource;
        readonly expression: ParsedCondition;
        /** The correlation that it is the inner part of; null: it is a rule by itself. */
        readonly outer: OuterCorrelation | null;
      }
    | {
        readonly kind: 'correlation';
        readonly correlation: UnresolvedCorrelation;
        /** The times at which entries count; empty: all. */
        readonly times: readonly ParsedLeaf[];
      }
    | {
        readonly kind: 'filter';
        readonly source: LogSource;
        readonly targets: FilterTargets;
        readonly expression: ParsedCondition;
      }
    /** Not evaluated, because a tuning says so; what needs it is reported there. */
    | { readonly kind: 'disabled'; readonly disabledAt: { readonly report: Report; readonly place: Place } }
    /** For another log source, and so skipped. */
    | { readonly kind: 'other-log' }
    /** Has errors, which are reported. Others may still refer to it. */
    | { readonly kind: 'invalid' }
  );

export type UnresolvedRuleOf<K extends UnresolvedRule['kind']> = Extract<UnresolvedRule, { kind: K }>;
