import { describe, expect, it } from 'vitest';
import { param } from '../../testing/catalogue';
import { boundText, fits, formatNumber, fromPosition, parseNumber, STOPS, toPosition } from './number';

const rate = param('rate', 0.01, { scale: 'log', maximum: 100, exclusive_minimum: true });
const decay = param('decay', 0.001, { scale: 'log', maximum: 1 });
const share = param('share', 0.5, { minimum: 0.1, maximum: 0.9, unit: '%' });
const count = param('count', 8, { scale: 'log', minimum: 1, maximum: 512, integer: true });
const points = param('points', 500, { minimum: 100, maximum: 5000, integer: true });
const steps = param('steps', 0, { scale: 'log', maximum: 1e6, integer: true });
const all = { rate, decay, share, count, points, steps };

describe('numbers as text', () => {
  it.each([
    [0.01, '', '0.01'],
    [1e-8, '', '1e-8'],
    [0.9999, '', '0.9999'],
    [1000, '', '1,000'],
    [0.125, '%', '12.5 %'],
    [0, '', '0'],
    [-1.5, '', '-1.5'],
    [1e9, '', '1e9'],
  ] as const)('%d with unit "%s" reads %s', (value, unit, text) => {
    expect(formatNumber(value, unit)).toBe(text);
  });

  it.each([
    ['0.01', '', 0.01],
    [' 1e-3 ', '', 0.001],
    ['0,05', '', 0.05],
    ['12,500', '', 12500],
    ['12.5 %', '%', 0.125],
    ['30', '%', 0.3],
    ['−2', '', -2],
    ['.5', '', 0.5],
  ] as const)('%s with unit "%s" means %d', (text, unit, value) => {
    expect(parseNumber(text, unit)).toBe(value);
  });

  it.each(['', 'abc', 'NaN', 'Infinity', '1e999', '1e', '0x10', '1 + 1', '--3'])('"%s" is no number', (text) => {
    expect(parseNumber(text)).toBeNull();
  });

  it('what is shown can be typed', () => {
    for (const value of [0.3, 12, 4.5e-7, 0.9999, 123456]) expect(parseNumber(formatNumber(value))).toBe(value);
  });
});

describe('bounds', () => {
  it('are the server’s', () => {
    expect(fits(0, rate)).toBe(false);
    expect(fits(0, decay)).toBe(true);
    expect(fits(100, rate)).toBe(true);
    expect(fits(100.1, rate)).toBe(false);
    expect(fits(2.5, count)).toBe(false);
  });

  it('can be read', () => {
    expect(boundText(rate)).toBe('0 < … ≤ 100');
    expect(boundText(share)).toBe('10 % ≤ … ≤ 90 %');
  });
});

describe('sliders', () => {
  it.each(Object.entries(all))('%s: every position is a value that fits', (_, range) => {
    for (let position = 0; position <= STOPS; position++) expect(fits(fromPosition(position, range), range)).toBe(true);
  });

  it.each(Object.entries(all))('%s: a value stays where it is', (_, range) => {
    for (let position = 0; position <= STOPS; position += 7) {
      const value = fromPosition(position, range);
      expect(fromPosition(toPosition(value, range), range)).toBe(value);
    }
  });

  it.each(Object.entries(all))('%s: further right is never less', (_, range) => {
    for (let position = 1; position <= STOPS; position++) {
      expect(fromPosition(position, range)).toBeGreaterThanOrEqual(fromPosition(position - 1, range));
    }
  });

  it('a logarithmic one that may be zero has a place for zero', () => {
    expect(fromPosition(0, decay)).toBe(0);
    expect(toPosition(0, decay)).toBe(0);
    expect(toPosition(1e-7, decay)).toBeGreaterThan(0);
  });

  it('whole numbers from zero on reach from there over one to their maximum', () => {
    expect(fromPosition(0, steps)).toBe(0);
    expect(fromPosition(1, steps)).toBe(1);
    expect(fromPosition(STOPS, steps)).toBe(1e6);
  });

  it('values out of its reach stand at its ends', () => {
    expect(toPosition(1e-9, rate)).toBe(0);
    expect(toPosition(100, rate)).toBe(STOPS);
  });
});
