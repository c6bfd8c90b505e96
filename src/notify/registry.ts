/** The types of receivers. Settings, the routing file, the CLI and docs/receivers.md derive what they know from this list. */
import { discord } from './discord/discord.ts';
import { email } from './email/email.ts';
import { ntfy } from './ntfy/ntfy.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import type { ReceiverType } from './receiver.ts';
import { slack } from './slack/slack.ts';
import { slackApp } from './slack-app/slack-app.ts';
import { teams } from './teams/teams.ts';
import { webhook } from './webhook/webhook.ts';

/** The first is the one proposed where no receiver is set. */
export const RECEIVER_TYPES: readonly ReceiverType[] = [
  slack, // incoming webhooks
  slackApp, // an app's bot token
  email, // Cloudflare's send_email binding
  discord, // incoming webhooks
  teams, // webhooks of workflows
  ntfy, // ntfy.sh, or a server of one's own
  pagerduty, // Events API v2
  webhook, // Standard Webhooks
];
