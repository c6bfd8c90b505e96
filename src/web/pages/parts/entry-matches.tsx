/** The alerts that an entry is part of, and the rules that match it, with the evidence. Pure. */

import { alertPath, rulePath } from '../../../access/link.ts';
import { decisionsWording } from '../../../alert/decision-wording.ts';
import type { EntryDetails } from '../../../ledger/rpc.ts';
import type { Caller } from '../../context.ts';
import { Card, Level } from './elements.tsx';
import { EvidenceText } from './entry-text.tsx';
import { UntrustedText } from './untrusted-text.tsx';

interface EntryMatchesProps {
  readonly details: EntryDetails;
  readonly caller: Caller;
}

const TITLE_CHARS = 120;

/** A card about them. */
export function EntryMatches({ details, caller }: EntryMatchesProps) {
  const { rules, parts, rulesChanged } = details;
  return (
    <Card title="Alerts and rules">
      {rules.length === 0 && parts.length === 0 && <p class="empty">No alert and no matching rule.</p>}
      {parts.length > 0 && (
        <>
          <h3>Alerts</h3>
          <Alerts parts={parts} />
        </>
      )}
      {rules.length > 0 && (
        <>
          <h3>Matching rules</h3>
          {rulesChanged && (
            <p class="quiet">These are the current rules. They have changed since the entry was evaluated.</p>
          )}
          <Rules rules={rules} areLinks={caller.kind !== 'link'} />
        </>
      )}
    </Card>
  );
}

function Alerts({ parts }: { parts: EntryDetails['parts'] }) {
  return (
    <ul class="reasons">
      {parts.map(({ alert, part, decisions }) => (
        <li>
          <p>
            <Level level={alert.level} />{' '}
            <a href={alertPath(alert.id)}>
              <UntrustedText text={alert.title} max={TITLE_CHARS} />
            </a>{' '}
            <span class="quiet">
              Alert {alert.id}, {alert.status}
            </span>
          </p>
          <p class="quiet">
            {part === 'matched' ? 'Matched' : 'Contributed to a correlation'}
            {decisions !== null && <UntrustedText text={`. ${decisionsWording(decisions)}`} max={300} />}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Rules({ rules, areLinks }: { rules: EntryDetails['rules']; areLinks: boolean }) {
  return (
    <ul class="reasons">
      {rules.map(({ id, title, level, evidence }) => (
        <li>
          <p>
            <Level level={level} />{' '}
            {areLinks ? (
              <a href={rulePath(id)}>
                <UntrustedText text={title} max={TITLE_CHARS} />
              </a>
            ) : (
              <UntrustedText text={title} max={TITLE_CHARS} />
            )}
          </p>
          <ul class="evidence" aria-label="Evidence">
            {evidence.map((of) => (
              <li>
                <EvidenceText evidence={of} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
