/** Names in the environment that were probably meant to be one of Tocsin's settings. Pure. */
import { nearest } from '../text/nearest.ts';
import type { Environment, SettingProblem } from './setting.ts';

/** A notice for each text in the environment whose name is near a known one. */
export function misspellings(env: Environment, known: readonly string[]): SettingProblem[] {
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || typeof env[name] !== 'string') return [];
    const meant = nearestSetting(name, known);
    if (meant === null) return [];
    // Another name may hold a secret and is not shown.
    const isShown = /^[\w-]{1,60}$/.test(name);
    return [
      {
        setting: isShown ? name : meant,
        severity: 'notice' as const,
        problem: isShown
          ? `is not a setting (did you mean \`${meant}\`?)`
          : 'may be what a setting with a similar name was meant to be',
        meanwhile: 'the misspelled setting is ignored',
        hint: isShown ? 'rename or remove it' : `rename it to \`${meant}\`, or remove it`,
      },
    ];
  });
}

/**
 * The known name that `name` was probably meant to be: it differs in case or by a typo, or has some of the words and no
 * others. Null if none is near.
 *
 * @example nearestSetting('SLACK_WEBHOOK', ['SLACK_WEBHOOK_URL']) // 'SLACK_WEBHOOK_URL'
 */
function nearestSetting(name: string, known: readonly string[]): string | null {
  const upper = name.toUpperCase().replaceAll('-', '_');
  return nearest(upper, known) ?? known.find((candidate) => sharesWords(upper, candidate)) ?? null;
}

/** All words of one are in the other, in a name of two words at least. */
function sharesWords(a: string, b: string): boolean {
  const [few, many] = [a.split('_'), b.split('_')].sort((x, y) => x.length - y.length);
  if (few === undefined || many === undefined || few.length < 2) return false;
  return few.every((word) => many.includes(word));
}
