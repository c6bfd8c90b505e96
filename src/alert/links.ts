/** Where a message's buttons lead, and what they are called. Pure; without a link there is no button. */
import { numberText } from '../text/numbers.ts';

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
  readonly name: 'alert' | 'acknowledge' | 'silence' | 'entry' | 'alerts';
  readonly label: string;
  readonly href: string;
}

/** The parts of an alert's page that are linked to. A redirect keeps the fragment. */
export const PARTS = { acknowledge: 'acknowledge', silence: 'silence', why: 'why' } as const;

/** To an alert, to what can be done with it, and to the entry that its message shows. `isOver`: nothing is left to do. */
export function alertButtons(links: Links, isOver: boolean): Button[] {
  return buttonsOf(links, isOver, { open: 'Open the alert', acknowledge: 'Acknowledge' });
}

/** As for a group's first alert, by its number; and to the list of alerts. */
export function groupButtons({ alerts = null, ...links }: Links, isOver: boolean, first: number): Button[] {
  const one = `alert ${numberText(first)}`;
  const list = { name: 'alerts', label: 'Open the list of alerts' } as const;
  return [
    ...buttonsOf(links, isOver, { open: `Open ${one}`, acknowledge: `Acknowledge ${one}` }),
    ...(alerts === null ? [] : [{ ...list, href: alerts }]),
  ];
}

function buttonsOf(
  { alert, entry }: Links,
  isOver: boolean,
  labels: { readonly open: string; readonly acknowledge: string },
): Button[] {
  const acts: Button[] =
    alert === null || isOver
      ? []
      : [
          { name: 'acknowledge', label: labels.acknowledge, href: `${alert}#${PARTS.acknowledge}` },
          { name: 'silence', label: 'Silence', href: `${alert}#${PARTS.silence}` },
        ];
  return [
    ...(alert === null ? [] : [{ name: 'alert', label: labels.open, href: alert } as const]),
    ...acts,
    ...(entry === null ? [] : [{ name: 'entry', label: 'Open the entry', href: entry } as const]),
  ];
}

/** To the overview page, where there is no alert to show. */
export function overviewButton({ alert }: Links): Button[] {
  return alert === null ? [] : [{ name: 'alert', label: 'Open the overview', href: alert }];
}

/** The Worker's address; null where it is not known. */
export function addressOf({ alert }: Links): string | null {
  return alert === null ? null : (URL.parse(alert)?.origin ?? null);
}
