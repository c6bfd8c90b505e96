/** Where a message's buttons lead, and what they are called. Pure; without a link there is no button. */
import { counted, numberText } from '../text/numbers.ts';

/** Null where no public address is known, or there is no such page. */
export interface Links {
  /** The alert's page, of a group the first alert's; for a health alert the overview page. */
  readonly alert: string | null;
  /** The page of the entry that the notification shows. */
  readonly entry: string | null;
  /** The list of the alerts that are not resolved, for a group; missing elsewhere. */
  readonly alerts?: string | null;
  /** How many alerts of a group the links give access to (access/link.ts); missing: none without signing in. */
  readonly covered?: number;
}

export const NO_LINKS: Links = { alert: null, entry: null };

export interface Button {
  readonly name: 'alert' | 'acknowledge' | 'silence' | 'entry' | 'alerts';
  readonly label: string;
  readonly href: string;
}

/** The parts of an alert's page that are linked to. A redirect keeps the fragment. */
export const PARTS = { acknowledge: 'acknowledge', silence: 'silence', why: 'why' } as const;

/** To what can be done with an alert, to its page, and to the entry that its message shows. `isOver`: nothing is left to do. */
export function alertButtons(links: Links, isOver: boolean): Button[] {
  return buttonsOf({ ...links, alerts: null }, isOver, { open: 'Open the alert', acknowledge: 'Acknowledge…' });
}

/** As for a group's first alert, by its number, or for all that the links give access to; and to the list of alerts. */
export function groupButtons(links: Links, isOver: boolean, first: number): Button[] {
  const { covered = 1 } = links;
  const one = `alert ${numberText(first)}`;
  return buttonsOf(links, isOver, {
    open: `Open ${one}`,
    acknowledge: `Acknowledge ${covered > 1 ? counted(covered, 'alert') : one}…`,
  });
}

/** Most needed first: a phone shows few. An ellipsis: the page asks before it is done. */
function buttonsOf(
  { alert, entry, alerts = null }: Links,
  isOver: boolean,
  labels: { readonly open: string; readonly acknowledge: string },
): Button[] {
  const acts: Button[] =
    alert === null || isOver
      ? []
      : [
          { name: 'acknowledge', label: labels.acknowledge, href: `${alert}#${PARTS.acknowledge}` },
          { name: 'silence', label: 'Sign in to silence…', href: `${alert}#${PARTS.silence}` },
        ];
  return [
    ...acts,
    ...(alert === null ? [] : [{ name: 'alert', label: labels.open, href: alert } as const]),
    ...(alerts === null ? [] : [{ name: 'alerts', label: 'Open the list of alerts', href: alerts } as const]),
    ...(entry === null ? [] : [{ name: 'entry', label: 'Open the log entry', href: entry } as const]),
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
