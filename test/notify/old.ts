/** Notifications as the first version of Tocsin stored them: what later versions added is not there. */
import type { Notification } from '../../src/notify/notification.ts';
import { BLIND, CORRELATED, OPENED } from './notifications.ts';

/** A copy without these fields, however deep they are. */
function without(notification: Notification, fields: readonly string[]): object {
  return JSON.parse(JSON.stringify(notification, (field, value) => (fields.includes(field) ? undefined : value)));
}

const ADDED = ['subject', 'first', 'periodMs'];

export const OLD: readonly (readonly [name: string, notification: object])[] = [
  ['an alert', without(OPENED, ADDED)],
  ['its end', without({ ...OPENED, kind: 'resolved' }, ADDED)],
  ['a correlation', without(CORRELATED, ADDED)],
  ['an alarm', without(BLIND, ADDED)],
  ['its end, about Tocsin', without({ ...BLIND, kind: 'alarm-resolved' }, ADDED)],
];
