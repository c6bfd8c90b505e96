/** The list of rules: their levels, where their alerts go, how often each matched, and when last. Pure. */

import { rulePath } from '../../access/link.ts';
import type { RuleActivity } from '../../ledger/rpc.ts';
import { type DisabledRule, LEVELS, type Rule } from '../../sigma/index.ts';
import { counted, numberText } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { Card, Level, When } from './parts/elements.tsx';
import { Unnotified } from './parts/receivers.tsx';
import { ReceiverNames, type Setup } from './parts/rule-routes.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

interface RulesOptions {
  readonly caller: Caller;
  readonly rules: readonly Rule[];
  readonly disabled: readonly DisabledRule[];
  readonly version: string;
  readonly activity: readonly RuleActivity[];
  readonly setup: Setup;
}

/** The whole document. */
export function rulesPage({ caller, rules, disabled, version, activity, setup }: RulesOptions): string {
  const activityOf = new Map(activity.map((of) => [of.rule, of]));
  const sorted = rules.toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  return page({
    title: 'Rules',
    caller,
    section: 'rules',
    children: (
      <>
        <h1>Rules</h1>
        <p class="lead">
          {counted(rules.length, 'rule')}, version <code>{version}</code>, built into the Worker from the files in{' '}
          <code>rules/</code>.
        </p>
        <Unnotified receivers={setup.receivers} />
        <section class="card" aria-label="Rules">
          <div class="wide">
            <table class="cards">
              <caption class="unsighted">Rules, most severe first</caption>
              <thead>
                <tr>
                  <th scope="col">Level</th>
                  <th scope="col">Rule</th>
                  <th scope="col">Alerts go to</th>
                  <th scope="col" class="number">
                    Matched
                  </th>
                  <th scope="col">Last match</th>
                </tr>
              </thead>
              <tbody>
                {sorted.map((rule) => (
                  <Row rule={rule} activity={activityOf.get(rule.id) ?? null} setup={setup} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
        {disabled.length > 0 && (
          <Card title="Disabled" aside={<code>rules/tuning.yml</code>}>
            <ul>
              {disabled.map(({ id, title, why }) => (
                <li>
                  <a href={rulePath(id)}>
                    <UntrustedText text={title} max={120} />
                  </a>
                  <span class="sub">
                    <UntrustedText text={why} max={300} />
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </>
    ),
  });
}

interface RowProps {
  readonly rule: Rule;
  readonly activity: RuleActivity | null;
  readonly setup: Setup;
}

function Row({ rule, activity, setup }: RowProps) {
  return (
    <tr>
      <td data-label="Level">
        <Level level={rule.level} />
      </td>
      <th scope="row" data-label="Rule">
        <a href={rulePath(rule.id)}>
          <UntrustedText text={rule.title} max={120} />
        </a>
        <span class="sub">
          {rule.kind === 'correlation' ? 'Correlation' : 'Detection'}
          {!rule.alerts && ', opens no alerts itself'}
        </span>
      </th>
      <td data-label="Alerts go to">
        <ReceiverNames rule={rule} setup={setup} />
      </td>
      <td data-label="Matched" class="number">
        {numberText(activity?.matched ?? 0)}
      </td>
      <td data-label="Last match">
        <When at={activity?.lastAt ?? null} />
      </td>
    </tr>
  );
}
