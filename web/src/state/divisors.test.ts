import { describe, expect, it } from 'vitest';
import { boundText, fits, fromPosition, STOPS } from '../views/controls/number';
import { catalogue, param, variant } from '../testing/catalogue';
import { dividing, fitDivisors, nearest } from './divisors';

const parts = param('parts', 2, { minimum: 1, maximum: 512, scale: 'log', integer: true, divides_units: true });
const position = param('position', 0, { integer: true });
const catalog = {
  ...catalogue,
  families: {
    ...catalogue.families,
    activations: [
      variant('bendy'),
      variant('twofold', [], { pieces: 2 }),
      variant('manifold', [param('pieces', 3, { integer: true, maximum: 8 })]),
    ],
    normalizations: [variant('plain'), variant('parted', [parts, position], { least_units: 2 })],
  },
};
const usual = catalogue.default_config.network.layers[0]!;
const layer = (units: number, number: number, activation = 'bendy', at = 0) => ({
  ...usual,
  units,
  activation: { id: activation },
  normalization: { id: 'parted', parts: number, position: at },
});

describe('a parameter that must divide a layer', () => {
  it('offers divisors that leave no part alone: of weighted sums before the activation, of units behind it', () => {
    expect(dividing(parts, [layer(6, 2)], catalog)).toMatchObject({ allowed: [1, 2, 3], maximum: 3 });
    expect(dividing(parts, [layer(3, 1, 'twofold')], catalog).allowed).toEqual([1, 2, 3]);
    expect(dividing(parts, [layer(3, 1, 'manifold')], catalog).allowed).toEqual([1, 3]);
    expect(dividing(parts, [layer(3, 1, 'twofold', 1)], catalog).allowed).toEqual([1]);
    expect(dividing(parts, [layer(1, 1)], catalog).allowed).toEqual([1]);
    expect(dividing(parts, [layer(12, 2), layer(8, 2)], catalog).allowed).toEqual([1, 2]);
    expect(dividing(position, [layer(6, 2)], catalog)).toBe(position);
  });

  it('is moved to the nearest divisor when the layer changes, and nothing else is', () => {
    const [changed, kept, plain] = fitDivisors([layer(7, 2), layer(8, 4), usual], catalog);
    expect(changed?.normalization).toEqual({ id: 'parted', parts: 1, position: 0 });
    expect(kept?.normalization?.['parts']).toBe(4);
    expect(plain).toBe(usual);
    expect(nearest(6, [1, 3, 9])).toBe(9);
    expect(nearest(3, [1, 9])).toBe(1);
  });

  it('has a slider that stops at divisors only, and says which there are', () => {
    const range = dividing(parts, [layer(12, 2)], catalog);
    const reached = new Set(Array.from({ length: STOPS + 1 }, (_, at) => fromPosition(at, range)));
    expect([...reached]).toEqual([1, 2, 3, 4, 6]);
    expect(boundText(range)).toBe('1, 2, 3, 4, 6');
    expect(fits(4, range)).toBe(true);
    expect(fits(5, range)).toBe(false);
  });
});
