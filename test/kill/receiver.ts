/**
 * A receiver that is killed, as a process: Slack, the mail provider, or a webhook. What it takes is on the disk before it
 * answers, one line of JSON a message; the answer takes its time, so that it can be lost.
 */
import { Webhook } from 'standardwebhooks';
import { parseJson } from '../../src/text/json.ts';
import { startHttpServer } from '../support/http-server.ts';
import { slackProblem } from '../support/slack-rules.ts';
import { beginChild, tell, tellRequests } from './child.ts';
import { openLines } from './lines.ts';
import type { ReceivedLine, ReceiverOptions } from './receiver-file.ts';

const ANSWER_MS_MIN = 20;
const ANSWER_MS_MAX = 120;

const { name, port, file, webhookSecret } = beginChild<ReceiverOptions>();
const verifier = new Webhook(webhookSecret);

tellRequests();
const taken = openLines<ReceivedLine>(file);
await startHttpServer((request, response, body) => {
  const refused = refusal(request.headers as Record<string, string>, body);
  if (refused !== null) {
    response.writeHead(400).end(refused);
    return;
  }
  taken.append({ id: request.headers['webhook-id']?.toString() ?? null, body });
  setTimeout(() => response.end(answer()), ANSWER_MS_MIN + Math.random() * (ANSWER_MS_MAX - ANSWER_MS_MIN));
}, port);
tell('ready');

/** Why the vendor would not take it; null: it would. */
function refusal(headers: Record<string, string>, body: string): string | null {
  if (name === 'slack') return slackProblem(parseJson(body));
  if (name === 'email') return null;
  try {
    verifier.verify(body, headers);
    return null;
  } catch (error) {
    return String(error);
  }
}

function answer(): string {
  return name === 'email' ? JSON.stringify({ messageId: crypto.randomUUID() }) : 'ok';
}
