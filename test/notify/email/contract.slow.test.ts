import { createEmail } from '../../../src/notify/email/send.ts';
import { startMailInbox } from '../../support/mail-inbox.ts';
import { readHtml, readText } from '../read-back.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS } from '../receiver.contract.ts';

receiverContract('email', async (): Promise<StandInVendor> => {
  const inbox = await startMailInbox();
  const to = 'oncall@example.net';
  const leak = `not sent to ${to} from tocsin@example.com`;
  return {
    receiver: (timeoutMs) =>
      createEmail({ name: 'email', binding: inbox.binding, sender: 'tocsin@example.com', to, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ kind: 'ok' });
        case 'never answers':
          return inbox.answer({ kind: 'hang' });
        case 'resets the connection':
          return inbox.answer({ kind: 'reset' });
        case 'asks to slow down':
          return inbox.answer({ kind: 'error', code: 'E_RATE_LIMIT_EXCEEDED', message: leak });
        case 'is broken':
          return inbox.answer({ kind: 'error', code: 'E_INTERNAL_SERVER_ERROR', message: leak });
        case 'wants no more messages':
          return inbox.answer({ kind: 'error', code: 'E_SENDER_NOT_VERIFIED', message: leak });
        case 'answers with garbage':
          return inbox.answer({ kind: 'error', code: leak, message: leak });
        case 'answers endlessly':
          return inbox.answer({ kind: 'garbage', length: 100_000 });
        case 'takes it and loses the answer':
          return inbox.answer({ kind: 'lost' });
        case 'redirects':
        case 'answers slowly':
          return;
      }
    },
    ends: { ...USUAL_ENDS, redirects: null, 'answers endlessly': 'retry', 'answers slowly': null },
    slowDownMs: null,
    http: null,
    paceMs: 0,
    attempts: () => inbox.sends,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.mails.map(({ text, html }) => ({ text: readText(text), html: readHtml(html) }));
    },
    secrets: [to, 'tocsin@example.com'],
    shown: asName,
    stop: inbox.stop,
  };
});
