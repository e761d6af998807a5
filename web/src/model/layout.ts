/** What a layer of the drawn network is made of: slices of the run's flat parameter buffer, found by name in the layout. */

import type { Column, Layout, Tensor } from '../protocol/messages';

export interface LayerShape {
  /** 1 … L for the hidden layers, L + 1 for the output. */
  readonly index: number;
  /** Prefix of its tensors' names, `layer1` … or `output`. */
  readonly name: string;
  readonly isOutput: boolean;
  readonly inputs: number;
  /** What it puts out. */
  readonly units: number;
  /** Weighted sums a unit; more than one in a gate. */
  readonly pieces: number;
  /** [pieces * units, inputs]: all first weighted sums, then all second ones. */
  readonly weight: Tensor;
  /** What is added to every weighted sum: the bias, or a normalization's beta, which absorbs it. */
  readonly shift: Tensor | null;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  /** Lengths of the weights of every weighted sum, where these are learned apart from their directions. */
  readonly gain: Tensor | null;
  /** What the activation learns: one number, or one a unit. */
  readonly learned: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVariance: Tensor | null;
  /** Where the normalization stands; behind the activation a layer has a bias and a beta. */
  readonly normalized: 'no' | 'before' | 'after';
}

const ROLES = ['weight', 'bias', 'gamma', 'beta', 'gain'];

/** The hidden layers and the output, in order. Throws on a layout without an output layer. */
export function layerShapes(layout: Layout): LayerShape[] {
  const tensors = new Map([...layout.tensors, ...layout.buffers].map((tensor) => [tensor.name, tensor]));
  const find = (name: string): Tensor | null => tensors.get(name) ?? null;
  const names: string[] = [];
  for (let index = 1; tensors.has(`layer${index}.weight`); index++) names.push(`layer${index}`);
  names.push('output');
  return names.map((name, position) => {
    const weight = find(`${name}.weight`);
    if (!weight) throw new Error(`The layout has no tensor ${name}.weight`);
    const [bias, gamma, beta] = [find(`${name}.bias`), find(`${name}.gamma`), find(`${name}.beta`)];
    const sums = weight.shape[0] ?? 0;
    const units = layout.layer_units[position] ?? sums;
    return {
      index: position + 1,
      name,
      isOutput: name === 'output',
      inputs: weight.shape[1] ?? 0,
      units,
      pieces: sums / units,
      weight,
      shift: bias ?? beta,
      gamma,
      beta,
      gain: find(`${name}.gain`),
      learned: layout.tensors.find((one) => one.layer === position + 1 && !ROLES.includes(one.role)) ?? null,
      runningMean: find(`${name}.running_mean`),
      runningVariance: find(`${name}.running_var`),
      normalized: !gamma ? 'no' : bias ? 'after' : 'before',
    };
  });
}

/** Index of a column in a record, or -1. */
export function columnIndex(
  columns: readonly Column[],
  name: string,
  where: { layer?: number; tensor?: string } = {},
): number {
  return columns.findIndex(
    (column) =>
      column.name === name &&
      (where.layer === undefined || column.layer === where.layer) &&
      (where.tensor === undefined || column.tensor === where.tensor),
  );
}
