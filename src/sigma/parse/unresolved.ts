/** A parsed document whose references are not yet resolved. */

import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { UnresolvedCorrelation } from './correlation.ts';
import type { FilterTargets } from './detection.ts';
import type { Header } from './header.ts';
import type { LogSource } from './logsource.ts';
import type { ParsedCondition } from './parsed-condition.ts';

/** What every document has. */
export interface UnresolvedRuleBase {
  readonly header: Header;
  readonly report: Report;
  readonly idPlace: Place;
  readonly namePlace: Place;
}

export type UnresolvedRule = UnresolvedRuleBase &
  (
    | { readonly kind: 'detection'; readonly source: LogSource; readonly expression: ParsedCondition }
    | { readonly kind: 'correlation'; readonly correlation: UnresolvedCorrelation }
    | {
        readonly kind: 'filter';
        readonly source: LogSource;
        readonly targets: FilterTargets;
        readonly expression: ParsedCondition;
      }
    /** For another log source, and so skipped. */
    | { readonly kind: 'other-log' }
    /** Has errors, which are reported. Others may still refer to it. */
    | { readonly kind: 'invalid' }
  );

export type UnresolvedRuleOf<K extends UnresolvedRule['kind']> = Extract<UnresolvedRule, { kind: K }>;
