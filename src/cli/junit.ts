/** Results of tests as JUnit XML, which CI systems show. Pure. */
import { escapeInvisible } from '../text/invisible.ts';

export interface Suite {
  readonly name: string;
  readonly file: string;
  readonly cases: readonly { readonly name: string; readonly line: number; readonly failure: string | null }[];
}

/** A document with a suite for each that has cases. */
export function junitXml(suites: readonly Suite[]): string {
  const shown = suites.filter(({ cases }) => cases.length > 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${countsOf(shown.flatMap(({ cases }) => cases))}>`,
    ...shown.flatMap(({ name, file, cases }) => [
      `  <testsuite name=${quoted(name)} file=${quoted(file)}${countsOf(cases)}>`,
      ...cases.map((each) => caseXml(each, file)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function countsOf(cases: Suite['cases']): string {
  return ` tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== null).length}"`;
}

function caseXml({ name, line, failure }: Suite['cases'][number], file: string): string {
  const start = `    <testcase name=${quoted(name)} classname=${quoted(file)} file=${quoted(file)} line="${line}"`;
  return failure === null ? `${start}/>` : `${start}><failure message=${quoted(failure)}/></testcase>`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** An attribute's value. XML has no way to write control characters: they are `\uXXXX`. */
function quoted(text: string): string {
  return `"${escapeInvisible(text).replace(/[&<>"]/g, (character) => ENTITIES.get(character) ?? '')}"`;
}
