/** Where a message's buttons lead, and what they are called. Pure; without a link there is no button. */

/** Null where no public address is known, or there is no such page. */
export interface Links {
  /** The alert's page, of a group the first alert's; for a health alert the overview page. */
  readonly alert: string | null;
  /** The page of the entry that the notification shows. */
  readonly entry: string | null;
  /** The list of the alerts that are not resolved, for a group; missing elsewhere. */
  readonly alerts?: string | null;
}

export const NO_LINKS: Links = { alert: null, entry: null };

export interface Button {
  readonly name: 'alert' | 'act' | 'entry' | 'alerts';
  readonly label: string;
  readonly href: string;
}

/** Where an alert's page has the forms that act on it (web/pages/parts/act-forms.tsx). A redirect keeps the fragment. */
const ACT_FORM = '#comment';

/** To an alert, to what can be done with it, and to the entry that its message shows. `isOver`: nothing is left to do. */
export function alertButtons({ alert, entry }: Links, isOver: boolean): Button[] {
  const act = { name: 'act', label: 'Acknowledge or silence' } as const;
  return [
    ...(alert === null ? [] : [{ name: 'alert', label: 'Open the alert', href: alert } as const]),
    ...(alert === null || isOver ? [] : [{ ...act, href: `${alert}${ACT_FORM}` }]),
    ...(entry === null ? [] : [{ name: 'entry', label: 'Open the entry', href: entry } as const]),
  ];
}

/** As for a group's first alert, and to the list of alerts. */
export function groupButtons({ alerts = null, ...links }: Links, isOver: boolean): Button[] {
  const list = { name: 'alerts', label: 'Open the list of alerts' } as const;
  return [...alertButtons(links, isOver), ...(alerts === null ? [] : [{ ...list, href: alerts }])];
}

/** To the overview page, where there is no alert to show. */
export function overviewButton({ alert }: Links): Button[] {
  return alert === null ? [] : [{ name: 'alert', label: 'Open the overview', href: alert }];
}

/** The Worker's address; null where it is not known. */
export function addressOf({ alert }: Links): string | null {
  return alert === null ? null : (URL.parse(alert)?.origin ?? null);
}
