/** A document that has been read, its references to others not yet resolved. */

import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { CorrelationDraft } from './correlation.ts';
import type { FilterTargets } from './filter.ts';
import type { Header } from './header.ts';
import type { LogSource } from './logsource.ts';
import type { Written } from './written.ts';

interface DraftBase {
  readonly header: Header;
  readonly report: Report;
  readonly idPlace: Place;
  readonly namePlace: Place;
}

export type Draft = DraftBase &
  (
    | { readonly kind: 'detection'; readonly source: LogSource; readonly expression: Written }
    | { readonly kind: 'correlation'; readonly correlation: CorrelationDraft }
    | {
        readonly kind: 'filter';
        readonly source: LogSource;
        readonly targets: FilterTargets;
        readonly expression: Written;
      }
    /** For another log source: left out. */
    | { readonly kind: 'elsewhere' }
    /** Has errors, which are reported; others may refer to it all the same. */
    | { readonly kind: 'broken' }
  );

export type DraftOf<K extends Draft['kind']> = Extract<Draft, { kind: K }>;
