/**
 * The forms that act on an alert, or why the caller can't. Pure.
 *
 * Contract: every form is a POST with the token of the session or link. What the caller may do is for the policy to decide:
 * a form that is shown may still be refused.
 */
import { alertPath } from '../../../access/link.ts';
import { SIGN_IN_PATH } from '../../../access/session.ts';
import { RESOLVE_REASONS } from '../../../alert/alert.ts';
import { isLive } from '../../../alert/identity.ts';
import { PARTS } from '../../../alert/links.ts';
import type { AlertSummary } from '../../../ledger/rpc.ts';
import { LEVELS } from '../../../sigma/index.ts';
import { counted, numberText } from '../../../text/numbers.ts';
import { ALERTS_PAGE, ALL_OF_MESSAGE, actPath, type Did, type FormAct, SILENCES_PAGE } from '../../act-paths.ts';
import { actorOf, type Caller } from '../../context.ts';
import { hasAccess, mayActOn } from '../../policy.ts';
import { Card, When } from './elements.tsx';
import { DurationChoice, FormFields, Text } from './form-fields.tsx';
import { UntrustedText } from './untrusted-text.tsx';

/** Whether the caller may act on every alert. */
export function canAct(caller: Caller): boolean {
  return hasAccess('responder', caller);
}

interface WhyNotProps {
  readonly caller: Caller;
  /** The page to come back to. */
  readonly next: string;
  /** By a link they can acknowledge and comment. */
  readonly hasLink?: boolean;
}

/** Why they can't, and what to do. */
export function WhyNot({ caller, next, hasLink = false }: WhyNotProps) {
  return (
    <p class="quiet">
      {hasLink
        ? 'By this link, which may have been forwarded, you can acknowledge and comment. For more, '
        : 'You can read, and not act: that is for the role responder. '}
      <a href={`${SIGN_IN_PATH}?next=${encodeURIComponent(next)}`}>
        {hasLink ? 'sign' : 'Sign'} in with the token of a responder
      </a>
      {caller.kind === 'link' ? ', which the operator of Tocsin gives you.' : '.'}
      {caller.kind !== 'link' && (
        <>
          {' The operator makes one with '}
          <code>npm run tocsin -- viewers add NAME --role responder</code>.
        </>
      )}
    </p>
  );
}

/** Why an alert is resolved. */
export function ReasonChoice() {
  return (
    <select name="reason" aria-label="Why it is resolved" data-key="r">
      <option value="">Resolve as …</option>
      {RESOLVE_REASONS.map((reason) => (
        <option value={reason}>{reason}</option>
      ))}
    </select>
  );
}

/** The field without which an act of the card is refused: the script says so before it is sent. */
const NEEDS: { readonly [act in FormAct]?: string } = { resolve: 'reason', comment: 'comment' };

interface ActCardProps {
  readonly caller: Caller;
  readonly alert: AlertSummary;
  readonly token: string;
  /** What a silence of would not cover this alert: it is of entries that others have a part in. */
  readonly notCovering: { readonly actor: boolean; readonly address: boolean };
  /** When the silence over it now ends, ms; null: there is none. */
  readonly silencedUntil: number | null;
  /** Other alerts of its actor that are not resolved, where the caller may see all of them. */
  readonly others: readonly AlertSummary[];
  /** The other alerts of the message whose link they have. */
  readonly linked: readonly AlertSummary[];
}

/** The card of an alert's page. */
export function ActCard(props: ActCardProps) {
  const { caller, alert, token } = props;
  const next = alertPath(alert.id);
  const mayAll = canAct(caller);
  return (
    <Card title="Act">
      <div class="halves">
        <AlertForm {...props} next={next} />
        {mayAll ? (
          <QuickSilence {...props} next={next} />
        ) : (
          <div id={PARTS.silence}>
            <h3>Silence, resolve and assign</h3>
            <WhyNot caller={caller} next={`${next}#${PARTS.silence}`} hasLink={mayActOn(caller, alert.id)} />
          </div>
        )}
      </div>
      {mayAll && (
        <details>
          <summary>Assign to somebody else</summary>
          <form method="post" action={actPath(alert.id, 'assign')} class="acts">
            <FormFields token={token} next={next} />
            <Text name="to" label="Name; empty: nobody" />
            <button type="submit">Assign</button>
          </form>
        </details>
      )}
    </Card>
  );
}

/** What is done with the alert itself. */
function AlertForm({ caller, alert, token, others, linked, next }: ActCardProps & { next: string }) {
  if (!mayActOn(caller, alert.id)) return null;
  const isEnded = !isLive(alert.status);
  const mayAll = canAct(caller);
  const openLinked = linked.filter(({ status }) => status === 'open');
  const button = (act: FormAct, words: string) => (
    <button
      type="submit"
      formaction={actPath(alert.id, act)}
      data-key={act === 'acknowledge' ? 'a' : undefined}
      data-needs={NEEDS[act]}
      class={act === 'acknowledge' && (mayAll || openLinked.length === 0) ? '' : 'second'}
    >
      {words}
    </button>
  );
  return (
    <form method="post" action={actPath(alert.id, 'comment')} class="acts" id={PARTS.acknowledge}>
      <FormFields token={token} next={next} />
      <input type="hidden" name="level" value={alert.level} />
      {!isEnded && (
        <>
          <p class="buttons">
            {!mayAll && <AllOfMessage alert={alert} open={openLinked} />}
            {button('acknowledge', openLinked.length > 0 && !mayAll ? 'Acknowledge this one only' : 'Acknowledge')}
            {mayAll && <AllOfActor alert={alert} others={others} />}
            {mayAll && button('assign', 'Assign to me')}
          </p>
          <p class="quiet">
            Acknowledge: you take care of it. No reminders for 24 hours; what is new is still notified.
            {caller.kind === 'link' && (
              <>
                {' It is recorded as done by '}
                <UntrustedText text={actorOf(caller, null, alert.id)} max={NAME_CHARS} />.
              </>
            )}
          </p>
        </>
      )}
      {!isEnded && mayAll && (
        <p class="buttons">
          <ReasonChoice />
          {button('resolve', 'Resolve')}
        </p>
      )}
      <label for="comment">
        Comment (optional; goes with whichever button you press{caller.kind === 'link' && ': say who you are'})
      </label>
      <textarea id="comment" name="comment" rows={1} maxlength={2000} />
      {button('comment', 'Comment')}
    </form>
  );
}

/** For a link's holder: with the other alerts of the message. */
function AllOfMessage({ alert, open }: { alert: AlertSummary; open: readonly AlertSummary[] }) {
  if (open.length === 0) return null;
  return (
    <>
      {open.map(chosen)}
      <button type="submit" name={ALL_OF_MESSAGE} value="yes" formaction={actPath(alert.id, 'acknowledge')}>
        Acknowledge all {counted(open.length + 1, 'alert')} of the message
      </button>
    </>
  );
}

/** As the list has it: an alert, and how severe it was shown. */
function chosen({ id, level }: AlertSummary) {
  return <input type="hidden" name="alert" value={`${id}.${level}`} />;
}

/** With the others of its actor that are open, as the list does it. */
function AllOfActor({ alert, others }: Pick<ActCardProps, 'alert' | 'others'>) {
  const open = others.filter(({ status }) => status === 'open');
  const { actor } = alert.latest ?? {};
  if (open.length === 0) return null;
  return (
    <>
      {[alert, ...open].map(chosen)}
      <button type="submit" name="act" value="acknowledge" formaction={ALERTS_PAGE} class="second">
        Acknowledge all {numberText(open.length + 1)} of{' '}
        <UntrustedText text={actor?.name ?? actor?.id ?? ''} max={NAME_CHARS} />
      </button>
    </>
  );
}

/** As the last match was. */
function QuickSilence({ alert, token, next, notCovering, silencedUntil }: ActCardProps & { next: string }) {
  const { actor, clientIp = null } = alert.latest ?? {};
  const ofActor = actor?.id ?? actor?.name ?? null;
  // What covers the alert first; each of it in this order.
  const of = [
    { name: 'actor', value: ofActor, shown: actor?.name ?? ofActor, covers: !notCovering.actor },
    { name: 'rule', value: alert.rule, shown: null, covers: true },
    { name: 'address', value: clientIp, shown: clientIp, covers: !notCovering.address },
  ].toSorted((a, b) => Number(b.covers) - Number(a.covers));
  return (
    <form method="post" action={SILENCES_PAGE} class="acts" id={PARTS.silence} aria-labelledby="silence-title">
      <h3 id="silence-title">Silence</h3>
      {silencedUntil !== null && (
        <p class="note">
          Silenced now, until <When at={silencedUntil} />. <a href={SILENCES_PAGE}>End it</a>
        </p>
      )}
      <p class="quiet">Alerts are still recorded, and nobody is notified of them until it ends.</p>
      <FormFields token={token} next={next} />
      <div class="filters">
        <DurationChoice />
        <Text name="comment" label="Reason" required />
      </div>
      {alert.level === 'critical' && <CriticalChoice />}
      <p class="buttons">
        {of.map(
          ({ name, value, shown, covers }) =>
            value !== null && (
              <button type="submit" name={name} value={value} class="second">
                Silence this {name}
                {name === 'rule' && ', for any actor'}
                {shown !== null && (
                  <>
                    : <UntrustedText text={shown} max={NAME_CHARS} />
                  </>
                )}
                {!covers && ' (not this alert)'}
              </button>
            ),
        )}
      </p>
      {(notCovering.actor || notCovering.address) && (
        <p class="quiet">
          This alert is of several entries. A silence of an actor or an address covers it only where all of them match.
        </p>
      )}
    </form>
  );
}

/** People say whether critical alerts are silenced: neither is taken for granted of a critical one. */
function CriticalChoice() {
  return (
    <label>
      Silence alerts of these levels
      <select name="level" required>
        <option value="">Choose …</option>
        <option value={LEVELS.join(',')}>critical alerts too, such as this one</option>
        <option value={LEVELS.filter((level) => level !== 'critical').join(',')}>
          all but critical: not this alert
        </option>
      </select>
    </label>
  );
}

const NAME_CHARS = 40;

/** What the last form did, in sentences of ours: of the address, only known words and numbers count. */
export function DidNote({ did }: { did: Did | null }) {
  if (did === null) return null;
  const text = didSentences(did);
  return text === '' ? null : (
    <p class={did.raised > 0 ? 'note bad' : 'note good'} role="status">
      {text}
    </p>
  );
}

function didSentences({ act, done, unchanged, raised, ended }: Did): string {
  if (act === 'silence') return 'Silenced. It is listed under Silences.';
  if (act === 'expire') return 'The silence is ended.';
  const { one, deed, more = '' } = DEEDS[act];
  const isOne = done + unchanged + raised + ended === 1;
  const some = (count: number, single: string, several: string): string | false =>
    count > 0 && (count === 1 ? `${isOne ? 'It' : 'One'} ${single}.` : `${numberText(count)} ${several}.`);
  const parts = [
    done > 0 && `${done === 1 ? one : `${counted(done, 'alert')} ${deed}`}${more}.`,
    some(unchanged, `was ${deed} already`, `were ${deed} already`),
    some(ended, 'was resolved before, or is gone', 'were resolved before, or are gone'),
    some(raised, 'was left as it is', 'were left as they are'),
    raised > 0 && 'The level rose after you had loaded the page: look again.',
  ];
  return parts.filter((part) => part !== false).join(' ');
}

/** `one`: of a single alert. `more`: what follows. */
const DEEDS: { readonly [act in FormAct]: { readonly one: string; readonly deed: string; readonly more?: string } } = {
  acknowledge: {
    ...{ one: 'Acknowledged', deed: 'acknowledged' },
    more: ', until the same time tomorrow: no reminders until then',
  },
  resolve: { one: 'Resolved', deed: 'resolved' },
  assign: { one: 'Assigned', deed: 'assigned that way' },
  comment: { one: 'The comment is added', deed: 'commented on with these words' },
};
