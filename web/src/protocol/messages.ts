/** What travels between page and server: the shapes of the HTTP answers and of the socket's messages. */

import type { components } from '../generated/api';
import type { Comparison } from './studies';

type Schemas = components['schemas'];

/** One text in both languages of the page. */
export type Text = Schemas['TextView'];

/** One number that a person may set, as the catalogue describes it; a unit of "%" means that 0.1 is shown as 10 %. */
export type Param = Schemas['ParamView'] & {
  /** Where not every number between the bounds will do: those that will, in rising order. */
  allowed?: readonly number[];
};

export type Task = 'regression' | 'binary' | 'multiclass' | 'multilabel';
export type DataKind = 'plane' | 'images' | 'table';

/** A table that was uploaded: its columns, its first rows, and what it suggests. */
export type Table = Schemas['TableView'];

/** Images that were uploaded: their classes, and some of them. */
export type Pictures = Schemas['PicturesView'];

/** How a scaled number is read in its own unit: offset + scale * number. */
export interface Axis {
  name: string;
  offset: number;
  scale: number;
}

/** One member of a family. `formula` is LaTeX; losses have `tasks`, data sets `task`, `kind`, `classes`, `preview`. */
export type Variant = Schemas['VariantView'];

export type FamilyId = keyof Schemas['FamiliesView'];

/** An experiment worth looking at: a whole configuration, and one sentence on what to watch. */
export type Preset = Omit<Schemas['PresetView'], 'config'> & { config: RunConfig };

export type Catalog = Omit<
  Schemas['CatalogView'],
  'default_config' | 'default_layers' | 'convolutional' | 'presets' | 'comparisons'
> & {
  default_config: RunConfig;
  /** A layer of each kind as it is by default. */
  default_layers: Record<string, LayerConfig>;
  /** Layers that suit images of any size. */
  convolutional: LayerConfig[];
  presets: Preset[];
  comparisons: Comparison[];
};

export type Health = Schemas['HealthView'];

/** A variant by its id, with its parameters beside it; own data name their columns by a list of numbers. */
export interface Choice {
  id: string;
  [param: string]: number | string | number[];
}

/** The fields in which a layer makes a choice, where its kind has weights. */
export type LayerChoice = 'activation' | 'initializer' | 'bias_initializer' | 'normalization';

/** A hidden layer: its kind, the choices that the kind has, and its numbers and words by name. */
export interface LayerConfig extends Partial<Record<LayerChoice, Choice>> {
  kind: string;
  [part: string]: Choice | number | string | undefined;
}

/** How training images are changed, anew for every batch: pixels and degrees at most, mirrored or not, and noise. */
export interface Augmentation {
  shift: number;
  rotation: number;
  flip: boolean;
  noise: number;
}

/** Steps a second, or "auto" (a pleasant pace), or "full". */
export type Speed = number | 'auto' | 'full';

export interface RunConfig {
  seed: number;
  data: {
    dataset: Choice;
    train_share: number;
    seed: number;
    features: string[];
    preprocessing: Choice;
  };
  network: {
    /** `dropout`: the probability with which an input is silenced in training. */
    input: { dropout: number };
    layers: LayerConfig[];
    output: { initializer: Choice; bias_initializer: Choice };
  };
  training: {
    loss: Choice;
    optimizer: Choice;
    schedule: Choice;
    regularizers: Choice[];
    batch_size: number;
    clipping: Choice;
    sampling: Choice;
    /** Steps over which the learning rate grows from zero. */
    warmup: number;
    momentum_schedule: Choice;
    batch_schedule: Choice;
    averaging: Choice;
    stopping: Choice;
    /** Another optimizer that takes over after so many steps. */
    switch: { step: number; optimizer: Choice } | null;
    augmentation: Augmentation;
  };
  speed: Speed;
}

/** Any part of a configuration: objects merge, lists and choices replace. */
export interface PartialConfig {
  seed?: number;
  data?: Partial<RunConfig['data']>;
  network?: {
    input?: RunConfig['network']['input'];
    layers?: LayerConfig[];
    output?: Partial<RunConfig['network']['output']>;
  };
  training?: Partial<RunConfig['training']>;
  speed?: Speed;
}

/** A named part of a flat float32 buffer. */
export type Tensor = Schemas['TensorView'];

/** What one float of a record means: a column of the run, of a layer, or of a tensor. */
export type Column = Schemas['ColumnView'];

/** Where everything lies: trainable tensors, running statistics (`buffers`), and the columns of a record. */
export type Layout = Schemas['LayoutView'];

export type RunState = 'running' | 'paused' | 'diverged' | 'finished';

/** Big buffers that frames carry on request, besides the parameters. */
export type WatchField = 'gradients' | 'updates';

/** What is measured only while somebody looks, by its id in the catalogue's family "probes". */
export type ProbeId = string;

/** How to read the measurements of a probe: each row has its `quantities`, then `length` numbers of its `array`. */
export interface ProbeLayout {
  /** What each row is about: a layer (0: the inputs), a tensor, or, without either, the run. */
  rows: { layer: number | null; tensor: string | null }[];
  quantities: string[];
  /** What follows the quantities: `length` numbers of each. */
  arrays: string[];
  length: number;
}

/** What a probe found at a step: [rows, quantities and arrays], NaN where a number is not defined. */
export interface Measurement {
  step: number;
  /** About how many seconds go by from one measurement to the next while the run trains; 0 while that is not known. */
  every: number;
  /** Seconds of computing that it took. */
  cost: number;
  values: Float32Array;
}

/** Where and when training left the numbers. */
export type Divergence = Schemas['DivergenceView'];

/** How training ended by itself. */
export type Stop = Schemas['StopView'];

/** What can be wrong with a run: the rule that finds it, and the words that tell it. */
export type Illness = Schemas['IllnessView'];

/** What is wrong with a run: in which layer, counted from 1 (none: all of it), and what would change it. */
export interface Finding {
  illness: string;
  layer: number | null;
  number: number;
  since: number;
  /** How many samples were looked at, where that matters. */
  samples: number | null;
  /** What is ill, where that is a tensor, activations or the loss: as a divergence names it. */
  tensor: string | null;
  /** A path in the configuration. */
  control: string;
}

/** What a run waits for: kernels of its own choices that nobody has used before; `name` is compiled now. */
export interface Compiling {
  name: Text;
  done: number;
  total: number;
}

export interface Hello {
  type: 'hello';
  protocol: number;
  run: string;
  config: RunConfig;
  layout: Layout;
  state: RunState;
  /** Stays until there are new weights, so that who comes later learns it too. */
  diverged: Divergence | null;
  /** Stays until training goes on. */
  stopped: Stop | null;
  compiling: Compiling | null;
  /** As it was last found, the most severe first. */
  findings: Finding[];
  owner: boolean;
  generation: number;
  step: number;
  steps_per_epoch: number;
  /** How many training and test samples the shown losses look at. */
  evaluated: [train: number, test: number];
  /** Steps a second that "auto" means now. */
  pace: number;
  probes: Record<ProbeId, ProbeLayout>;
}

/** Records that are new since the last acknowledged one: `values` is [records, columns], row-major. */
export interface SeriesChunk {
  start: number;
  steps: Float64Array;
  values: Float32Array;
}

export interface Frame {
  type: 'frame';
  seq: number;
  generation: number;
  step: number;
  epoch: number;
  state: RunState;
  /** Measured steps a second. */
  rate: number;
  /** Seconds of a thread for which these weights have trained. */
  worked: number;
  params: Float32Array;
  running: Float32Array;
  gradients: Float32Array | null;
  updates: Float32Array | null;
  /** The mean of `params`, then that of `running`, where weights are averaged. */
  averaged: Float32Array | null;
  /** One float a column of the layout, for this very step. */
  stats: Float32Array;
  series: SeriesChunk;
  /** What was measured since this viewer's last frame, of what it watches. */
  probes: Record<ProbeId, Measurement> | null;
}

interface EventBase {
  type: 'event';
  generation?: number;
  step?: number;
}

export type RunEvent = EventBase &
  (
    | {
        event: 'config';
        config: RunConfig;
        layout: Layout;
        restarted: boolean;
        steps_per_epoch: number;
        evaluated: [number, number];
        pace: number;
        probes: Record<ProbeId, ProbeLayout>;
      }
    | { event: 'compiling'; compiling: Compiling | null }
    | { event: 'diagnosis'; findings: Finding[] }
    | { event: 'diverged'; step: number; tensor: string }
    | { event: 'error'; message: Text; field?: string | null; bound?: string | null }
    | { event: 'state'; state: RunState }
    | { event: 'paused_idle' }
    | ({ event: 'finished'; step: number } & Omit<Stop, 'step'>)
  );

export type Downstream = Hello | Frame | RunEvent;

export interface ParameterEdit {
  tensor: string;
  index: number;
  value: number;
}

export type Upstream =
  | { type: 'hello'; token?: string; since?: number; generation?: number; watch?: WatchField[]; probes?: ProbeId[] }
  | { type: 'watch'; fields: WatchField[]; probes?: ProbeId[] }
  | { type: 'play' }
  | { type: 'pause' }
  | { type: 'step'; count: number; unit: 'step' | 'epoch' }
  | { type: 'reset'; seed?: number }
  | { type: 'set'; config?: PartialConfig; parameters?: ParameterEdit[] }
  | { type: 'speed'; speed: Speed }
  | { type: 'ack'; seq: number };

/** The samples of a run, as /data sends them: inputs row-major, before features and preprocessing. */
export interface RunData {
  generation: number;
  task: Task;
  kind: DataKind;
  classes: number;
  /** Size of an image in pixels; the columns of a table, by 1; of no use for the plane. */
  width: number;
  height: number;
  /** Of an image: 1 is grey, 3 are red, green and blue. */
  channels: number;
  classNames: string[];
  train: Samples;
  test: Samples;
  features: string[];
  /** A person's own columns, and what is learned from them; none for the built-in sets. */
  columns: Axis[];
  target: Axis | null;
  /** What the network's inputs are called, where the columns have names. */
  inputNames: string[];
  /** Preprocessing: (features - offset) @ matrix, matrix [d, d] row-major, or [d], its diagonal. */
  offset: Float32Array;
  matrix: Float32Array;
}

export interface Samples {
  count: number;
  /** [count, 2] for the plane, [count, channels * height * width] in 0..1 for images, [count, width] for a table. */
  inputs: Float32Array;
  targets: Float32Array;
}
