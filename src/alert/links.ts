/** Where a message's buttons lead, and what they are called. Pure; without a link there is no button. */

/** Null where no public address is known, or there is no such page. */
export interface Links {
  /** The alert's page, of a group the first alert's; for a health alert the overview page. */
  readonly alert: string | null;
  /** The page of the entry that the notification shows. */
  readonly entry: string | null;
  /** The page of all alerts, for a group; missing elsewhere. */
  readonly alerts?: string | null;
}

export const NO_LINKS: Links = { alert: null, entry: null };

export interface Button {
  readonly name: 'alert' | 'entry' | 'alerts';
  readonly label: string;
  readonly href: string;
}

/** To an alert and to the entry that its message shows. */
export function alertButtons({ alert, entry }: Links): Button[] {
  return [
    ...(alert === null ? [] : [{ name: 'alert', label: 'Open the alert', href: alert } as const]),
    ...(entry === null ? [] : [{ name: 'entry', label: 'Open the entry', href: entry } as const]),
  ];
}

/** To a group's first alert and its entry, and to the page of all alerts. */
export function groupButtons({ alerts = null, ...links }: Links): Button[] {
  const all = { name: 'alerts', label: 'Open all alerts' } as const;
  return [...alertButtons(links), ...(alerts === null ? [] : [{ ...all, href: alerts }])];
}

/** To the overview page, where there is no alert to show. */
export function overviewButton({ alert }: Links): Button[] {
  return alert === null ? [] : [{ name: 'alert', label: 'Open the overview', href: alert }];
}

/** The Worker's address; null where it is not known. */
export function addressOf({ alert }: Links): string | null {
  return alert === null ? null : (URL.parse(alert)?.origin ?? null);
}
