/**
 * A fake of a workflow with the trigger "When a Teams webhook request is received", which posts the first attachment: it answers
 * as Power Automate does, enforces the size that Teams takes, and rejects unknown fields.
 *
 * The card: https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer (version 1.2).
 */
import { answerWith, createAnswers, type FakeAnswer, startHttpServer } from './http-server.ts';
import { byType, type Check, type Fields, first, list, object, oneOf, text } from './shape.ts';

export interface TeamsInbox {
  readonly url: string;
  readonly signature: string;
  readonly messages: readonly unknown[];
  /** Why messages were rejected. */
  readonly problems: readonly string[];
  /** The bodies of all posts, accepted or not. */
  readonly bodies: readonly string[];
  answer(with_: FakeAnswer): void;
  stop(): Promise<void>;
}

const any = text(28_672);
const url: Check = (value, at) => (/^https?:\/\/[!-~]+$/.test(String(value)) ? null : `${at} is not a URL`);
const RUN = object({
  type: oneOf('TextRun'),
  text: any,
  'weight?': oneOf('Bolder'),
  'size?': oneOf('Large', 'Small'),
  'isSubtle?': oneOf(true),
});
const element: Check = (value, at) => ELEMENT(value, at);
const ELEMENT = byType({
  RichTextBlock: object({ type: any, inlines: list(10, RUN), 'spacing?': oneOf('None') }),
  TextBlock: object({ type: any, text: any, wrap: oneOf(true), 'spacing?': oneOf('None') }),
  Container: object({
    type: any,
    style: oneOf('emphasis', 'good', 'attention', 'warning', 'accent'),
    bleed: oneOf(true),
    items: list(10, element),
  }),
  ColumnSet: object({
    type: any,
    spacing: oneOf('Small'),
    columns: list(2, object({ type: oneOf('Column'), width: oneOf('80px', 'stretch'), items: list(30, element) })),
  }),
  ActionSet: object({
    type: any,
    actions: list(6, object({ type: oneOf('Action.OpenUrl'), title: text(50), url })),
  }),
});
const MESSAGE = object({
  type: oneOf('message'),
  attachments: list(
    1,
    object({
      contentType: oneOf('application/vnd.microsoft.card.adaptive'),
      contentUrl: oneOf(null),
      content: object({
        $schema: oneOf('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: oneOf('AdaptiveCard'),
        version: oneOf('1.2'),
        msteams: object({ width: oneOf('Full') }),
        body: list(300, element),
      }),
    }),
  ),
});

/** Why the flow, or Teams after it, would reject the message; null if neither would. */
export function teamsProblem(message: unknown): string | null {
  const problem = MESSAGE(message, 'message');
  if (problem !== null) return problem;
  // Once more as a text in JSON, as it is handed on.
  const [card] = (message as Fields)['attachments'] as readonly Fields[];
  const size = Buffer.byteLength(JSON.stringify(JSON.stringify(card?.['content'])));
  return first([size <= 28_672 ? null : `the card has ${size} bytes, more than 28672`]);
}

const SIGNATURE = 'vmIihrkhagLWJ2yAFwDGdqm74d5RgPATjWqXlinZwwc';
const PATH = '/workflows/4bbf0259c9da4dce95d4358489cad7ee/triggers/manual/paths/invoke';
const QUERY = `?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIGNATURE}`;
const OK: FakeAnswer = { status: 202 };

export async function startTeamsInbox(): Promise<TeamsInbox> {
  const messages: unknown[] = [];
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
      const refuse = (status: number, code: string, problem: string): void => {
        problems.push(problem);
        response.writeHead(status).end(`{"error":{"code":"${code}","message":"no"}}`);
      };
      if (request.url !== `${PATH}${QUERY}`) return refuse(401, 'DirectApiAuthorizationRequired', 'another URL');
      const message: unknown = JSON.parse(body);
      const problem = teamsProblem(message);
      if (problem !== null) return refuse(400, 'BadRequest', problem);
      messages.push(message);
    }
    answerWith(now, response);
  });
  return {
    url: `${server.origin}${PATH}${QUERY}`,
    signature: SIGNATURE,
    messages,
    problems,
    bodies,
    answer: answers.set,
    stop: server.stop,
  };
}
