/** One weighted sum of a dense layer, feature-major. Pure. */
import { scaleOf, type LayerPlan, type Weights } from './plan';

/** Writes z = W a + b of one weighted sum for all samples, normalized where statistics of the batch are known. */
export function weightedSum(
  layer: LayerPlan,
  sum: number,
  source: Float32Array,
  target: Float32Array,
  samples: number,
  weights: Weights,
): void {
  const { params } = weights;
  const { fanIn } = layer;
  const row = layer.weight!.offset + sum * fanIn;
  const { scale, shift } = scaleOf(layer, sum, weights);
  if (samples === 1) {
    let product = 0;
    for (let input = 0; input < fanIn; input++) product += params[row + input]! * source[input]!;
    target[sum] = scale * product + shift;
    return;
  }
  const z = target.subarray(sum * samples, (sum + 1) * samples);
  z.fill(shift);
  let input = 0;
  // Four inputs at a time: a quarter of the traffic through z.
  for (; input + 4 <= fanIn; input += 4) {
    const w0 = scale * params[row + input]!;
    const w1 = scale * params[row + input + 1]!;
    const w2 = scale * params[row + input + 2]!;
    const w3 = scale * params[row + input + 3]!;
    const a0 = input * samples;
    const a1 = a0 + samples;
    const a2 = a1 + samples;
    const a3 = a2 + samples;
    for (let s = 0; s < samples; s++) {
      z[s]! += w0 * source[a0 + s]! + w1 * source[a1 + s]! + w2 * source[a2 + s]! + w3 * source[a3 + s]!;
    }
  }
  for (; input < fanIn; input++) {
    const weight = scale * params[row + input]!;
    const a = input * samples;
    for (let s = 0; s < samples; s++) z[s]! += weight * source[a + s]!;
  }
}
