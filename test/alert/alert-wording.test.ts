import { describe, expect, it } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import type { AlertNotification } from '../../src/alert/notification.ts';
import { wording } from '../../src/alert/wording.ts';
import {
  ACKNOWLEDGEMENT_ENDED,
  BACK,
  CLOSED,
  GOES_ON,
  HOSTILE_TEXTS,
  INHIBITING,
  NEW_NETWORK,
  RAISED,
  RESOLVED,
  TENFOLD,
  TENFOLD_NETWORKS,
  UPDATED,
} from '../notify/examples.ts';
import { OPENED } from '../notify/notifications.ts';

const words = (notification: AlertNotification) => wording(notification, NO_LINKS);
const EVENT = 'api_key.deleted by Alice Smith from 203.0.113.9';

describe('an alert that people were notified of', () => {
  const rows: readonly (readonly [string, AlertNotification, string, string | null])[] = [
    ['is new', { ...OPENED, reason: 'first match' }, '[HIGH] API key deleted', null],
    [
      'has a higher level',
      RAISED,
      '[CRITICAL] API key deleted: raised to critical',
      'Raised to critical: 3 matches in 12 minutes, from 2 networks. The latest is shown below.',
    ],
    [
      'comes from a new network, though it is acknowledged',
      NEW_NETWORK,
      '[HIGH] API key deleted: from a new network',
      'A new network: 100 matches in 12 minutes, from 3 networks. Bob Example has acknowledged the alert. The latest is shown below.',
    ],
    [
      'has ten times the matches',
      TENFOLD,
      '[HIGH] API key deleted: update (100 matches)',
      'Ten times as many matches as before: 100 matches in 12 minutes. The latest is shown below.',
    ],
    [
      'comes from ten times the networks',
      TENFOLD_NETWORKS,
      '[HIGH] API key deleted: from 30 networks',
      'From ten times as many networks as before: 100 matches in 12 minutes, from 30 networks. The latest is shown below.',
    ],
    [
      'was updated by an older version',
      UPDATED,
      '[HIGH] API key deleted: update (100 matches)',
      'Update: 100 matches in 12 minutes. The latest is shown below.',
    ],
    [
      'was updated for a reason of a newer version',
      { ...UPDATED, reason: 'constructor' },
      '[HIGH] API key deleted: update (100 matches)',
      'Update: 100 matches in 12 minutes. The latest is shown below.',
    ],
    [
      'goes on',
      GOES_ON,
      '[HIGH] API key deleted: goes on (1,440 matches)',
      'Goes on, and nobody has acted: 1,440 matches in 4 hours. The latest is shown below.',
    ],
    [
      'goes on for a reason of a newer version',
      { ...GOES_ON, reason: 'constructor' },
      '[HIGH] API key deleted: goes on (1,440 matches)',
      'Goes on, and nobody has acted: 1,440 matches in 4 hours. The latest is shown below.',
    ],
    [
      'is back',
      BACK,
      '[MEDIUM] API key deleted: back after a quiet period (13 matches)',
      'Back after a quiet period: 13 matches in 3 days. The latest is shown below.',
    ],
    [
      'is no longer acknowledged',
      ACKNOWLEDGEMENT_ENDED,
      '[HIGH] API key deleted: its acknowledgement ended (1,440 matches)',
      'Its acknowledgement ended, and matches came meanwhile: 1,440 matches in 4 hours. The latest is shown below.',
    ],
    [
      'was closed by an older version',
      CLOSED,
      'Closed: [HIGH] API key deleted',
      'Closed after 1,342 matches in 47 minutes: its period of 1 hour is over. A further match opens a new alert.',
    ],
  ];
  it.each(rows)('%s', (_, notification, headline, change) => {
    expect(words(notification)).toMatchObject({ headline, change });
    if (notification.kind !== 'resolved') expect(words(notification).summary).toBe(summaryOf(notification, headline));
  });

  const summaryOf = ({ kind }: AlertNotification, headline: string): string =>
    `${headline}${kind === 'opened' ? ': ' : '; latest: '}${EVENT}`;
});

describe('an alert that is resolved', () => {
  const after = 'after 1,440 matches in 4 hours';
  const changes: readonly string[] = [
    `Resolved as a true positive by Alice Smith, ${after}: “The key is deleted, and the laptop is being wiped.”`,
    `Resolved as expected by Alice Smith, ${after}: “We rotate the keys today.”`,
    `Resolved as a false positive by Bob Example, ${after}.`,
    `Resolved as a duplicate by Bob Example, ${after}: “See alert 11.”`,
    `Resolved ${after}, since a newer alert takes further matches.`,
    `Resolved ${after}, since no further match came.`,
  ];
  it.each(RESOLVED.map((of, i) => [of.resolution?.reason, of, changes[i]] as const))('as %s', (_, of, change) => {
    expect(words(of)).toMatchObject({ headline: 'Resolved: [HIGH] API key deleted', change });
  });

  it('says it on a phone, with the comment', () => {
    expect(words(RESOLVED[1] ?? OPENED).summary).toBe(
      'Resolved: [HIGH] API key deleted, as expected by Alice Smith, after 1,440 matches: “We rotate the keys today.”',
    );
  });

  it.each(HOSTILE_TEXTS)('shows who and what was commented as one defanged line: %j', (text) => {
    const of = { ...GOES_ON, kind: 'resolved', resolution: { reason: 'expected', by: text, comment: text } } as const;
    for (const line of [words(of).change, words(of).summary]) {
      expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}]|:\/\/|evil\.example/u);
    }
  });
});

describe('a correlation', () => {
  const passage = (notification: AlertNotification, heading: RegExp) =>
    words(notification).passages.find((each) => heading.test(each.heading))?.lines;

  it('lists the alerts that it stands for, and how many more', () => {
    expect(passage(INHIBITING, /^Alerts behind it/)).toEqual([
      '• [HIGH] API key created by an API key (alert 21): 1 match',
      '• [HIGH] Kubeconfig of a cluster read (alert 22): 2 matches',
      '• [MEDIUM] Something deleted (alert 23): 47 matches',
      '… and 2 more',
    ]);
    expect(passage({ ...INHIBITING, inhibited: [] }, /^Alerts behind it/)).toBeUndefined();
  });

  it('shows the fields that its rule names', () => {
    expect(passage(INHIBITING, /^Fields$/)).toEqual([
      '• target.id = 9f8e7d6c-0000-4000-8000-000000000002',
      '• metadata.cluster = –',
    ]);
    expect(
      passage({ ...INHIBITING, fields: [{ field: 'path', value: 'https://evil.example\n' }] }, /^Fields$/),
    ).toEqual(['• path = https[:]//evil[.]example']);
    expect(passage(OPENED, /^Fields$/)).toBeUndefined();
  });
});
