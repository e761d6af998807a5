import { describe, expect, it, vi } from 'vitest';
import { TypedNumber } from './typed.svelte';

describe('a number that is typed', () => {
  const typing = (text: string) => {
    const typed = new TypedNumber();
    typed.text = text;
    return typed;
  };

  it('stays in the field until the run has it', () => {
    const ask = vi.fn();
    const typed = typing('0.75');
    typed.commit(0.5, ask);
    expect(ask).toHaveBeenCalledExactlyOnceWith(0.75);
    expect(typed.text).toBe('0.75');
    typed.follow();
    expect(typed.text).toBeNull();
  });

  it('is not wiped by the number before it', () => {
    const typed = typing('0.75');
    typed.commit(0.5, () => {});
    typed.text = '-2';
    typed.follow();
    expect(typed.text).toBe('-2');
  });

  it('is not wiped when the number changes by itself', () => {
    const typed = typing('3');
    typed.follow();
    expect(typed.text).toBe('3');
  });

  it('is asked for only where it is a number, and another one', () => {
    const ask = vi.fn();
    const typed = typing('much');
    typed.commit(0.5, ask);
    expect([typed.wrong, typed.text]).toEqual([true, 'much']);
    typed.text = '1e60';
    typed.commit(0.5, ask);
    expect(typed.wrong).toBe(true);
    typed.text = '0.1';
    typed.commit(Math.fround(0.1), ask);
    expect([typed.wrong, typed.text]).toEqual([false, null]);
    expect(ask).not.toHaveBeenCalled();
  });
});
