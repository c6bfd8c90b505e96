/** A fake of PagerDuty's Events API v2, for one integration (pagerduty-incidents.ts). */
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { createIncidents, type Incident, pagerDutyProblem } from './pagerduty-incidents.ts';
import type { Fields } from './shape.ts';

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

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const OK: FakeAnswer = { status: 202, body: '{"status":"success","message":"Event processed","dedup_key":"x"}' };

export async function startPagerDutyInbox(): Promise<PagerDutyInbox> {
  const { incidents, events, take } = createIncidents();
  const problems: string[] = [];
  const bodies: string[] = [];
  const answers = createAnswers(OK);
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
