import { type Work, spend } from "./budget.ts";
import type { Ranges } from "./sets.ts";
import type { Spot, Tree } from "./tree.ts";

/** A nondeterministic automaton, by the numbers of its nodes. */
export interface Nfa {
  readonly start: number;
  readonly end: number;
  readonly nodes: readonly NfaNode[];
}

/** Where one gets from a node: for nothing, if a spot is right, or by one character. */
export interface NfaNode {
  readonly free: number[];
  readonly spot: Spot | null;
  readonly set: Ranges | null;
  readonly target: number;
}

/** What a node costs; the rest is counted where it is looked at. */
const NODE_STEPS = 20;

/** Thompson's construction: each piece is a few nodes between the two that it is given. */
export function buildNfa(tree: Tree, budget: Work): Nfa {
  const nodes: NfaNode[] = [];
  const node = (set: Ranges | null = null, spot: Spot | null = null, target = -1): number => {
    spend(budget, NODE_STEPS);
    return nodes.push({ free: [], spot, set, target }) - 1;
  };
  const link = (from: number, to: number): void => {
    nodes[from]?.free.push(to);
  };
  /** Builds a piece that begins at a new node and goes on to `to`; the new node. */
  const build = (part: Tree, to: number): number => {
    switch (part.kind) {
      case "set":
        return node(part.set, null, to);
      case "spot":
        return node(null, part.spot, to);
      case "sequence":
        return part.parts.reduceRight((next, each) => build(each, next), to);
      case "choice": {
        const fork = node();
        for (const option of part.options) {
          link(fork, build(option, to));
        }
        return fork;
      }
      case "repeat":
        return repeat(part.tree, part.least, part.most, to);
    }
  };
  const repeat = (inner: Tree, least: number, most: number, to: number): number => {
    let next = to;
    if (most === Infinity) {
      const loop = node();
      link(loop, build(inner, loop));
      link(loop, to);
      next = loop;
    } else {
      for (let i = least; i < most; i++) {
        const fork = node();
        link(fork, build(inner, next));
        link(fork, to);
        next = fork;
      }
    }
    for (let i = 0; i < least; i++) {
      next = build(inner, next);
    }
    return next;
  };
  const end = node();
  return { start: build(tree, end), end, nodes };
}
