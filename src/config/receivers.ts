/**
 * The receivers the settings and the routing name together, each ready to be made, or why it can't be.
 *
 * Contract: pure. A receiver whose setting is missing or wrong is still there, as `unset`: what goes to it is dead with
 * that reason, and told through another. No secret's value gets into a problem.
 */
import { parseMailAddress, parseMailAddresses } from '../notify/email/address.ts';
import { parseSigningKey } from '../notify/webhook/signing-key.ts';
import {
  DEFAULT_SECRETS,
  type DeclaredReceiver,
  LEAST_LEVEL,
  RECEIVER_TYPES,
  type ReceiverType,
  type RoutedReceiver,
  type Routing,
} from '../routing/routing.ts';
import type { Level } from '../sigma/index.ts';
import { parseServiceUrl, parseSlackWebhook } from './address.ts';
import { after, bySecret, type Environment, IN_VARS, type Reading, readText, type SettingProblem } from './setting.ts';
import { readBinding } from './values.ts';

/** Cloudflare's `send_email` binding, as much of it as is used. */
export interface MailBinding {
  send(message: {
    from: string | { name: string; email: string };
    to: string | string[];
    subject: string;
    text: string;
    html: string;
    headers: Record<string, string>;
  }): Promise<{ messageId?: string }>;
}

interface Common {
  readonly name: string;
  readonly minLevel: Level;
}

/** What a receiver is made from. */
export type ReceiverSettings =
  | (Common & { readonly type: 'slack'; readonly webhookUrl: string })
  | (Common & {
      readonly type: 'email';
      readonly binding: MailBinding;
      readonly sender: string;
      readonly to: readonly string[];
    })
  /** `key`: the bytes messages are signed with, decoded from `whsec_…`. */
  | (Common & { readonly type: 'webhook'; readonly url: string; readonly key: Uint8Array })
  | (Common & { readonly type: 'unset'; readonly of: ReceiverType; readonly problem: string });

export interface Receivers {
  /** Every one that is declared; without a routing, every one whose address is set. */
  readonly receivers: readonly ReceiverSettings[];
  readonly problems: readonly SettingProblem[];
}

/** A piece of a receiver that is missing or wrong. */
type Flaw = Pick<SettingProblem, 'setting' | 'problem' | 'hint'>;

/** The binding that sends mail, and who it is from: of all receivers of this type. */
const MAIL_BINDING = 'EMAIL';
const MAIL_SENDER = 'EMAIL_FROM';

const NOBODY = 'alerts are found and kept, but NOBODY IS TOLD';
const SLACK_RIGHT = "an incoming webhook's address, https://hooks.slack.com/services/T…/B…/…";

/** The receivers, and everything that is wrong with their settings. */
export function readReceivers(env: Environment, routing: Routing | null): Receivers {
  const declared = routing?.receivers ?? RECEIVER_TYPES.map(byDefault).filter(({ secret }) => isSet(env, secret));
  const read = declared.map((receiver) => readReceiver(env, receiver));
  const receivers = read.map(({ settings }) => settings);
  const anybody = receivers.some(({ type }) => type !== 'unset');
  return {
    receivers,
    problems: [
      ...(receivers.length === 0 ? [none()] : []),
      ...flawProblems(read, anybody),
      ...(routing === null ? halves(env) : []),
    ],
  };
}

/** Names of the settings that the routing's receivers take. */
export function receiverSettings(routing: Routing | null): readonly string[] {
  return (routing?.receivers ?? []).flatMap(({ secret, signingSecret }) =>
    signingSecret === null ? [secret] : [secret, signingSecret],
  );
}

/** A receiver as the ledger knows it. */
export function toRoutedReceiver(of: ReceiverSettings): RoutedReceiver {
  return { name: of.name, minLevel: of.minLevel, problem: of.type === 'unset' ? of.problem : null };
}

function byDefault(type: ReceiverType): DeclaredReceiver {
  return { name: type, type, ...DEFAULT_SECRETS[type], minLevel: LEAST_LEVEL };
}

function isSet(env: Environment, name: string): boolean {
  return readText(env, name).kind !== 'absent';
}

interface Read {
  readonly settings: ReceiverSettings;
  readonly flaws: readonly Flaw[];
}

function readReceiver(env: Environment, { name, type, secret, signingSecret, minLevel }: DeclaredReceiver): Read {
  const common = { name, minLevel };
  const flaws: Flaw[] = [];
  /** The value, or null and a flaw. */
  function take<T>(setting: string, reading: Reading<T>, hint: string, missing = 'is not set'): T | null {
    if (reading.kind === 'value') return reading.value;
    flaws.push({ setting, problem: reading.kind === 'absent' ? missing : reading.problem, hint });
    return null;
  }
  const settled = (settings: ReceiverSettings | null): Read => ({
    settings: settings ?? { ...common, type: 'unset', of: type, problem: inWords(flaws) },
    flaws,
  });

  switch (type) {
    case 'slack': {
      const hint = `${SLACK_RIGHT}: ${bySecret(secret)}`;
      const webhookUrl = take(secret, after(readText(env, secret), parseSlackWebhook), hint);
      return settled(webhookUrl === null ? null : { ...common, type, webhookUrl });
    }
    case 'email': {
      const whom = `one or more e-mail addresses with commas between: ${bySecret(secret)}`;
      const to = take(secret, after(readText(env, secret), parseMailAddresses), whom);
      const sender = take(MAIL_SENDER, after(readText(env, MAIL_SENDER), parseMailAddress), SENDER_RIGHT);
      const binding = take(MAIL_BINDING, readBinding<MailBinding>(env, MAIL_BINDING, ['send']), BINDING_RIGHT, UNBOUND);
      if (to === null || sender === null || binding === null) return settled(null);
      return settled({ ...common, type, binding, sender, to });
    }
    case 'webhook': {
      const url = take(secret, after(readText(env, secret), parseServiceUrl), `an https address: ${bySecret(secret)}`);
      // A routing that was checked names one.
      const of = signingSecret ?? DEFAULT_SECRETS.webhook.signingSecret ?? '';
      const signed = `a key that its reader has too: echo "whsec_$(openssl rand -base64 32)" | ${bySecret(of)}`;
      const key = take(of, after(readText(env, of), parseSigningKey), signed);
      return settled(url === null || key === null ? null : { ...common, type, url, key });
    }
  }
}

const UNBOUND = 'is not bound';
const BINDING_RIGHT =
  'take the # from the [[send_email]] lines in wrangler.toml, then npm run deploy; the account needs Email Service or Email Routing';
const SENDER_RIGHT = `an address of a domain that Cloudflare's Email Service may send from, such as \`tocsin@example.com\`, ${IN_VARS}`;

/** `EMAIL_TO is not set; EMAIL is not bound`. */
function inWords(flaws: readonly Flaw[]): string {
  return flaws.map(({ setting, problem }) => `${setting} ${problem}`).join('; ');
}

/** One problem for a flaw, however many receivers have it. */
function flawProblems(read: readonly Read[], anybody: boolean): readonly SettingProblem[] {
  const found = new Map<string, { readonly flaw: Flaw; readonly names: string[] }>();
  for (const { settings, flaws } of read) {
    for (const flaw of flaws) {
      const key = `${flaw.setting} ${flaw.problem}`;
      const same = found.get(key) ?? { flaw, names: [] };
      found.set(key, { ...same, names: [...same.names, settings.name] });
    }
  }
  return [...found.values()].map(({ flaw, names }) => ({
    ...flaw,
    severity: 'error',
    problem: `${flaw.problem} (receiver${names.length === 1 ? '' : 's'} ${names.join(', ')})`,
    meanwhile: anybody ? 'what goes there cannot be delivered, and is told through another receiver' : NOBODY,
  }));
}

function none(): SettingProblem {
  const setting = DEFAULT_SECRETS.slack.secret;
  return {
    setting,
    severity: 'error',
    problem: 'is not set, and no other receiver is',
    meanwhile: NOBODY,
    hint: `${SLACK_RIGHT}: ${bySecret(setting)}; README.md has e-mail and webhooks`,
  };
}

/** What stands there for a receiver that has no address. */
function halves(env: Environment): readonly SettingProblem[] {
  const pairs = [
    [DEFAULT_SECRETS.email.secret, MAIL_SENDER],
    [DEFAULT_SECRETS.webhook.secret, DEFAULT_SECRETS.webhook.signingSecret ?? ''],
  ] as const;
  return pairs.flatMap(([address, other]) => {
    if (isSet(env, address) || !isSet(env, other)) return [];
    return [
      {
        setting: address,
        severity: 'notice' as const,
        problem: `is not set, and ${other} is`,
        meanwhile: 'nothing is sent there',
        hint: `${bySecret(address)}, or leave ${other} out`,
      },
    ];
  });
}
