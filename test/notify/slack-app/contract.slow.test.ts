import { createSlackApp } from '../../../src/notify/slack-app/send.ts';
import { startSlackApi } from '../../support/slack-api.ts';
import { readSlack } from '../read-back.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';
import { asOpen } from './editable.ts';

receiverContract('a Slack app', async (): Promise<StandInVendor> => {
  const api = await startSlackApi();
  const { origin, token, channel } = api;
  return {
    receiver: (timeoutMs) => {
      const app = createSlackApp(
        { origin, token, channel, canAct: true },
        { name: 'slack-app', setting: 'SLACK_CHANNEL', fetch, timeoutMs },
      );
      return { ...app, send: (outgoing) => app.send(asOpen(outgoing)) };
    },
    does: (what) => {
      api.fails('postMessage', null);
      switch (what) {
        case 'accepts it':
          return api.answer({ status: 200 });
        case 'never answers':
          return api.answer({ status: 200, hang: true });
        case 'resets the connection':
          return api.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return api.answer({
            status: 429,
            body: '{"ok":false,"error":"ratelimited"}',
            headers: { 'retry-after': '30' },
          });
        case 'is broken':
          return api.answer({ status: 500, body: token });
        case 'wants no more messages':
          api.answer({ status: 200 });
          return api.fails('postMessage', 'token_revoked');
        case 'redirects':
          return api.answer({ status: 302, headers: { location: origin } });
        case 'answers with garbage':
          return api.answer({ status: 200, body: `<html>${token}` });
        case 'answers endlessly':
          return api.answer({ status: 404, body: `${token} `.repeat(100_000) });
        case 'answers slowly':
          return api.answer({ status: 200, drip: true });
        case 'takes it and loses the answer':
          return api.answer({ status: 200, lose: true });
      }
    },
    ends: USUAL_ENDS,
    slowDownMs: 30_000,
    http: {
      answers: (status, headers) => api.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 1_020,
    attempts: () => api.bodies,
    taken: () => {
      if (api.problems.length > 0) throw new Error(api.problems.join('\n'));
      return api.posted.map(({ message }) => ({ message: readSlack(message) }));
    },
    secrets: [token, 'a-secret-of-slack'],
    shown: asName,
    stop: api.stop,
  };
});
