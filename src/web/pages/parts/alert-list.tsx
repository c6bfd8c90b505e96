/**
 * Alerts as a list to act on: who, from where, when, status and assignee of each, with a box to choose it. Pure.
 *
 * Contract: in the order given; alerts of one actor that follow each other stand under one heading (alert/by-actor.ts).
 * What is severe and not resolved is folded in long groups only. The script replaces an item by its `data-alert` when it has
 * changed.
 */
import { alertPath } from '../../../access/link.ts';
import { statusWording } from '../../../alert/act-wording.ts';
import { groupsByActor } from '../../../alert/by-actor.ts';
import { isLive } from '../../../alert/identity.ts';
import { PARTS } from '../../../alert/links.ts';
import type { AlertSummary } from '../../../ledger/rpc.ts';
import { isSevere, LEVELS } from '../../../sigma/index.ts';
import { counted } from '../../../text/numbers.ts';
import { Ago, Level } from './elements.tsx';
import { Code, UntrustedText } from './untrusted-text.tsx';

const TITLE_CHARS = 100;
const NAME_CHARS = 60;
/** A group of more is folded. */
const UNFOLDED_MAX = 5;
/** With something severe that is not resolved. */
const SEVERE_UNFOLDED_MAX = 12;

interface AlertItemsProps {
  readonly alerts: readonly AlertSummary[];
  readonly now: number;
  /** With a box to choose each. */
  readonly hasBoxes: boolean;
}

/** The alerts, grouped. */
export function AlertItems({ alerts, now, hasBoxes }: AlertItemsProps) {
  return (
    <ol class="alerts">
      {groupsByActor(alerts).map((group) => (
        <Group group={group} now={now} hasBoxes={hasBoxes} />
      ))}
    </ol>
  );
}

function Group({
  group,
  now,
  hasBoxes,
}: { group: readonly [AlertSummary, ...AlertSummary[]] } & Omit<AlertItemsProps, 'alerts'>) {
  const items = group.map((alert) => <Item alert={alert} now={now} hasBoxes={hasBoxes} />);
  const actor = group[0].latest?.actor;
  if (group.length === 1 || actor === undefined) return <>{items}</>;
  const levels = LEVELS.toReversed().flatMap((level) => {
    const count = group.filter((alert) => alert.level === level).length;
    return count === 0 ? [] : [`${count} ${level}`];
  });
  const name = (
    <>
      <Level level={group[0].level} /> {counted(group.length, 'alert')} of{' '}
      <UntrustedText text={actor.name ?? actor.id ?? ''} max={NAME_CHARS} />
    </>
  );
  const isUrgent = group.some(
    ({ level, status }) => isLive(status) && LEVELS.some((of) => of === level && isSevere(of)),
  );
  return (
    <li class="group">
      {group.length > (isUrgent ? SEVERE_UNFOLDED_MAX : UNFOLDED_MAX) ? (
        <details>
          <summary>
            {name} <span class="quiet">{levels.join(', ')}</span>
          </summary>
          <ol>{items}</ol>
        </details>
      ) : (
        <>
          <p class="of">{name}</p>
          <ol>{items}</ol>
        </>
      )}
    </li>
  );
}

function Item({ alert, now, hasBoxes }: { alert: AlertSummary } & Omit<AlertItemsProps, 'alerts'>) {
  const { id, level, title, latest, networks, count, firstAt, lastAt, status, assignee } = alert;
  const name = latest?.actor.name ?? latest?.actor.id ?? null;
  return (
    <li data-alert={id} class="alert">
      {hasBoxes && (
        <input type="checkbox" name="alert" value={`${id}.${level}`} aria-label={`Choose alert ${id}`} class="box" />
      )}
      <span class="at-level">
        <Level level={level} />
      </span>
      <div class="what">
        <a href={alertPath(id)}>
          <UntrustedText text={title} max={TITLE_CHARS} />
        </a>
        <span class="sub">
          {latest?.action != null && (
            <>
              <Code text={latest.action} max={NAME_CHARS} />
              {' by '}
            </>
          )}
          {name === null ? (
            latest === null ? (
              <KeyParts parts={alert.key} max={NAME_CHARS} />
            ) : (
              <span class="none">unauthenticated</span>
            )
          ) : (
            <UntrustedText text={name} max={NAME_CHARS} />
          )}
          {latest?.clientIp != null && (
            <>
              {' from '}
              <Code text={latest.clientIp} max={NAME_CHARS} />
              {networks > 1 && ` and ${counted(networks - 1, 'other network')}`}
            </>
          )}
        </span>
      </div>
      <div class="age">
        <Ago at={lastAt} now={now} />
        <span class="sub">
          Alert {id}: {counted(count, 'match', 'matches')}
          {firstAt !== lastAt && (
            <>
              , first <Ago at={firstAt} now={now} />
            </>
          )}
        </span>
      </div>
      <div class="status">
        <span class={`state-${status}`}>
          <UntrustedText text={statusWording(alert)} max={NAME_CHARS} />
        </span>
        <span class="sub">
          {assignee !== null && (
            <>
              assigned to <UntrustedText text={assignee} max={NAME_CHARS} />
            </>
          )}
          {alert.backfilled && 'backfilled'}
        </span>
        <span class="ways">
          {status === 'open' && (
            <a href={`${alertPath(id)}#${PARTS.acknowledge}`}>
              Acknowledge…<span class="unsighted"> alert {id}</span>
            </a>
          )}
          <a href={`${alertPath(id)}#${PARTS.why}`}>
            Why<span class="unsighted"> alert {id}</span>
          </a>
          <a href={`${alertPath(id)}#${PARTS.silence}`}>
            Silence…<span class="unsighted"> alert {id}</span>
          </a>
        </span>
      </div>
    </li>
  );
}

/** The dedup key of an alert: `actor.id 4f2c…`, or `no actor.id`. */
export function KeyParts({ parts, class: name, max }: { parts: AlertSummary['key']; class?: string; max: number }) {
  if (parts.length === 0) return null;
  return (
    <span class={name}>
      {parts.map(({ field, value }, i) => (
        <>
          {i > 0 && ', '}
          <span class="quiet">
            {value === null && 'no '}
            <UntrustedText text={field} max={max} />
          </span>
          {value !== null && ' '}
          {value !== null && (
            <code>
              <UntrustedText text={value} max={max} />
            </code>
          )}
        </>
      ))}
    </span>
  );
}
