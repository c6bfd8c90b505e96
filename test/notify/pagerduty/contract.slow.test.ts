import { createPagerDuty } from '../../../src/notify/pagerduty/send.ts';
import { startPagerDutyInbox } from '../../support/pagerduty-inbox.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';
import { readPagerDuty } from './read-back.ts';

receiverContract('PagerDuty', async (): Promise<StandInVendor> => {
  const inbox = await startPagerDutyInbox();
  const { origin, key } = inbox;
  const leak = `{"status":"invalid event","errors":["routing_key ${key} is invalid"]}`;
  return {
    receiver: (timeoutMs) =>
      createPagerDuty({ origin, key }, { name: 'pagerduty', setting: 'PAGERDUTY_ROUTING_KEY', fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 202 });
        case 'never answers':
          return inbox.answer({ status: 202, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 202, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: leak });
        case 'is broken':
          return inbox.answer({ status: 502, body: leak });
        case 'wants no more messages':
          return inbox.answer({ status: 400, body: leak });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: `${origin}/v2/enqueue` } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: `<html>${leak}` });
        case 'answers endlessly':
          return inbox.answer({ status: 404, body: `${leak} `.repeat(100_000) });
        case 'answers slowly':
          return inbox.answer({ status: 202, body: 'slow', drip: true });
        case 'takes it and loses the answer':
          return inbox.answer({ status: 202, lose: true });
      }
    },
    ends: USUAL_ENDS,
    // It names no time.
    slowDownMs: null,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 500,
    attempts: () => inbox.bodies,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.events.map((event) => ({ event: readPagerDuty(event) }));
    },
    secrets: [key],
    shown: asName,
    stop: inbox.stop,
  };
});
