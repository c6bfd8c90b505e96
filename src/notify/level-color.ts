/** The colours of the levels in messages: read at a glance, on light and on dark. Pure. */
import { isTest, type Notification } from '../alert/notification.ts';
import type { Level } from '../sigma/index.ts';

/** White text on each has a contrast of 4.5 or more (WCAG 2.2, 1.4.3). */
const COLOURS: { readonly [level in Level]: string } = {
  critical: '#8b0f3d',
  high: '#d1242f',
  medium: '#b35900',
  low: '#0969da',
  informational: '#59636e',
};
/** About Tocsin itself, which is no level of Sigma's. */
const ALARM = '#8250df';
const MENDED = '#1a7f37';

/** `#rrggbb`. */
export function colorOf(notification: Notification): string {
  switch (notification.kind) {
    case 'health':
      return ALARM;
    case 'health-resolved':
      return MENDED;
    case 'opened':
    case 'updated':
    case 'resolved':
      if (isTest(notification)) return MENDED;
      return COLOURS[notification.alert.level] ?? COLOURS.informational;
  }
}
