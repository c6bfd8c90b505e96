/** Validates JSON against a JSON Schema of draft 7: the keywords that docs/schemas/ uses, and no others. */
import { isDeepStrictEqual } from 'node:util';

type Json = unknown;
type JsonMap = Readonly<Record<string, Json>>;

/** Without effect on what is valid. */
const NOTES = [
  ...['$schema', '$id', 'title', 'description', 'definitions'],
  // Of VS Code.
  ...['errorMessage', 'patternErrorMessage', 'doNotSuggest'],
];

/** Where a value violates a schema: the path of the value, and the keyword. Throws at a keyword that it does not know. */
export function violations(schema: JsonMap, value: Json): readonly string[] {
  return check(schema, value, '', schema);
}

function check(schema: Json, value: Json, path: string, root: JsonMap): readonly string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${path || '/'}: not allowed`];
  const of = schema as JsonMap;
  const problems: string[] = [];
  const fail = (keyword: string) => problems.push(`${path || '/'}: ${keyword}`);
  const isValid = (one: Json) => check(one, value, path, root).length === 0;
  const known = mapOf(of.properties);
  const patterns = Object.entries(mapOf(of.patternProperties)).map(
    ([pattern, one]) => [new RegExp(pattern, 'u'), one] as const,
  );
  for (const [keyword, argument] of Object.entries(of)) {
    const list = Array.isArray(argument) ? argument : [argument];
    const count = argument as number;
    switch (keyword) {
      case '$ref':
        problems.push(...check(resolve(argument as string, root), value, path, root));
        break;
      case 'type':
        if (!list.some((type) => isOfType(value, type as string))) fail(`type ${list.join('|')}`);
        break;
      case 'enum':
        if (!list.some((one) => isDeepStrictEqual(one, value))) fail('enum');
        break;
      case 'const':
        if (!isDeepStrictEqual(argument, value)) fail('const');
        break;
      case 'anyOf':
        if (!list.some(isValid)) fail('anyOf');
        break;
      case 'oneOf':
        if (list.filter(isValid).length !== 1) fail('oneOf');
        break;
      case 'not':
        if (isValid(argument)) fail('not');
        break;
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(argument as string, 'u').test(value)) fail(`pattern ${argument}`);
        break;
      case 'minLength':
        if (typeof value === 'string' && value.length < count) fail(keyword);
        break;
      case 'maxLength':
        if (typeof value === 'string' && value.length > count) fail(keyword);
        break;
      case 'minimum':
        if (typeof value === 'number' && value < count) fail(keyword);
        break;
      case 'maximum':
        if (typeof value === 'number' && value > count) fail(keyword);
        break;
      case 'items':
        if (Array.isArray(value))
          problems.push(...value.flatMap((item, i) => check(argument, item, `${path}/${i}`, root)));
        break;
      case 'minItems':
        if (Array.isArray(value) && value.length < count) fail(keyword);
        break;
      case 'minProperties':
        if (isMap(value) && Object.keys(value).length < count) fail(keyword);
        break;
      case 'required':
        if (isMap(value)) for (const key of list) if (!Object.hasOwn(value, key as string)) fail(`required ${key}`);
        break;
      case 'propertyNames':
        if (isMap(value))
          problems.push(...Object.keys(value).flatMap((key) => check(argument, key, `${path}/${key}`, root)));
        break;
      case 'properties':
        if (isMap(value))
          for (const [key, one] of Object.entries(known))
            if (Object.hasOwn(value, key)) problems.push(...check(one, value[key], `${path}/${key}`, root));
        break;
      case 'patternProperties':
        if (isMap(value))
          for (const [pattern, one] of patterns)
            for (const key of Object.keys(value))
              if (pattern.test(key)) problems.push(...check(one, value[key], `${path}/${key}`, root));
        break;
      case 'additionalProperties':
        if (isMap(value))
          for (const key of Object.keys(value))
            if (!Object.hasOwn(known, key) && !patterns.some(([pattern]) => pattern.test(key)))
              problems.push(...check(argument, value[key], `${path}/${key}`, root));
        break;
      default:
        if (!NOTES.includes(keyword)) throw new Error(`unknown keyword ${keyword}`);
    }
  }
  return problems;
}

function resolve(reference: string, root: JsonMap): Json {
  const found = reference
    .slice(2)
    .split('/')
    .reduce<Json>((at, key) => mapOf(at)[key], root);
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: Json): JsonMap {
  return isMap(value) ? value : {};
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMap(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
