/** What a layer of the drawn network is made of: slices of the run's flat parameter buffer, found by name in the layout. */

import type { Column, Layout, Tensor } from '../protocol/messages';

export interface LayerShape {
  /** 1 … L for the hidden layers, L + 1 for the output. */
  readonly index: number;
  /** Prefix of its tensors' names, `layer1` … or `output`. */
  readonly name: string;
  readonly isOutput: boolean;
  readonly inputs: number;
  readonly units: number;
  readonly weight: Tensor;
  /** What is added to every unit: the bias, or a normalization's beta, which absorbs it. */
  readonly shift: Tensor | null;
  readonly gamma: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVariance: Tensor | null;
}

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
    return {
      index: position + 1,
      name,
      isOutput: name === 'output',
      inputs: weight.shape[1] ?? 0,
      units: weight.shape[0] ?? 0,
      weight,
      shift: find(`${name}.bias`) ?? find(`${name}.beta`),
      gamma: find(`${name}.gamma`),
      runningMean: find(`${name}.running_mean`),
      runningVariance: find(`${name}.running_var`),
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
