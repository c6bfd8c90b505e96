/** What the buttons below a message are called. Pure; no link, no button. */
import type { Links } from '../notify/receiver.ts';

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
