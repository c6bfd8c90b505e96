/** Instants at which ranges are active, around real changes of the clocks. Run in Node and in workerd. */
import type { DailyTime, TimeRange } from '../../src/text/time-ranges.ts';

export const BERLIN = 'Europe/Berlin';
export const NEW_YORK = 'America/New_York';
/** Its clocks change by half an hour. */
export const LORD_HOWE = 'Australia/Lord_Howe';

export const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** `09:00-17:00`, every day or on the days that are given. */
export function range(text: string, timeZone: string, weekdays: readonly number[] = EVERY_DAY): TimeRange {
  const [from = '', to = ''] = text.split('-');
  return { weekdays, from: minutes(from), to: minutes(to), timeZone };
}

const WEEK = [1, 2, 3, 4, 5];

type ActiveRow = readonly [what: string, times: readonly TimeRange[], at: string, nextActive: string];

/** Where both instants are the same, the first one is active. */
export const ACTIVE_ROWS: readonly ActiveRow[] = [
  ['the first minute', [range('09:00-17:00', BERLIN)], '2026-01-05T08:00:00Z', '2026-01-05T08:00:00Z'],
  ['a moment before it', [range('09:00-17:00', BERLIN)], '2026-01-05T07:59:59.999Z', '2026-01-05T08:00:00Z'],
  ['the last moment', [range('09:00-17:00', BERLIN)], '2026-01-05T15:59:59.999Z', '2026-01-05T15:59:59.999Z'],
  ['the end, which is not part of it', [range('09:00-17:00', BERLIN)], '2026-01-05T16:00:00Z', '2026-01-06T08:00:00Z'],
  ['the same in summer', [range('09:00-17:00', BERLIN)], '2026-07-06T15:00:00Z', '2026-07-07T07:00:00Z'],
  ['Friday evening', [range('09:00-17:00', BERLIN, WEEK)], '2026-01-09T16:00:00Z', '2026-01-12T08:00:00Z'],
  ['a whole day', [range('00:00-24:00', NEW_YORK, [6])], '2026-01-10T04:59:00Z', '2026-01-10T05:00:00Z'],
  ['its last minute', [range('00:00-24:00', NEW_YORK, [6])], '2026-01-11T04:59:00Z', '2026-01-11T04:59:00Z'],
  ['after it', [range('00:00-24:00', NEW_YORK, [6])], '2026-01-11T05:00:00Z', '2026-01-17T05:00:00Z'],
  ['before a night', [range('22:00-06:00', BERLIN)], '2026-01-05T20:59:00Z', '2026-01-05T21:00:00Z'],
  ['in a night, before midnight', [range('22:00-06:00', BERLIN)], '2026-01-05T22:30:00Z', '2026-01-05T22:30:00Z'],
  ['in a night, after midnight', [range('22:00-06:00', BERLIN)], '2026-01-06T04:59:00Z', '2026-01-06T04:59:00Z'],
  ['after a night', [range('22:00-06:00', BERLIN)], '2026-01-06T05:00:00Z', '2026-01-06T21:00:00Z'],
  [
    'Saturday morning, of Friday night',
    [range('22:00-06:00', BERLIN, WEEK)],
    '2026-01-10T04:00:00Z',
    '2026-01-10T04:00:00Z',
  ],
  [
    'Monday morning, after a night that is not part',
    [range('22:00-06:00', BERLIN, WEEK)],
    '2026-01-12T04:00:00Z',
    '2026-01-12T21:00:00Z',
  ],
  [
    'the earlier of two',
    [range('09:00-10:00', BERLIN), range('09:00-10:00', NEW_YORK)],
    '2026-01-05T10:00:00Z',
    '2026-01-05T14:00:00Z',
  ],
  [
    'a holiday',
    [{ ...range('09:00-17:00', BERLIN, WEEK), holidays: ['2026-01-06'] }],
    '2026-01-06T09:00:00Z',
    '2026-01-07T08:00:00Z',
  ],
  [
    'a holiday of another year',
    [{ ...range('09:00-17:00', BERLIN, WEEK), holidays: ['2025-01-06'] }],
    '2026-01-06T09:00:00Z',
    '2026-01-06T09:00:00Z',
  ],
  [
    'a holiday of every year, on a Friday',
    [{ ...range('09:00-17:00', BERLIN, WEEK), holidays: ['12-24', '12-25'] }],
    '2026-12-23T16:00:00Z',
    '2026-12-28T08:00:00Z',
  ],
  [
    'the last hour of a holiday, in the time zone of the range',
    [{ ...range('00:00-24:00', NEW_YORK), holidays: ['2026-12-25'] }],
    '2026-12-26T04:00:00Z',
    '2026-12-26T05:00:00Z',
  ],
  [
    'a night that began before a holiday',
    [{ ...range('22:00-06:00', BERLIN), holidays: ['01-06'] }],
    '2026-01-06T04:00:00Z',
    '2026-01-06T04:00:00Z',
  ],
  [
    'a night that would begin on a holiday',
    [{ ...range('22:00-06:00', BERLIN), holidays: ['01-06'] }],
    '2026-01-07T04:00:00Z',
    '2026-01-07T21:00:00Z',
  ],
  [
    'on one day of the year',
    [{ ...range('00:00-24:00', BERLIN), dates: ['12-24'] }],
    '2026-12-25T00:00:00Z',
    '2027-12-23T23:00:00Z',
  ],
  [
    'on dates, except a weekend',
    [{ ...range('00:00-12:00', 'UTC', WEEK), dates: ['2026-01-10', '2026-02-02'] }],
    '2026-01-05T00:00:00Z',
    '2026-02-02T00:00:00Z',
  ],

  // Berlin: 2026-03-29, 02:00 is 03:00 (01:00Z); 2026-10-25, 03:00 is 02:00 (01:00Z).
  [
    'Berlin in spring: office hours begin an hour earlier in UTC',
    [range('09:00-17:00', BERLIN)],
    '2026-03-28T16:00:00Z',
    '2026-03-29T07:00:00Z',
  ],
  [
    'Berlin in spring: a range that is skipped',
    [range('02:00-03:00', BERLIN)],
    '2026-03-28T02:00:00Z',
    '2026-03-30T00:00:00Z',
  ],
  [
    'Berlin in spring: one that is skipped, and comes once a week',
    [range('02:00-03:00', BERLIN, [0])],
    '2026-03-22T02:00:00Z',
    '2026-04-05T00:00:00Z',
  ],
  [
    'Berlin in spring: a range whose begin is skipped begins at the change',
    [range('02:30-05:00', BERLIN)],
    '2026-03-29T00:59:59Z',
    '2026-03-29T01:00:00Z',
  ],
  [
    'Berlin in spring: a range whose end is skipped ends at the change',
    [range('01:00-02:30', BERLIN)],
    '2026-03-29T00:59:59Z',
    '2026-03-29T00:59:59Z',
  ],
  [
    'Berlin in spring: and is over then',
    [range('01:00-02:30', BERLIN)],
    '2026-03-29T01:00:00Z',
    '2026-03-29T23:00:00Z',
  ],
  [
    'Berlin in spring: the night is an hour shorter',
    [range('22:00-06:00', BERLIN)],
    '2026-03-29T04:00:00Z',
    '2026-03-29T20:00:00Z',
  ],
  [
    'Berlin in autumn: a repeated hour, the first time',
    [range('02:00-03:00', BERLIN)],
    '2026-10-24T23:59:59Z',
    '2026-10-25T00:00:00Z',
  ],
  [
    'Berlin in autumn: a repeated hour, the second time',
    [range('02:00-03:00', BERLIN)],
    '2026-10-25T01:30:00Z',
    '2026-10-25T01:30:00Z',
  ],
  ['Berlin in autumn: after both', [range('02:00-03:00', BERLIN)], '2026-10-25T02:00:00Z', '2026-10-26T01:00:00Z'],
  [
    'Berlin in autumn: a range that ends in the repeated hour goes on at the change',
    [range('01:00-02:30', BERLIN)],
    '2026-10-25T00:45:00Z',
    '2026-10-25T01:00:00Z',
  ],
  [
    'Berlin in autumn: a range within it comes twice',
    [range('02:15-02:20', BERLIN)],
    '2026-10-25T00:20:00Z',
    '2026-10-25T01:15:00Z',
  ],
  [
    'Berlin in autumn: the night is an hour longer',
    [range('22:00-06:00', BERLIN)],
    '2026-10-25T04:59:00Z',
    '2026-10-25T04:59:00Z',
  ],

  // New York: 2026-03-08, 02:00 is 03:00 (07:00Z); 2026-11-01, 02:00 is 01:00 (06:00Z).
  [
    'New York in spring: a range whose begin is skipped',
    [range('02:30-05:00', NEW_YORK)],
    '2026-03-08T06:30:00Z',
    '2026-03-08T07:00:00Z',
  ],
  [
    'New York in spring: office hours',
    [range('09:00-17:00', NEW_YORK)],
    '2026-03-08T12:59:00Z',
    '2026-03-08T13:00:00Z',
  ],
  [
    'New York in autumn: a range within the repeated hour',
    [range('01:15-01:20', NEW_YORK)],
    '2026-11-01T05:20:00Z',
    '2026-11-01T06:15:00Z',
  ],
  [
    'New York in autumn: office hours',
    [range('09:00-17:00', NEW_YORK)],
    '2026-11-01T13:30:00Z',
    '2026-11-01T14:00:00Z',
  ],

  // Lord Howe: 2026-04-05, 02:00 is 01:30 (2026-04-04T15:00Z); 2026-10-04, 02:00 is 02:30 (2026-10-03T15:30Z).
  [
    'Lord Howe in autumn: half an hour repeats',
    [range('01:30-01:45', LORD_HOWE)],
    '2026-04-04T14:45:00Z',
    '2026-04-04T15:00:00Z',
  ],
  [
    'Lord Howe in autumn: half an hour later in UTC',
    [range('09:00-17:00', LORD_HOWE)],
    '2026-04-04T22:15:00Z',
    '2026-04-04T22:30:00Z',
  ],
  [
    'Lord Howe in spring: a begin that is skipped',
    [range('02:10-04:00', LORD_HOWE)],
    '2026-10-03T15:29:59Z',
    '2026-10-03T15:30:00Z',
  ],
  [
    'Lord Howe in spring: half an hour earlier in UTC',
    [range('09:00-17:00', LORD_HOWE)],
    '2026-10-03T21:45:00Z',
    '2026-10-03T22:00:00Z',
  ],
];

type DailyRow = readonly [what: string, daily: DailyTime, after: string, next: string];

export const DAILY_ROWS: readonly DailyRow[] = [
  ['a moment before', { minute: 540, timeZone: BERLIN }, '2026-01-05T07:59:59.999Z', '2026-01-05T08:00:00Z'],
  ['at that time: the next day', { minute: 540, timeZone: BERLIN }, '2026-01-05T08:00:00Z', '2026-01-06T08:00:00Z'],
  ['across the change in spring', { minute: 540, timeZone: BERLIN }, '2026-03-28T08:00:00Z', '2026-03-29T07:00:00Z'],
  ['across the change in autumn', { minute: 540, timeZone: BERLIN }, '2026-10-24T07:00:00Z', '2026-10-25T08:00:00Z'],
  [
    'a time that is skipped comes at the change',
    { minute: 150, timeZone: BERLIN },
    '2026-03-28T12:00:00Z',
    '2026-03-29T01:00:00Z',
  ],
  ['and then the next day', { minute: 150, timeZone: BERLIN }, '2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
  ['a time that repeats comes once', { minute: 150, timeZone: BERLIN }, '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
  ['and not the second time', { minute: 150, timeZone: BERLIN }, '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
  [
    'half an hour that is skipped',
    { minute: 130, timeZone: LORD_HOWE },
    '2026-10-03T15:00:00Z',
    '2026-10-03T15:30:00Z',
  ],
  [
    'where the day is another one than in UTC',
    { minute: 30, timeZone: 'Pacific/Kiritimati' },
    '2026-01-05T12:00:00Z',
    '2026-01-06T10:30:00Z',
  ],
  [
    'on the other side',
    { minute: 1380, timeZone: 'Pacific/Pago_Pago' },
    '2026-01-05T12:00:00Z',
    '2026-01-06T10:00:00Z',
  ],
];
