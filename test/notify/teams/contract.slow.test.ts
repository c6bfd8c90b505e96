import { createTeams } from '../../../src/notify/teams/send.ts';
import { startTeamsInbox } from '../../support/teams-inbox.ts';
import { asName, receiverContract, type StandInVendor, USUAL_ENDS, USUAL_HTTP_ENDS } from '../receiver.contract.ts';
import { readTeams } from './read-back.ts';

const RETRY_AFTER = { 'retry-after': '30' };

receiverContract('Teams', async (): Promise<StandInVendor> => {
  const inbox = await startTeamsInbox();
  const leak = `at ${inbox.url} ${inbox.signature}`;
  return {
    receiver: (timeoutMs) =>
      createTeams({ name: 'teams', webhookUrl: inbox.url, setting: 'TEAMS_WEBHOOK_URL', fetch, timeoutMs }),
    does: (what) => {
      switch (what) {
        case 'accepts it':
          return inbox.answer({ status: 202 });
        case 'never answers':
          return inbox.answer({ status: 202, hang: true });
        case 'resets the connection':
          return inbox.answer({ status: 202, reset: true });
        case 'asks to slow down':
          return inbox.answer({ status: 429, body: `{"error":{"message":"${leak}"}}`, headers: RETRY_AFTER });
        case 'is broken':
          return inbox.answer({ status: 502, body: `{"error":{"code":"NoResponse","message":"${leak}"}}` });
        case 'wants no more messages':
          return inbox.answer({ status: 404, body: `{"error":{"code":"WorkflowNotFound","message":"${leak}"}}` });
        case 'redirects':
          return inbox.answer({ status: 302, headers: { location: inbox.url } });
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
    slowDownMs: 30_000,
    http: {
      answers: (status, headers) => inbox.answer({ status, headers }),
      ends: USUAL_HTTP_ENDS,
    },
    paceMs: 1_000,
    attempts: () => inbox.bodies,
    taken: () => {
      if (inbox.problems.length > 0) throw new Error(inbox.problems.join('\n'));
      return inbox.messages.map((message) => ({ message: readTeams(message) }));
    },
    secrets: [inbox.signature, inbox.url],
    // What some clients take for a link or a date is broken up.
    shown: (text) =>
      asName(text)
        .replaceAll('](', '] (')
        .replace(/\{\{(?=(?:DATE|TIME)\()/g, '{ {'),
    stop: inbox.stop,
  };
});
