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
import type { AlertSummary } from '../../../ledger/rpc.ts';
import { LEVELS } from '../../../sigma/index.ts';
import { counted, numberText } from '../../../text/numbers.ts';
import { actPath, type Did, type FormAct, SILENCES_PAGE } from '../../act-paths.ts';
import type { Caller } from '../../context.ts';
import { hasAccess } from '../../policy.ts';
import { Card } from './elements.tsx';
import { DurationChoice, FormFields, Text } from './form-fields.tsx';

/** Whether the caller may act on every alert. */
export function canAct(caller: Caller): boolean {
  return hasAccess('responder', caller);
}

/** Why they can't, and what to do. `next`: the page to come back to. */
export function WhyNot({ caller, next }: { caller: Caller; next: string }) {
  return (
    <p class="quiet">
      {caller.kind === 'link'
        ? 'By this link, which may have been forwarded, you can acknowledge and comment. To resolve, assign or silence, '
        : 'You can read, and not act: that is for the role responder. '}
      <a href={`${SIGN_IN_PATH}?next=${encodeURIComponent(next)}`}>
        {caller.kind === 'link' ? 'sign' : 'Sign'} in with the token of a responder
      </a>
      . The operator makes one with <code>npm run tocsin -- viewers add NAME --role responder</code>.
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
}

/** The card of an alert's page. */
export function ActCard({ caller, alert, token }: ActCardProps) {
  const next = alertPath(alert.id);
  const isEnded = !isLive(alert.status);
  const mayAll = canAct(caller);
  const button = (act: FormAct, words: string) => (
    <button
      type="submit"
      formaction={actPath(alert.id, act)}
      data-key={act === 'acknowledge' ? 'a' : undefined}
      data-needs={NEEDS[act]}
      class={act === 'acknowledge' ? '' : 'second'}
    >
      {words}
    </button>
  );
  return (
    <Card title="Act">
      {hasAccess('scoped responder', caller) && (
        <form method="post" action={actPath(alert.id, 'comment')} class="acts">
          <FormFields token={token} next={next} />
          <input type="hidden" name="level" value={alert.level} />
          <label for="comment">Comment</label>
          <textarea id="comment" name="comment" rows={2} maxlength={2000} />
          <p class="buttons">
            {!isEnded && button('acknowledge', 'Acknowledge')}
            {!isEnded && mayAll && <ReasonChoice />}
            {!isEnded && mayAll && button('resolve', 'Resolve')}
            {mayAll && button('assign', 'Assign to me')}
            {button('comment', 'Comment')}
          </p>
        </form>
      )}
      {mayAll ? (
        <>
          <QuickSilence alert={alert} token={token} next={next} />
          <details>
            <summary>Assign to somebody else</summary>
            <form method="post" action={actPath(alert.id, 'assign')} class="acts">
              <FormFields token={token} next={next} />
              <Text name="to" label="Name; empty: nobody" />
              <button type="submit">Assign</button>
            </form>
          </details>
        </>
      ) : (
        <WhyNot caller={caller} next={next} />
      )}
    </Card>
  );
}

/** As the last match was. */
function QuickSilence({ alert, token, next }: Omit<ActCardProps, 'caller'> & { next: string }) {
  const { actor, clientIp = null } = alert.latest ?? {};
  const of = [
    ['actor', actor?.id ?? actor?.name ?? null],
    ['rule', alert.rule],
    ['address', clientIp],
  ] as const;
  return (
    <details>
      <summary>Silence this actor, rule or address</summary>
      <form method="post" action={SILENCES_PAGE} class="acts">
        <FormFields token={token} next={next} />
        <div class="filters">
          <DurationChoice />
          <Text name="comment" label="Why" required />
        </div>
        {alert.level === 'critical' && (
          <label>
            <input type="checkbox" name="level" value={LEVELS.join(',')} /> Critical alerts too, such as this one: else
            they are still notified
          </label>
        )}
        <p class="buttons">
          {of.map(
            ([name, value]) =>
              value !== null && (
                <button type="submit" name={name} value={value} class="second">
                  Silence this {name}
                </button>
              ),
          )}
        </p>
        <p class="quiet">Alerts are recorded all the same. Nobody is notified of them until the silence ends.</p>
      </form>
    </details>
  );
}

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
