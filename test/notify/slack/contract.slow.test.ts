import { createSlack } from '../../../src/notify/slack/send.ts';
import { startInbox } from '../../support/slack-inbox.ts';
import { readSlack } from '../read-back.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';

const RETRY_AFTER = { 'retry-after': '30' };

receiverContract('Slack', async (): Promise<StandInVendor> => {
  const inbox = await startInbox();
  const secret = new URL(inbox.url).pathname;
  return {
    receiver: (timeoutMs) =>
      createSlack({ name: 'slack', webhookUrl: inbox.url, setting: 'SLACK_WEBHOOK_URL', fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 200, body: 'ok' });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: 'rate_limited', headers: RETRY_AFTER });
        case 'is broken':
          return inbox.answer({ status: 500, body: `rollup_error at ${inbox.url}` });
        case 'wants no more messages':
          return inbox.answer({ status: 404, body: `no_service ${secret}` });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: inbox.url } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: `<html>${inbox.url}` });
        case 'answers endlessly':
          return inbox.answer({ status: 404, body: `${secret} `.repeat(100_000) });
        case 'answers slowly':
          return inbox.answer({ status: 200, body: 'ok', drip: true });
        case 'takes it and loses the answer':
          return inbox.answer({ status: 200, body: 'ok', lose: true });
      }
    },
    ends: USUAL_ENDS,
    slowDownMs: 30_000,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 1_020,
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
