/** Slack, by incoming webhook: what of it the rest of the house needs. */
export type { SlackMessage } from './slack/message.ts';
export { render } from './slack/render.ts';
export { createSlack, type SlackOptions } from './slack/send.ts';
