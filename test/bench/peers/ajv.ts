/** ajv, its schemas compiled ahead into functions: Workers forbid eval. */
import { prepare } from '../rules/prepared.ts';
import { type Subject, subjectOfRules } from '../rules/subject.ts';

/** `compiled`: the module that ajv made. */
export function create(
  ids: readonly string[],
  compiled: { readonly [name: string]: (record: object) => boolean },
): Subject {
  return subjectOfRules(
    ids.map((id, i) => {
      const test = compiled[`r${i}`];
      if (test === undefined) throw new Error(`no schema for rule ${i}`);
      return { id, test };
    }),
    prepare,
  );
}
