import { createNtfy } from '../../../src/notify/ntfy/send.ts';
import { startNtfyInbox } from '../../support/ntfy-inbox.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';
import { readNtfy } from './read-back.ts';

receiverContract('ntfy', async (): Promise<StandInVendor> => {
  const inbox = await startNtfyInbox();
  const { origin, topic, token } = inbox;
  const leak = `${topic} ${token}`;
  return {
    receiver: (timeoutMs) =>
      createNtfy({ origin, name: topic, token }, { name: 'ntfy', setting: 'NTFY_URL', fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 200 });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: `{"code":42901,"http":429,"error":"limit reached ${leak}"}` });
        case 'is broken':
          return inbox.answer({ status: 502, body: leak });
        case 'wants no more messages':
          return inbox.answer({ status: 403, body: `{"code":40301,"http":403,"error":"forbidden ${leak}"}` });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: `${origin}/${topic}` } });
        case 'answers with garbage':
          return inbox.answer({ status: 200, body: `<html>${leak}` });
        case 'answers endlessly':
          return inbox.answer({ status: 404, body: `${leak} `.repeat(100_000) });
        case 'answers slowly':
          return inbox.answer({ status: 200, drip: true });
        case 'takes it and loses the answer':
          return inbox.answer({ status: 200, lose: true });
      }
    },
    ends: USUAL_ENDS,
    // It names no time.
    slowDownMs: null,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 1_000,
    attempts: () => inbox.bodies,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.messages.map((message) => ({ message: readNtfy(message) }));
    },
    secrets: [topic, token],
    shown: asName,
    stop: inbox.stop,
  };
});
