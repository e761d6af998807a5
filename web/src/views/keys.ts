/** The keyboard: which key does what. Pure; ignores keys that belong to a field or a control. */

export type KeyAction = 'toggle' | 'step' | 'epoch' | 'reset' | 'reset-new' | 'undo' | 'redo' | 'explain' | 'help';

export interface KeyPress {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What stands in the focus: a text field takes all keys, a control takes those that operate it. */
export type Focus = 'page' | 'control' | 'text';

export function keyAction(press: KeyPress, focus: Focus): KeyAction | null {
  if (focus === 'text' || press.altKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.ctrlKey || press.metaKey) {
    if (key === 'z') return press.shiftKey ? 'redo' : 'undo';
    if (key === 'y') return 'redo';
    return null;
  }
  switch (key) {
    case ' ':
      return focus === 'control' ? null : 'toggle';
    case '.':
      return press.shiftKey ? 'epoch' : 'step';
    // Shift + . on many layouts.
    case '>':
    case ':':
      return 'epoch';
    case 'r':
      return press.shiftKey ? 'reset-new' : 'reset';
    case 'e':
      return press.shiftKey ? null : 'explain';
    case '?':
      return 'help';
    default:
      return null;
  }
}

/** How the element that has the focus uses keys. */
export function focusOf(element: Element | null): Focus {
  if (!element || element === element.ownerDocument.body) return 'page';
  if (element.closest('textarea, select, [contenteditable]')) return 'text';
  const input = element.closest('input');
  if (input) return input.type === 'range' ? 'control' : 'text';
  return element.closest('button, a, summary, [role="option"], [role="listbox"], [role="menuitem"]')
    ? 'control'
    : 'page';
}
