/**
 * A fake of PagerDuty's Events API v2: it enforces its limits, rejects unknown fields, and keeps incidents by their dedup key, as
 * PagerDuty does for one integration.
 *
 * https://developer.pagerduty.com/docs/send-alert-event ("Alert de-duplication", "Event action behavior") and
 * https://github.com/PagerDuty/api-schema/blob/main/reference/events-v2/openapiv3.json.
 */
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { type Check, type Fields, first, list, object, oneOf, text } from './shape.ts';

export interface Incident {
  readonly key: string;
  status: 'triggered' | 'resolved';
  readonly summary: string;
  triggers: number;
}

export interface PagerDutyInbox {
  readonly origin: string;
  readonly key: string;
  /** In the order they were opened. */
  readonly incidents: readonly Incident[];
  readonly events: readonly unknown[];
  /** Why events were rejected. */
  readonly problems: readonly string[];
  /** The bodies of all posts, accepted or not. */
  readonly bodies: readonly string[];
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

const url: Check = (value, at) => (/^https?:\/\/[!-~]+$/.test(String(value)) ? null : `${at} is not a URL`);
const time: Check = (value, at) =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? null : `${at} is not a time`;
const details: Check = (value, at) =>
  first(Object.entries(value as Fields).map(([name, each]) => text(20_000)(each, `${at}.${name}`)));
const key: Check = (value, at) => (/^[A-Za-z0-9]{32}$/.test(String(value)) ? null : `${at} is not a key`);
const ENDING = { routing_key: key, event_action: oneOf('resolve'), dedup_key: text(255) };
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
  const check = (event as Fields)['event_action'] === 'resolve' ? object(ENDING) : EVENT;
  const size = Buffer.byteLength(JSON.stringify(event));
  return first([check(event, 'event'), size <= 512 * 1024 ? null : `the event has ${size} bytes`]);
}

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const OK: FakeAnswer = { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"x"}' };

export async function startPagerDutyInbox(): Promise<PagerDutyInbox> {
  const incidents: Incident[] = [];
  const events: unknown[] = [];
  const problems: string[] = [];
  const bodies: string[] = [];
  const answers = createAnswers(OK);
  const take = (event: Fields): void => {
    events.push(event);
    const { dedup_key: of = `of its own ${events.length}`, payload } = event;
    const open = incidents.find((incident) => incident.key === of && incident.status === 'triggered');
    if (event['event_action'] === 'resolve') {
      // Where no incident is open, it is dropped.
      if (open !== undefined) open.status = 'resolved';
    } else if (open !== undefined) open.triggers++;
    else {
      const { summary } = payload as Fields;
      incidents.push({ key: String(of), status: 'triggered', summary: String(summary), triggers: 1 });
    }
  };
  const server = await startHttpServer((request, response, body) => {
    bodies.push(body);
    const now = answers.next();
    if (now.hang === true) return;
    if (now.reset === true) {
      request.socket.destroy();
      return;
    }
    if (now.status === 202) {
      const event = JSON.parse(body) as Fields;
      const isOurs = request.url === '/v2/enqueue' && event['routing_key'] === KEY;
      const problem = isOurs ? pagerDutyProblem(event) : 'Invalid routing key';
      if (problem !== null) {
        problems.push(problem);
        const errors = JSON.stringify([problem]);
        response
          .writeHead(400)
          .end(`{"status":"invalid event","message":"Event object is invalid","errors":${errors}}`);
        return;
      }
      take(event);
    }
    answerWith(now, response, now.body ?? OK.body);
  });
  return {
    origin: server.origin,
    key: KEY,
    incidents,
    events,
    problems,
    bodies,
    answer: answers.set,
    stop: server.stop,
  };
}
