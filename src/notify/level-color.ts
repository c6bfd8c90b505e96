/** The colors of levels in messages, on a light and on a dark background. Pure. */
import { healthLevelOf } from '../alert/health-words.ts';
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
const RESOLVED = '#1a7f37';

/** `#rrggbb`. */
export function colorOf(notification: Notification): string {
  switch (notification.kind) {
    case 'health':
      return COLORS[healthLevelOf(notification)] ?? COLORS.informational;
    case 'health-resolved':
      return RESOLVED;
    case 'digest':
      return COLORS[notification.digest.level] ?? COLORS.informational;
    case 'group':
      return COLORS[notification.group.level] ?? COLORS.informational;
    case 'resolved':
      if (notification.resolution !== undefined) return RESOLVED;
      return COLORS[notification.alert.level] ?? COLORS.informational;
    case 'opened':
    case 'raised':
    case 'updated':
    case 'recurred':
      if (isTest(notification)) return RESOLVED;
      return COLORS[notification.alert.level] ?? COLORS.informational;
  }
}
