/** Networks for tests: a layout as the server makes it, and numbers to fill it with. */
import type { ForwardConfig } from '../model/forward';
import type { Stage } from '../model/layout';
import type { Weights } from '../model/plan';
import type { Choice, Layout, Tensor } from '../protocol/messages';

/** A layer as a test names it; what is left out is usual: kernel 1, stride 1, no padding, no skip, linear. */
export interface TestLayer {
  kind: Stage['kind'];
  /** Filters of a convolution, units of a dense layer. */
  units?: number;
  kernel?: number;
  stride?: number;
  padding?: number;
  /** Zeros in all, before and after. */
  padded?: number;
  pooling?: 'max' | 'mean';
  skip?: number;
  pieces?: number;
  activation?: Choice;
  /** Where a normalization stands, and whether it takes statistics of the batch or of groups of channels. */
  normalized?: 'before' | 'after';
  groups?: number;
  learned?: number;
  gain?: boolean;
}

export interface TestNetwork {
  layout: Layout;
  hidden: ForwardConfig[];
  weights: Weights;
}

/** The last layer is the output. Numbers are drawn from `random`. */
export function makeNetwork(shape: number[], layers: TestLayer[], random: () => number = noise(1)): TestNetwork {
  const tensors: Tensor[] = [];
  const buffers: Tensor[] = [];
  const stages: Stage[] = [];
  let entering = shape;
  layers.forEach((layer, position) => {
    const name = position === layers.length - 1 ? 'output' : `layer${position + 1}`;
    const stage = makeStage(name, layer, entering);
    stages.push(stage);
    entering = [...stage.shape];
    if (stage.pieces === 0) return;
    const sums = stage.pieces * stage.shape[0]!;
    const place = (role: string, form: number[], into = tensors) => {
      const offset = into.reduce((sum, { size }) => sum + size, 0);
      const size = form.reduce((all, one) => all * one, 1);
      into.push({ name: `${name}.${role}`, layer: position + 1, role, shape: form, offset, size });
    };
    const image = [stage.input_shape[0]!, stage.kernel, stage.kernel];
    place('weight', [sums, ...(stage.kind === 'conv' ? image : [product(stage.input_shape)])]);
    if (layer.normalized !== 'before') place('bias', [sums]);
    const width = layer.normalized === 'before' ? sums : stage.shape[0]!;
    if (layer.normalized) for (const role of ['gamma', 'beta']) place(role, [width]);
    if (layer.gain) place('gain', [sums]);
    if (layer.learned) place('slope', [layer.learned]);
    if (layer.normalized && !layer.groups) {
      for (const role of ['running_mean', 'running_var']) place(role, [width], buffers);
    }
  });
  const draw = (size: number) => Float32Array.from({ length: size }, random);
  const count = (all: Tensor[]) => all.reduce((sum, { size }) => sum + size, 0);
  const running = draw(count(buffers)).map((value, at) => {
    const inVariance = buffers.some((b) => b.role === 'running_var' && at >= b.offset && at < b.offset + b.size);
    return inVariance ? 0.5 + value ** 2 : value;
  });
  const layout = {
    tensors,
    buffers,
    stages,
    columns: [],
    parameter_count: count(tensors),
    running_count: running.length,
    layer_names: stages.map(({ name }) => name),
    layer_units: stages.map(({ shape: put }) => product(put)),
  };
  return {
    layout: layout as unknown as Layout,
    hidden: layers.slice(0, -1).map(({ activation }) => (activation ? { activation } : {})),
    weights: { params: draw(count(tensors)), running },
  };
}

function makeStage(name: string, layer: TestLayer, entering: readonly number[]): Stage {
  const { kind, units = 1, kernel = 1, stride = 1, padding = 0 } = layer;
  const padded = layer.padded ?? 2 * padding;
  const windowed = kind === 'conv' || kind === 'pool';
  const sides = entering.slice(1).map((side) => Math.floor((side + padded - kernel) / stride) + 1);
  const shapes: Record<Stage['kind'], number[]> = {
    dense: [units],
    conv: [units, ...sides],
    pool: [entering[0]!, ...sides],
    global_pool: [entering[0]!],
  };
  const weighted = kind === 'dense' || kind === 'conv';
  return {
    name,
    kind,
    input_shape: [...entering],
    shape: shapes[kind],
    pieces: weighted ? (layer.pieces ?? 1) : 0,
    kernel: windowed ? kernel : 0,
    stride: windowed ? stride : 0,
    padding,
    pooling: kind === 'global_pool' ? 'mean' : (layer.pooling ?? ''),
    skip: layer.skip ?? 0,
    groups: layer.groups ?? 0,
    operations: 1000,
  };
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all * one, 1);
}

/** Numbers in (-1, 1) that are the same every time (mulberry32). */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}
