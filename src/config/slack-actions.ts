/**
 * The settings of acts from Slack: what proves that Slack sent them, and who may act.
 *
 * Contract: pure; a problem never holds the secret.
 */
import {
  after,
  bySecret,
  type Environment,
  IN_VARS,
  type Reading,
  readText,
  type Take,
  value,
  wrong,
} from './setting.ts';

export interface SlackActions {
  readonly signingSecret: string;
  /** Ids of members: those who act as responders. */
  readonly responders: readonly string[];
}

const RESPONDERS_MAX = 200;

/** Null: nothing from Slack counts. */
export function readSlackActions(env: Environment, take: Take): SlackActions | null {
  const responders = take('SLACK_RESPONDERS', after(readText(env, 'SLACK_RESPONDERS'), parseResponders), {
    missing: null,
    meanwhile: 'nobody can act on alerts in Slack: its buttons answer with a link',
    hint: `set it to the member ids of those who may act, such as \`U012AB3CD,U045EF6GH\`, ${IN_VARS}`,
  });
  const signingSecret = take('SLACK_SIGNING_SECRET', readSigningSecret(env), {
    missing: responders === null ? null : 'is not set, but SLACK_RESPONDERS is',
    meanwhile: 'messages in Slack have no buttons that act',
    hint: `set it to the app's signing secret, under "Basic Information": ${bySecret('SLACK_SIGNING_SECRET')}`,
  });
  return signingSecret === null ? null : { signingSecret, responders: responders ?? [] };
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack has one of 32 letters and digits. */
export function readSigningSecret(env: Environment): Reading<string> {
  return after(readText(env, 'SLACK_SIGNING_SECRET'), (text) =>
    /^[A-Za-z0-9]{32,64}$/.test(text)
      ? value(text)
      : wrong('is not 32 letters and digits: is it another value of the app?'),
  );
}

function parseResponders(text: string): Reading<readonly string[]> {
  const ids = text.split(/[\s,]+/).filter((id) => id !== '');
  const other = ids.findIndex((id) => !/^[UW][A-Z0-9]{6,24}$/.test(id));
  if (other >= 0) return wrong(`has at place ${other + 1} what is no member id: copy it from the member's profile`);
  return ids.length <= RESPONDERS_MAX ? value(ids) : wrong(`has more than ${RESPONDERS_MAX} members`);
}
