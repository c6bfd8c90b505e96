/**
 * Puts things that refer to each other in order: each after everything it refers to, otherwise in the order given.
 *
 * Contract: ends even if the references form cycles, and reports each cycle where it closes. Uses its own stack, so a
 * long chain can't overflow the call stack. Pure.
 */

/** One step of a path of references: a node, and the reference that led to it (null for the first). */
export interface PathStep<Node, Reference> {
  readonly node: Node;
  readonly by: Reference | null;
}

/**
 * The nodes, and all they refer to, in order.
 *
 * @example referenceOrder(['a', 'b'], (node) => (node === 'a' ? [['to b', 'b']] : [])) // ['b', 'a']
 */
export function referenceOrder<Node, Reference>(
  nodes: Iterable<Node>,
  referencesOf: (node: Node) => Iterable<readonly [reference: Reference, target: Node]>,
  onCycle: (cycle: readonly PathStep<Node, Reference>[], closing: Reference) => void = () => {},
): readonly Node[] {
  const ordered = new Set<Node>();
  for (const first of nodes) {
    if (ordered.has(first)) continue;
    const open = new Set<Node>();
    const stack: (PathStep<Node, Reference> & { readonly rest: Iterator<readonly [Reference, Node]> })[] = [];
    const enter = (node: Node, by: Reference | null) => {
      open.add(node);
      stack.push({ node, by, rest: referencesOf(node)[Symbol.iterator]() });
    };
    enter(first, null);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.next();
      if (next.done) {
        stack.pop();
        open.delete(top.node);
        ordered.add(top.node);
        continue;
      }
      const [reference, target] = next.value;
      if (open.has(target)) onCycle(stack.slice(stack.findIndex(({ node }) => node === target)), reference);
      else if (!ordered.has(target)) enter(target, reference);
    }
  }
  return [...ordered];
}
