/** A receiver that is new gets one message of what is open; and what one does not take goes to another. */

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { createScene, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';

const rules = (['critical', 'high', 'medium'] as const).map((level: Level) => onAction(level, { level }));
const did = (action: string, id: string, at: number, actor: string) => entry(id, at, { action, actor: { id: actor } });
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };

/** What is sent by then. `failing`: the receivers that take nothing. */
function sent(scene: Scene, now: number, failing: readonly string[] = []): string[] {
  scene.makeDue(now);
  const got: string[] = [];
  scene.send(now, ({ receiver, notification }) => {
    if (failing.includes(receiver)) return FAILED;
    if (notification.kind === 'group')
      got.push(`${receiver} ${notification.group.kind} of ${notification.group.alerts}`);
    else if ('alert' in notification) got.push(`${receiver} ${notification.kind} ${notification.alert.id}`);
    return { kind: 'delivered' };
  });
  return got;
}

describe('a receiver that is new', () => {
  /** Five alerts, which slack was notified of; 2 is acknowledged. */
  function fiveAlerts(): Scene {
    const scene = createScene(rules, { receivers: [route('slack')] });
    const actions = ['critical', 'high', 'high', 'medium', 'high'];
    scene.record(actions.map((action, i) => did(action, `e${i}`, NOON, `actor ${i}`)));
    for (let minute = 1; minute < 10; minute++) sent(scene, NOON + minute * MINUTE);
    scene.ledger.act(
      { alerts: [2], act: { act: 'acknowledge', comment: null }, who: 'a', via: 'cli', seenLevel: null },
      NOON,
    );
    return scene;
  }

  it('gets one message of the open alerts at high and critical that nobody has acknowledged', () => {
    const scene = fiveAlerts().reopened({
      receivers: [route('slack'), route('mail'), route('pager', { minLevel: 'critical' })],
    });
    sent(scene, NOON + HOUR);
    expect(sent(scene, NOON + HOUR + 5 * SECOND)).toEqual(['mail new receiver of 3', 'pager opened 1']);
    expect(scene.store.all("SELECT alert, detail FROM acts WHERE act = 'introduced' ORDER BY alert")).toEqual([
      { alert: 1, detail: '{"receivers":["mail","pager"]}' },
      { alert: 3, detail: '{"receivers":["mail"]}' },
      { alert: 5, detail: '{"receivers":["mail"]}' },
    ]);
  });

  it('once, however often the ledger starts', () => {
    const receivers = [route('slack'), route('mail')];
    const scene = fiveAlerts();
    const got = Array.from({ length: 5 }, (_, i) =>
      sent(scene.reopened({ receivers }), NOON + HOUR + i * MINUTE),
    ).flat();
    expect(got.filter((words) => words.startsWith('mail'))).toEqual(['mail new receiver of 3']);
  });

  it('gets nothing of what was backfilled', () => {
    const scene = createScene(rules, { receivers: [route('slack')] });
    scene.record([did('high', 'a', NOON, 'alice')], { suppressBefore: NOON + HOUR });
    const later = scene.reopened({ receivers: [route('slack'), route('mail')] });
    expect([sent(later, NOON + HOUR), sent(later, NOON + HOUR + MINUTE)]).toEqual([[], []]);
  });

  it('gets nothing where nothing is open', () => {
    const scene = createScene(rules, { receivers: [route('slack')] }).reopened({
      receivers: [route('slack'), route('mail')],
    });
    expect(sent(scene, NOON + HOUR)).toEqual([]);
    expect(scene.count('acts')).toBe(0);
  });
});

describe('a receiver that does not take what is high or critical within ten minutes', () => {
  const opened = (action: string, receivers = [route('slack'), route('mail', { minLevel: 'critical' })]) => {
    const scene = createScene(rules, { receivers });
    scene.record([did(action, 'a', NOON, 'alice')]);
    return scene;
  };
  const run = (scene: Scene, failing: readonly string[], minutes = 30) =>
    Array.from({ length: minutes * 6 }, (_, i) =>
      sent(scene, NOON + i * 10 * SECOND, failing).map((words) => `${Math.floor(i / 6)} ${words}`),
    ).flat();

  it('has it taken by another one that works, once', () => {
    const scene = opened('high');
    expect(run(scene, ['slack'])).toEqual(['10 mail opened 1']);
    expect(scene.notifications("receiver = 'mail' AND health IS NULL")[0]).toMatchObject({ insteadOf: 'slack' });
    // It is delivered there too once that works.
    expect(sent(scene, NOON + 2 * HOUR)).toEqual(['slack opened 1']);
  });

  it('has it taken where its setting is missing', () => {
    const receivers = [
      route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' }),
      route('mail', { minLevel: 'critical' }),
    ];
    const scene = opened('high', receivers);
    expect(run(scene, [])).toEqual(['10 mail opened 1']);
    expect(scene.ledger.nextAlarmAt(NOON + HOUR)).toBeGreaterThan(NOON + HOUR - 15 * MINUTE);
  });

  it('has it taken where it refuses this message alone, and takes others', () => {
    const scene = opened('critical', [route('slack'), route('mail')]);
    const got: string[] = [];
    for (let i = 0; i < 15 * 6; i++) {
      const now = NOON + i * 10 * SECOND;
      if (i % 6 === 5) scene.record([did('medium', `m${i}`, now, `actor ${i}`)], { now });
      scene.makeDue(now);
      scene.send(now, ({ receiver, notification }) => {
        if (!('alert' in notification)) return { kind: 'delivered' };
        const { id } = notification.alert;
        if (id === 1 && receiver === 'slack') return { kind: 'refused', reason: 'HTTP 400' };
        if (id === 1)
          got.push(`${Math.floor(i / 6)} ${receiver}${notification.insteadOf === 'slack' ? ' instead' : ''}`);
        return { kind: 'delivered' };
      });
    }
    expect(got).toEqual(['0 mail', '10 mail instead']);
  });

  it('has it taken where it was removed or renamed', () => {
    const scene = opened('critical', [route('slack')]);
    const renamed = scene.reopened({ receivers: [route('mail', { minLevel: 'critical' })] });
    // It is new, too: it gets what is open.
    expect(run(renamed, [])).toEqual(['0 mail opened 1', '10 mail opened 1']);
  });

  it('has it taken where it asks to slow down for long', () => {
    const scene = opened('critical', [route('slack'), route('mail', { minLevel: 'high' })]);
    const got: string[] = [];
    for (let i = 0; i < 15 * 6; i++) {
      const now = NOON + i * 10 * SECOND;
      scene.makeDue(now);
      scene.send(now, ({ receiver, notification }) => {
        if (receiver === 'slack') return { kind: 'slow down', reason: 'HTTP 429', afterMs: HOUR };
        if ('alert' in notification) got.push(`${Math.floor(i / 6)} ${receiver} ${notification.insteadOf ?? ''}`);
        return { kind: 'delivered' };
      });
    }
    expect(got).toEqual(['0 mail ', '10 mail slack']);
  });

  it('that no receiver takes goes back and forth between none', () => {
    const scene = opened('critical', [route('slack'), route('mail')]);
    for (let i = 0; i < 90; i++) {
      const now = NOON + i * MINUTE;
      scene.record([did('medium', `m${i}`, now, `actor ${i}`)], { now });
      scene.makeDue(now);
      scene.send(now, ({ notification }) =>
        'alert' in notification && notification.alert.id === 1
          ? { kind: 'refused', reason: 'HTTP 400' }
          : { kind: 'delivered' },
      );
    }
    expect(scene.count('deliveries', 'alert = 1 AND level = 4')).toBe(4);
    const last = NOON + 90 * MINUTE;
    expect(scene.ledger.nextAlarmAt(last)).toBeGreaterThan(last - MINUTE);
  });

  it('not what is medium, nor where none works', () => {
    expect(run(opened('medium'), ['slack'])).toEqual([]);
    expect(run(opened('high'), ['slack', 'mail'])).toEqual([]);
  });

  it('goes to the fallback of the routing first', () => {
    const names = ['slack', 'mail', 'boss'];
    const type = { type: 'slack', secret: 'X', signingSecret: null, minLevel: 'low' } as const;
    const receivers = [
      route('slack'),
      route('mail', { minLevel: 'critical' }),
      route('boss', { minLevel: 'critical' }),
    ];
    const routing = { receivers: names.map((name) => ({ ...type, name })), fallback: 'boss' };
    const scene = createScene(rules, { receivers, routing });
    scene.record([did('high', 'a', NOON, 'alice')]);
    expect(run(scene, ['slack'])).toEqual(['10 boss opened 1']);
  });
});
