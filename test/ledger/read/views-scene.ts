/** Small ledgers with their views. */
import { createViews, type Views } from '../../../src/ledger/read/views.ts';
import { compile, type Rule } from '../../../src/sigma/index.ts';
import { counting, createScene, entry, onAction, route, type Scene } from '../scene.ts';

export const DELETED = onAction('vm.deleted', { level: 'high' });
export const MANY = counting('vm.deleted', 3, { level: 'critical' });
export const QUIET = onAction('vm.read', { alerts: false, level: 'informational' });

/** The views of a scene, by these rules. */
export function viewsOf(scene: Scene, rules: readonly Rule[], version = 'one'): Views {
  const engine = compile({ version, rules });
  return createViews(scene.store, { engine, status: scene.ledger.status });
}

/** A ledger with these rules, and its views. */
export function staged(rules: readonly Rule[], receivers = [route('slack')]): { scene: Scene; views: Views } {
  const scene = createScene(rules, { receivers });
  return { scene, views: viewsOf(scene, rules) };
}

export const deletion = (id: string, at: number, actor = 'alice') =>
  entry(id, at, { action: 'vm.deleted', actor: { id: actor } });

export const ids = (lines: readonly { readonly id: string }[]) => lines.map(({ id }) => id);
