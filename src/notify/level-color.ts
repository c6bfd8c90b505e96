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
export const RESOLVED = '#1a7f37';

/** `#rrggbb`. */
export function colorOf(notification: Notification): string {
  const level = levelOf(notification);
  return level === null ? RESOLVED : (COLORS[level] ?? COLORS.informational);
}

/** What the message was about is over. */
export function isOver({ kind }: Notification): boolean {
  return kind === 'resolved' || kind === 'health-resolved';
}

/** The level of what a message is about; null: nobody has to do anything, Tocsin works again or tests its receivers. */
export function levelOf(notification: Notification): Level | null {
  switch (notification.kind) {
    case 'health':
      return healthLevelOf(notification);
    case 'health-resolved':
      return null;
    case 'group':
      return notification.group.level;
    case 'resolved':
      return notification.resolution === undefined ? notification.alert.level : null;
    case 'opened':
    case 'raised':
    case 'updated':
    case 'recurred':
      return isTest(notification) ? null : notification.alert.level;
  }
}
