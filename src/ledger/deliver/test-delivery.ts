/**
 * Tests the receivers: sends a test alert straight to each, in parallel. Nothing is enqueued or retried.
 *
 * Contract: never throws for what a receiver does, and takes as long as the slowest receiver (SEND_TIMEOUT_MS at most).
 * The message says in its title that it is a test, and its links lead to no alert.
 */

import type { Links } from '../../alert/links.ts';
import { type AlertNotification, type EntryView, TEST_ALERT } from '../../alert/notification.ts';
import type { Receiver } from '../../notify/receiver.ts';
import type { TestResult } from '../rpc.ts';
import { send } from './deliver.ts';

/** The test message at `now` (wall, ms). */
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
      description: 'This is only a test. You need not do anything.',
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

/** Sends the test message to each receiver. `now`: wall, ms. */
export function testReceivers(
  receivers: readonly Receiver[],
  links: Links,
  now: number,
): Promise<readonly TestResult[]> {
  const outgoing = { id: `test-${now}`, notification: testNotification(now), links };
  return Promise.all(
    receivers.map(async (receiver) => ({
      receiver: receiver.name,
      outcome: await send(receiver, outgoing),
    })),
  );
}
