/** Numbers as people read them, the same in every locale and runtime. Pure. */

/** `12,345`, `0.25`, `1,234.567`: thousands separated, a fraction rounded to three digits. */
export function numberText(value: number): string {
  const rounded = Number.isInteger(value)
    ? value
    : Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(3));
  const [whole = '', ...rest] = String(rounded).split('.');
  return [/^-?\d+$/.test(whole) ? whole.replace(/\B(?=(?:\d{3})+$)/g, ',') : whole, ...rest].join('.');
}

/** `1 match`, `2,000 matches`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** `1,234`, or `more than 1,000` where it was counted no further than `most` and one. */
export function cappedText(count: number, most: number): string {
  return count > most ? `more than ${numberText(most)}` : numberText(count);
}
