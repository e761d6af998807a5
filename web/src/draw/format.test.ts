import { describe, expect, it } from 'vitest';
import { fieldNumber, formatCell, formatCount, formatNumber, formatPrecise, formatShare, formatShort } from './format';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [0.7314, '0.731'],
    [-12.345, '−12.35'],
    [1234.5, '1,235'],
    [3.21e-5, '3.2 × 10⁻⁵'],
    [-2.5e13, '−2.5 × 10¹³'],
    [Infinity, '∞'],
    [NaN, '–'],
  ])('%d reads %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('are short where there is little room', () => {
    expect(formatShort(0.0004)).toBe('<0.001');
    expect(formatShort(0)).toBe('0');
    expect(formatShort(0.0144)).toBe('0.014');
  });

  it('are shares in percent', () => {
    expect(formatShare(0.9644)).toBe('96.4 %');
    expect(formatShare(NaN)).toBe('–');
  });

  it('are plain in a field', () => expect(fieldNumber(Math.fround(-0.1))).toBe('-0.1'));

  it.each([
    [0, '0.00'],
    [-0.001, '0.00'],
    [0.4, '0.40'],
    [-0.374, '−0.37'],
    [9.996, '10.0'],
    [-123.4, '−123'],
    [54321, '5e4'],
    [-Infinity, '−∞'],
    [NaN, '–'],
  ])('%d reads %s in a cell', (value, text) => expect(formatCell(value)).toBe(text));

  it.each([
    [0, '0.00'],
    [0.25, '0.25'],
    [-0.00314, '−0.0031'],
    [-4.2e-6, '−4e−6'],
    [NaN, '–'],
  ])('%d reads %s where it may be small', (value, text) => expect(formatPrecise(value)).toBe(text));

  it('counts in thousands', () => expect(formatCount(7850)).toBe('7,850'));
});
