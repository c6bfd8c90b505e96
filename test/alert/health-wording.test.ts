import { expect, test } from 'vitest';
import { healthWording } from '../../src/alert/health-wording.ts';
import { HEALTH_KINDS, healthLevelOf, hintOf, levelOfKind, withAddress } from '../../src/alert/health-words.ts';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { HealthNotification } from '../../src/alert/notification.ts';

type Row = readonly [
  HealthNotification['kind'],
  'key-expiring' | 'unhealthy-receiver',
  summary: string,
  expected: string,
];

/** The ledger's summaries (ledger/health/watchdog.ts) in all cases of each kind: no headline may contradict them. */
const ROWS: readonly Row[] = [
  [
    'health',
    'key-expiring',
    'the Nirvana Labs API key expires 2026-02-07 09:30 UTC, in 7 days',
    "[MEDIUM] Tocsin health: the API key's expiry is near. The Nirvana Labs API key expires 2026-02-07 09:30 UTC, in 7 days.",
  ],
  [
    'health',
    'key-expiring',
    'the Nirvana Labs API key expired 2026-02-07 09:30 UTC',
    "[MEDIUM] Tocsin health: the API key's expiry is near. The Nirvana Labs API key expired 2026-02-07 09:30 UTC.",
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
  const health = { kind: of, level: levelOfKind(of), subject, summary, hint: '', since: 0 };
  expect(healthWording({ kind, health }, NO_LINKS).summary).toBe(expected);
});

test('a command in a hint has the Worker’s address where it is known', () => {
  const health = {
    kind: 'dead-delivery',
    level: 'high',
    subject: null,
    summary: 's',
    hint: hintOf('dead-delivery'),
    since: 0,
  } as const;
  const shown = (alert: string | null) =>
    JSON.stringify(healthWording({ kind: 'health', health }, { ...NO_LINKS, alert }).runbook);
  expect(shown('https://t.example/')).toContain('npm run tocsin -- resend --url https://t.example');
  expect(shown('https://t.example/')).not.toContain('--url URL');
  expect(shown(null)).toContain('npm run tocsin -- resend --url URL');
});

test.each(HEALTH_KINDS)('every command in the hint of %s says which Worker it asks', (kind) => {
  const commands = hintOf(kind).match(/"npm run tocsin -- [^"]*"/g) ?? [];
  expect(commands.filter((command) => !command.endsWith(' --url URL"'))).toEqual([]);
});

test.each(HEALTH_KINDS)('the hint of %s is shown in full', (kind) => {
  const address = `https://${'a'.repeat(63)}.workers.dev`;
  const health = { kind, level: levelOfKind(kind), subject: null, summary: 's', hint: hintOf(kind), since: 0 };
  const { runbook } = healthWording({ kind: 'health', health }, { ...NO_LINKS, alert: `${address}/` });
  expect(runbook?.lines.join('\n')).toBe(withAddress(hintOf(kind), address));
});

test.each([
  ['blind', 'critical'],
  ['key-refused', 'critical'],
  ['ledger-failing', 'critical'],
  ['unhealthy-receiver', 'high'],
  ['backlog', 'high'],
  ['dead-delivery', 'high'],
  ['incomplete-log', 'high'],
  ['unread-entries', 'high'],
  ['quarantine', 'high'],
  ['changed-entries', 'high'],
  ['silent-log', 'medium'],
  ['key-expiring', 'medium'],
  ['late-entries', 'medium'],
  ['overflow', 'medium'],
  ['clocks-apart', 'low'],
  ['forgotten-marks', 'low'],
  ['lateness-near', 'low'],
] as const)('the level of %s is %s', (kind, level) => {
  expect(levelOfKind(kind)).toBe(level);
});

test.each([
  ['its own, where it has one', { kind: 'lateness-near', level: 'high' }, 'high'],
  ["its kind's, where an older version stored it", { kind: 'blind' }, 'critical'],
  ['high, where its kind is not known', { kind: 'moon-phase' }, 'high'],
])('the level of a stored health alert is %s', (_, health, level) => {
  expect(healthLevelOf({ kind: 'health', health } as unknown as HealthNotification)).toBe(level);
});
