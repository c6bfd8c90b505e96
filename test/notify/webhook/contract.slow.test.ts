import { createWebhook } from '../../../src/notify/webhook/send.ts';
import { startWebhookInbox } from '../../support/webhook-inbox.ts';
import type { ReadBack } from '../read-back.ts';
import { receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';

const RETRY_AFTER = { 'retry-after': '30' };

receiverContract('webhook', async (): Promise<StandInVendor> => {
  const inbox = await startWebhookInbox();
  const leak = `${inbox.url} ${inbox.secrets.join(' ')}`;
  return {
    receiver: (timeoutMs) =>
      createWebhook({ name: 'webhook', url: inbox.url, key: inbox.key, fetch, now: () => Date.now(), timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 204 });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, headers: RETRY_AFTER });
        case 'is broken':
          return inbox.answer({ status: 503, body: inbox.url });
        case 'wants no more messages':
          return inbox.answer({ status: 410, body: leak });
        case 'redirects':
          return inbox.answer({ status: 307, headers: { location: inbox.url } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: '\u0000<html>' });
        case 'answers endlessly':
          return inbox.answer({ status: 404, endless: true });
        case 'answers slowly':
          return inbox.answer({ status: 200, body: 'ok', drip: true });
        case 'takes it and loses the answer':
          return inbox.answer({ status: 204, lose: true });
      }
    },
    ends: { ...USUAL_ENDS, 'answers with garbage': 'delivered', 'answers endlessly': 'retry' },
    slowDownMs: 30_000,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: { ...USUAL_HTTP_ENDS, 400: 'retry', 401: 'retry', 403: 'retry', 404: 'retry' },
    },
    paceMs: 0,
    attempts: () => inbox.posts.map(({ id, body }) => ({ id, body })),
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.posts.map(({ body }) => ({ payload: readPayload(body) }));
    },
    secrets: inbox.secrets,
    // For programs: unchanged, except for lone surrogates.
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
