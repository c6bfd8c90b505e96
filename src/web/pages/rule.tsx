/** The page of a rule: how often it matched, what it detects, what to do, where its alerts go, and its file. Pure. */

import { entryPath } from '../../access/link.ts';
import type { RuleActivity } from '../../ledger/rpc.ts';
import type { Rule } from '../../sigma/index.ts';
import { durationInWords } from '../../text/duration.ts';
import { counted } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { alertsPath } from './alerts.tsx';
import { Correlation } from './parts/correlation.tsx';
import { Card, Figure, Level, When } from './parts/elements.tsx';
import { type Setup, WhereAlertsGo } from './parts/rule-routes.tsx';
import { FalsePositives, References, Tags, TEXT_MAX } from './parts/rule-text.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';
import type { RuleFile } from './rule-file.ts';

export interface RuleOptions {
  readonly caller: Caller;
  readonly rule: Rule;
  /** Null: it has not matched. */
  readonly activity: RuleActivity | null;
  /** Null: it can't be read. */
  readonly file: RuleFile | null;
  /** All of them. */
  readonly rules: readonly Rule[];
  readonly setup: Setup;
}

/** The whole document. */
export function rulePage({ caller, rule, activity, file, rules, setup }: RuleOptions): string {
  const ruleOf = (id: string): Rule | null => rules.find((each) => each.id === id) ?? null;
  return page({
    title: rule.title,
    caller,
    section: 'rules',
    children: (
      <>
        <header class="head">
          <p class="over">
            <Level level={rule.level} /> Rule{rule.status !== null && `, ${rule.status}`}
          </p>
          <h1>
            <UntrustedText text={rule.title} />
          </h1>
          {rule.description !== null && (
            <p class="lead">
              <UntrustedText text={rule.description} max={TEXT_MAX} />
            </p>
          )}
        </header>
        <Facts rule={rule} activity={activity} />
        {rule.kind === 'correlation' && <Correlation rule={rule} ruleOf={ruleOf} />}
        {rule.tocsin.runbook !== null && (
          <Card title="What to do">
            <p class="prose">
              <UntrustedText text={rule.tocsin.runbook} max={TEXT_MAX} />
            </p>
          </Card>
        )}
        <WhereAlertsGo rule={rule} rules={rules} setup={setup} />
        {rule.falsepositives.length > 0 && (
          <Card title="Known false positives">
            <FalsePositives rule={rule} />
          </Card>
        )}
        <References references={file?.references ?? []} />
        <Card
          title="Source"
          aside={
            <span class="quiet">
              <code>rules/{rule.path}</code>
            </span>
          }
        >
          {file === null ? (
            <p class="empty">The file can't be read at the moment.</p>
          ) : (
            <section class="code" tabindex={0} aria-label="YAML of the rule">
              <pre>
                <code>{file.text}</code>
              </pre>
            </section>
          )}
        </Card>
      </>
    ),
  });
}

function Facts({ rule, activity }: { rule: Rule; activity: RuleActivity | null }) {
  return (
    <dl class="figures card">
      <Figure name="Matched">
        {activity === null ? 'never' : counted(activity.matched, 'time')}
        {rule.alerts && (
          <span class="sub">
            <a href={alertsPath({ status: 'all', rule: rule.id })}>Alerts of this rule</a>
          </span>
        )}
      </Figure>
      <Figure name="Last match">
        <When at={activity?.lastAt ?? null} />
        {activity?.lastEntry != null && (
          <span class="sub">
            <a href={entryPath(activity.lastEntry)}>The matching entry</a>
          </span>
        )}
      </Figure>
      <Figure name="Type">
        {rule.kind === 'correlation' ? 'Correlation' : 'Detection'}
        {rule.kind === 'correlation' && (
          <span class="sub">
            within {durationInWords(rule.timespanMs)}
            {rule.groupBy.length > 0 && (
              <>
                , by <UntrustedText text={rule.groupBy.join(', ')} max={TEXT_MAX} />
              </>
            )}
          </span>
        )}
        {!rule.alerts && <span class="sub">opens no alerts itself</span>}
      </Figure>
      <Figure name="ATT&CK and other tags">
        <Tags rule={rule} />
      </Figure>
    </dl>
  );
}
