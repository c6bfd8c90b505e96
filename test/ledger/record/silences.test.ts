/** Silences in the ledger: what they suppress, count and leave; and what is notified when they end. */

import { describe, expect, it } from 'vitest';
import { compile, type DetectionRule, type Level } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import { correlation } from '../../support/rules.ts';
import { counting, createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const at = (level: Level) => onAction('vm.deleted', { level });
const BY_TARGET = { groupBy: ['target.id'] };
const deletedBy = (actor: string, id: string, when: number, ip = '192.0.2.1') =>
  entry(id, when, { action: 'vm.deleted', actor: { id: actor }, client_ip: ip });

function silence(scene: Scene, matchers: object, now: number, endsAt: number) {
  const request = { matchers, endsAt, comment: 'the migration' };
  return scene.ledger.silence({ silence: JSON.stringify(request), who: 'alice', via: 'cli' }, now);
}

const decisions = ({ store }: Scene) =>
  store
    .all<{ decision: string | null }>('SELECT decision FROM matches ORDER BY alert, seq')
    .map((row) => decisionName(row.decision));
const messages = (scene: Scene, now: number): string[] => {
  const kinds = scene
    .makeDue(now)
    .map(({ kind, alert, reason }) => `${kind} ${alert?.id ?? ''} ${reason ?? ''}`.trim());
  scene.send(now);
  return kinds;
};

describe('a silence', () => {
  it('suppresses what its matchers hold for, records it, and counts it', () => {
    const scene = createScene([at('high')]);
    expect(silence(scene, { actor: 'ci' }, NOON, NOON + HOUR)).toMatchObject({
      kind: 'made',
      silence: { id: 1, author: 'alice' },
    });
    scene.record([deletedBy('ci', 'a', NOON), deletedBy('ci', 'b', NOON + 1), deletedBy('bob', 'c', NOON)], {
      now: NOON + 1,
    });
    expect(decisions(scene)).toEqual(['silenced', 'silenced', 'opened: first match']);
    expect(scene.ledger.status(NOON).alerts.open).toEqual({ high: 2 });
    expect(scene.store.all('SELECT suppressed, suppressed_at, alerts FROM silences')).toEqual([
      { suppressed: 2, suppressed_at: NOON + 1, alerts: '[1]' },
    ]);
  });

  it.each<[string, Partial<{ actor: string; now: number; endsAt: number; who: string }>, number]>([
    ['the same one again, as a form that is posted twice', { now: NOON + MINUTE, endsAt: NOON + MINUTE + HOUR }, 1],
    ['the same one, half an hour later', { now: NOON + HOUR / 2, endsAt: NOON + HOUR / 2 + HOUR }, 2],
    ['one for longer', { endsAt: NOON + 2 * HOUR }, 2],
    ['one of another actor', { actor: 'bob' }, 2],
    ['one by somebody else', { who: 'bob' }, 2],
    ['the same one, after it', { now: NOON + HOUR, endsAt: NOON + 2 * HOUR }, 2],
  ])('and %s', (_, { actor = 'ci', now = NOON, endsAt = NOON + HOUR, who = 'alice' }, count) => {
    const scene = createScene([at('high')]);
    silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
    const request = { matchers: { actor }, endsAt, comment: 'the migration' };
    const made = scene.ledger.silence({ silence: JSON.stringify(request), who, via: 'cli' }, now);
    expect(made).toMatchObject({ kind: 'made', silence: { id: count } });
    expect(scene.store.all('SELECT count(*) AS n FROM silences')).toEqual([{ n: count }]);
  });

  it('that somebody ended can be made again', () => {
    const scene = createScene([at('high')]);
    silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
    scene.ledger.expireSilence(1, 'bob', NOON + MINUTE);
    expect(silence(scene, { actor: 'ci' }, NOON + MINUTE, NOON + MINUTE + HOUR)).toMatchObject({ silence: { id: 2 } });
  });

  it('is over a match by its own time', () => {
    const scene = createScene([at('high')]);
    silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
    scene.record([deletedBy('ci', 'before', NOON - MINUTE)]);
    scene.record([deletedBy('ci', 'late', NOON + HOUR - 1), deletedBy('ci', 'after', NOON + HOUR)], {
      now: NOON + 2 * HOUR,
    });
    expect(decisions(scene)).toEqual(['opened: first match', 'silenced', 'deferred']);
  });

  it.each<[string, object, Level, string]>([
    ['an address', { address: '192.0.2.0/24' }, 'high', 'silenced'],
    ['another address', { address: '198.51.100.0/24' }, 'high', 'opened: first match'],
    ['its rule', { rule: 'vm.deleted' }, 'medium', 'silenced'],
    ['what is critical, unless it says so', { rule: 'vm.deleted' }, 'critical', 'opened: first match'],
    ['what is critical, where it says so', { rule: 'vm.deleted', level: 'critical' }, 'critical', 'silenced'],
  ])('over %s', (_, matchers, level, decision) => {
    const scene = createScene([at(level)]);
    expect(silence(scene, matchers, NOON, NOON + HOUR).kind).toBe('made');
    scene.record([deletedBy('ci', 'a', NOON)]);
    expect(decisions(scene)).toEqual([decision]);
  });

  it.each<[string, string]>([
    ['{', 'not JSON'],
    ['{"matchers":{"level":"high"},"endsAt":1e14,"comment":"x"}', 'must have a rule, an actor or an address'],
    ['{"matchers":{"actor":"ci"},"endsAt":1,"comment":"x"}', 'must end after it starts'],
  ])('is refused for %s', (text, problem) => {
    const scene = createScene([at('high')]);
    const answer = scene.ledger.silence({ silence: text, who: 'alice', via: 'cli' }, NOON);
    expect(answer).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) });
    expect(scene.count('silences')).toBe(0);
  });

  it('of a correlation needs every entry that contributed', () => {
    for (const [ips, decision] of [
      [['192.0.2.1', '192.0.2.2', '192.0.2.3'], 'silenced'],
      [['192.0.2.1', '198.51.100.1', '192.0.2.3'], 'opened: first match'],
    ] as const) {
      const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 3)]);
      silence(scene, { address: '192.0.2.0/24' }, NOON, NOON + HOUR);
      scene.record(ips.map((ip, i) => deletedBy('ci', `e${i}`, NOON + i, ip)));
      expect(decisions(scene).at(-1)).toBe(decision);
    }
  });

  describe('of a correlation of correlations', () => {
    const of = (first: string, levels: number): Scene => {
      const lower = counting('vm.deleted', 2, { ...BY_TARGET, alerts: levels === 1 });
      const upper = correlation('upper', [lower.id], {
        ...BY_TARGET,
        timespanMs: HOUR,
        condition: [{ op: 'gte', value: 1 }],
      });
      const top = { ...upper, id: 'top', rules: ['upper'] };
      const rules = [lower, { ...upper, alerts: levels === 2 }, top].slice(0, levels);
      const scene = createScene([onAction('vm.deleted', { alerts: false }), ...rules]);
      silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
      scene.record(
        [first, 'ci'].map((actor, i) =>
          entry(`e${i}`, NOON + i, { action: 'vm.deleted', actor: { id: actor }, target: { id: 'db' } }),
        ),
      );
      return scene;
    };

    it.each([
      ['one level', 'ci', 1, 'silenced'],
      ['one level, somebody else before', 'mallory', 1, 'opened: first match'],
      ['two levels, somebody else before', 'mallory', 2, 'opened: first match'],
      ['two levels: who was before is not known', 'ci', 2, 'opened: first match'],
      ['three levels, somebody else before', 'mallory', 3, 'opened: first match'],
    ])('%s', (_, first, levels, decision) => {
      const scene = of(first, levels);
      expect(decisions(scene).at(-1)).toBe(decision);
    });

    it('is over it where it is of the rule', () => {
      const scene = of('mallory', 2);
      silence(scene, { rule: 'upper' }, NOON, NOON + HOUR);
      const more = ['x', 'y'].map((id, i) =>
        entry(id, NOON + MINUTE + i, { action: 'vm.deleted', actor: { id: 'ci' }, target: { id: 'web' } }),
      );
      scene.record(more, { now: NOON + MINUTE });
      expect(decisions(scene).at(-1)).toBe('silenced');
    });
  });

  it.each([
    ['at an instant of its own', [0, 1, 2, 2, 3]],
    ['at the instant of another', [0, 2, 2, 2, 3]],
  ])('of a correlation is over nothing where an entry that it counted is gone: %s', (_, times) => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 5, BY_TARGET)]);
    silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
    const all = times.map((ms, i) =>
      entry(`e${i}`, NOON + ms, {
        action: 'vm.deleted',
        actor: { id: i === 1 ? 'mallory' : 'ci' },
        target: { id: 'db' },
      }),
    );
    scene.record(all.slice(0, -1));
    scene.store.run("UPDATE entries SET body = '{' WHERE id = 'e1'");
    scene.record(all.slice(-1));
    expect(decisions(scene).at(-1)).toBe('opened: first match');
  });

  it('of a correlation that counted more than is kept is over nothing', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 40)]);
    silence(scene, { address: '192.0.2.0/24' }, NOON, NOON + HOUR);
    scene.record(Array.from({ length: 40 }, (_, i) => deletedBy('ci', `e${i}`, NOON + i)));
    expect(decisions(scene).at(-1)).toBe('opened: first match');
  });
});

describe('when a silence ends', () => {
  const silenced = (level: Level, endsAt = NOON + HOUR) => {
    const scene = createScene([at(level)]);
    silence(scene, { actor: 'ci' }, NOON, endsAt);
    scene.record([deletedBy('ci', 'a', NOON + MINUTE)], { now: NOON + MINUTE });
    return scene;
  };

  it('what it suppressed at high is one message', () => {
    const scene = silenced('high');
    expect(messages(scene, NOON + HOUR - 1)).toEqual([]);
    messages(scene, NOON + HOUR);
    expect(messages(scene, NOON + HOUR + MINUTE)).toEqual(['opened 1 its silence ended']);
    expect(scene.store.all('SELECT act, who, detail FROM acts')).toEqual([
      { act: 'silence ended', who: 'tocsin', detail: '{"receivers":["slack"]}' },
    ]);
    expect(messages(scene, NOON + 3 * DAY)).toEqual([]);
  });

  it('and nothing at medium, nor of what was resolved meanwhile', () => {
    expect(messages(silenced('medium'), NOON + 2 * HOUR)).toEqual([]);
    const scene = silenced('high');
    const act = { act: 'resolve', reason: 'expected', comment: null } as const;
    scene.ledger.act({ alerts: [1], act, who: 'alice', via: 'cli', seenLevel: null }, NOON + 2 * MINUTE);
    messages(scene, NOON + HOUR);
    expect(messages(scene, NOON + 2 * HOUR)).toEqual([]);
  });

  it('nor of what was late in an alert that is resolved', () => {
    const scene = createScene([at('high')]);
    scene.record([deletedBy('ci', 'a', NOON + MINUTE)], { now: NOON + MINUTE });
    messages(scene, NOON + 2 * MINUTE);
    const act = { act: 'resolve', reason: 'expected', comment: null } as const;
    scene.ledger.act({ alerts: [1], act, who: 'alice', via: 'cli', seenLevel: null }, NOON + 2 * MINUTE);
    silence(scene, { actor: 'ci' }, NOON, NOON + HOUR);
    scene.record([deletedBy('ci', 'b', NOON)], { now: NOON + 3 * MINUTE });
    expect(decisions(scene)).toEqual(['opened: first match', 'silenced']);
    messages(scene, NOON + HOUR);
    expect(messages(scene, NOON + 2 * HOUR)).toEqual([]);
  });

  it('its networks count as notified with it, and no reminder of before is left', () => {
    const scene = createScene([at('high')]);
    scene.record([deletedBy('ci', 'a', NOON), deletedBy('ci', 'b', NOON + 1)]);
    messages(scene, NOON + MINUTE);
    silence(scene, { actor: 'ci' }, NOON + MINUTE, NOON + HOUR);
    scene.record([deletedBy('ci', 'c', NOON + 2 * MINUTE, '198.51.100.1')], { now: NOON + 2 * MINUTE });
    messages(scene, NOON + HOUR);
    const [row] = scene.store.all<{ notified: string }>('SELECT notified FROM alerts');
    expect(JSON.parse(row?.notified ?? '{}').slack).toMatchObject({
      count: 3,
      networks: 2,
      at: NOON + HOUR,
      deferred: null,
    });
  });

  /** The seconds after `from` in which there are messages, and what the first decision in each is. */
  const inSeconds = (scene: Scene, from: number, until: number): string[] =>
    Array.from({ length: until / 5_000 }, (_, i) => from + i * 5_000).flatMap((now) =>
      scene
        .makeDue(now)
        .splice(0, scene.send(now).length)
        .map(({ kind, alert, reason, group }) => {
          const of = group === undefined ? `${kind} ${alert?.id}: ${reason}` : `${group.kind} of ${group.alerts}`;
          return `${(now - from) / 1_000} s ${of}`;
        }),
    );

  it.each<[string, Level, Level, string, string]>([
    ['raised', 'medium', 'high', '192.0.2.1', '30 s raised 1: its silence ended'],
    ['raised to critical', 'medium', 'critical', '192.0.2.1', '5 s raised 1: its silence ended'],
    ['of a new network', 'high', 'high', '198.51.100.1', '30 s updated 1: new network'],
    ['critical, and of a new network', 'critical', 'critical', '198.51.100.1', '5 s updated 1: new network'],
    ['more of the same', 'high', 'high', '192.0.2.1', '30 s recurred 1: its silence ended'],
  ])('what is %s goes as it would have, though reminders wait', (_, before, after, ip, got) => {
    const zed = onAction('org.deleted', { level: 'high' });
    const first = createScene([at(before), zed]);
    const z = ['z1', 'z2'].map((id, i) => entry(id, NOON + i, { action: 'org.deleted', actor: { id: 'zed' } }));
    // A reminder of another alert goes out four hours later, and the next no sooner than four hours after it.
    first.record([deletedBy('ci', 'a', NOON), deletedBy('ci', 'a2', NOON + 1), ...z]);
    for (let now = NOON; now < NOON + 4.5 * HOUR; now += 5 * MINUTE) messages(first, now);
    const now = NOON + 4.5 * HOUR;
    const scene = first.reopened({ engine: compile({ version: 'two', rules: [at(after), zed] }) });
    silence(scene, { actor: 'ci', level: [after] }, now, now + 10 * MINUTE);
    scene.record([deletedBy('ci', 'b', now, ip)], { now });
    expect(decisions(scene)).toContain('silenced');
    expect(inSeconds(scene, now, 10 * MINUTE)).toEqual([]);
    expect(inSeconds(scene, now + 10 * MINUTE, 5 * MINUTE)).toEqual([got]);
  });

  it('a raise goes as one, though a reminder was due while the silence lasted', () => {
    const first = createScene([at('high')]);
    first.record([deletedBy('ci', 'a', NOON), deletedBy('ci', 'a2', NOON + 1)]);
    messages(first, NOON + MINUTE);
    const scene = first.reopened({ engine: compile({ version: 'two', rules: [at('critical')] }) });
    silence(scene, { actor: 'ci', level: ['critical'] }, NOON + HOUR, NOON + 5 * HOUR);
    scene.record([deletedBy('ci', 'b', NOON + 2 * HOUR)], { now: NOON + 2 * HOUR });
    for (let now = NOON + 2 * HOUR; now < NOON + 5 * HOUR; now += 5 * MINUTE) expect(messages(scene, now)).toEqual([]);
    expect(inSeconds(scene, NOON + 5 * HOUR, HOUR)).toEqual(['5 s raised 1: its silence ended']);
  });

  it('what it suppressed of many alerts is one message', () => {
    const scene = createScene([at('high')]);
    const actors = Array.from({ length: 30 }, (_, i) => `actor ${i}`);
    scene.record(actors.slice(0, 15).map((actor) => deletedBy(actor, `${actor} 1`, NOON)));
    for (let now = NOON; now < NOON + 30 * MINUTE; now += MINUTE) messages(scene, now);
    silence(scene, { rule: 'vm.deleted' }, NOON + 30 * MINUTE, NOON + 40 * MINUTE);
    const when = NOON + 31 * MINUTE;
    scene.record(
      actors.map((actor) => deletedBy(actor, `${actor} 2`, when, '198.51.100.1')),
      { now: when },
    );
    expect(inSeconds(scene, NOON + 40 * MINUTE, HOUR)).toEqual(['30 s silence ended of 30']);
  });

  it('before its time, at once', () => {
    const scene = silenced('high');
    expect(scene.ledger.expireSilence(1, 'bob', NOON + 10 * MINUTE)).toMatchObject({
      endsAt: NOON + 10 * MINUTE,
      expiredBy: 'bob',
    });
    expect(scene.ledger.expireSilence(2, 'bob', NOON)).toBeNull();
    // A replay ends it there.
    expect(scene.store.all('SELECT seq, ends_at, planned_end, expired_seq FROM silences')).toEqual([
      { seq: 0, ends_at: NOON + 10 * MINUTE, planned_end: NOON + HOUR, expired_seq: 1 },
    ]);
    expect(scene.ledger.nextAlarmAt(NOON + 10 * MINUTE)).toBeLessThanOrEqual(NOON + 10 * MINUTE);
    messages(scene, NOON + 10 * MINUTE);
    expect(messages(scene, NOON + 11 * MINUTE)).toEqual(['opened 1 its silence ended']);
    scene.record([deletedBy('ci', 'b', NOON + 12 * MINUTE)], { now: NOON + 12 * MINUTE });
    expect(decisions(scene)).toEqual(['silenced', 'deferred']);
  });

  it('and another is over it, nothing until that one ends', () => {
    const scene = silenced('high');
    silence(scene, { rule: 'vm.deleted' }, NOON + 2 * MINUTE, NOON + 3 * HOUR);
    expect(messages(scene, NOON + HOUR)).toEqual([]);
    expect(messages(scene, NOON + 2 * HOUR)).toEqual([]);
    messages(scene, NOON + 3 * HOUR);
    expect(messages(scene, NOON + 3 * HOUR + MINUTE)).toEqual(['opened 1 its silence ended']);
  });

  it('is listed with what it suppressed, also once it is over', () => {
    const scene = silenced('high');
    silence(scene, { actor: 'bob' }, NOON, NOON + DAY);
    const listed = (now: number) =>
      scene.views.silences(now).map(({ id, suppressed, alerts }) => [id, suppressed, alerts]);
    expect(listed(NOON + 2 * HOUR)).toEqual([
      [2, 0, []],
      [1, 1, [1]],
    ]);
  });
});

describe('what is due already while a silence covers its alert', () => {
  /** Its reminder is due four hours after its first message. */
  const reminded = (level: Level, ...actors: string[]): Scene => {
    const scene = createScene([at(level)]);
    for (const actor of actors) {
      scene.record([deletedBy(actor, `${actor} 1`, NOON), deletedBy(actor, `${actor} 2`, NOON + 5 * MINUTE)], {
        now: NOON + 5 * MINUTE,
      });
    }
    messages(scene, NOON + 6 * MINUTE);
    return scene;
  };
  /** The hours after noon in which there are messages, by the kinds and alerts of these. */
  const hourly = (scene: Scene, until: number): string[] =>
    Array.from({ length: until }, (_, i) => i + 1).flatMap((hour) => {
      // A reminder waits half a minute for others.
      const got = [10, 11].flatMap((minute) => messages(scene, NOON + hour * HOUR + minute * MINUTE));
      return got.length === 0 ? [] : [`${hour} h: ${got.join(', ')}`];
    });
  const REMINDED = 'recurred 1 goes on, and nobody acted';

  it('is a reminder: it waits until the silence ends', () => {
    const scene = reminded('high', 'ci');
    silence(scene, { actor: 'ci' }, NOON + HOUR, NOON + 9 * HOUR);
    expect(hourly(scene, 30)).toEqual([`9 h: ${REMINDED}`]);
  });

  it('and it comes within an hour where somebody ends the silence sooner', () => {
    const scene = reminded('high', 'ci');
    silence(scene, { actor: 'ci' }, NOON + HOUR, NOON + 9 * DAY);
    expect(hourly(scene, 5)).toEqual([]);
    scene.ledger.expireSilence(1, 'bob', NOON + 5 * HOUR + 20 * MINUTE);
    expect(hourly(scene, 30)).toEqual([`6 h: ${REMINDED}`]);
  });

  it('and not where somebody acknowledges the alert meanwhile', () => {
    const scene = reminded('high', 'ci');
    silence(scene, { actor: 'ci' }, NOON + HOUR, NOON + 9 * HOUR);
    expect(hourly(scene, 5)).toEqual([]);
    const by = { who: 'ada', via: 'cli', seenLevel: null };
    scene.ledger.act({ alerts: [1], act: { act: 'acknowledge', comment: null }, ...by }, NOON + 6 * HOUR);
    expect(hourly(scene, 20)).toEqual([]);
  });

  it.each<[string, boolean, string[]]>([
    ['matches came', true, ['40 h: recurred 1 its acknowledgement ended']],
    ['nothing came', false, []],
  ])('is the end of an acknowledgement: it waits until the silence ends (%s)', (_, hasGrown, got) => {
    const scene = reminded('high', 'ci');
    const by = { who: 'ada', via: 'cli', seenLevel: null };
    scene.ledger.act({ alerts: [1], act: { act: 'acknowledge', comment: null }, ...by }, NOON + HOUR);
    if (hasGrown) scene.record([deletedBy('ci', 'ci 3', NOON + 2 * HOUR)], { now: NOON + 2 * HOUR });
    silence(scene, { actor: 'ci' }, NOON + 3 * HOUR, NOON + 40 * HOUR);
    expect(hourly(scene, 60).slice(0, 1)).toEqual(got);
    const acts = scene.store.all<{ act: string }>('SELECT act FROM acts ORDER BY id').map(({ act }) => act);
    expect(acts).toContain('acknowledgement ended');
  });

  it('and the reminder of another alert does not take it along', () => {
    const scene = reminded('high', 'ci', 'bob');
    silence(scene, { actor: 'ci' }, NOON + HOUR, NOON + 9 * HOUR);
    expect(hourly(scene, 30)).toEqual(['4 h: recurred 2 goes on, and nobody acted', `9 h: ${REMINDED}`]);
  });

  const by = (...dedupBy: string[]): DetectionRule => ({ ...at('high'), tocsin: { ...at('high').tocsin, dedupBy } });
  const [BY_TARGET, MANY] = [by('target.id'), Array.from({ length: 150 }, () => 'ci')];
  it.each<[string, DetectionRule, readonly string[], object, boolean]>([
    ['the first match is of somebody else', BY_TARGET, ['mallory', 'ci'], { actor: 'ci' }, false],
    ['the last one is', BY_TARGET, ['ci', 'mallory'], { actor: 'ci' }, false],
    ['one in the middle is', BY_TARGET, ['ci', 'mallory', 'ci'], { actor: 'ci' }, false],
    ['none is', BY_TARGET, ['ci', 'ci', 'ci'], { actor: 'ci' }, true],
    ['the silence is of the rule', BY_TARGET, ['mallory', 'ci'], { rule: 'vm.deleted' }, true],
    ['not all are stored', BY_TARGET, MANY, { actor: 'ci' }, false],
    ['not all are stored, and the silence is of the rule', BY_TARGET, MANY, { rule: 'vm.deleted' }, true],
    ['not all are stored, and the key names the actor', at('high'), MANY, { actor: 'ci' }, true],
    ['the key names it as the rule says', by('target.id', 'actor.name'), MANY, { actor: 'CI of ci' }, true],
    ['the key names another one', at('high'), MANY, { actor: 'mallory' }, false],
  ])('is held only where the silence covers every match: %s', (_, rule, actors, matchers, isHeld) => {
    const scene = createScene([rule]);
    const did = (id: string, i: number, when: number) => {
      const actor = { id, name: `CI of ${id}` };
      return entry(`${i}`, when, { action: 'vm.deleted', actor, target: { id: 'db' } });
    };
    scene.record(actors.slice(0, -1).map((id, i) => did(id, i, NOON + i)));
    for (const minute of [1, 10, 20]) messages(scene, NOON + minute * MINUTE);
    const now = NOON + 20 * MINUTE;
    scene.record([did(actors.at(-1) ?? '', 999, now)], { now });
    silence(scene, matchers, now + MINUTE, NOON + 9 * HOUR);
    expect(scene.views.alert(1, null)?.silences).toHaveLength(isHeld ? 1 : 0);
    expect(hourly(scene, 12)).toEqual([`${isHeld ? 9 : 4} h: ${REMINDED}`]);
  });

  it('is notified of what another silence suppressed of somebody else, when that one ends', () => {
    const scene = createScene([BY_TARGET]);
    silence(scene, { actor: 'mallory' }, NOON, NOON + HOUR);
    silence(scene, { actor: 'ci' }, NOON, NOON + 9 * HOUR);
    for (const [i, id] of ['mallory', 'ci'].entries())
      scene.record([entry(id, NOON + i, { action: 'vm.deleted', actor: { id }, target: { id: 'db' } })]);
    expect(decisions(scene)).toEqual(['silenced', 'silenced']);
    expect(hourly(scene, 12)).toEqual(['1 h: opened 1 its silence ended']);
  });

  it.each<[string, object, string[]]>([
    ['what is critical comes all the same', { actor: 'ci' }, [`1 h: ${REMINDED}`]],
    ['what is critical waits where the silence says so', { actor: 'ci', level: 'critical' }, [`9 h: ${REMINDED}`]],
  ])('%s', (_, matchers, got) => {
    const scene = reminded('critical', 'ci');
    silence(scene, matchers, NOON + HOUR / 2, NOON + 9 * HOUR);
    expect(hourly(scene, 30)).toEqual(got);
  });
});
