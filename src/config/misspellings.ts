/** Names in the environment that were probably meant to be one of ours. Pure. */
import type { Environment, SettingProblem } from './setting.ts';

/** A notice for each text in the environment whose name is near a known one. */
export function misspellings(env: Environment, known: readonly string[]): SettingProblem[] {
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || typeof env[name] !== 'string') return [];
    const meant = nearest(name, known);
    if (meant === null) return [];
    return [
      {
        setting: meant,
        severity: 'notice' as const,
        problem: `is it meant by ${/^[\w-]{1,60}$/.test(name) ? `\`${name}\`` : 'a setting of a similar name'}, which is none of Tocsin's?`,
        meanwhile: 'that setting is not read',
        hint: `name it \`${meant}\`, or leave it out`,
      },
    ];
  });
}

/**
 * The known name that `name` was probably meant to be: it differs in case or by a slip of the finger, or it has some
 * of the words and no other; null where none is near.
 *
 * @example nearest('SLACK_WEBHOOK', ['SLACK_WEBHOOK_URL']) // 'SLACK_WEBHOOK_URL'
 */
function nearest(name: string, known: readonly string[]): string | null {
  const upper = name.toUpperCase().replaceAll('-', '_');
  const slips = (candidate: string) => (candidate.length < 8 ? 1 : 3);
  const near = known
    .map((candidate) => ({ candidate, distance: distance(upper, candidate) }))
    .filter((pair) => pair.distance <= slips(pair.candidate) || sharesWords(upper, pair.candidate))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}

/** All words of one are in the other, in a name of two words at least. */
function sharesWords(a: string, b: string): boolean {
  const [few, many] = [a.split('_'), b.split('_')].sort((x, y) => x.length - y.length);
  if (few === undefined || many === undefined || few.length < 2) return false;
  return few.every((word) => many.includes(word));
}

/** Levenshtein's: letters to add, leave out or change. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
