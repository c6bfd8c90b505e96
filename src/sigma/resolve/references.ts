/** Which rule an id or a name stands for. Pure. */

import { nearest } from '../../text/nearest.ts';
import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import type { UnresolvedRule } from '../parse/unresolved.ts';

export interface References {
  get(idOrName: string): UnresolvedRule | undefined;
  /** Reports a reference that leads nowhere. */
  reportUnknown(idOrName: string, place: Place, report: Report): void;
}

/** Drafts by id and by name; a second of the same is reported. */
export function createReferences(drafts: readonly UnresolvedRule[]): References {
  const index = new Map<string, { readonly draft: UnresolvedRule; readonly place: Place }>();
  const enter = (key: string, draft: UnresolvedRule, what: 'id' | 'name') => {
    const first = index.get(key);
    const place = what === 'id' ? draft.idPlace : draft.namePlace;
    if (first === undefined) {
      index.set(key, { draft, place });
    } else if (first.draft !== draft) {
      const where = `${first.draft.header.path}:${first.place.line}`;
      draft.report.error(place, `the ${what} "${truncate(key)}" is another rule's`, where);
    }
  };
  for (const draft of drafts) enter(draft.header.id, draft, 'id');
  for (const draft of drafts) if (draft.header.name !== null) enter(draft.header.name, draft, 'name');
  // Ids are not told apart by eye: only names are hinted at.
  const names = drafts.flatMap(({ header }) => (header.name === null ? [] : [header.name]));

  return {
    get: (idOrName) => index.get(idOrName)?.draft,
    reportUnknown: (idOrName, place, report) => {
      report.error(place, `there is no rule "${truncate(idOrName)}"`, () => {
        const near = nearest(idOrName, names);
        return near === null ? 'a rule is referred to by its id or name' : `did you mean "${near}"?`;
      });
    },
  };
}
