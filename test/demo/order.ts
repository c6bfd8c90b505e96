/**
 * The order in which things are told: a message or a mail may get here before the line of the tick that opened its alert;
 * it is told after it.
 */
import type { DemoEvent } from './event.ts';

/** A message whose alert is not heard of for so long is told all the same. */
const PATIENCE_MS = 3_000;

/** Tells events by `tell`, each once. */
export function createOrder(tell: (event: DemoEvent) => void): { tell(event: DemoEvent): void } {
  const told = new Set<number>();
  const waiting = new Map<number, DemoEvent[]>();
  const opened = (alert: number): void => {
    told.add(alert);
    const messages = waiting.get(alert) ?? [];
    waiting.delete(alert);
    messages.forEach(tell);
  };
  return {
    tell(event) {
      if ((event.at === 'message' || event.at === 'mail') && event.alert !== null && !told.has(event.alert)) {
        const { alert } = event;
        waiting.set(alert, [...(waiting.get(alert) ?? []), event]);
        setTimeout(() => opened(alert), PATIENCE_MS).unref();
        return;
      }
      tell(event);
      if (event.at === 'alert') opened(event.id);
    },
  };
}
