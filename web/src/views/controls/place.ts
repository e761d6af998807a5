/** Where something that floats goes: beneath its anchor, above when there is no room, never out of the window. */

const GAP = 6;
const EDGE = 8;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export type Side = 'above' | 'below';

export interface Habits {
  /** Where it was before it grew or shrank: it stays on that side, as long as there is room. */
  readonly was?: Side | null;
  /** By how much it may grow: at first it goes where there is room for that, too. */
  readonly grows?: number;
}

/** The top left corner for something `width` × `height` beside `anchor` in a window of the given size. Pure. */
export function position(
  anchor: Box,
  width: number,
  height: number,
  window: { width: number; height: number },
  { was = null, grows = 0 }: Habits = {},
): { left: number; top: number; side: Side } {
  const left = Math.max(EDGE, Math.min(anchor.left, window.width - width - EDGE));
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - height;
  const stays = was === 'above' && above >= EDGE;
  const most = height + (was === null ? grows : 0);
  const side = !stays && (below + most + EDGE <= window.height || above < EDGE) ? 'below' : 'above';
  const top = side === 'below' ? below : above;
  return { left, top: Math.max(EDGE, Math.min(top, window.height - height - EDGE)), side };
}

/**
 * Puts it there, and returns on which side that is. It rather scrolls than covers its anchor, as long as `least` points of
 * height remain beneath that.
 */
export function place(
  element: HTMLElement,
  anchor: Box,
  { least = Infinity, ...habits }: Habits & { least?: number } = {},
): Side {
  const room = { width: document.documentElement.clientWidth, height: window.innerHeight };
  element.style.maxWidth = `${room.width - 2 * EDGE}px`;
  const beneath = room.height - EDGE - anchor.bottom - GAP;
  element.style.maxHeight = `${beneath >= least ? beneath : room.height - 2 * EDGE}px`;
  const { left, top, side } = position(anchor, element.offsetWidth, element.offsetHeight, room, habits);
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
  element.dataset.side = side;
  return side;
}
