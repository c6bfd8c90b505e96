/**
 * What Slack's incoming webhooks take, as far as anybody here sends it, and stricter: what is not known is wrong. Pure.
 *
 * https://docs.slack.dev/reference/block-kit/blocks and …/block-elements, …/composition-objects; attachments:
 * https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments.
 */

type Fields = { readonly [field: string]: unknown };
type Check = (value: unknown, at: string) => string | null;

/** Why Slack would answer `invalid_blocks` or the like; null where it would take the message. */
export function slackProblem(message: unknown): string | null {
  return MESSAGE(message, 'message');
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}

const text =
  (most: number): Check =>
  (value, at) => {
    if (typeof value !== 'string' || value.length === 0) return `${at} is no text`;
    if (!value.isWellFormed()) return `${at} is not well formed`;
    return value.length <= most ? null : `${at} has ${value.length} characters, more than ${most}`;
  };

const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, at) =>
    allowed.includes(value) ? null : `${at} is ${JSON.stringify(value)}`;

const list =
  (most: number, each: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length === 0) return `${at} is no list`;
    if (value.length > most) return `${at} has ${value.length}, more than ${most}`;
    return first(value.map((item, i) => each(item, `${at}[${i}]`)));
  };

/** An object with these fields and no other; those whose name ends in "?" may be missing. */
const object =
  (fields: { readonly [name: string]: Check }): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} is no object`;
    const known = Object.keys(fields).map((name) => name.replace('?', ''));
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) return `${at}.${unknown} is not known`;
    const given = value as Fields;
    return first(
      Object.entries(fields).map(([name, check]) => {
        const field = name.replace('?', '');
        if (given[field] === undefined) return name.endsWith('?') ? null : `${at}.${field} is missing`;
        return check(given[field], `${at}.${field}`);
      }),
    );
  };

/** By its `type`. */
const byType =
  (types: { readonly [type: string]: Check }): Check =>
  (value, at) => {
    const type = String((value as Fields | null)?.['type']);
    return Object.hasOwn(types, type) ? (types[type]?.(value, at) ?? null) : `${at} is of the type ${type}`;
  };

const plainText = (most: number): Check =>
  object({ type: oneOf('plain_text'), text: text(most), 'emoji?': oneOf(true, false) });
const anyText = (most: number): Check =>
  byType({
    plain_text: plainText(most),
    mrkdwn: object({ type: oneOf('mrkdwn'), text: text(most), 'verbatim?': oneOf(true, false) }),
  });

const httpUrl: Check = (value, at) =>
  text(3000)(value, at) ?? (/^https?:\/\/[^\s<>]+$/.test(String(value)) ? null : `${at} is no address`);

const BUTTON = object({
  type: oneOf('button'),
  text: plainText(75),
  action_id: text(255),
  url: httpUrl,
  'style?': oneOf('primary', 'danger'),
});

const SECTION: Check = (value, at) => {
  const { text: prose, fields } = value as Fields;
  if (prose === undefined && fields === undefined) return `${at} has neither text nor fields`;
  return object({ type: oneOf('section'), 'text?': anyText(3000), 'fields?': list(10, anyText(2000)) })(value, at);
};

const BLOCK = byType({
  header: object({ type: oneOf('header'), text: plainText(150) }),
  section: SECTION,
  context: object({ type: oneOf('context'), elements: list(10, anyText(3000)) }),
  divider: object({ type: oneOf('divider') }),
  actions: (value, at) => {
    const problem = object({ type: oneOf('actions'), elements: list(25, BUTTON) })(value, at);
    if (problem !== null) return problem;
    const ids = ((value as Fields)['elements'] as readonly Fields[]).map((element) => element['action_id']);
    return new Set(ids).size === ids.length ? null : `${at} has an action_id twice`;
  },
});

const ATTACHMENT = object({
  color: (value, at) => (/^#[0-9a-f]{6}$/i.test(String(value)) ? null : `${at} is no colour`),
  fallback: text(4000),
  blocks: list(50, BLOCK),
});

const MESSAGE = object({
  text: text(4000),
  'blocks?': list(50, BLOCK),
  'attachments?': list(20, ATTACHMENT),
  'mrkdwn?': oneOf(true, false),
  'unfurl_links?': oneOf(false),
  'unfurl_media?': oneOf(false),
});
