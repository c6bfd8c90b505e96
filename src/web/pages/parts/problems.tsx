/** What is wrong: health alerts, and settings to fix. Pure. */

import { withAddress } from '../../../alert/health-words.ts';
import type { SettingProblem } from '../../../config/setting.ts';
import type { LedgerStatus } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { Card, capitalized, Level, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

const TEXT_MAX = 300;
const SUMMARY_MAX = 600;

/** The open health alerts: what Tocsin reports about itself. `address`: the Worker's, null: not known. */
export function HealthAlerts({ alerts, address }: { alerts: LedgerStatus['healthAlerts']; address: string | null }) {
  return (
    <Card title="Health alerts">
      <ul class="problems">
        {alerts.map(({ level, headline, since, count, summary, hint }) => (
          <li class={level === 'critical' || level === 'high' ? 'bad' : 'warn'}>
            <Level level={level} />{' '}
            <strong>
              <UntrustedText text={capitalized(headline)} max={TEXT_MAX} />
            </strong>
            <span class="sub">
              <UntrustedText text={summary} max={SUMMARY_MAX} />
            </span>
            {hint !== '' && <span class="sub">What to do: {withAddress(hint, address)}</span>}
            <span class="sub">
              since <When at={since} />
              {count > 1 && `, ${numberText(count)} times`}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Settings with what is wrong with each, what happens meanwhile, and how to fix it. */
export function SettingProblems({ title, problems }: { title: string; problems: readonly SettingProblem[] }) {
  return (
    <Card title={title}>
      <ul class="problems">
        {problems.map(({ setting, severity, problem, meanwhile, hint }) => (
          <li class={severity === 'error' ? 'bad' : 'warn'}>
            <strong>
              <code>{setting}</code>
            </strong>{' '}
            <UntrustedText text={problem} max={TEXT_MAX} />
            <span class="sub">
              Meanwhile: <WithCode text={meanwhile} />
            </span>
            <span class="sub">
              Fix: <WithCode text={hint} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A text of our own: what it has in backticks is shown as code. */
function WithCode({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code>{part}</code> : part))}</>;
}
