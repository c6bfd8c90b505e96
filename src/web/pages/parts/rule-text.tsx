/** What the author of a rule wrote, as parts of a page: tags, false positives, references. Pure. */

import { attackPath } from '../../../alert/attack.ts';
import type { Rule } from '../../../sigma/index.ts';
import { Card } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

/** The characters shown of one text in a rule. */
export const TEXT_MAX = 4_000;

/** A list. */
export function FalsePositives({ rule }: { rule: Rule }) {
  return (
    <ul>
      {rule.falsepositives.map((text) => (
        <li>
          <UntrustedText text={text} max={TEXT_MAX} />
        </li>
      ))}
    </ul>
  );
}

/** A card with links, for those references that are https addresses; null without references. */
export function References({ references }: { references: readonly string[] }) {
  if (references.length === 0) return null;
  return (
    <Card title="References">
      <ul>
        {references.map((reference) => (
          <li>
            <MaybeLink href={httpsAddress(reference)} text={reference} max={TEXT_MAX} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A list; ATT&CK's are links. */
export function Tags({ rule }: { rule: Rule }) {
  if (rule.tags.length === 0) return <span class="none">–</span>;
  return (
    <ul class="tags">
      {rule.tags.map((tag) => (
        <li>
          <MaybeLink href={attackPath(tag)} text={tag} max={80} />
        </li>
      ))}
    </ul>
  );
}

function MaybeLink({ href, text, max }: { href: string | null; text: string; max: number }) {
  if (href === null) return <UntrustedText text={text} max={max} />;
  return (
    <a href={href} rel="noreferrer">
      <UntrustedText text={text} max={max} />
    </a>
  );
}

/** The address, if it may be a link: https, without credentials; null otherwise. */
export function httpsAddress(text: string): string | null {
  const url = /^https:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null;
}
