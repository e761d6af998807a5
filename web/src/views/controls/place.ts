/** Where something that floats goes: beneath its anchor, above when there is no room, never out of the window. */

const GAP = 6;
const EDGE = 8;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The top left corner for something `width` × `height` beside `anchor` in a window of the given size. Pure. */
export function position(
  anchor: Box,
  width: number,
  height: number,
  window: { width: number; height: number },
): { left: number; top: number } {
  const left = Math.max(EDGE, Math.min(anchor.left, window.width - width - EDGE));
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - height;
  const top = below + height + EDGE <= window.height || above < EDGE ? below : above;
  return { left, top: Math.max(EDGE, Math.min(top, window.height - height - EDGE)) };
}

/** Puts it there. It rather scrolls than covers its anchor, as long as `least` points of height remain beneath that. */
export function place(element: HTMLElement, anchor: Box, least = Infinity): void {
  const room = { width: document.documentElement.clientWidth, height: window.innerHeight };
  element.style.maxWidth = `${room.width - 2 * EDGE}px`;
  const beneath = room.height - EDGE - anchor.bottom - GAP;
  element.style.maxHeight = `${beneath >= least ? beneath : room.height - 2 * EDGE}px`;
  const { left, top } = position(anchor, element.offsetWidth, element.offsetHeight, room);
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}
