/** Settings of every name, right, wrong and hostile: all problems are reported, none shows a secret, none throws. */
import { readConfig, SETTINGS } from '../../../src/config/config.ts';
import { receiverSettings } from '../../../src/config/receivers.ts';
import { RECEIVER_TYPES } from '../../../src/notify/registry.ts';
import { reportSettings } from '../../../src/poller/tick.ts';
import { firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText, mutated, SECRETS } from '../texts.ts';
import { loggedBy } from './text.ts';

const GOOD: readonly (readonly [name: string, value: string])[] = [
  ['NIRVANA_LABS_API_KEY', SECRETS.apiKey],
  ['LINK_SECRET', SECRETS.linkSecret],
  ['SLACK_WEBHOOK_URL', SECRETS.webhookUrl],
  ['WEBHOOK_URL', SECRETS.ownWebhook],
  ['WEBHOOK_SECRET', SECRETS.webhookSecret],
  ['HEARTBEAT_URL', SECRETS.heartbeat],
  ['DISCORD_WEBHOOK_URL', 'https://discord.com/api/webhooks/123/abc'],
  ['TEAMS_WEBHOOK_URL', SECRETS.teams],
  ['PAGERDUTY_ROUTING_KEY', SECRETS.pagerDutyKey],
  ['PAGERDUTY_REGION', 'eu'],
  ['NTFY_URL', SECRETS.ntfy],
  ['EMAIL_TO', 'oncall@corp.example'],
  ['EMAIL_FROM', 'tocsin@corp.example'],
  ['PUBLIC_URL', 'https://tocsin.example'],
  ['ALLOWED_LATENESS', '5m'],
  ['RETENTION', '30d'],
  ['START_AT', '1h'],
  ['FIRST_READ', 'notify'],
  ['PLAN', 'free'],
  ['API_KEY_EXPIRES_AT', '2027-01-01'],
];
const NAMES = [...new Set([...SETTINGS, ...receiverSettings(RECEIVER_TYPES, null), ...GOOD.map(([name]) => name)])];
/** A value that was set by mistake to another setting's, perhaps with a character more. */
type Settings = readonly (readonly string[])[];

/** The kind; `fault` changes the text of each problem. */
export function settingsKind(fault: (text: string, settings: Settings) => string = (text) => text): FuzzKind {
  const kind: FuzzKind<never> = {
    name: 'settings',
    about: 'the environment of the Worker',
    share: 15_000,
    generate: (dice) => {
      const settings = Array.from({ length: dice.between(1, 12) }, () => {
        const [good = '', value = ''] = dice.pick(GOOD);
        const name = dice.chance(0.7) ? good : dice.chance(0.8) ? dice.pick(NAMES) : mutated(dice, good, 1);
        const hostile = dice.chance(0.5) ? hostileText(dice, 300) : mutated(dice, 'https://x.example/y', 2);
        return [
          name,
          dice.chance(0.6) ? value : dice.chance(0.5) ? `${value}${dice.pick([' ', '\n', '"', '\u200b'])}` : hostile,
        ];
      });
      return { settings } as never;
    },
    check({ settings }: { readonly settings: Settings }) {
      const env = Object.fromEntries(settings.map(([name = '', value = '']) => [name, value]));
      const { problems } = readConfig(env, RECEIVER_TYPES);
      const lines = loggedBy(() => reportSettings({ problems }));
      const texts = problems.map(({ setting, problem, meanwhile, hint }) =>
        fault(`${setting} ${problem} ${meanwhile} ${hint}`, settings),
      );
      return firstOf(
        ...texts.map((text) => secretIn(text)),
        ...lines.flatMap((line) => [secretIn(line), invisibleIn(line)]),
        lines.length === problems.length ? null : `${lines.length} lines for ${problems.length} problems`,
        ...lines.map((line) => (typeof JSON.parse(line) === 'object' ? null : 'a line is not JSON')),
      );
    },
  };
  return kind as FuzzKind;
}
