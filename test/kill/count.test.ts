import { expect, test } from 'vitest';
import { type Counting, count } from './count.ts';

/** Two entries, one alert with two matches, told to two receivers; one message arrived twice. */
/** A message by itself. */
const ALONE = { waited: 0, digest: null, inhibited: '[]' };

const RIGHT: Counting = {
  shown: ['e-1', 'e-2', 'e-3'],
  ownReads: ['read-1', 'read-2'],
  expected: [{ rule: 'r', key: ['alice'], count: 2 }],
  played: ['r'],
  ledger: {
    entries: ['e-1', 'e-2', 'e-3'],
    recorded: 3,
    quarantined: [],
    alerts: [{ id: 1, rule: 'r', key: ['alice'], title: 'T', count: 2 }],
    deliveries: [
      { id: 1, receiver: 'webhook', alert: 1, kind: 'opened', state: 'delivered', attempts: 2, ...ALONE },
      { id: 2, receiver: 'slack', alert: 1, kind: 'opened', state: 'delivered', attempts: 1, ...ALONE },
      { id: 3, receiver: 'slack', alert: null, kind: 'health', state: 'delivered', attempts: 1, ...ALONE },
    ],
  },
  receivers: ['webhook', 'slack'],
  received: [
    { receiver: 'webhook', message: 'delivery-1-x', delivery: 1, alert: 1 },
    { receiver: 'webhook', message: 'delivery-1-x', delivery: 1, alert: 1 },
    { receiver: 'slack', message: 'hash-a', delivery: null, alert: 1 },
    { receiver: 'slack', message: 'hash-b', delivery: null, alert: null },
  ],
};

type Ledger = Partial<Counting['ledger']>;
const [toWebhook, toSlack, aboutTocsin] = RIGHT.ledger.deliveries as [Delivery, Delivery, Delivery];
const [alert] = RIGHT.ledger.alerts as [Counting['ledger']['alerts'][number]];
type Delivery = Counting['ledger']['deliveries'][number];

function counting(change: Omit<Partial<Counting>, 'ledger'> & { readonly ledger?: Ledger }): Counting {
  return { ...RIGHT, ...change, ledger: { ...RIGHT.ledger, ...change.ledger } };
}

test('finds nothing wrong where nothing is, and counts what arrived again', () => {
  expect(count(RIGHT)).toEqual({
    entries: { shown: 3, recorded: 3, lost: 0, doubled: 0 },
    alerts: { expected: 1, opened: 1, lost: 0, doubled: 0 },
    messages: { deliveries: 3, received: 4, lost: 0, again: 1 },
    problems: [],
  });
});

test('an alert of a rule that is not played may be opened, and its messages must arrive', () => {
  const other = { id: 2, rule: 'other', key: ['bob'], title: 'O', count: 1 };
  const { alerts, problems } = count(counting({ ledger: { alerts: [alert, other] } }));
  expect(alerts).toEqual({ expected: 1, opened: 1, lost: 0, doubled: 0 });
  expect(problems).toEqual([
    'webhook has 0 deliveries of the opening of alert 2, not 1',
    'slack has 0 deliveries of the opening of alert 2, not 1',
  ]);
});

test('a read of the log may be recorded, once, and need not be', () => {
  const once = count(counting({ ledger: { entries: ['e-1', 'e-2', 'e-3', 'read-1'], recorded: 4 } }));
  expect(once.problems).toEqual([]);
  expect(once.entries).toEqual({ shown: 3, recorded: 3, lost: 0, doubled: 0 });
  const twice = count(counting({ ledger: { entries: ['e-1', 'e-2', 'e-3', 'read-1', 'read-1'], recorded: 5 } }));
  expect(twice.problems).toEqual(['1 entry is recorded more than once']);
});

const received = RIGHT.received;

test.each<[what: string, Counting, problem: RegExp]>([
  ['an entry is lost', counting({ ledger: { entries: ['e-1', 'e-2'], recorded: 2 } }), /^entry e-3 is not recorded$/],
  [
    'an entry is recorded twice',
    counting({ ledger: { entries: ['e-1', 'e-2', 'e-3', 'e-3'], recorded: 4 } }),
    /^1 entry is recorded more than once$/,
  ],
  ['an entry is counted twice', counting({ ledger: { recorded: 4 } }), /^the ledger counted 4 entries, and holds 3$/],
  [
    'an entry comes from nowhere',
    counting({ ledger: { entries: ['e-1', 'e-2', 'e-3', 'e-4'], recorded: 4 } }),
    /^entry e-4 is recorded, and the log never showed it$/,
  ],
  [
    'an entry is in quarantine',
    counting({ ledger: { quarantined: ['crashes'] } }),
    /^a record is in quarantine: crashes$/,
  ],
  [
    'an alert is lost',
    counting({ expected: [...RIGHT.expected, { rule: 'r', key: ['bob'], count: 1 }] }),
    /^no alert was opened by r for bob$/,
  ],
  ['an alert is opened that must not be', counting({ expected: [] }), /^alert 1 \(T: alice\) must not be opened$/],
  [
    'an alert has a match too many',
    counting({ ledger: { alerts: [{ ...alert, count: 3 }] } }),
    /^alert 1 \(T: alice\) has 3 matches, not 2$/,
  ],
  [
    'a message waits',
    counting({ ledger: { deliveries: [toWebhook, { ...toSlack, state: 'pending' }, aboutTocsin] } }),
    /^delivery 2 to slack is pending$/,
  ],
  [
    'a message was given up',
    counting({ ledger: { deliveries: [toWebhook, { ...toSlack, state: 'dead' }, aboutTocsin] } }),
    /^delivery 2 to slack is dead$/,
  ],
  [
    'a delivery never arrived',
    counting({ received: received.filter(({ message }) => message !== 'hash-a') }),
    /^slack, about alert 1: of 1 deliveries 0 arrived$/,
  ],
  [
    'a health alert never arrived',
    counting({ received: received.slice(0, 3) }),
    /^slack, about Tocsin: of 1 deliveries 0 arrived$/,
  ],
  [
    'a message arrived more often than it was attempted',
    counting({ received: [...received, received[0] as never] }),
    /^webhook, about alert 1: delivery 1 arrived 3 times, after 2 attempts$/,
  ],
  [
    'a message arrived that was never queued',
    counting({ received: [...received, { receiver: 'slack', message: 'hash-c', delivery: null, alert: 7 }] }),
    /^slack, about alert 7: 1 different messages arrived, of 0 deliveries$/,
  ],
  [
    'a delivery arrived with another id',
    counting({
      received: [...received.slice(1), { receiver: 'webhook', message: 'delivery-9-x', delivery: 9, alert: 1 }],
    }),
    /^webhook, about alert 1: delivery 9 arrived, and the ledger has none$/,
  ],
])('notices that %s', (_, wrong, problem) => {
  expect(count(wrong).problems).toContainEqual(expect.stringMatching(problem));
});

test('notices that an alert is opened twice, and a receiver not notified of the second', () => {
  const { alerts, problems } = count(counting({ ledger: { alerts: [alert, { ...alert, id: 2, count: 1 }] } }));
  expect(alerts.doubled).toBe(1);
  expect(problems).toEqual([
    'alert 2 (T: alice) was opened, and alert 1 for the same',
    'webhook has 0 deliveries of the opening of alert 2, not 1',
    'slack has 0 deliveries of the opening of alert 2, not 1',
  ]);
});
