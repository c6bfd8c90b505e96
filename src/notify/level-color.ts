/** The colors of levels in messages, on a light and on a dark background. Pure. */
import { isTest, type Notification } from '../alert/notification.ts';
import type { Level } from '../sigma/index.ts';

/** White text on each has a contrast of 4.5 or more (WCAG 2.2, 1.4.3). */
const COLORS: { readonly [level in Level]: string } = {
  critical: '#8b0f3d',
  high: '#d1242f',
  medium: '#b35900',
  low: '#0969da',
  informational: '#59636e',
};
/** A health alert has none of Sigma's levels. */
const HEALTH = '#8250df';
const RESOLVED = '#1a7f37';

/** `#rrggbb`. */
export function colorOf(notification: Notification): string {
  switch (notification.kind) {
    case 'health':
      return notification.health.level === 'critical' ? COLORS.critical : HEALTH;
    case 'health-resolved':
      return RESOLVED;
    case 'opened':
    case 'updated':
    case 'resolved':
      if (isTest(notification)) return RESOLVED;
      return COLORS[notification.alert.level] ?? COLORS.informational;
  }
}
