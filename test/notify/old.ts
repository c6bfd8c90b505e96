/** Notifications as the first version of Tocsin stored them: what later versions added is not there. */
import { BLIND, CORRELATED, OPENED } from './notifications.ts';

/** A copy without these fields, however deep they are. */
function without(notification: object, fields: readonly string[]): object {
  return JSON.parse(JSON.stringify(notification, (field, value) => (fields.includes(field) ? undefined : value)));
}

const ADDED = ['subject', 'first', 'periodMs'];
/** All that was counted was entries. */
const WINDOW = { count: 20, timespanMs: 600_000, condition: '20 or more' };

export const OLD: readonly (readonly [name: string, notification: object])[] = [
  ['an alert', without(OPENED, ADDED)],
  ['its end', without({ ...OPENED, kind: 'resolved' }, ADDED)],
  ['a correlation', without({ ...CORRELATED, window: WINDOW }, ADDED)],
  ['an alarm', without(BLIND, ADDED)],
  ['its end, about Tocsin', without({ ...BLIND, kind: 'alarm-resolved' }, ADDED)],
];
