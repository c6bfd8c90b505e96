import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../sandbox/random.ts';
import * as api from '../sandbox/requests.ts';
import { DAY, MINUTE } from './calendar.ts';
import { DIALECTS, isLogged } from './dialects.ts';
import { createMonth, MONTH, MONTH_DAYS } from './month.ts';
import { readStoryOptions } from './options.ts';
import { STORIES } from './stories/index.ts';
import { judge, type Staged, stage } from './stories.ts';
import type { Watched, WatchedAlert } from './watch.ts';
import type { Done } from './world.ts';

describe('the stories', () => {
  const month = createMonth(1, 'later');
  const ordinary = new Set(month.world.done.map(({ by }) => by.address));
  const staged = STORIES.map((story, i) => stage(month, story, createRandom(i)));

  it('are twenty or more, each by its own name, on days of the month', () => {
    expect(new Set(STORIES.map(({ name }) => name)).size).toBe(STORIES.length);
    expect(STORIES.length).toBeGreaterThanOrEqual(20);
    expect(STORIES.every(({ day }) => day >= 0 && day < MONTH_DAYS)).toBe(true);
  });

  it.each(staged.map((each) => [each.story.name, each] as const))('%s: its steps are decided in it', (_name, each) => {
    const { done, expected } = each;
    expect(expected.length).toBeGreaterThan(0);
    expect(done.every(({ by }) => isIP(by.address) !== 0)).toBe(true);
    // Where everything is logged, everything can be noticed.
    expect(expected.every(({ by }) => done.includes(by) && isLogged(by, 'reads'))).toBe(true);
    expect(expected.every(({ by }) => by.at >= MONTH && by.at < MONTH + MONTH_DAYS * DAY)).toBe(true);
    const times = expected.map(({ by }) => by.at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('can be noticed in part where reads are not logged', () => {
    const steps = staged.flatMap(({ expected }) => expected.map(({ by }) => isLogged(by, 'changes')));
    expect(steps.filter((logged) => logged).length).toBeGreaterThan(20);
    expect(DIALECTS).toEqual(['reads', 'changes']);
  });

  it('come from places where nobody of the company has been', () => {
    const strange = staged
      .flatMap(({ done }) => done.map(({ by }) => by.address))
      .filter((it) => it.startsWith('240.'));
    expect(strange.length).toBeGreaterThan(100);
    expect(strange.some((address) => ordinary.has(address))).toBe(false);
  });
});

describe('what is noticed', () => {
  const AT = MONTH + DAY;
  const by = { actor: null, address: '240.0.1.1', userAgent: 'curl/8.7.1' };
  const at = (minutes: number): Done => {
    return { at: AT + minutes * MINUTE, by, request: api.create('vm', 'v'), status: 201 };
  };
  const [before, first, second] = [at(-5), at(0), at(10)];
  const doneAs = new Map([
    ['ordinary', before],
    ['e0', first],
    ['e10', second],
  ]);
  const step = (by: Done, since: number) => {
    return { what: 'w', rules: [], tactics: ['impact'], level: 'medium', within: 5, by, since } as const;
  };
  const staged: Staged = {
    story: { name: 's', about: '', day: 1, play: () => {} },
    done: [first, second],
    expected: [step(first, Number.NEGATIVE_INFINITY), step(second, first.at)],
  };
  const rules = new Map([
    ['wiper', { name: 'wiper', title: 'Wiped', tags: ['attack.impact'] }],
    ['other', { name: null, title: 'Other', tags: ['attack.discovery', 'attack.credential_access'] }],
  ]);
  const alert = (more: Partial<WatchedAlert>, message: number | null = 1): Watched => {
    const one: WatchedAlert = { id: 1, rule: 'wiper', level: 'high', openedAt: AT + MINUTE, entries: ['e0'], ...more };
    const messages = message === null ? [] : [{ at: AT + message * MINUTE, receiver: 'slack', alerts: [1] }];
    return { alerts: [one], messages };
  };
  const kinds = (watched: Watched, as: Staged = staged) =>
    judge(as, watched, { dialect: 'reads', doneAs }, rules).outcomes.map(({ kind }) => kind);

  it.each([
    ['an alert of the first step', alert({}), ['noticed', 'missed']],
    ['an alert that has entries of both', alert({ entries: ['e0', 'e10'] }), ['noticed', 'noticed']],
    ['one of the second step, too late for the first', alert({ entries: ['e10'] }, 12), ['missed', 'noticed']],
    ['a message that comes too late', alert({}, 6), ['missed', 'missed']],
    ['no message', alert({}, null), ['missed', 'missed']],
    ['a level that is too low', alert({ level: 'low' }), ['missed', 'missed']],
    ['a rule of another tactic', alert({ rule: 'other' }), ['missed', 'missed']],
    ['only ordinary entries', alert({ entries: ['ordinary'] }), ['missed', 'missed']],
    ['an alert that was open before, and no message since', alert({ openedAt: AT - MINUTE }, -1), ['missed', 'missed']],
    ['an alert that was open before, and a message since', alert({ openedAt: AT - MINUTE }), ['noticed', 'missed']],
  ])('%s', (_what, watched, expected) => {
    expect(kinds(watched)).toEqual(expected);
  });

  it('asks for rules by name or title, where a step names some', () => {
    const naming = (...rules: string[]): Staged => {
      return { ...staged, expected: staged.expected.map((each) => ({ ...each, rules })) };
    };
    expect(kinds(alert({}), naming('wiper', 'x'))[0]).toBe('noticed');
    expect(kinds(alert({ rule: 'other' }), naming('Other'))[0]).toBe('noticed');
    expect(kinds(alert({}), naming('x'))[0]).toBe('missed');
  });

  it('knows tags of both spellings', () => {
    const stealing: Staged = { ...staged, expected: [{ ...step(first, 0), tactics: ['credential-access'] }] };
    expect(kinds(alert({ rule: 'other' }), stealing)).toEqual(['noticed']);
  });
});

describe('the command line', () => {
  it('plays all stories over the month, without any name', () => {
    expect(readStoryOptions([])).toEqual({
      kind: 'run',
      options: { stories: null, start: 'later', dialects: ['reads', 'changes'], seed: 1, json: false },
    });
    expect(readStoryOptions(['--story', 'takeover'])).toMatchObject({ options: { stories: ['takeover'] } });
    expect(readStoryOptions(['--story', 'x'])).toMatchObject({ kind: 'wrong' });
  });
});
