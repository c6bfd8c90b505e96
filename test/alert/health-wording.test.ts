import { expect, test } from 'vitest';
import { healthWording } from '../../src/alert/health-wording.ts';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { HealthAlertKind, HealthNotification } from '../../src/alert/notification.ts';

type Row = readonly [HealthNotification['kind'], HealthAlertKind, summary: string, told: string];

/** The summaries are the ledger's (ledger/health/watchdog.ts), each in all its cases: no headline may say otherwise. */
const ROWS: readonly Row[] = [
  [
    'health',
    'key-expiring',
    'the upstream API key expires 2026-02-07 09:30 UTC, in 7 days',
    "Tocsin itself: look at its API key's expiry. The upstream API key expires 2026-02-07 09:30 UTC, in 7 days.",
  ],
  [
    'health',
    'key-expiring',
    'the upstream API key expired 2026-02-07 09:30 UTC',
    "Tocsin itself: look at its API key's expiry. The upstream API key expired 2026-02-07 09:30 UTC.",
  ],
  [
    'health-resolved',
    'key-expiring',
    'no expiry is set any more',
    'Tocsin itself, mended: its API key no longer has the expiry that Tocsin warned of. No expiry is set any more.',
  ],
  [
    'health-resolved',
    'key-expiring',
    'the key expires 2027-02-07 09:30 UTC',
    'Tocsin itself, mended: its API key no longer has the expiry that Tocsin warned of. The key expires 2027-02-07 09:30 UTC.',
  ],
  [
    'health-resolved',
    'unhealthy-receiver',
    'there is no receiver b any more',
    'Tocsin itself, mended: no more trouble with the receiver “b”. There is no receiver b any more.',
  ],
  [
    'health-resolved',
    'unhealthy-receiver',
    'the receiver b takes messages again',
    'Tocsin itself, mended: no more trouble with the receiver “b”. The receiver b takes messages again.',
  ],
];

test.each(ROWS)('%s of %s: the headline is true beside “%s”', (kind, of, summary, told) => {
  const subject = of === 'unhealthy-receiver' ? 'b' : null;
  const health = { kind: of, subject, summary, hint: '', since: 0 };
  expect(healthWording({ kind, health: health }, NO_LINKS).summary).toBe(told);
});
