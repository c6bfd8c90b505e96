/** The conditions of rules as trees, and the mistakes that one can make in them. Pure. */

/** A selection, a rule, or a quantity of them (`1 of sel_*`). */
type Tree =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Tree[] }
  | { readonly kind: 'not'; readonly of: Tree }
  | { readonly kind: 'atom'; readonly text: string };

/** Other conditions that a text may have been meant to be, each once. */
export function conditionMutants(text: string): readonly string[] {
  const tree = parse(text);
  const own = print(tree);
  return [...new Set([...mutantsOf(tree)].map(print))].filter((mutant) => mutant !== own);
}

/** The mutants of a node, each with one change in it. */
function* mutantsOf(node: Tree): Iterable<Tree> {
  switch (node.kind) {
    case 'atom': {
      yield { kind: 'not', of: node };
      const [, quantity, of] = /^(\S+) of (.+)$/i.exec(node.text) ?? [];
      if (quantity !== undefined)
        yield { kind: 'atom', text: `${quantity.toLowerCase() === 'all' ? '1' : 'all'} of ${of}` };
      return;
    }
    case 'not':
      yield node.of;
      for (const of of mutantsOf(node.of)) if (of.kind !== 'not') yield { kind: 'not', of };
      return;
    case 'and':
    case 'or':
      yield { kind: node.kind === 'and' ? 'or' : 'and', of: node.of };
      for (const [i, child] of node.of.entries()) {
        const others = node.of.filter((_, other) => other !== i);
        yield others.length === 1 ? (others[0] as Tree) : { kind: node.kind, of: others };
        for (const of of mutantsOf(child)) yield { kind: node.kind, of: node.of.with(i, of) };
      }
  }
}

function print(node: Tree): string {
  switch (node.kind) {
    case 'atom':
      return node.text;
    case 'not':
      return `not ${inner(node.of)}`;
    case 'and':
    case 'or':
      return node.of.map(inner).join(` ${node.kind} `);
  }
}

function inner(node: Tree): string {
  return node.kind === 'and' || node.kind === 'or' ? `(${print(node)})` : print(node);
}

/** Parses a sound condition; `or` binds weakest, then `and`, then `not`. */
function parse(text: string): Tree {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;
  const isWord = (word: string): boolean => tokens[next]?.toLowerCase() === word;
  const chain = (kind: 'and' | 'or', operand: () => Tree): Tree => {
    const of = [operand()];
    while (isWord(kind)) {
      next++;
      of.push(operand());
    }
    return of.length === 1 ? (of[0] as Tree) : { kind, of };
  };
  const primary = (): Tree => {
    const token = tokens[next++];
    if (token === undefined || token === ')') throw new Error(`not a condition: ${text}`);
    if (token.toLowerCase() === 'not') return { kind: 'not', of: primary() };
    if (token === '(') {
      const within = or();
      if (tokens[next++] !== ')') throw new Error(`not a condition: ${text}`);
      return within;
    }
    if (!isWord('of')) return { kind: 'atom', text: token };
    next++;
    return { kind: 'atom', text: `${token} of ${tokens[next++] ?? ''}` };
  };
  const and = (): Tree => chain('and', primary);
  const or = (): Tree => chain('or', and);
  const tree = or();
  if (next < tokens.length) throw new Error(`not a condition: ${text}`);
  return tree;
}
