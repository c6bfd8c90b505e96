/**
 * Random texts that meet: the literals of a rule set, and the texts of its entries, made of these literals.
 *
 * Contract: the same texts for the same random numbers. Among them are empty texts, texts as long as the limits of the index
 * (codegen/literal-table.ts, codegen/witness.ts), letters that fold to others or change length, and lone surrogates.
 */
import type { Random } from '../../../sandbox/random.ts';

export interface Words {
  /** A literal of a rule. */
  literal(): string;
  /** A text of an entry: literals in other cases, glued together, padded, with a mistake in them. */
  text(): string;
  /** A text in other cases, sometimes with a mistake. */
  vary(text: string): string;
  /** A text before or after a literal, mostly empty. */
  padding(): string;
}

/** Letters that fold strangely, or are not one code unit. */
const ODD_LETTERS = [
  ...['İ', 'ı', 'ß', 'ẞ', 'Σ', 'σ', 'ς', '\u212a', 'ſ', 'ﬁ', 'Å', '\u212b', 'é', 'É', '–', '\0', '\n', '\x03'],
  ...['😀', '𐐀', '𐐨', '\ud801', '\udc00', '\udc28', '\ud83d', '\ude00'],
];

/** Texts that are more than text, or look as if they were. */
const ODD_WORDS = [
  ...['', '', 'undefined', 'null', 'NaN', 'true', 'false', '[object Object]', '0', '1', '01', '-0', '1e3', '1.5', '42'],
  ...['ΣΑΣ', 'σας', 'İstanbul', 'straße', 'STRASSE', 'ﬁle', 'ſ', '\u212a', 'K', 'k', 's', 'S', '\u212aiss', 'ſiss'],
  ...[
    '𐐀',
    '𐐨',
    '𐐀bc',
    '\udc00bc',
    '\udc00/',
    '\udc00',
    '\ud801',
    'a\ud801',
    'a\udc00',
    '\ud83d',
    '😀',
    'a😀b',
    'a*',
    'a.b',
    '\\',
  ],
  ...['a b', 'a', 'A', 'b', 'ab', 'AB', '-a', '/A', '–ab', '"', "'", '__proto__', '1e+21', '9007199254740993'],
];

/** Around the limits of the index: 4 characters that are hashed, 12 at an end, 16 of the tail, 32 of a literal. */
const LENGTHS = [3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 20, 31, 32, 33, 36, 40];

const FEW = 'aabbAB';
const MORE = 'abcdeABCDEks/.-_ 01';

const KNOWN_MAX = 40;
const LONG_MAX = 1_500;

/** Letters with others that fold to the same, or nearly. */
const ALIKE: { readonly [letter: string]: string } = {
  ...{ k: '\u212a', K: '\u212a', s: 'ſ', S: 'ſ', σ: 'ς', ς: 'σ', Σ: 'ς', i: 'İ', I: 'ı', ß: 'ẞ', ẞ: 'ß', å: '\u212b' },
  ...{ Å: '\u212b', ſ: 's', '\u212a': 'k', İ: 'i', ı: 'I', ﬁ: 'f' },
};

/** Half a character at an end, which other halves can make a whole one. */
const LOW = /^[\udc00-\udfff]/;
const HIGH = /[\ud800-\udbff]$/;
const HALF = new RegExp(`${LOW.source}|${HIGH.source}`);

export function createWords(random: Random): Words {
  const known: string[] = [];
  const fromLetters = (letters: string, length: number): string =>
    Array.from({ length }, () => letters[random.below(letters.length)]).join('');
  const some = (): string => (known.length === 0 ? 'ab' : random.pick(known));

  function created(): string {
    const choice = random.next();
    if (choice < 0.2) return random.pick(ODD_WORDS);
    if (choice < 0.24) return `\udc00${fromLetters(MORE, random.below(6))}`;
    if (choice < 0.32) return fromLetters(FEW, 1 + random.below(3));
    if (choice < 0.55) return fromLetters(FEW, 3 + random.below(6));
    const text = fromLetters(MORE, random.chance(0.6) ? random.pick(LENGTHS) : 5 + random.below(36));
    return random.chance(0.2) ? replaced(text, random.pick(ODD_LETTERS)) : text;
  }

  /** A part of a literal, or two, or a literal with a mistake. */
  function derived(): string {
    const text = some();
    const at = random.below(text.length + 1);
    switch (random.below(5)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(at);
      case 2:
        return text + some();
      case 3:
        return text + random.pick(['a', 'b', '/', ...ODD_LETTERS]);
      default:
        return replaced(text, random.pick(['a', 'B', '.', ...ODD_LETTERS]));
    }
  }

  function replaced(text: string, letter: string): string {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + letter + text.slice(at + 1);
  }

  function literal(): string {
    const choice = random.next();
    const text = known.length === 0 || choice < 0.4 ? created() : choice < 0.65 ? derived() : some();
    if (known.length < KNOWN_MAX) known.push(text);
    else known[random.below(KNOWN_MAX)] = text;
    return text;
  }

  /** Literals one after the other. */
  function glued(count: number): string {
    const glue = random.pick(['', '', ' ', '/', 'a']);
    let text = '';
    for (let i = 0; i < count && text.length < LONG_MAX; i++) text += (i === 0 ? '' : glue) + some();
    return text;
  }

  /** So many that the index finds more than it collects before comparing. */
  const many = (): string => glued(20 + random.below(180));

  function padding(): string {
    const choice = random.next();
    if (choice < 0.5) return '';
    if (choice < 0.75) return fromLetters(MORE, 1 + random.below(20));
    if (choice < 0.85) return random.pick(ODD_LETTERS);
    return choice < 0.98 ? some() : many();
  }

  function recased(text: string): string {
    switch (random.below(4)) {
      case 0:
        return text;
      case 1:
        return text.toUpperCase();
      case 2:
        return text.toLowerCase();
      default: {
        let letters = '';
        for (const letter of text) letters += random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase();
        return letters;
      }
    }
  }

  function vary(text: string): string {
    if (HALF.test(text) && random.chance(0.7)) return text.replace(LOW, '\ud801$&').replace(HIGH, '$&\udc00');
    const choice = random.next();
    if (choice < 0.3) return text;
    if (choice < 0.8) return recased(text);
    if (choice < 0.9) {
      let letters = '';
      for (const letter of text) letters += (random.chance(0.6) ? ALIKE[letter] : undefined) ?? letter;
      return letters;
    }
    const at = random.below(text.length + 1);
    return random.chance(0.5)
      ? replaced(text, random.pick(['a', ...ODD_LETTERS]))
      : text.slice(0, at) + text.slice(at + 1);
  }

  function text(): string {
    const choice = random.next();
    if (choice < 0.3) return vary(some());
    if (choice < 0.5) return vary(glued(2 + random.below(3)));
    if (choice < 0.75) return padding() + vary(some()) + padding();
    if (choice < 0.79) return vary(many());
    return choice < 0.85 ? derived() : created();
  }

  return { literal, text, vary, padding };
}
