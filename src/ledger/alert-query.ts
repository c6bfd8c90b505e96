/** What lists of alerts are asked. */
import type { AlertQuery } from './rpc.ts';

/** All alerts: what a query that asks for some begins with. */
export const EVERY_ALERT: AlertQuery = {
  ...{ status: 'all', level: null, rule: null, actor: null, tag: null, assignee: null },
  ...{ since: null, until: null, text: null, before: null, most: null },
};
