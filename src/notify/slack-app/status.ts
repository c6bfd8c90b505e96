/**
 * What a Slack app's message says of its alerts as they are now, and the buttons that act on them.
 *
 * Contract: pure. A button acts on the alerts that the message lists and that are not resolved, and says on how many. What it
 * needs for that is in it: Slack sends it back as it was.
 */
import { RESOLVE_REASONS, TOCSIN } from '../../alert/alert.ts';
import { isLive } from '../../alert/identity.ts';
import type { Notification } from '../../alert/notification.ts';
import { LEVELS, type Level } from '../../sigma/index.ts';
import { counted, numberText } from '../../text/numbers.ts';
import { untrustedLine } from '../../text/untrusted.ts';
import { isOver, levelOf, RESOLVED } from '../level-color.ts';
import type { AlertNow, Editable } from '../receiver.ts';
import { type ActButton, BLOCK_ID_MAX, BUTTON_TEXT_MAX, BUTTON_VALUE_MAX, plain } from '../slack/message.ts';
import type { OfApp } from '../slack/render.ts';
import { ACKNOWLEDGE, blockIdOf, RESOLVE, SILENCE, SILENCE_HOURS, type Silencing } from './action.ts';

const NAME_MAX = 100;

/** What the message has besides. `canAct`: Slack tells us what was clicked. */
export function ofApp(notification: Notification, { alerts, ledger, isEdit }: Editable, canAct: boolean): OfApp {
  const isSaid = isOver(notification) || (!isEdit && 'edits' in notification);
  const live = alerts.filter(({ status }) => isLive(status));
  const handled = alerts.every(({ status }) => status !== 'open');
  return {
    prefix: isSaid || !handled ? '' : live.length === 0 ? 'Resolved: ' : 'Acknowledged: ',
    status: isSaid ? [] : alerts.flatMap((alert) => statusLine(alert, alerts.length > 1)),
    ...(canAct ? acts(notification, live, ledger) : NO_ACTS),
    color: live.length === 0 ? RESOLVED : null,
  };
}

function statusLine({ id, status, by, reason }: AlertNow, isOneOfSeveral: boolean): string[] {
  if (status === 'open' || status === 'past') return [];
  const how = status === 'resolved' && reason !== null ? ` (${untrustedLine(reason, NAME_MAX)})` : '';
  const who = by === null || by === TOCSIN ? '' : ` by ${untrustedLine(by, NAME_MAX)}`;
  const what = `${status}${how}${who}`;
  return [isOneOfSeveral ? `Alert ${numberText(id)}: ${what}` : `${what.charAt(0).toUpperCase()}${what.slice(1)}.`];
}

type Acts = Pick<OfApp, 'acts' | 'does'>;
const NO_ACTS: Acts = { acts: [], does: [] };

function acts(notification: Notification, live: readonly AlertNow[], ledger: string): Acts {
  const level = levelOf(notification);
  if (live.length === 0 || level === null) return NO_ACTS;
  const shown = shownLevels(notification);
  const alerts = live.map(({ id }) => ({ id, level: shown.get(id) ?? level }));
  const blockId = blockIdOf({ ledger, alerts });
  if (blockId.length > BLOCK_ID_MAX) return NO_ACTS;
  const all = live.length === 1 ? '' : ` ${counted(live.length, 'alert')}`;
  const acknowledge: ActButton = { ...act(ACKNOWLEDGE, `Acknowledge${all}`), style: 'primary' };
  const silencing = silencingOf(notification);
  const value = JSON.stringify(silencing);
  const silence =
    silencing === null || value.length > BUTTON_VALUE_MAX
      ? []
      : [act(SILENCE, `Silence this ${silencing.of} for ${SILENCE_HOURS} h`, value)];
  return {
    acts: [
      {
        type: 'actions',
        block_id: blockId,
        elements: [
          ...(live.some(({ status }) => status === 'open') ? [acknowledge] : []),
          {
            type: 'static_select',
            placeholder: plain([`Resolve${all} as…`], BUTTON_TEXT_MAX),
            action_id: RESOLVE,
            options: RESOLVE_REASONS.map((reason) => ({ text: plain([reason], BUTTON_TEXT_MAX), value: reason })),
          },
          ...silence,
        ],
      },
    ],
    does: ['acknowledge', ...(silence.length > 0 ? (['silence'] as const) : [])],
  };
}

/** The level that the message shows of each alert. */
function shownLevels(notification: Notification): ReadonlyMap<number, Level> {
  if ('alert' in notification) return new Map([[notification.alert.id, notification.alert.level]]);
  if (!('group' in notification)) return new Map();
  const { first, others } = notification.group;
  return new Map([first.alert, ...others].map(({ id, level }) => [id, level]));
}

function act(name: string, label: string, value = '-'): ActButton {
  return { type: 'button', text: plain([label], BUTTON_TEXT_MAX), action_id: name, value };
}

/**
 * What the button silences: an alert's rule for its actor, or its address where nobody was authenticated; of a group whose
 * alerts are all of one actor, or else of one address, all of that up to the group's level, which people saw. What is critical
 * is silenced on the page only.
 */
function silencingOf(notification: Notification): Silencing | null {
  const isGroup = 'group' in notification;
  const of = isGroup ? notification.group.first : 'alert' in notification ? notification : null;
  const level = levelOf(notification);
  if (of === null || level === null || level === 'critical') return null;
  const { actor, clientIp } = of.entry;
  if (isGroup) {
    const { subject, distinct } = notification.group;
    // A name without an id is no matcher, nor is it an address.
    if (subject === null || distinct.actors > 1 || (actor.id === null && subject !== clientIp)) return null;
  }
  const matchers = {
    ...(isGroup ? {} : { rule: of.alert.ruleId }),
    ...(actor.id !== null ? { actor: actor.id } : clientIp !== null ? { address: clientIp } : {}),
    level: LEVELS.slice(0, LEVELS.indexOf(level) + 1),
  };
  if (actor.id === null && clientIp === null) return null;
  return { of: actor.id !== null ? 'actor' : 'address', matchers };
}
