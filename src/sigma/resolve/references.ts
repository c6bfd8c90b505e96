/** Finds the rule of an id or a name. Pure. */

import { nearest } from '../../text/nearest.ts';
import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import type { UnresolvedRule } from '../parse/unresolved.ts';

export interface References {
  get(idOrName: string): UnresolvedRule | undefined;
  /** The same; an unknown reference is reported. */
  find(reference: PlacedText, report: Report): UnresolvedRule | undefined;
}

/** Indexes the drafts by id and by name; duplicates are reported. `folder`: where the files are. */
export function createReferences(drafts: readonly UnresolvedRule[], folder: string): References {
  const index = new Map<string, { readonly draft: UnresolvedRule; readonly place: Place }>();
  const enter = (key: string, draft: UnresolvedRule, kind: 'id' | 'name') => {
    const first = index.get(key);
    const place = kind === 'id' ? draft.idPlace : draft.namePlace;
    if (first === undefined) {
      index.set(key, { draft, place });
    } else if (first.draft !== draft) {
      const where = `${folder}${first.draft.header.path}:${first.place.line}`;
      draft.report.error(place, `duplicate ${kind} "${truncate(key)}"`, `also in ${where}`);
    }
  };
  for (const draft of drafts) enter(draft.header.id, draft, 'id');
  for (const draft of drafts) if (draft.header.name !== null) enter(draft.header.name, draft, 'name');
  // Only names are suggested: similar ids say nothing.
  const names = drafts.flatMap(({ header }) => (header.name === null ? [] : [header.name]));

  const get = (idOrName: string) => index.get(idOrName)?.draft;
  return {
    get,
    find: ({ text, place }, report) => {
      const draft = get(text);
      if (draft === undefined) {
        report.error(place, `unknown rule "${truncate(text)}"`, () => {
          const near = nearest(text, names);
          return near === null ? 'use the id or name of a rule' : `did you mean "${near}"?`;
        });
      }
      return draft;
    },
  };
}
