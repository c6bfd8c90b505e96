import { createEmail } from '../../src/notify/email/send.ts';
import { createSlack } from '../../src/notify/slack/send.ts';
import { createWebhook } from '../../src/notify/webhook/send.ts';
import { startInbox } from '../support/inbox.ts';
import { startMailInbox } from '../support/mail-inbox.ts';
import { startWebhookInbox } from '../support/webhook-inbox.ts';
import { type ReadBack, readHtml, readSlack, readText } from './read-back.ts';
import { asName, type FarEnd, receiverContract } from './receiver.contract.ts';

const fetch = (url: string, init: RequestInit) => globalThis.fetch(url, init);
const RETRY_AFTER = { 'retry-after': '30' };

receiverContract('Slack', async (): Promise<FarEnd> => {
  const inbox = await startInbox();
  const secret = new URL(inbox.url).pathname;
  return {
    receiver: (timeoutMs) => createSlack({ name: 'slack', webhookUrl: inbox.url, fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'takes it':
          return inbox.answer({ status: 200, body: 'ok' });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: 'rate_limited', headers: RETRY_AFTER });
        case 'is broken':
          return inbox.answer({ status: 500, body: `rollup_error at ${inbox.url}` });
        case 'wants no more':
          return inbox.answer({ status: 404, body: `no_service ${secret}` });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: inbox.url } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: `<html>${inbox.url}` });
        case 'answers without an end':
          return inbox.answer({ status: 404, body: `${secret} `.repeat(100_000) });
      }
    },
    ends: {
      'takes it': 'delivered',
      'never answers': 'retry',
      'resets the connection': 'retry',
      'asks to slow down': 'retry',
      'is broken': 'retry',
      'wants no more': 'refused',
      redirects: 'refused',
      'answers with garbage': 'retry',
      'answers without an end': 'refused',
    },
    slowDownMs: 30_000,
    attempts: () => inbox.bodies,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.messages.map((message) => ({ message: readSlack(message) }));
    },
    secrets: ['a-secret-of-slack', secret],
    shown: asName,
    stop: inbox.stop,
  };
});

receiverContract('email', async (): Promise<FarEnd> => {
  const inbox = await startMailInbox();
  const to = ['oncall@example.net', 'boss@example.net'];
  const leak = `not sent to ${to.join()} from tocsin@example.com`;
  return {
    receiver: (timeoutMs) =>
      createEmail({ name: 'email', binding: inbox.binding, sender: 'tocsin@example.com', to, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'takes it':
          return inbox.answer({ kind: 'ok' });
        case 'never answers':
          return inbox.answer({ kind: 'hang' });
        case 'resets the connection':
          return inbox.answer({ kind: 'reset' });
        case 'asks to slow down':
          return inbox.answer({ kind: 'error', code: 'E_RATE_LIMIT_EXCEEDED', message: leak });
        case 'is broken':
          return inbox.answer({ kind: 'error', code: 'E_INTERNAL_SERVER_ERROR', message: leak });
        case 'wants no more':
          return inbox.answer({ kind: 'error', code: 'E_SENDER_NOT_VERIFIED', message: leak });
        case 'answers with garbage':
          return inbox.answer({ kind: 'error', code: leak, message: leak });
        case 'answers without an end':
          return inbox.answer({ kind: 'garbage', length: 100_000 });
        case 'redirects':
          return;
      }
    },
    ends: {
      'takes it': 'delivered',
      'never answers': 'retry',
      'resets the connection': 'retry',
      'asks to slow down': 'retry',
      'is broken': 'retry',
      'wants no more': 'refused',
      redirects: null,
      'answers with garbage': 'retry',
      'answers without an end': 'retry',
    },
    slowDownMs: null,
    attempts: () => inbox.sends,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.mails.map(({ text, html }) => ({ text: readText(text), html: readHtml(html) }));
    },
    secrets: [...to, 'tocsin@example.com'],
    shown: asName,
    stop: inbox.stop,
  };
});

receiverContract('webhook', async (): Promise<FarEnd> => {
  const inbox = await startWebhookInbox();
  const leak = `${inbox.url} ${inbox.secrets.join(' ')}`;
  return {
    receiver: (timeoutMs) =>
      createWebhook({ name: 'webhook', url: inbox.url, key: inbox.key, fetch, now: () => Date.now(), timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'takes it':
          return inbox.answer({ status: 204 });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, headers: RETRY_AFTER });
        case 'is broken':
          return inbox.answer({ status: 503, body: inbox.url });
        case 'wants no more':
          return inbox.answer({ status: 410, body: leak });
        case 'redirects':
          return inbox.answer({ status: 307, headers: { location: inbox.url } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: '\u0000<html>' });
        case 'answers without an end':
          return inbox.answer({ status: 404, endless: true });
      }
    },
    ends: {
      'takes it': 'delivered',
      'never answers': 'retry',
      'resets the connection': 'retry',
      'asks to slow down': 'retry',
      'is broken': 'retry',
      'wants no more': 'refused',
      redirects: 'refused',
      'answers with garbage': 'delivered',
      'answers without an end': 'retry',
    },
    slowDownMs: 30_000,
    attempts: () => inbox.posts.map(({ id, body }) => ({ id, body })),
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.posts.map(({ body }) => ({ payload: readPayload(body) }));
    },
    secrets: inbox.secrets,
    // For programs: as it is, but for halves of characters.
    shown: (text) => text.toWellFormed().slice(0, 7),
    stop: inbox.stop,
  };
});

/** Every string of the payload; the links are those under `links`. */
function readPayload(body: string): ReadBack {
  const { data } = JSON.parse(body) as { data: { links: Record<string, string | null> } };
  const strings: string[] = [];
  JSON.parse(body, (_, value: unknown) => {
    if (typeof value === 'string') strings.push(value);
    return value;
  });
  return { text: strings.join('\n'), links: Object.values(data.links).filter((link) => link !== null), commands: [] };
}
