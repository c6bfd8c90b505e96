import { createDiscord } from '../../../src/notify/discord/send.ts';
import { startDiscordInbox } from '../../support/discord-inbox.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';
import { readDiscord } from './read-back.ts';

receiverContract('Discord', async (): Promise<StandInVendor> => {
  const inbox = await startDiscordInbox();
  const leak = `at ${inbox.url}`;
  return {
    receiver: (timeoutMs) =>
      createDiscord({ name: 'discord', webhookUrl: inbox.url, setting: 'DISCORD_WEBHOOK_URL', fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 200 });
        case 'never answers':
          return inbox.answer({ status: 200, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 200, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: `{"message": "${leak}", "retry_after": 30.0, "global": false}` });
        case 'is broken':
          return inbox.answer({ status: 502, body: leak });
        case 'wants no more messages':
          return inbox.answer({ status: 404, body: `{"message": "Unknown Webhook ${leak}", "code": 10015}` });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: inbox.url } });
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
    slowDownMs: 30_000,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 1_000,
    attempts: () => inbox.bodies,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.messages.map((message) => ({ message: readDiscord(message) }));
    },
    secrets: [inbox.token, inbox.url],
    shown: asName,
    stop: inbox.stop,
  };
});
