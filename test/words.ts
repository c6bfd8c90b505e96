/**
 * One word for one thing: `node test/words.ts` (`npm run words`) finds retired names and phrases, and says what to write.
 *
 * Contract: `wordProblems` is pure, over the texts of files. A finding is one line: `path:line: "found": use "…"`. Names
 * are compared exactly, phrases in any case and across line breaks. Only whole words count. docs/glossary.md has the
 * vocabulary.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { err, printCrashes } from '../src/cli/terminal.ts';

/** What is read, from the top of the repository. CHANGELOG.md speaks of the past and is left out. */
const ROOTS = [
  'src',
  'test',
  'docs',
  'rules',
  '.github',
  'README.md',
  'CONTRIBUTING.md',
  'wrangler.toml',
  'package.json',
];
const TEXT = /\.(tsx?|md|ya?ml|toml|json)$/;
const SKIPPED =
  /^(test\/frozen\/|test\/words\.|test\/simulation\/frozen\.json|test\/bench\/peers\/|src\/rules\.gen\.ts$)/;

/** Retired names: what is written in code, settings, headers and commands. */
const NAMES: readonly (readonly [name: string, use: string])[] = [
  ['seenThrough|seen_through', 'watermark'],
  ['overlapMs', 'allowedLatenessMs'],
  ['OVERLAP', 'ALLOWED_LATENESS'],
  ['FIRST_READ=loud', 'FIRST_READ=notify'],
  ['FIRST_READ=silent', 'FIRST_READ=record'],
  ['rewind --silent', 'rewind --suppress'],
  ['silentBefore|silent_before', 'suppressBefore'],
  ['putAway', 'quarantined'],
  ['CONVICTED', 'FAILURES_MAX'],
  ['blame(', 'recordFailure('],
  ['sift(', 'dedupe('],
  ['Sieve', 'DedupeOptions'],
  ['tellMisspelled', 'reportTypos'],
  ['nounOf', 'kindName'],
  ['walkEnded', 'scanEnded'],
  ['underWay', 'startOrResumeScan'],
  ['onTheirWay', 'toIncoming'],
  ['obey(', 'applyRewind('],
  ['demand(', 'requireState('],
  ['watchman', 'watchdog'],
  ['letIn', 'authorize'],
  ['whoAsks', 'authenticate'],
  ['theirs(', 'untrustedLine('],
  ['ours(', 'trustedLine('],
  ['Occasion', 'NotifyInput'],
  ['FiredWindow', 'CorrelationMatch'],
  ['isGrave', 'isSevere'],
  ['X-Tocsin-Alarm|x-tocsin-alarm', 'X-Tocsin-Health'],
  ["'grown'", "'updated'"],
  ['alert.grown', 'alert.updated'],
  ['alarm.raised', 'health.raised'],
  ['alarm.cleared', 'health.resolved'],
];

/** Retired phrases. Ordinary words are here only where the project used them in a sense of its own. */
const PHRASES: readonly (readonly [phrase: string, use: string])[] = [
  ['walk|walks', 'scan'],
  ['seen through|seen-through', 'watermark'],
  ['the overlap|an overlap|least overlap|shortest overlap|own overlap', 'allowed lateness'],
  ['kept cursor', 'resume cursor'],
  ['in silence|in (the) peace|read silently', 'without notifying'],
  ['unfit', 'invalid'],
  ['put away|puts away', 'quarantined'],
  ['convicted', 'quarantined'],
  ['obeyed|obeys', 'applied'],
  ['happening|happenings', 'match'],
  ['held back|holds back', 'suppressed'],
  ['grown to|it grew|has grown', 'update'],
  ['alarms about|alarm about|an alarm of its own|raises alarms|raise an alarm|raises an alarm', 'health alert'],
  ['bell|rang|rings a|rings the|rings no|it rings', 'notify'],
  [
    'is told|was told|are told|were told|be told|been told|being told|gets told|has told|told of|told twice',
    'notified',
  ],
  ['tells nobody|tell nobody|told nobody|tells people|tell people|who is told|who was told', 'notify'],
  ['is said|was said|are said|were said|be said|being said', 'reported'],
  ['hear|hears|heard', 'is notified'],
  ['whoever|whomever|whosoever', 'anyone who'],
  ['let in|lets in', 'authorized'],
  ['who may look', 'access'],
  ['is none of|are none of|it is none|that is none|that are none|which is none|numbers are none|be none', 'is not a …'],
  ['no more than it|no more than that', 'only'],
  ['in peace', 'alone'],
  ['comes to nothing|come to nothing|what it comes to|what it came to|what they come to|comes of it', 'the result'],
  ['begets|beget', 'causes'],
  ['mend|mends|mended|mending', 'fix'],
  ['grave|graver|gravest|gravely', 'severe'],
  ['of its own accord|of their own accord', 'automatically'],
  ['put up with|puts up with', 'tolerated'],
  ['throws dice|throw dice|no dice|by dice', 'randomness'],
  ['without end', 'endless'],
  ['but for', 'except'],
  ['lest|upon|whence|whither|thereof|whereof|wherein|naught|nought|aught|albeit|hitherto|henceforth', 'plain English'],
  ['map of the house|house rules|the house', 'architecture'],
  ['the stage', 'staging'],
  ['to blame|brings the ledger down|brought the ledger down', 'crashes the ledger'],
  ['thrown out|throws out', 'evicted'],
  ['begotten|rung|ringing|anew|no less than', 'plain English'],
  ['opens nothing', 'invalid'],
  ['asked for after', 'pinged after'],
  ['harmless if it is', 'known false positives'],
  ["viewer's token|viewer’s token", 'viewer token'],
  ['came by a link|comes by a link', 'with a link'],
  ['of a kind|in good order|on its way to ruin|to speak of', 'plain English'],
];

/** Where a retired word has its plain meaning: a path (or its beginning) and the word as it was found, in lower case. */
const ALLOWED: readonly (readonly [path: string, found: string])[] = [
  // The record of the renaming.
  ['docs/decisions/0007-words-of-the-field.md', 'walk'],
  ['docs/decisions/0007-words-of-the-field.md', 'seen-through'],
  ['docs/decisions/0007-words-of-the-field.md', 'held back'],
  // The old setting is refused with the new name.
  ['src/config/config.ts', 'overlap'],
  ['test/config/config.test.ts', 'overlap'],
  // The picture of a bell.
  ['src/web/pages/parts/bell.ts', 'bell'],
  ['src/cli/build-assets.ts', 'bell'],
  ['src/web/pages/parts/shell.tsx', 'bell'],
  // A key of the frozen hashes.
  ['test/simulation/digest.ts', 'heard'],
  // A host in an example.
  ['test/cli/deployment.slow.test.ts', 'bell'],
];

interface Word {
  readonly pattern: RegExp;
  readonly use: string;
}

const WORDS: readonly Word[] = [
  ...NAMES.map(([name, use]) => ({ pattern: patternOf(name, 'g'), use })),
  ...PHRASES.map(([phrase, use]) => ({ pattern: patternOf(phrase, 'gi'), use })),
];

/** Alternatives are separated by `|`. A space also matches a line break with the sign of a comment after it. */
function patternOf(alternatives: string, flags: string): RegExp {
  const bodies = alternatives.split('|').map((text) => {
    const escaped = text.replace(/[.*+?^${}()[\]\\]/g, '\\$&');
    return escaped.replaceAll(' ', '\\s+(?:(?:\\*|//|#|>)\\s+)?') + (/\w$/.test(text) ? '(?!\\w)' : '');
  });
  return new RegExp(`(?<!\\w)(?:${bodies.join('|')})`, flags);
}

/** The findings in `files` (path → text), by file and line. */
export function wordProblems(
  files: ReadonlyMap<string, string>,
  allowed: readonly (readonly [path: string, found: string])[] = ALLOWED,
): string[] {
  return [...files].flatMap(([path, text]) => {
    const isAllowed = (found: string): boolean =>
      allowed.some(([start, word]) => path.startsWith(start) && word === found.toLowerCase());
    const findings = WORDS.flatMap(({ pattern, use }) =>
      [...text.matchAll(pattern)].map(({ 0: match, index }) => ({ found: oneLine(match), index, use })),
    );
    return findings
      .filter(({ found }) => !isAllowed(found))
      .sort((a, b) => a.index - b.index)
      .map(({ found, index, use }) => `${path}:${lineAt(text, index)}: "${found}": use "${use}"`);
  });
}

function oneLine(found: string): string {
  return found.replace(/\s+(?:(?:\*|\/\/|#|>)\s+)?/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Every text of the repository that the vocabulary holds for: path → text. */
export function readTexts(): ReadonlyMap<string, string> {
  const top = fileURLToPath(new URL('../', import.meta.url).href);
  const paths = ROOTS.flatMap((root) =>
    statSync(top + root).isFile()
      ? [root]
      : readdirSync(top + root, { recursive: true, encoding: 'utf8' }).map(
          (path) => `${root}/${path.replaceAll('\\', '/')}`,
        ),
  );
  const texts = paths.filter((path) => TEXT.test(path) && !SKIPPED.test(path) && !path.includes('node_modules/'));
  return new Map(texts.map((path) => [path, readFileSync(top + path, 'utf8')]));
}

if (import.meta.main) {
  printCrashes();
  const problems = wordProblems(readTexts());
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0) err(`${problems.length} retired words\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
