/** A ledger's host with its alarm and receivers, in virtual time: what is enqueued is sent as a Worker would send it. */
import { vi } from 'vitest';
import { NO_LINKS } from '../../../src/alert/links.ts';
import type { HealthNotification, Notification } from '../../../src/alert/notification.ts';
import type { Sent } from '../../../src/ledger/deliver/deliver.ts';
import { enqueue } from '../../../src/ledger/deliver/outbox.ts';
import { testNotification } from '../../../src/ledger/deliver/test-delivery.ts';
import { createOutbox } from '../../../src/ledger/health/attempts.ts';
import { createHost, type Host } from '../../../src/ledger/host.ts';
import type { Outcome, Receiver } from '../../../src/notify/receiver.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { createScene, DAY, NOON, route, type Scene, SECOND } from '../scene.ts';

/** What a receiver does with its nth message, at a time. */
export type Vendor = (message: Message, now: number) => { readonly outcome: Outcome; readonly afterMs: number };

export interface Message {
  readonly nth: number;
  readonly alert: number;
  readonly level: Level;
  readonly notification: Notification;
}

export interface Arrival extends Message {
  readonly at: number;
}

export interface Office {
  readonly scene: Scene;
  readonly host: Host;
  /** By receiver: what was delivered. */
  readonly arrived: ReadonlyMap<string, readonly Arrival[]>;
  readonly sent: readonly Sent[];
  /** Enqueues a message; returns the alert's number. */
  put(receiver: string, level: Level): number;
  putHealth(receiver: string): void;
  /** Sets or replaces what a receiver does. */
  does(receiver: string, vendor: Vendor): void;
  /** Runs until nothing is pending for these receivers, or that much later. */
  runUntilEmpty(mostMs: number, receivers?: readonly string[]): Promise<void>;
  runFor(ms: number): Promise<void>;
  pending(receiver?: string): number;
  dead(): readonly { readonly receiver: string; readonly reason: string }[];
  /** The Durable Object dies, and starts again. */
  restart(): void;
}

const DELIVERED: Outcome = { kind: 'delivered' };

/** Takes everything after so many ms. */
export function taking(afterMs: number): Vendor {
  return () => ({ outcome: DELIVERED, afterMs });
}

/** Answers everything with this. */
export function answering(outcome: Outcome, afterMs = 50): Vendor {
  return () => ({ outcome, afterMs });
}

/** Takes one message a second; else 429, with this many seconds in Retry-After, or none. */
export function oneASecond(retryAfter: number | null): Vendor {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (_message, now) => {
    if (now - lastAt >= SECOND) {
      lastAt = now;
      return { outcome: DELIVERED, afterMs: 80 };
    }
    const afterMs = retryAfter === null ? null : retryAfter * SECOND;
    return { outcome: { kind: 'slow down', reason: 'Slack asks to slow down (429)', afterMs }, afterMs: 80 };
  };
}

export interface OfficeOptions {
  readonly vendors: Readonly<Record<string, Vendor>>;
  readonly pace?: Readonly<Record<string, number>>;
}

/** Opens an office at noon. Timers and the clock are fake until the test ends. */
export function openOffice({ vendors, pace = {} }: OfficeOptions): Office {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOON });
  const names = Object.keys(vendors);
  const doing = new Map(Object.entries(vendors));
  const routes = names.map((name) => route(name));
  // Nothing is read: it would be blind.
  const scene = createScene([], { receivers: routes, blindAfterMs: 20 * DAY });
  const arrived = new Map<string, Arrival[]>(names.map((name) => [name, []]));
  const nth = new Map<string, number>();
  const sent: Sent[] = [];
  let generation = 0;
  let alarm: { readonly at: number; readonly timer: unknown } | null = null;
  let host: Host;
  const receivers: readonly Receiver[] = names.map((name) => ({
    name,
    paceMs: pace[name] ?? 0,
    send: async ({ notification }) => {
      const count = (nth.get(name) ?? 0) + 1;
      nth.set(name, count);
      const message = { nth: count, ...about(notification) };
      const arrivedAt = Date.now();
      const { outcome, afterMs } = (doing.get(name) as Vendor)(message, arrivedAt);
      // Health alerts come and go beside what a test enqueues.
      if (outcome.kind === 'delivered' && !('health' in notification))
        arrived.get(name)?.push({ ...message, at: arrivedAt });
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      return outcome;
    },
  }));
  const start = (): void => {
    const mine = ++generation;
    const outbox = createOutbox(scene.store, routes);
    const alive =
      <A extends unknown[], R>(call: (...args: A) => R) =>
      (...args: A): R => {
        if (mine !== generation) throw new Error('this object is gone');
        return call(...args);
      };
    host = createHost({
      ledger: scene.ledger,
      store: scene.store,
      outbox: { ...outbox, take: alive(outbox.take), settle: alive(outbox.settle) },
      receivers,
      linksOf: () => Promise.resolve(NO_LINKS),
      alarm: {
        get: async () => alarm?.at ?? null,
        set: async (at) => {
          if (alarm !== null) clearTimeout(alarm.timer as NodeJS.Timeout);
          const ring = (): void => {
            alarm = null;
            void host.alarm();
          };
          alarm = { at, timer: setTimeout(ring, Math.max(0, at - Date.now())) };
        },
      },
      now: () => Date.now(),
      log: {
        sent: (each) => void sent.push(each),
        failed: (error) => {
          if (mine === generation) throw error;
        },
      },
    });
  };
  start();
  let alerts = 0;
  const pending = (receiver?: string): number =>
    scene.count(
      'deliveries',
      `state IN ('pending', 'bundled') AND health IS NULL${receiver === undefined ? '' : ` AND receiver = '${receiver}'`}`,
    );
  const office: Office = {
    scene,
    get host() {
      return host;
    },
    arrived,
    sent,
    put: (receiver, level) => {
      const alert = ++alerts;
      const test = testNotification(Date.now());
      const notification = { ...test, alert: { ...test.alert, id: alert, level } };
      enqueue(scene.store, { receiver, alert, notification }, Date.now());
      return alert;
    },
    putHealth: (receiver) => {
      const notification: HealthNotification = {
        kind: 'health',
        health: { kind: 'blind', level: 'critical', subject: null, summary: 'blind', hint: '', since: 0 },
      };
      enqueue(scene.store, { receiver, health: 'blind', notification }, Date.now());
    },
    does: (receiver, vendor) => void doing.set(receiver, vendor),
    runFor: async (ms) => {
      await wakeUp(host);
      await vi.advanceTimersByTimeAsync(ms);
    },
    runUntilEmpty: async (mostMs, of) => {
      const until = Date.now() + mostMs;
      await wakeUp(host);
      const left = (): number => (of === undefined ? pending() : of.reduce((sum, name) => sum + pending(name), 0));
      while (left() > 0 && Date.now() < until) await vi.advanceTimersToNextTimerAsync();
    },
    pending,
    dead: () =>
      scene.store.all("SELECT receiver, reason FROM deliveries WHERE state = 'dead' AND health IS NULL ORDER BY id"),
    restart: () => {
      if (alarm !== null) clearTimeout(alarm.timer as NodeJS.Timeout);
      alarm = null;
      start();
    },
  };
  return office;
}

/** A call that changes nothing and sets the alarm. */
async function wakeUp(host: Host): Promise<void> {
  await host.begin({ kv: null, startAt: 0, suppressFirstRead: false });
}

function about(notification: Notification): Omit<Message, 'nth'> {
  if ('health' in notification) return { alert: 0, level: notification.health.level, notification };
  if ('group' in notification) return { alert: 0, level: notification.group.level, notification };
  return { alert: notification.alert.id, level: notification.alert.level, notification };
}
