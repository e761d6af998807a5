/** Elementary functions that the generated formulas call where the built-in ones are slow. */

const LIMIT = 7.90531110763549805;

/**
 * The hyperbolic tangent, absolute error below 3e-7; NaN stays NaN. The rational function of Eigen's
 * `generic_fast_tanh_float`, as in the kernels: a fifth of the time of the one in `Math`.
 */
export function hyperbolicTangent(x: number): number {
  const bounded = x < -LIMIT ? -LIMIT : x > LIMIT ? LIMIT : x;
  const square = bounded * bounded;
  let p = -2.76076847742355e-16;
  p = p * square + 2.00018790482477e-13;
  p = p * square - 8.60467152213735e-11;
  p = p * square + 5.12229709037114e-8;
  p = p * square + 1.48572235717979e-5;
  p = p * square + 6.37261928875436e-4;
  p = p * square + 4.89352455891786e-3;
  let q = 1.19825839466702e-6;
  q = q * square + 1.18534705686654e-4;
  q = q * square + 2.268434632439e-3;
  q = q * square + 4.89352518554385e-3;
  return (bounded * p) / q;
}
