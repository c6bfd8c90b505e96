/** What `npm run noise` and `npm run stories` print. Pure. */
import { section, table } from '../../src/cli/terminal.ts';
import type { RuleSet } from '../../src/sigma/index.ts';
import type { Dialect } from './dialects.ts';
import type { Noise, RuleNoise } from './noise.ts';
import type { Caused, MonthAlone, Outcome, Played } from './stories.ts';

/** As rules are called: by name, else by title. */
export function rulesByName(rules: RuleSet['rules']): (id: string) => string {
  const names = new Map(rules.map(({ id, name, title }) => [id, name ?? title]));
  return (id) => names.get(id) ?? id;
}

const STARTS = { first: "Tocsin's first week, nobody acts", later: 'a later week, resolved every night' } as const;
const DIALECTS = { reads: 'all is logged', changes: 'reads only where refused' } as const;

/** A run: what its rules opened, what receivers got, and what is too much. */
export function linesOf(noise: Noise, nameOf: (id: string) => string): string[] {
  const { dialect, start, entriesPerDay, rules, messages, problems } = noise;
  const days = (perDay: readonly number[]): string => perDay.map((n) => String(n).padStart(3)).join(' ');
  const rows = rules.map(
    ({ rule, level, perDay }: RuleNoise) => [`${level.padEnd(13)} ${nameOf(rule)}`, days(perDay)] as const,
  );
  const received = Object.entries(messages).map(([name, perDay]) => [`messages to ${name}`, days(perDay)] as const);
  const heading = `${STARTS[start]}; ${DIALECTS[dialect]} (${entriesPerDay} entries a day)`;
  return section(heading, [...table([...rows, ...received]), ...problems.map((problem) => `TOO LOUD: ${problem}`)]);
}

/** The month alone. */
export function monthLines(dialect: Dialect, month: MonthAlone, nameOf: (id: string) => string): string[] {
  const rows = month.rules.map(({ rule, level, perDay }) => {
    const days = perDay.filter((n) => n > 0).length;
    const all = perDay.reduce((sum, n) => sum + n, 0);
    return [
      `${level.padEnd(13)} ${nameOf(rule)}`,
      `${all} on ${days} days, at most ${Math.max(...perDay)} a day`,
    ] as const;
  });
  const received = Object.entries(month.messages).map(([name, perDay]) => {
    return [`messages to ${name}`, `at most ${Math.max(...perDay)} a day`] as const;
  });
  const heading = `The month alone; ${DIALECTS[dialect]} (${month.entriesPerDay} entries a day)`;
  return section(heading, [
    ...table([...rows, ...received]),
    ...month.problems.map((problem) => `TOO LOUD: ${problem}`),
  ]);
}

/** A story: what was to be noticed, and by which alert it was; then all that it caused. */
export function storyLines(
  { story, outcomes, caused }: Played,
  about: string,
  nameOf: (id: string) => string,
): string[] {
  const alert = ({ rule, level, opened, notified }: Caused): string =>
    `${level} ${nameOf(rule)}, ${opened} min${notified === null ? ', no message' : ` (message ${notified} min)`}`;
  const outcome = ({ what, kind, within, by }: Outcome): string => {
    switch (kind) {
      case 'noticed':
        return `ok      ${what}: ${by === null ? '' : alert(by)}`;
      case 'missed':
        return `MISSED  ${what}: nothing in ${within} min`;
      case 'not logged':
        return `        ${what}: not logged`;
    }
  };
  return section(`${story}: ${about}`, [
    ...outcomes.map(outcome),
    ...caused.map((each) => `        alert: ${alert(each)}`),
  ]);
}
