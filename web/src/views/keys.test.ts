import { describe, expect, it } from 'vitest';
import { keyAction, type Focus, type KeyAction } from './keys';

const press = (key: string, held: 'shift' | 'ctrl' | 'meta' | 'alt' | '' = '', shift = held === 'shift') => ({
  key,
  shiftKey: shift,
  ctrlKey: held === 'ctrl',
  metaKey: held === 'meta',
  altKey: held === 'alt',
});

describe('keys', () => {
  it.each<[string, ReturnType<typeof press>, KeyAction | null]>([
    ['space', press(' '), 'toggle'],
    ['.', press('.'), 'step'],
    ['shift .', press('>', 'shift'), 'epoch'],
    ['r', press('r'), 'reset'],
    ['R', press('R', 'shift'), 'reset-new'],
    ['e', press('e'), 'explain'],
    ['E', press('E', 'shift'), null],
    ['?', press('?', 'shift'), 'help'],
    ['ctrl z', press('z', 'ctrl'), 'undo'],
    ['ctrl shift z', press('Z', 'ctrl', true), 'redo'],
    ['cmd z', press('z', 'meta'), 'undo'],
    ['ctrl r, which reloads', press('r', 'ctrl'), null],
    ['alt r', press('r', 'alt'), null],
    ['x', press('x'), null],
  ])('%s', (_, pressed, action) => {
    expect(keyAction(pressed, 'page')).toBe(action);
  });

  it('a text field keeps all of them', () => {
    for (const key of [' ', '.', 'r', '?']) expect(keyAction(press(key), 'text')).toBeNull();
    expect(keyAction(press('z', 'ctrl'), 'text')).toBeNull();
  });

  it.each<[Focus, KeyAction | null]>([
    ['control', null],
    ['page', 'toggle'],
  ])('space with the focus on a %s', (focus, action) => {
    expect(keyAction(press(' '), focus)).toBe(action);
    expect(keyAction(press('r'), focus)).toBe('reset');
  });
});
