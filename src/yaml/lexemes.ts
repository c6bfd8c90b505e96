/**
 * A YAML text in the pieces that the library's parser takes.
 *
 * Contract: takes time in proportion to the text, and little; what has more than it may is left at once, before the
 * expensive part of reading it. Throws `Unreadable`.
 */
import { CST, Lexer } from 'yaml';
import { type Place, Unreadable } from './diagnostics.ts';

/** Values of one file, once its aliases are followed. The largest rules published have some thousands. */
export const NODE_LIMIT = 100_000;
/** Of what the library takes a file apart into: words, signs, blanks, ends of lines. A value in a line has six. */
const LEXEME_LIMIT = 7 * NODE_LIMIT;

export const TOO_MANY_VALUES = `the file has more than ${NODE_LIMIT} values, its aliases followed`;

/** The lexemes of a text. */
export function lexemesOf(text: string): readonly string[] {
  // What has fewer characters has no more of anything.
  if (text.length < NODE_LIMIT) return [...new Lexer().lex(text)];
  const lexemes: string[] = [];
  const counts = new Map<string, number>();
  const refuse = (message: string) => new Unreadable(placeIn(text, lengthOf(lexemes)), message, 'split it');
  let isText = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexemes.length === LEXEME_LIMIT) throw refuse(`the file has more than ${LEXEME_LIMIT} words and signs`);
    const kind = isText ? null : kindOf(lexeme);
    if (kind !== null) {
      const count = (counts.get(kind) ?? 0) + 1;
      if (count > NODE_LIMIT) throw refuse(TOO_MANY_VALUES);
      counts.set(kind, count);
    }
    lexemes.push(lexeme);
    // The text of a scalar follows its mark.
    isText = !isText && lexeme === CST.SCALAR;
  }
  return lexemes;
}

/** A kind that no file has more of than values: these, and each of the signs around them. Null for any other. */
function kindOf(lexeme: string): string | null {
  const sign = lexeme.charAt(0);
  switch (sign) {
    case CST.SCALAR:
    case '"':
    case "'":
    case '*':
    case '[':
    case '{':
      return 'value';
    case '':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '#':
    case '.':
      return null;
    default:
      return lexeme === '---' ? null : sign;
  }
}

/** How much of the text some lexemes are: marks are the library's own. */
function lengthOf(lexemes: readonly string[]): number {
  const isMark = (lexeme: string) => lexeme === CST.DOCUMENT || lexeme === CST.SCALAR || lexeme === CST.FLOW_END;
  return lexemes.reduce((sum, lexeme) => sum + (isMark(lexeme) ? 0 : lexeme.length), 0);
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
