/** What the buttons below a message are called. Pure; no link, no button. */

/** Where a button leads. */
export interface Button {
  readonly name: 'alert' | 'entry';
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

/** To the front page, which is what is shown where there is no alert. */
export function frontButton({ alert }: Links): Button[] {
  return alert === null ? [] : [{ name: 'alert', label: 'See how it stands', href: alert }];
}

/** Where a message's buttons lead; null where no public address is known, or what is told has no page. */
export interface Links {
  /** The alert's page; for an alarm about Tocsin itself the front page. */
  readonly alert: string | null;
  /** The page of the entry that the notification shows. */
  readonly entry: string | null;
}

export const NO_LINKS: Links = { alert: null, entry: null };
