import type { ActorGroup, ActorNode } from '../api';

/** Larger groups are closed by default. */
const OPEN_GROUP_MAX = 4;

/** A row of the tree. */
export interface TreeRow {
  /** Identifies the row across reloads. */
  readonly key: string;
  readonly parent: string | null;
  /** From 1. */
  readonly level: number;
  readonly place: number;
  readonly places: number;
  readonly kind: string;
  /** The actor's name; empty for a group. */
  readonly id: string;
  /** The number of actors in this row. */
  readonly alive: number;
  readonly restarts: number;
  readonly mailbox: number;
  /** The fullest mailbox. */
  readonly mailboxMax: number;
  readonly resting: boolean;
  readonly error: string | null;
  readonly errorAt: string | null;
  /** Null: the row has no children. */
  readonly open: boolean | null;
  /** The number of actors of a group that the server did not list. */
  readonly unlisted: number;
}

/** Restarts of an actor and of all listed actors below it. */
function restartsBelow(node: ActorNode): number {
  return node.restarts + node.children.reduce((sum, group) => sum + restartsOf(group), 0);
}

function restartsOf(group: ActorGroup): number {
  const below = group.actors.reduce((sum, actor) => sum + restartsBelow(actor) - actor.restarts, 0);
  return group.restarts + below;
}

function worstFirst<T>(
  items: readonly T[],
  restarts: (item: T) => number,
  waiting: (item: T) => number,
): T[] {
  return [...items].sort((a, b) => restarts(b) - restarts(a) || waiting(b) - waiting(a));
}

const worstActorsFirst = (nodes: readonly ActorNode[]): ActorNode[] =>
  worstFirst(nodes, restartsBelow, (node) => node.mailbox);

interface TreePosition {
  readonly parent: string | null;
  readonly level: number;
  readonly place: number;
  readonly places: number;
}

/**
 * The rows to show, those with most restarts first. toggled has the keys of rows that are not in their default
 * state.
 */
export function visibleRows(roots: readonly ActorNode[], toggled: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];

  function addActor(node: ActorNode, key: string, at: TreePosition): void {
    const open = node.children.length === 0 ? null : !toggled.has(key);
    rows.push({
      ...at,
      key,
      kind: node.kind,
      id: node.id,
      alive: 1,
      restarts: node.restarts,
      mailbox: node.mailbox,
      mailboxMax: node.mailbox,
      resting: node.resting,
      error: node.last_error,
      errorAt: node.last_error_at,
      open,
      unlisted: 0,
    });
    if (!open) return;
    const groups = worstFirst(node.children, restartsOf, (group) => group.mailbox_max);
    groups.forEach((group, i) => {
      const below = { parent: key, level: at.level + 1, place: i + 1, places: groups.length };
      const [only] = group.actors;
      // A group of one is shown as that actor.
      if (group.count === 1 && only) addActor(only, `${key}/${only.kind}/${only.id}`, below);
      else addGroup(group, `${key}/${group.kind}`, below);
    });
  }

  function addGroup(group: ActorGroup, key: string, at: TreePosition): void {
    const openByDefault = group.count <= OPEN_GROUP_MAX;
    const open = group.actors.length === 0 ? null : openByDefault !== toggled.has(key);
    rows.push({
      ...at,
      key,
      kind: group.kind,
      id: '',
      alive: group.count,
      restarts: group.restarts,
      mailbox: group.mailbox,
      mailboxMax: group.mailbox_max,
      resting: group.actors.some((one) => one.resting),
      error: null,
      errorAt: null,
      open,
      unlisted: group.count - group.actors.length,
    });
    if (!open) return;
    worstActorsFirst(group.actors).forEach((one, i) => {
      addActor(one, `${key}/${one.id}`, {
        parent: key,
        level: at.level + 1,
        place: i + 1,
        places: group.count,
      });
    });
  }

  worstActorsFirst(roots).forEach((root, i) => {
    addActor(root, `${root.kind}/${root.id}`, { parent: null, level: 1, place: i + 1, places: roots.length });
  });
  return rows;
}

/** Totals over all actors. */
export function totals(roots: readonly ActorNode[]): Pick<TreeRow, 'alive' | 'restarts' | 'mailbox'> {
  let [alive, restarts, mailbox] = [0, 0, 0];
  const add = (node: ActorNode): void => {
    for (const group of node.children) {
      alive += group.count;
      restarts += group.restarts;
      mailbox += group.mailbox;
      group.actors.forEach(add);
    }
  };
  for (const root of roots) {
    alive++;
    restarts += root.restarts;
    mailbox += root.mailbox;
    add(root);
  }
  return { alive, restarts, mailbox };
}

/** The action of a key in a tree: go to another row, or toggle this one. Null for other keys. */
export function keyAction(
  rows: readonly TreeRow[],
  current: string,
  key: string,
): { readonly go: string } | { readonly toggle: string } | null {
  const at = rows.findIndex((row) => row.key === current);
  const row = rows[at];
  if (!row) return null;
  const go = (to: TreeRow | undefined) => ({ go: to?.key ?? current });
  switch (key) {
    case 'ArrowDown':
      return go(rows[at + 1]);
    case 'ArrowUp':
      return go(rows[at - 1]);
    case 'Home':
      return go(rows[0]);
    case 'End':
      return go(rows.at(-1));
    case 'ArrowRight':
      return row.open === false ? { toggle: current } : go(row.open ? rows[at + 1] : undefined);
    case 'ArrowLeft':
      return row.open ? { toggle: current } : { go: row.parent ?? current };
    case 'Enter':
    case ' ':
      return row.open === null ? go(undefined) : { toggle: current };
    default:
      return null;
  }
}
