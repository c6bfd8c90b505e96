/** A level: its word on its colour, the same on every page and in the chart. Pure. */
import { LEVELS } from '../../../sigma/index.ts';
import { UntrustedText } from './untrusted-text.tsx';

const LEVEL = 20;

export function Level({ level }: { level: string }) {
  return (
    <span class={`level ${levelClass(level)}`}>
      <UntrustedText text={level} max={LEVEL} />
    </span>
  );
}

/** The class that colours a level; a level not known here has the least one's. */
export function levelClass(level: string): string {
  return `level-${LEVELS.find((known) => known === level) ?? 'informational'}`;
}
