/** A value that is made when it is first asked for, and kept. `make` runs once, unless it throws. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
