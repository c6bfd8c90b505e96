/**
 * What Slack's incoming webhooks accept, for the fields used here; unknown fields are errors. Pure.
 *
 * https://docs.slack.dev/reference/block-kit/blocks and …/block-elements, …/composition-objects; attachments:
 * https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments.
 */
import { byType, type Check, type Fields, list, object, oneOf, text } from './shape.ts';

/** Why Slack would reject the message (`invalid_blocks` or similar); null if it would accept it. */
export function slackProblem(message: unknown): string | null {
  return MESSAGE(message, 'message');
}

const plainText = (most: number): Check =>
  object({ type: oneOf('plain_text'), text: text(most), 'emoji?': oneOf(true, false) });
const anyText = (most: number): Check =>
  byType({
    plain_text: plainText(most),
    mrkdwn: object({ type: oneOf('mrkdwn'), text: text(most), 'verbatim?': oneOf(true, false) }),
  });

const httpUrl: Check = (value, at) =>
  text(3000)(value, at) ?? (/^https?:\/\/[^\s<>]+$/.test(String(value)) ? null : `${at} is not a URL`);

const BUTTON = object({
  type: oneOf('button'),
  text: plainText(75),
  action_id: text(255),
  url: httpUrl,
  'style?': oneOf('primary', 'danger'),
});

const ACT_BUTTON = object({
  type: oneOf('button'),
  text: plainText(75),
  action_id: text(255),
  value: text(2000),
  'style?': oneOf('primary', 'danger'),
});

/** What an app's message may have besides. */
const APP_ELEMENT = byType({
  button: (value, at) => ('url' in Object(value) ? BUTTON : ACT_BUTTON)(value, at),
  static_select: object({
    type: oneOf('static_select'),
    placeholder: plainText(150),
    action_id: text(255),
    options: list(100, object({ text: plainText(75), value: text(150) })),
  }),
});

const SECTION: Check = (value, at) => {
  const { text: prose, fields } = value as Fields;
  if (prose === undefined && fields === undefined) return `${at} has neither text nor fields`;
  return object({ type: oneOf('section'), 'text?': anyText(3000), 'fields?': list(10, anyText(2000)) })(value, at);
};

const blockWith = (element: Check): Check =>
  byType({
    header: object({ type: oneOf('header'), text: plainText(150) }),
    section: SECTION,
    context: object({ type: oneOf('context'), elements: list(10, anyText(3000)) }),
    divider: object({ type: oneOf('divider') }),
    actions: (value, at) => {
      const problem = object({ type: oneOf('actions'), 'block_id?': text(255), elements: list(25, element) })(
        value,
        at,
      );
      if (problem !== null) return problem;
      const ids = ((value as Fields)['elements'] as readonly Fields[]).map((element) => element['action_id']);
      return new Set(ids).size === ids.length ? null : `${at} has an action_id twice`;
    },
  });

const fieldsWith = (element: Check): { readonly [name: string]: Check } => ({
  text: text(4000),
  'blocks?': list(50, blockWith(element)),
  'attachments?': list(
    20,
    object({
      color: (value, at) => (/^#[0-9a-f]{6}$/i.test(String(value)) ? null : `${at} is not a color`),
      fallback: text(4000),
      blocks: list(50, blockWith(element)),
    }),
  ),
  'mrkdwn?': oneOf(true, false),
  'unfurl_links?': oneOf(false),
  'unfurl_media?': oneOf(false),
});

const MESSAGE = object(fieldsWith(BUTTON));
const place =
  (pattern: RegExp): Check =>
  (value, at) =>
    pattern.test(String(value)) ? null : `${at} is ${JSON.stringify(value)}`;
const CHANNEL = place(/^[CGD][A-Z0-9]+$/);
const TS = place(/^\d+\.\d+$/);

/**
 * What `chat.postMessage` and `chat.update` accept. `parse`: what is not "none" is parsed for addresses and names.
 * https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update
 */
const APP_MESSAGE = object({
  ...fieldsWith(APP_ELEMENT),
  channel: CHANNEL,
  'thread_ts?': TS,
  parse: oneOf('none'),
});
const EDIT = object({ ...fieldsWith(APP_ELEMENT), channel: CHANNEL, ts: TS, parse: oneOf('none') });

/** The same of an app's message, or of an edit. */
export function slackAppProblem(message: unknown, isEdit: boolean): string | null {
  return (isEdit ? EDIT : APP_MESSAGE)(message, 'message');
}
