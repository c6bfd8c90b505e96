import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupedAlert, GroupNotification } from '../../src/alert/notification.ts';
import { wording } from '../../src/alert/wording.ts';
import { HEADER_MAX } from '../../src/notify/slack/message.ts';
import {
  ACTIVE_TIMES,
  BACK,
  FLOOD,
  FLOOD_DIGEST,
  GROUP,
  groupWrittenBy,
  HOSTILE_TEXTS,
  NEW_RECEIVER,
  OUTAGE,
  RAISED,
  REMINDER,
  REMINDER_OF_ONE,
  SILENCE_ENDED,
  TENFOLD,
} from '../notify/examples.ts';
import { LINKS, OPENED } from '../notify/notifications.ts';

type Group = GroupNotification['group'];

const words = (of: GroupNotification, more: Partial<Group> = {}) =>
  wording({ kind: 'group', group: { ...of.group, ...more } }, LINKS);
const passage = (of: GroupNotification, heading: RegExp, more: Partial<Group> = {}) =>
  words(of, more).passages.find((each) => heading.test(each.heading))?.lines;

const DISTINCT = { rules: 4, actors: 3, addresses: 7 };

describe('what it is', () => {
  const rows: readonly (readonly [string, GroupNotification, Partial<Group>, string, RegExp])[] = [
    [
      'the alerts of an actor',
      GROUP,
      {},
      '[CRITICAL] A stolen key at work, and 4 more alerts of ci-deploy from 2 addresses',
      /^5 alerts of ci-deploy from 2 addresses\. The earliest match was at 2026-01-30 02:30 UTC\. Shown first: alert 14, the most severe\.$/,
    ],
    [
      'the alerts of an actor from one address, with a long title',
      GROUP,
      {
        distinct: { rules: 2, actors: 1, addresses: 1 },
        first: {
          ...OPENED,
          alert: { ...OPENED.alert, title: 'New API key, created by an API key, reads a kubeconfig or deletes' },
        },
      },
      '[CRITICAL] New API key, created by an API key, reads a kubeconfi…, and 4 more alerts of ci-deploy from 203.0.113.9',
      /^5 alerts of ci-deploy from 203\.0\.113\.9\. /,
    ],
    [
      'alerts of one actor, and of nobody who is known',
      GROUP,
      { subject: null, distinct: { rules: 2, actors: 1, addresses: 1 } },
      '[CRITICAL] A stolen key at work, and 4 more alerts from 198.51.100.23',
      /^5 alerts from 198\.51\.100\.23\. /,
    ],
    [
      'alerts of several actors from one address',
      GROUP,
      { subject: null, distinct: { rules: 2, actors: 2, addresses: 1 } },
      '[CRITICAL] A stolen key at work, and 4 more alerts of 2 actors from 198.51.100.23',
      /^5 alerts of 2 actors from 198\.51\.100\.23\. /,
    ],
    [
      'alerts of several actors without an address',
      GROUP,
      {
        subject: null,
        distinct: { rules: 2, actors: 2, addresses: 0 },
        first: { ...OPENED, entry: { ...OPENED.entry, clientIp: null } },
      },
      '[CRITICAL] API key deleted, and 4 more alerts of 2 actors',
      /^5 alerts of 2 actors\. /,
    ],
    [
      'the alerts of an address, and nobody is known',
      GROUP,
      { subject: '198.51.100.23', distinct: { rules: 2, actors: 0, addresses: 1 } },
      '[CRITICAL] A stolen key at work, and 4 more alerts of 198.51.100.23',
      /^5 alerts of 198\.51\.100\.23\. /,
    ],
    [
      'the alerts of several actors',
      GROUP,
      { subject: null, distinct: DISTINCT },
      '[CRITICAL] A stolen key at work, and 4 more alerts of 3 actors',
      /^5 alerts of 3 actors\./,
    ],
    [
      'alerts without an actor, from several addresses',
      GROUP,
      { subject: null, distinct: { ...DISTINCT, actors: 0 } },
      '[CRITICAL] A stolen key at work, and 4 more alerts from 7 addresses',
      /^5 alerts from 7 addresses\./,
    ],
    [
      'two alerts, of which the first was raised',
      GROUP,
      { alerts: 2, first: RAISED },
      '[CRITICAL] API key deleted: raised to critical, and 1 more alert of ci-deploy from 2 addresses',
      /^2 alerts of ci-deploy from 2 addresses\. .*\. Raised to critical: 3 matches/,
    ],
    [
      'two decisions about one alert',
      GROUP,
      { alerts: 1, first: RAISED, others: [] },
      '[CRITICAL] API key deleted: raised to critical: ci-deploy from 2 addresses',
      /^1 alert of ci-deploy from 2 addresses\. .*\. Raised to critical: 3 matches/,
    ],
    [
      'a flood',
      FLOOD,
      {},
      '[HIGH] API key deleted: 57 more alerts of 12 actors',
      /^There are too many alerts of this rule to send each: these are 57 more\. The earliest match .* The most are of ci-deploy \(12\)\.$/,
    ],
    [
      'one more alert in a flood',
      FLOOD,
      {
        kind: 'critical flood',
        level: 'critical',
        alerts: 1,
        subject: 'backup',
        actors: [],
        distinct: { rules: 1, actors: 1, addresses: 5 },
      },
      '[CRITICAL] API key deleted: 1 more alert of backup from 5 addresses',
      /: this is 1 more\. The earliest match was at 2026-01-31 09:20 UTC\.$/,
    ],
    [
      'a digest',
      FLOOD_DIGEST,
      {},
      '[MEDIUM] Digest: Burst of refused requests, and 213 more alerts of 9 rules',
      /^214 alerts of 9 rules, 40 actors and 55 addresses\. /,
    ],
    [
      'a reminder',
      REMINDER,
      {},
      '[HIGH] Reminder: API key deleted, and 2 more alerts of 2 actors from 203.0.113.9',
      /^These 3 alerts go on, and nobody has acknowledged or resolved them\. The earliest match was at 2026-01-31 05:30 UTC\.$/,
    ],
    [
      'a reminder of one',
      REMINDER_OF_ONE,
      {},
      '[HIGH] Reminder: API key deleted: Alice Smith from 203.0.113.9',
      /^This alert goes on, and nobody has acknowledged or resolved it\. The earliest match was at 2026-01-31 05:30 UTC\.$/,
    ],
    [
      'what a new receiver has to know',
      NEW_RECEIVER,
      {},
      '[HIGH] Still open: API key deleted, and 2 more alerts of 2 actors from 203.0.113.9',
      /^This receiver is new: these 3 alerts were open and unacknowledged before it was set up\. [^.]*\.$/,
    ],
    [
      'what silences suppressed',
      SILENCE_ENDED,
      {},
      '[HIGH] After a silence: API key deleted, and 2 more alerts of 2 actors from 203.0.113.9',
      /^A silence of these 3 alerts ended, and matches had come meanwhile\. The earliest match was at [^.]*\.$/,
    ],
    [
      'what came outside the active times',
      ACTIVE_TIMES,
      {},
      '[HIGH] Outside active times: API key deleted, and 2 more alerts of 2 actors from 203.0.113.9',
      /^These 3 alerts came outside the active times of this receiver\. /,
    ],
    [
      'what waited during an outage',
      OUTAGE,
      {},
      '[HIGH] After an outage: API key deleted, and 238 more alerts of 9 rules',
      /^Nothing reached this receiver from 2026-01-31 09:30 UTC to 2026-02-01 11:33 UTC: 214 messages waited, 12 about Tocsin itself, and are not sent again\. Critical .* 239 alerts of 9 rules, 40 actors and 55 addresses\. The earliest match /,
    ],
    [
      'what waited during an outage at an unknown time, and nothing about Tocsin',
      OUTAGE,
      { outage: { from: Number.NaN, to: Number.NaN, messages: 3, healthMessages: 0, health: [] } },
      '[HIGH] After an outage: API key deleted, and 238 more alerts of 9 rules',
      /^Nothing .* from an unknown time to an unknown time: 3 messages waited, and are not sent again\. /,
    ],
    [
      'what waited during an outage, and nobody knows what',
      OUTAGE,
      { outage: { from: Number.NaN, to: Number.NaN, messages: 3, healthMessages: -1, health: [] } },
      '[HIGH] After an outage: API key deleted, and 238 more alerts of 9 rules',
      /^Nothing .* from an unknown time to an unknown time: 3 messages waited/,
    ],
    ['an unknown time', GROUP, { since: Number.NaN }, words(GROUP).headline, /at an unknown time\. /],
  ];
  it.each(rows)('%s', (_, of, more, headline, change) => {
    const shown = words(of, more);
    expect(shown.headline).toBe(headline);
    expect(shown.change).toMatch(change);
    expect(shown.summary).toMatch(/^.*; first: \w+\.\w+( by .* from (\S+|an unknown address))?$/);
    expect(shown.summary.startsWith(headline)).toBe(true);
    expect(shown.passages.filter(({ lines }) => lines.length === 0)).toEqual([]);
  });

  it('has its number within a Slack header, however long the title and the name are', () => {
    for (const kind of [
      'group',
      'critical flood',
      'digest',
      'outage',
      'reminder',
      'new receiver',
      'silence ended',
      'active times',
    ] as const) {
      for (const of of [RAISED, TENFOLD, BACK]) {
        const first = { ...of, alert: { ...of.alert, title: 'W'.repeat(500), count: 1_234_567 } };
        const { headline } = words(GROUP, { kind, first, alerts: 1_234_568, subject: 'N'.repeat(500) });
        expect(headline.slice(0, HEADER_MAX - 1)).toMatch(/1,234,56[78] more alerts/);
      }
    }
  });
});

it('nobody has the most where another actor has as many', () => {
  const of = (alerts: number) => ({ actors: [...'ab'].map((name, i) => ({ name, alerts: i === 0 ? alerts : 2 })) });
  expect(words(FLOOD, of(3)).change).toContain('The most are of a (3).');
  expect(words(FLOOD, of(2)).change).not.toContain('The most');
});

it('the summary has who and from where once', () => {
  const distinct = { rules: 1, actors: 1, addresses: 1 };
  expect(words(GROUP, { distinct }).summary).toBe(
    '[CRITICAL] A stolen key at work, and 4 more alerts of ci-deploy from 198.51.100.23; first: vm.updated',
  );
  expect(words(FLOOD).summary).toMatch(/ of 12 actors; first: api_key\.deleted by Alice Smith from 203\.0\.113\.9$/);
});

describe('the other alerts', () => {
  it('have what differs: the kind, the count, who and from where', () => {
    expect(passage(GROUP, /^The other 4 alerts, with the last match in UTC$/)).toEqual([
      '• 09:29 [HIGH] Kubeconfig of a cluster read (alert 31): raised, 4 matches, 203.0.113.77',
      '• 09:29 [HIGH] API key deleted (alert 32): 198.51.100.23',
      '• 09:29 [HIGH] VM deleted (alert 33): update, 200 matches, 198.51.100.23',
      '• 2026-01-30 03:30 [MEDIUM] Burst of refused requests (alert 34): goes on, 20 matches, 198.51.100.23',
    ]);
    expect(passage(GROUP, /^The other/, { addresses: [] })?.[1]).toBe('• 09:29 [HIGH] API key deleted (alert 32)');
  });

  it('have who it was also where that is one actor, or nobody who is known', () => {
    const distinct = { rules: 5, actors: 1, addresses: 1 };
    const lines = passage(GROUP, /^The other/, { subject: null, distinct, addresses: [] });
    expect(lines?.[1]).toBe('• 09:29 [HIGH] API key deleted (alert 32): ci-deploy');
  });

  it('say in a reminder only how many matches, since all go on', () => {
    expect(passage(REMINDER, /^The other 2 alerts/)).toEqual([
      '• 09:29 [HIGH] Kubeconfig of a cluster read (alert 31): 34 matches, Alice Smith',
      '• 09:29 [MEDIUM] Burst of refused requests (alert 13): 1,200 matches, ci-deploy',
    ]);
  });

  it('do not repeat the rule of a flood', () => {
    const lines = passage(FLOOD, /^The other 56 alerts/) ?? [];
    expect(lines[0]).toBe('• 09:29 alert 40: ci-deploy, 198.51.100.0');
    expect(lines.at(-1)).toBe('… and 41 more');
    const [one] = FLOOD.group.others as readonly [GroupedAlert];
    const others = [{ ...one, level: 'critical' }] as const;
    expect(passage(FLOOD, /^The other/, { others })?.[0]).toMatch(/^• 09:29 \[CRITICAL\] API key deleted \(alert 40\)/);
  });

  it('are one, or none', () => {
    expect(passage(GROUP, /^The other alert, /, { others: GROUP.group.others.slice(0, 1) })).toHaveLength(1);
    expect(passage(GROUP, /^The other/, { others: [], more: 3 })).toEqual(['… and 3 more']);
    expect(passage(REMINDER_OF_ONE, /^The other/)).toBeUndefined();
  });

  it('are shown at an unknown time', () => {
    const [one] = GROUP.group.others as readonly [GroupedAlert];
    expect(passage(GROUP, /^The other/, { others: [{ ...one, lastAt: Number.NaN }] })?.[0]).toMatch(
      /^• at an unknown time \[/,
    );
  });
});

it('names what correlations among the other alerts stand for', () => {
  const inhibited = [{ id: 40, title: 'API key created', level: 'high', count: 2 }] as const;
  const heading = /^Alerts behind the others, not sent by themselves$/;
  expect(passage(GROUP, heading, { inhibited, inhibitedMore: 3 })).toEqual([
    '• [HIGH] API key created (alert 40): 2 matches',
    '… and 3 more',
  ]);
  expect(passage(GROUP, heading)).toBeUndefined();
});

describe('the numbers', () => {
  it('are by rule, actor and address in a digest and a flood', () => {
    expect(passage(FLOOD_DIGEST, /^By rule$/)).toEqual([
      '• 90 alerts: Burst of refused requests',
      '• 73 alerts: VM restarted',
      '• 56 alerts: Firewall rule created',
      '• 39 alerts: VM read',
      '• 22 alerts: VPC created',
      '… and 4 more',
    ]);
    expect(passage(FLOOD, /^By rule$/)).toBeUndefined();
    expect(passage(FLOOD, /^By actor$/)?.at(-1)).toBe('… and 7 more');
    expect(passage(FLOOD, /^By address$/)).toHaveLength(5);
  });

  it('are all shown after an outage', () => {
    expect(words(OUTAGE, { more: 0 }).passages.map(({ heading }) => heading)).toEqual(
      expect.arrayContaining(['By rule', 'By actor', 'By address']),
    );
  });

  it('are left out where all alerts are listed', () => {
    expect(passage(GROUP, /^By/)).toBeUndefined();
    expect(passage(GROUP, /^By address$/, { more: 9 })).toEqual([
      '• 4 alerts: 198.51.100.23',
      '• 1 alert: 203.0.113.77',
    ]);
  });
});

describe('the messages about Tocsin itself that waited', () => {
  it('are listed, and counted where they are too many', () => {
    expect(passage(OUTAGE, /^About Tocsin/)).toEqual([
      '• the audit log has had no entry for 2 days',
      '• the audit log has new entries again',
      '… and 10 more',
    ]);
    expect(passage(FLOOD_DIGEST, /^About Tocsin/)).toBeUndefined();
  });
});

describe('the first alert', () => {
  it('is in full, and what is below the list says that it is about it', () => {
    const [first, group] = [wording(GROUP.group.first, LINKS), words(GROUP)];
    const { facts, description, falsePositives, footer } = first;
    expect(group).toMatchObject({ facts, description, falsePositives, footer });
    expect(group.passages.map(({ heading }) => heading)).toEqual([
      'The other 4 alerts, with the last match in UTC',
      'Alert 14: why',
      'Alert 14: alerts behind it, not sent by themselves',
      'Alert 14: fields',
      'Alert 14: first entries, in UTC',
    ]);
    expect(group.runbook).toEqual({ ...first.runbook, heading: 'Alert 14: runbook' });
    expect(group.buttons.map(({ href }) => href)).toEqual([
      ...[`${LINKS.alert}#acknowledge`, `${LINKS.alert}#silence`, LINKS.alert, LINKS.alerts, LINKS.entry],
    ]);
  });

  it('may have no runbook, and no links', () => {
    const first = { ...OPENED, alert: { ...OPENED.alert, runbook: null } };
    const of: GroupNotification = { kind: 'group', group: { ...GROUP.group, first } };
    const { runbook, buttons } = wording(of, { alert: null, entry: null });
    expect({ runbook, buttons }).toEqual({ runbook: null, buttons: [] });
  });
});

it.each(HOSTILE_TEXTS)('names are one defanged line each: %j', (text) => {
  const { headline, summary, change, passages } = words(groupWrittenBy(text));
  for (const line of [headline, summary, change, ...passages.flatMap(({ lines }) => lines)]) {
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}]|:\/\/|evil\.example/u);
  }
});

it('names or counts every alert, whatever is in it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 15 }), fc.nat(100_000), (listed, more) => {
      const others = FLOOD.group.others.slice(0, listed);
      const lines = passage(FLOOD, /^The other/, { others, more, alerts: 1 + listed + more }) ?? [];
      const rest = /^… and ([\d,]+) more$/.exec(lines.at(-1) ?? '')?.[1]?.replaceAll(',', '');
      expect(lines.filter((line) => line.startsWith('•')).length + Number(rest ?? 0)).toBe(listed + more);
    }),
  );
});
