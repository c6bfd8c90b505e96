/**
 * A test of the receivers: a test alert, straight to each, side by side. Nothing is queued and nothing tried again.
 *
 * Contract: never throws for what a receiver does, and takes as long as the slowest receiver may (15 s:
 * notify/receivers.ts). The message says in its title that it is a test, and leads to no alert, for there is none.
 */
import type { Links } from '../../alert/links.ts';
import type { AlertNotification, EntryView } from '../../alert/notification.ts';
import { TEST_ALERT } from '../../alert/test-alert.ts';
import type { Receiver } from '../../notify/receiver.ts';
import type { Tested } from '../rpc.ts';
import { trySend } from './deliver.ts';

/** What a test says, at `now` (wall, ms). */
export function testNotification(now: number): AlertNotification {
  const entry: EntryView = {
    id: 'test',
    createdAt: now,
    action: 'tocsin.test',
    actor: { id: null, name: 'Tocsin', type: null },
    target: { id: null, type: null },
    clientIp: null,
    method: null,
    path: null,
    statusCode: null,
    userAgent: null,
  };
  return {
    kind: 'opened',
    alert: {
      id: TEST_ALERT,
      ruleId: 'tocsin-test',
      title: 'Test: alerts reach you here',
      description: 'Somebody asked Tocsin to test its receivers. Nothing has happened, and nothing is to be done.',
      level: 'informational',
      runbook: null,
      falsepositives: [],
      tags: [],
      key: [],
      count: 1,
      firstAt: now,
      lastAt: now,
      periodMs: 0,
    },
    entry,
    evidence: [{ selection: 'test', field: 'action', value: 'tocsin.test' }],
    window: null,
  };
}

/** Sends a test to each receiver; `now`: wall, ms. */
export function tryReceivers(receivers: readonly Receiver[], links: Links, now: number): Promise<readonly Tested[]> {
  const outgoing = { id: `test-${now}`, notification: testNotification(now), links };
  return Promise.all(
    receivers.map(async (receiver) => ({
      receiver: receiver.name,
      outcome: await trySend(receiver, outgoing),
    })),
  );
}
