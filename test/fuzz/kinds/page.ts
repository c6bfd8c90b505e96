/** Pages over a ledger with hostile text, beside the same pages with harmless text. */
import { pagesApp } from '../../web/app.ts';
import { SET } from '../../web/states.ts';
import { ALERT_ID, ENTRY_ID, QUARANTINE_KEY, type UntrustedText, views } from '../../web/views.ts';
import { difference, firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { type ReadPage, readPage } from '../read-page.ts';
import { hostileText } from '../texts.ts';

const PATHS = [
  ...['/', '/alerts?state=all', `/alerts/${ALERT_ID}`, `/entries/${ENTRY_ID}`],
  ...['/quarantine', `/quarantine/${QUARANTINE_KEY}`],
];
const HARMLESS: UntrustedText = { name: 'N', path: 'P', agent: 'A', action: 'C' };

/** Makes another page of a page, as a fault in a renderer would. */
export type Fault = (html: string) => string;

interface PageInput {
  readonly path: number;
  readonly of: UntrustedText;
}

/** The kind; `fault` changes the pages under test. */
export function pageKind(fault: Fault = (html) => html): FuzzKind {
  const twins = new Map<string, Promise<ReadPage>>();
  const twinOf = (path: string): Promise<ReadPage> => {
    const known = twins.get(path) ?? pageOf(path, HARMLESS).then(readPage);
    twins.set(path, known);
    return known;
  };
  const kind: FuzzKind<never> = {
    name: 'page',
    about: 'HTML of the pages',
    share: 6_000,
    generate: (dice) => {
      const text = (): string => (dice.chance(0.3) ? 'plain' : hostileText(dice, 2_000));
      return {
        path: dice.between(0, PATHS.length - 1),
        of: { name: text(), path: text(), agent: text(), action: text() },
      } as never;
    },
    async check({ path: number, of }: PageInput) {
      const path = PATHS[number] ?? '/';
      const read = readPage(fault(await pageOf(path, of)));
      const twin = await twinOf(path);
      return firstOf(
        difference(twin.outline, read.outline),
        ...read.addresses.map((address) =>
          /^(?:\/(?!\/)|#|\?|data:image\/)/.test(address) || twin.addresses.includes(address)
            ? null
            : `the address ${address}`,
        ),
        invisibleIn(read.text, true),
        secretIn(read.text),
      );
    },
  };
  return kind as FuzzKind;
}

async function pageOf(path: string, of: UntrustedText): Promise<string> {
  const response = await pagesApp({ ledger: views(of), env: SET }).request(`https://tocsin.example${path}`);
  if (response.status !== 200) {
    throw new Error(`${path} is answered with ${response.status}`);
  }
  return response.text();
}
