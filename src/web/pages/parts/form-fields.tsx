/** The fields of forms, each with its label. Pure. */
import { FORM_TOKEN } from '../../form-token.ts';

/** What every form that acts has: its token, and where to go afterwards. */
export function FormFields({ token, next }: { token: string; next: string }) {
  return (
    <>
      <input type="hidden" name={FORM_TOKEN} value={token} />
      <input type="hidden" name="next" value={next} />
    </>
  );
}

interface TextProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | null;
  readonly hint?: string;
  readonly required?: boolean;
}

/** A text of one line. */
export function Text({ name, label, value = '', hint = '', required = false }: TextProps) {
  return (
    <label class={required ? 'broad' : ''}>
      {label}
      <input
        name={name}
        value={value ?? ''}
        placeholder={hint}
        required={required}
        maxlength={1000}
        autocomplete="off"
      />
    </label>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  /** One that is not among the options is added to them. */
  readonly chosen?: string | null;
  readonly of: readonly (readonly [value: string, words: string])[];
}

/** One of several values. */
export function Choice({ name, label, chosen, of }: ChoiceProps) {
  const value = chosen ?? '';
  const options = of.some(([known]) => known === value) ? of : [[value, value] as const, ...of];
  return (
    <label>
      {label}
      <select name={name}>
        {options.map(([known, words]) => (
          <option value={known} selected={known === value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Any value, or one of these, which are their own words. */
export function anyOr(any: string, of: readonly string[]): ChoiceProps['of'] {
  return [['', any], ...of.map((value) => [value, value] as const)];
}

/** For how long, as `parseDuration` reads it. */
export function DurationChoice() {
  return <Choice name="for" label="For" chosen="2h" of={DURATIONS} />;
}

const DURATIONS = [
  ['1h', '1 hour'],
  ['2h', '2 hours'],
  ['8h', '8 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;
