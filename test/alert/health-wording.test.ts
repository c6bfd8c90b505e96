import { expect, test } from 'vitest';
import { healthWording } from '../../src/alert/health-wording.ts';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { HealthAlertKind, HealthNotification } from '../../src/alert/notification.ts';

type Row = readonly [HealthNotification['kind'], HealthAlertKind, summary: string, expected: string];

/** The ledger's summaries (ledger/health/watchdog.ts) in all cases of each kind: no headline may contradict them. */
const ROWS: readonly Row[] = [
  [
    'health',
    'key-expiring',
    'the upstream API key expires 2026-02-07 09:30 UTC, in 7 days',
    "Tocsin health: the API key's expiry is near. The upstream API key expires 2026-02-07 09:30 UTC, in 7 days.",
  ],
  [
    'health',
    'key-expiring',
    'the upstream API key expired 2026-02-07 09:30 UTC',
    "Tocsin health: the API key's expiry is near. The upstream API key expired 2026-02-07 09:30 UTC.",
  ],
  [
    'health-resolved',
    'key-expiring',
    'no expiry is set any more',
    "Tocsin health, resolved: the warning about the API key's expiry no longer applies. No expiry is set any more.",
  ],
  [
    'health-resolved',
    'key-expiring',
    'the key expires 2027-02-07 09:30 UTC',
    "Tocsin health, resolved: the warning about the API key's expiry no longer applies. The key expires 2027-02-07 09:30 UTC.",
  ],
  [
    'health-resolved',
    'unhealthy-receiver',
    'there is no receiver b any more',
    'Tocsin health, resolved: no more problems with the receiver “b”. There is no receiver b any more.',
  ],
  [
    'health-resolved',
    'unhealthy-receiver',
    'the receiver b takes messages again',
    'Tocsin health, resolved: no more problems with the receiver “b”. The receiver b takes messages again.',
  ],
];

test.each(ROWS)('%s of %s: the headline is true beside “%s”', (kind, of, summary, expected) => {
  const subject = of === 'unhealthy-receiver' ? 'b' : null;
  const health = { kind: of, subject, summary, hint: '', since: 0 };
  expect(healthWording({ kind, health: health }, NO_LINKS).summary).toBe(expected);
});
