/**
 * Whether a field can have a value that a test matches.
 *
 * Contract: `never` only if no value of the field can; `unseen` if it only can with values that nobody knows. In doubt, and
 * where finding out would take too long, `possible`. Pure.
 */
import { type FieldCatalogue, type KnownField, valuesOf } from '../catalogue.ts';
import { type Scalar, textOf } from '../evaluate/scalar.ts';
import { matcherOf, type ScalarTest } from '../evaluate/scalar-test.ts';
import { foldPattern } from '../evaluate/wildcard.ts';
import type { ParsedTest } from '../parse/parsed-condition.ts';
import { patternTree } from '../parse/prepare-pattern.ts';
import { createAutomaton } from '../regex/automaton.ts';
import { createAssert, createSequence, type Node } from '../regex/node.ts';
import { overlaps, type Steps } from '../regex/overlap.ts';
import { parseRegex } from '../regex/parse.ts';
import { compileProgram } from '../regex/program.ts';
import { expressionOf } from '../resolve/expression.ts';
import { pathsShape, shapeOf } from './shapes.ts';

export type Verdict = 'possible' | 'unseen' | 'never';

/** Judges a test of a field. */
export type Judge = (test: ParsedTest, field: KnownField) => Verdict;

/** Steps for all tests together; a usual one takes some thousands. */
const STEPS_MAX = 20_000_000;
/** Of an instruction: both expressions become one program first. */
const STEPS_TO_COMPILE = 8;
/** A range with more numbers is only compared by its ends. */
const NUMBERS_MAX = 1_000;

/** Creates the judge of the tests of a rule set. */
export function createJudge(catalogue: FieldCatalogue): Judge {
  const steps: Steps = { left: STEPS_MAX };
  const domains = new Map<KnownField, Domain>(catalogue.map((field) => [field, domainOf(field, steps)]));
  return (test, field) => {
    const domain = domains.get(field);
    switch (test.op) {
      case 'fieldref':
        return 'possible';
      case 'null':
        return field.always === true ? 'never' : 'possible';
      case 'exists':
        return field.always === true && !test.present ? 'never' : 'possible';
      default:
        if (domain === undefined || field.type === 'any') return 'possible';
        if (!isApplicable(test, field) || !domain.all(test)) return 'never';
        return domain.seen(test) ? 'possible' : 'unseen';
    }
  };
}

/** Whether a field has what a test is about: addresses, times, numbers. */
function isApplicable(test: ParsedTest, field: KnownField): boolean {
  switch (test.op) {
    case 'cidr':
      return field.format === 'address';
    case 'time':
      return field.format === 'time' || (field.type === 'number' && field.range === undefined);
    case 'number':
      return field.type === 'number';
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      // A text without a format may be a number.
      return field.type === 'number' || (field.type === 'text' && field.format === undefined);
    default:
      return true;
  }
}

/** Some of a field's values: whether a test matches any of them. */
type Has = (test: ParsedTest) => boolean;

interface Domain {
  /** All values that there can be. */
  readonly all: Has;
  /** Those that are known. */
  readonly seen: Has;
}

const EVERY: Has = () => true;

function domainOf(field: KnownField, steps: Steps): Domain {
  const values = valuesOf(field);
  const { range } = field;
  if (field.type === 'boolean') return { all: oneOf([true, false], steps), seen: EVERY };
  if (field.type === 'number' && range !== undefined && range[1] - range[0] < NUMBERS_MAX) {
    const numbers = Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i);
    return { all: oneOf(numbers, steps), seen: EVERY };
  }
  if (field.closed === true) return { all: oneOf(values, steps), seen: EVERY };
  const shaped = ofShape((folded) => shapeOf(field, folded), steps);
  const declared = oneOf(field.values?.observed ?? [], steps);
  const all: Has = (test) => shaped(test) || declared(test);
  if (values.length === 0) return { all, seen: EVERY };
  return {
    all,
    seen: field.format === 'path' ? ofShape((folded) => pathsShape(field, folded), steps) : oneOf(values, steps),
  };
}

/** A few values: each is compared. */
function oneOf(values: readonly Scalar[], steps: Steps): Has {
  const [folded, cased] = [false, true].map((isCased) => new Set(values.map((value) => textOf(value, isCased))));
  return (test) => {
    if (test.op === 'equals') return (test.cased ? cased : folded)?.has(textOf(test.value, test.cased)) === true;
    steps.left -= values.length;
    if (steps.left < 0) return true;
    const leaf = expressionOf({ kind: 'leaf', selection: '', field: '', test });
    if (leaf.kind !== 'leaf') return true;
    const { form, matches } = matcherOf(leaf.test as ScalarTest);
    return values.some((value) => matches(form === 'scalar' ? value : textOf(value, form === 'text')));
  };
}

/** All texts of a shape; null: any text. */
function ofShape(shapeIn: (folded: boolean) => Node | null, steps: Steps): Has {
  const make = (folded: boolean) => {
    const shape = shapeIn(folded);
    if (shape === null) return null;
    const whole = createSequence([createAssert('start'), shape, createAssert('end')]);
    return { shape, automaton: createAutomaton(compileProgram(whole)) };
  };
  const made = new Map<boolean, ReturnType<typeof make>>();
  return (test) => {
    if (test.op !== 'equals' && test.op !== 'pattern' && test.op !== 're') return true;
    const isFolded = test.op !== 're' && !test.cased;
    const known = made.has(isFolded) ? made.get(isFolded) : make(isFolded);
    made.set(isFolded, known ?? null);
    if (known === null || known === undefined) return true;
    if (test.op === 'equals') return known.automaton.run(textOf(test.value, test.cased));
    const tree = test.op === 're' ? anywhere(test.regex) : patternTree(isFolded ? foldPattern(test.parts) : test.parts);
    steps.left -= STEPS_TO_COMPILE * (known.shape.size + tree.size);
    return steps.left < 0 || overlaps(tree, known.shape, steps);
  };
}

function anywhere({ source, flags }: { readonly source: string; readonly flags: string }): Node {
  const any = parseRegex('(?s:.*)', '');
  return createSequence([any, parseRegex(source, flags), any]);
}
