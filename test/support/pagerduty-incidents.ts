/**
 * What PagerDuty makes of events, as its Events API v2 takes them for one integration: it enforces their limits, rejects unknown
 * fields, and keeps incidents by their dedup key.
 *
 * https://developer.pagerduty.com/docs/send-alert-event ("Alert de-duplication", "Event action behavior") and
 * https://github.com/PagerDuty/api-schema/blob/main/reference/events-v2/openapiv3.json.
 */
import { type Check, type Fields, first, list, object, oneOf, text } from './shape.ts';

export interface Incident {
  readonly key: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  readonly summary: string;
  triggers: number;
  /** How many of them notified its people: what is added to an acknowledged incident notifies nobody. */
  pages: number;
}

const url: Check = (value, at) => (/^https?:\/\/[!-~]+$/.test(String(value)) ? null : `${at} is not a URL`);
const time: Check = (value, at) =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? null : `${at} is not a time`;
const details: Check = (value, at) =>
  first(Object.entries(value as Fields).map(([name, each]) => text(20_000)(each, `${at}.${name}`)));
const key: Check = (value, at) => (/^[A-Za-z0-9]{32}$/.test(String(value)) ? null : `${at} is not a key`);
const ACT = { routing_key: key, event_action: oneOf('acknowledge', 'resolve'), dedup_key: text(255) };
const EVENT = object({
  routing_key: key,
  event_action: oneOf('trigger'),
  'dedup_key?': text(255),
  payload: object({
    summary: text(1_024),
    source: text(255),
    severity: oneOf('critical', 'error', 'warning', 'info'),
    'timestamp?': time,
    'class?': text(255),
    'custom_details?': details,
  }),
  'client?': text(100),
  'client_url?': url,
  'links?': list(10, object({ href: url, text: text(100) })),
});

/** Why PagerDuty would not take the event; null if it would. */
export function pagerDutyProblem(event: unknown): string | null {
  const check = (event as Fields)['event_action'] === 'trigger' ? EVENT : object(ACT);
  const size = Buffer.byteLength(JSON.stringify(event));
  return first([check(event, 'event'), size <= 512 * 1024 ? null : `the event has ${size} bytes`]);
}

/** Creates what an integration knows: nothing yet. */
export function createIncidents() {
  /** In the order they were opened. */
  const incidents: Incident[] = [];
  const events: unknown[] = [];
  /** Takes an event; returns the incident that it opened, acknowledged or resolved, if it did. */
  const take = (event: Fields): Incident | null => {
    events.push(event);
    const { dedup_key: of = `of its own ${events.length}`, event_action: action, payload } = event;
    const open = incidents.find((incident) => incident.key === of && incident.status !== 'resolved');
    if (action !== 'trigger') {
      const status = action === 'resolve' ? 'resolved' : 'acknowledged';
      // Where no incident is open, it is dropped.
      if (open === undefined || open.status === status) return null;
      open.status = status;
      return open;
    }
    if (open !== undefined) {
      open.triggers++;
      if (open.status === 'triggered') open.pages++;
      return null;
    }
    const summary = String((payload as Fields)['summary']);
    const opened: Incident = { key: String(of), status: 'triggered', summary, triggers: 1, pages: 1 };
    incidents.push(opened);
    return opened;
  };
  return { incidents, events, take };
}
