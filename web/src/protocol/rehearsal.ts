/** The step that a run takes next, rehearsed on copies of its numbers, and the check of one derivative. */
import { decode as unpack } from '@msgpack/msgpack';
import { floats } from './decode';

export interface Block {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Rehearsal {
  readonly generation: number;
  /** Steps that the run has taken so far. */
  readonly step: number;
  readonly epoch: number;
  /** Samples in the batch, and how many of them have their numbers in the arrays: one, or the first ones. */
  readonly count: number;
  readonly shown: number;
  /** The sample of the batch that is looked at; null: all of them. */
  readonly sample: number | null;
  /** [count]: which training samples the batch is. */
  readonly indices: readonly number[];
  /** In force at this step. */
  readonly learningRate: number;
  /** Steps of the optimizer, this one included. */
  readonly optimizerStep: number;
  /** Of the batch, and of each sample whose numbers are there. */
  readonly loss: number;
  readonly losses: Float32Array;
  readonly arrays: ReadonlyMap<string, Block>;
  /** Of all samples: their sums, of every array that has the samples as its last axis. */
  readonly sums: ReadonlyMap<string, Float32Array>;
  readonly optimizer: {
    readonly id: string;
    /** In force at this step. */
    readonly params: Readonly<Record<string, number>>;
    /** The optimizer's own numbers, before and after, for each tensor. */
    readonly slots: Readonly<Record<string, Readonly<Record<string, { before: Float32Array; after: Float32Array }>>>>;
  };
  /** How the mean of the weights is renewed; null where none is kept. */
  readonly averaging: {
    readonly id: string;
    readonly params: Readonly<Record<string, number>>;
    /** The step after which the mean was chosen. */
    readonly begun: number;
    /** Of the way to the new weights; 0 where these are not finite and the mean stays. */
    readonly share: number;
  } | null;
}

/** What a derivative is by backpropagation, and by differences of the loss. */
export interface DerivativeCheck {
  readonly analytic: number;
  readonly difference: number;
  readonly epsilon: number;
  readonly relative_error: number;
  readonly loss_plus: number;
  readonly loss_minus: number;
  /** About how far single precision may have moved the difference. */
  readonly rounding: number;
}

/** The answer of /rehearsal. */
export function decodeRehearsal(bytes: ArrayBuffer | Uint8Array): Rehearsal {
  const raw = unpack(bytes) as Record<string, unknown>;
  const blocks = Object.entries(raw['arrays'] as Record<string, { shape: number[]; data: Uint8Array }>);
  const optimizer = raw['optimizer'] as {
    id: string;
    params: Record<string, number>;
    slots: Record<string, Record<string, { before: Uint8Array; after: Uint8Array }>>;
  };
  return {
    ...(raw as unknown as Rehearsal),
    learningRate: raw['learning_rate'] as number,
    optimizerStep: raw['optimizer_step'] as number,
    losses: floats(raw['losses'] as Uint8Array),
    arrays: new Map(blocks.map(([name, { shape, data }]) => [name, { shape, data: floats(data) }])),
    sums: new Map(
      Object.entries(raw['sums'] as Record<string, Uint8Array>).map(([name, data]) => [name, floats(data)]),
    ),
    optimizer: {
      ...optimizer,
      slots: mapValues(optimizer.slots, (tensors) =>
        mapValues(tensors, ({ before, after }) => ({ before: floats(before), after: floats(after) })),
      ),
    },
  };
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
