/** The attack stories, in the order of the month. */
import { CHANGING_STORIES } from './changing.ts';
import { KEY_STORIES } from './keys.ts';
import { READING_STORIES } from './reading.ts';
import type { Story } from './story.ts';

export const STORIES: readonly Story[] = [...KEY_STORIES, ...READING_STORIES, ...CHANGING_STORIES].sort(
  (a, b) => a.day - b.day,
);
