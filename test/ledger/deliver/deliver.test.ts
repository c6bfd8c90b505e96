/** Sending what is due: order, backing off, and the outcome of each attempt. */
import { describe, expect, it } from 'vitest';
import { type Links, NO_LINKS } from '../../../src/alert/links.ts';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import { deliver, type Outbox } from '../../../src/ledger/deliver/deliver.ts';
import type { Due } from '../../../src/ledger/deliver/outbox.ts';
import type { Outcome, Outgoing, Receiver } from '../../../src/notify/receiver.ts';

const NOTIFICATION: HealthNotification = {
  kind: 'health',
  health: { kind: 'blind', level: 'critical', subject: null, summary: 'it is blind', hint: 'look', since: 0 },
};
const nowhere = (): Promise<Links> => Promise.resolve(NO_LINKS);
const DELIVERED: Outcome = { kind: 'delivered' };
const LATER: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };
const IN_A_MINUTE: Outcome = { kind: 'retry', reason: 'HTTP 429', afterMs: 60_000 };
const NEVER: Outcome = { kind: 'refused', reason: 'no_service' };

function outboxOf(dues: readonly Due[]): { outbox: Outbox; settled: [number, Outcome][]; left: number[] } {
  const settled: [number, Outcome][] = [];
  const left: number[] = [];
  return {
    settled,
    left,
    outbox: {
      takeDue: () => [...dues],
      settle: (due, outcome) => {
        settled.push([due.id, outcome]);
        return { state: 'delivered' };
      },
      backOff: (_receiver, untried) => void left.push(...untried.map(({ id }) => id)),
    },
  };
}

function due(id: number, receiver: string): Due {
  return { id, receiver, attempt: 1, queuedAt: 0, notification: NOTIFICATION };
}

/** A receiver that answers in turn, and then delivers; counts what it was asked to send. */
function answering(name: string, answers: readonly (Outcome | Error)[]): Receiver & { sent: number } {
  const receiver = {
    name,
    sent: 0,
    send: async (): Promise<Outcome> => {
      const answer = answers[receiver.sent++] ?? DELIVERED;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return receiver;
}

describe('deliver', () => {
  const rows: [string, readonly (Outcome | Error)[], number, readonly string[]][] = [
    ['sends each in its order', [], 3, ['delivered', 'delivered', 'delivered']],
    ['continues after one failure, which the message may have caused', [LATER], 3, ['retry', 'delivered', 'delivered']],
    ['backs off after two failures in a row', [LATER, LATER], 2, ['retry', 'retry']],
    ['backs off at once when the receiver asks to wait', [IN_A_MINUTE], 1, ['retry']],
    ['continues after a refused message', [NEVER, NEVER], 3, ['refused', 'refused', 'delivered']],
    ['treats what a receiver throws as a failure', [new Error('a bug')], 3, ['retry', 'delivered', 'delivered']],
  ];
  it.each(rows)('%s', async (_sentence, answers, sent, kinds) => {
    const slack = answering('slack', answers);
    const { outbox, settled, left } = outboxOf([due(1, 'slack'), due(2, 'slack'), due(3, 'slack')]);
    await deliver(outbox, [slack], nowhere, () => 0);
    expect(slack.sent).toBe(sent);
    expect([...settled.map(([id]) => id), ...left]).toEqual([1, 2, 3]);
    expect(settled.map(([, outcome]) => outcome.kind)).toEqual(kinds);
  });

  it('does not let one receiver delay another', async () => {
    const { outbox, settled } = outboxOf([due(1, 'slack'), due(2, 'mail')]);
    const hanging: Receiver = { name: 'slack', send: () => new Promise(() => {}) };
    void deliver(outbox, [hanging, answering('mail', [])], nowhere, () => 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(settled).toEqual([[2, DELIVERED]]);
  });

  it('refuses deliveries to a removed receiver', async () => {
    const { outbox, settled } = outboxOf([due(1, 'pager')]);
    await deliver(outbox, [], nowhere, () => 0);
    expect(settled[0]?.[1]).toEqual({ kind: 'refused', reason: 'no receiver "pager" is set any more' });
  });

  it('reports only the name of what a receiver threw, which may hold a secret', async () => {
    const { outbox, settled } = outboxOf([due(1, 'slack')]);
    await deliver(
      outbox,
      [answering('slack', [new TypeError('https://hooks.slack.com/services/T/B/secret')])],
      nowhere,
      () => 0,
    );
    expect(JSON.stringify(settled)).not.toContain('secret');
  });

  it('gives each attempt the delivery’s own id, and links made for it', async () => {
    const outgoing: Outgoing[] = [];
    const slack: Receiver = {
      name: 'slack',
      send: async (each) => {
        outgoing.push(each);
        return DELIVERED;
      },
    };
    let made = 0;
    const linksOf = async (): Promise<Links> => ({ alert: `https://tocsin.example/?${++made}`, entry: null });
    await deliver(outboxOf([due(7, 'slack'), due(8, 'slack')]).outbox, [slack], linksOf, () => 0);
    expect(outgoing).toEqual([
      { id: 'delivery-7-0', notification: NOTIFICATION, links: { alert: 'https://tocsin.example/?1', entry: null } },
      { id: 'delivery-8-0', notification: NOTIFICATION, links: { alert: 'https://tocsin.example/?2', entry: null } },
    ]);
  });

  it('sends without links if they can’t be made', async () => {
    const slack = answering('slack', []);
    const { outbox, settled } = outboxOf([due(1, 'slack')]);
    await deliver(
      outbox,
      [slack],
      () => Promise.reject(new Error('no key')),
      () => 0,
    );
    expect(settled).toEqual([[1, DELIVERED]]);
  });
});
