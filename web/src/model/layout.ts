/** What a layer of the drawn network is made of: slices of the run's flat parameter buffer, found by name in the layout. */

import type { Column, Layout, Tensor } from '../protocol/messages';

/** A layer as the server infers it: its kind, its shapes, and its window. */
export type Stage = Layout['stages'][number];

export interface LayerShape extends Omit<Stage, 'input_shape' | 'shape'> {
  /** 1 … L for the hidden layers, L + 1 for the output. */
  readonly index: number;
  readonly isOutput: boolean;
  /** [channels, height, width], or [features]. */
  readonly inputShape: readonly number[];
  readonly shape: readonly number[];
  /** Numbers that enter for one sample. */
  readonly inputs: number;
  /** Feature maps that it puts out; of a dense layer, its units. */
  readonly channels: number;
  /** Numbers in each of them: 1 in a dense layer. */
  readonly pixels: number;
  /** All numbers that it puts out for one sample: channels * pixels. */
  readonly units: number;
  /** Weights of each weighted sum. */
  readonly fanIn: number;
  /** [pieces * channels, …fan-in]: all first weighted sums, then all second ones. Null where nothing is weighted. */
  readonly weight: Tensor | null;
  /** What is added to every weighted sum: the bias, or a normalization's beta, which absorbs it. */
  readonly shift: Tensor | null;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  /** Lengths of the weights of every weighted sum, where these are learned apart from their directions. */
  readonly gain: Tensor | null;
  /** What the activation learns: one number, or one a channel. */
  readonly learned: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVariance: Tensor | null;
  /** Where the normalization stands; behind the activation a layer has a bias and a beta. */
  readonly normalized: 'no' | 'before' | 'after';
}

const ROLES = ['weight', 'bias', 'gamma', 'beta', 'gain'];

/** The hidden layers and the output, in order. */
export function layerShapes(layout: Layout): LayerShape[] {
  const tensors = new Map([...layout.tensors, ...layout.buffers].map((tensor) => [tensor.name, tensor]));
  const find = (name: string): Tensor | null => tensors.get(name) ?? null;
  return layout.stages.map(({ input_shape, shape, ...stage }, position) => {
    const { name } = stage;
    const weight = find(`${name}.weight`);
    const [bias, gamma, beta] = [find(`${name}.bias`), find(`${name}.gamma`), find(`${name}.beta`)];
    const channels = shape[0] ?? 0;
    return {
      ...stage,
      index: position + 1,
      isOutput: name === 'output',
      inputShape: input_shape,
      shape,
      inputs: product(input_shape),
      channels,
      pixels: product(shape.slice(1)),
      units: product(shape),
      fanIn: weight ? weight.size / (weight.shape[0] ?? 1) : 0,
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

/** Whether a layer puts out feature maps. */
export function isImage({ shape }: { readonly shape: readonly number[] }): boolean {
  return shape.length === 3;
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((result, number) => result * number, 1);
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
