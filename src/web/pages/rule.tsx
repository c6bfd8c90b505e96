/** The page of a rule: how often it matched, what it detects, what to do, where its alerts go, and its file. Pure. */

import { entryPath } from '../../access/link.ts';
import { timesWords } from '../../alert/condition-wording.ts';
import type { RuleActivity } from '../../ledger/rpc.ts';
import { type DisabledRule, listedRules, type Rule } from '../../sigma/index.ts';
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
  /** All of them, with the inner parts of others. */
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
        <Head rule={rule} about={rule.status === null ? 'Rule' : `Rule, ${rule.status}`} />
        <Facts rule={rule} activity={activity} rules={rules} />
        {file !== null && <Changed file={file} />}
        {rule.kind === 'correlation' && <Correlation rule={rule} ruleOf={ruleOf} />}
        {rule.tocsin.runbook !== null && (
          <Card title="What to do">
            <p class="prose">
              <UntrustedText text={rule.tocsin.runbook} max={TEXT_MAX} />
            </p>
          </Card>
        )}
        <WhereAlertsGo rule={rule} rules={listedRules(rules)} setup={setup} />
        {rule.falsepositives.length > 0 && (
          <Card title="Known false positives">
            <FalsePositives rule={rule} />
          </Card>
        )}
        <References references={file?.references ?? []} />
        <Source path={rule.path} file={file} />
      </>
    ),
  });
}

/** The whole document of a rule that is not evaluated. */
export function disabledRulePage(caller: Caller, rule: DisabledRule, file: RuleFile | null): string {
  return page({
    title: rule.title,
    caller,
    section: 'rules',
    children: (
      <>
        <Head rule={rule} about="Disabled rule" />
        <Card title="Disabled" aside={TUNING_FILE}>
          <p class="prose">
            <UntrustedText text={rule.why} max={TEXT_MAX} />
          </p>
          <p>It is not evaluated and opens no alerts. Those that it opened before stay.</p>
          <p>
            <a href={alertsPath({ status: 'all', rule: rule.id })}>Alerts of this rule</a>
          </p>
        </Card>
        <Source path={rule.path} file={file} />
      </>
    ),
  });
}

const TUNING_FILE = (
  <span class="quiet">
    <code>rules/tuning.yml</code>
  </span>
);

function Head({ rule, about }: { rule: Pick<Rule, 'level' | 'title' | 'description'>; about: string }) {
  return (
    <header class="head">
      <p class="over">
        <Level level={rule.level} /> {about}
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
  );
}

/** What the owner changed, and the owner's filters. */
function Changed({ file: { tuning, filters } }: { file: RuleFile }) {
  return (
    <>
      {tuning !== null && (
        <Card title="Tuned" aside={TUNING_FILE}>
          <p class="prose">
            <UntrustedText text={tuning.why} max={TEXT_MAX} />
          </p>
          <ul>
            {tuning.changes.map(({ key, from, to }) => (
              <li>
                {key}:{' '}
                {from !== null && (
                  <>
                    <UntrustedText text={from} max={TEXT_MAX} /> →{' '}
                  </>
                )}
                <strong>
                  <UntrustedText text={to} max={TEXT_MAX} />
                </strong>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {filters.length > 0 && (
        <Card title="Filtered by">
          <ul>
            {filters.map(({ title, path }) => (
              <li>
                <UntrustedText text={title} max={TEXT_MAX} />
                <span class="sub">
                  <code>rules/{path}</code>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function Source({ path, file }: { path: string; file: RuleFile | null }) {
  return (
    <Card
      title="Source"
      aside={
        <span class="quiet">
          <code>rules/{path}</code>
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
  );
}

function Facts({ rule, activity, rules }: Pick<RuleOptions, 'rule' | 'activity' | 'rules'>) {
  const inner = rules.find(({ partOf }) => partOf === rule.id);
  const times = [rule, ...(inner === undefined ? [] : [inner])].flatMap(timesWords);
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
        {times.map((words) => (
          <span class="sub">
            only <UntrustedText text={words} max={TEXT_MAX} />
          </span>
        ))}
        {!rule.alerts && <span class="sub">opens no alerts itself</span>}
      </Figure>
      <Figure name="ATT&CK and other tags">
        <Tags rule={rule} />
      </Figure>
    </dl>
  );
}
