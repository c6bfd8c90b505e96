/** A rule: what it looks for and how grave that is, how often it matched, what to do, and its file as it was built. */

import { entryPath } from '../../access/link.ts';
import type { RuleActivity } from '../../ledger/rpc.ts';
import type { Rule } from '../../sigma/index.ts';
import { durationInWords } from '../../text/duration.ts';
import { counted } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { alertsPath } from './alerts.tsx';
import { Correlation } from './parts/correlation.tsx';
import { Card, Level, When } from './parts/elements.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

export interface RuleOptions {
  readonly caller: Caller;
  readonly rule: Rule;
  /** Null: it has not matched. */
  readonly activity: RuleActivity | null;
  /** The file it stands in; null where that is not known. */
  readonly source: string | null;
  /** Another rule, by its id. */
  readonly ruleOf: (id: string) => Rule | null;
}

const PROSE = 4_000;

/** The whole document. */
export function rulePage({ caller, rule, activity, source, ruleOf }: RuleOptions): string {
  return page({
    title: rule.title,
    caller,
    at: 'rules',
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
              <UntrustedText text={rule.description} max={PROSE} />
            </p>
          )}
        </header>
        <Facts rule={rule} activity={activity} />
        {rule.kind === 'correlation' && <Correlation rule={rule} ruleOf={ruleOf} />}
        {rule.tocsin.runbook !== null && (
          <Card title="What to do">
            <p class="prose">
              <UntrustedText text={rule.tocsin.runbook} max={PROSE} />
            </p>
          </Card>
        )}
        <Harmless rule={rule} />
        <References rule={rule} />
        <Card title="The rule" aside={<code>rules/{rule.path}</code>}>
          {source === null ? (
            <p class="empty">Its file was not built in.</p>
          ) : (
            <section class="code" tabindex={0} aria-label="The rule’s YAML">
              <pre>
                <code>{source}</code>
              </pre>
            </section>
          )}
        </Card>
      </>
    ),
  });
}

function Facts({ rule, activity }: { rule: Rule; activity: RuleActivity | null }) {
  const tags = rule.tags.map((tag) => ({ tag, path: attackPath(tag) }));
  return (
    <dl class="figures card">
      <div>
        <dt>Matched</dt>
        <dd>
          {activity === null ? 'never yet' : counted(activity.matched, 'time')}
          {rule.alerts && (
            <span class="sub">
              <a href={alertsPath({ state: 'all', rule: rule.id })}>Its alerts</a>
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Last</dt>
        <dd>
          <When at={activity?.lastAt ?? null} />
          {activity?.lastEntry != null && (
            <span class="sub">
              <a href={entryPath(activity.lastEntry)}>The entry it matched</a>
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Looks at</dt>
        <dd>
          {rule.kind === 'correlation' ? 'several entries' : 'each entry'}
          {rule.kind === 'correlation' && (
            <span class="sub">
              within {durationInWords(rule.timespanMs)}
              {rule.groupBy.length > 0 && (
                <>
                  , by <UntrustedText text={rule.groupBy.join(', ')} max={PROSE} />
                </>
              )}
            </span>
          )}
          {!rule.alerts && <span class="sub">it rings no bell by itself</span>}
        </dd>
      </div>
      <div>
        <dt>ATT&CK and other tags</dt>
        <dd>
          {tags.length === 0 && <span class="none">none</span>}
          <ul class="tags">
            {tags.map(({ tag, path }) => (
              <li>
                {path === null ? (
                  <UntrustedText text={tag} max={80} />
                ) : (
                  <a href={path} rel="noreferrer">
                    <UntrustedText text={tag} max={80} />
                  </a>
                )}
              </li>
            ))}
          </ul>
        </dd>
      </div>
    </dl>
  );
}

const TACTICS: { readonly [name: string]: string } = {
  reconnaissance: 'TA0043',
  'resource-development': 'TA0042',
  'initial-access': 'TA0001',
  execution: 'TA0002',
  persistence: 'TA0003',
  'privilege-escalation': 'TA0004',
  'defense-evasion': 'TA0005',
  'credential-access': 'TA0006',
  discovery: 'TA0007',
  'lateral-movement': 'TA0008',
  collection: 'TA0009',
  exfiltration: 'TA0010',
  'command-and-control': 'TA0011',
  impact: 'TA0040',
};

/**
 * Where ATT&CK describes what a Sigma tag names: `attack.t1098.001`, `attack.persistence`; null for any other tag.
 * The tags: https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-tags.md. The
 * addresses: https://attack.mitre.org/techniques/T1098/001/ and https://attack.mitre.org/tactics/TA0003/.
 */
export function attackPath(tag: string): string | null {
  const [, technique, sub] = /^attack\.t(\d{4})(?:\.(\d{3}))?$/i.exec(tag) ?? [];
  if (technique !== undefined)
    return `https://attack.mitre.org/techniques/T${technique}/${sub === undefined ? '' : `${sub}/`}`;
  const name = /^attack\.([a-z_-]+)$/i.exec(tag)?.[1]?.toLowerCase().replaceAll('_', '-') ?? '';
  return Object.hasOwn(TACTICS, name) ? `https://attack.mitre.org/tactics/${TACTICS[name]}/` : null;
}

function Harmless({ rule }: { rule: Rule }) {
  if (rule.falsepositives.length === 0) return null;
  return (
    <Card title="Harmless if it is">
      <ul>
        {rule.falsepositives.map((of) => (
          <li>
            <UntrustedText text={of} max={PROSE} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function References({ rule }: { rule: Rule }) {
  if (rule.references.length === 0) return null;
  return (
    <Card title="References">
      <ul>
        {rule.references.map((reference) => {
          const address = httpsAddress(reference);
          return (
            <li>
              {address === null ? (
                <UntrustedText text={reference} max={PROSE} />
              ) : (
                <a href={address} rel="noreferrer">
                  <UntrustedText text={reference} max={PROSE} />
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

/** The address, if it is one that may be a link: https, with nobody's credentials; null where not. */
export function httpsAddress(text: string): string | null {
  const url = /^https:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null;
}
