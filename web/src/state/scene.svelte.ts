/**
 * What network and output card show together: the browser's forward pass over the plane or over the samples, computed
 * once a frame, and what the pointer or the keyboard has picked.
 */
import type { Hit } from '../draw/geometry';
import { largestMagnitude } from '../draw/heatmap';
import { currentPalette, onThemeChange } from '../draw/theme';
import { Network } from '../model/forward';
import {
  columnMeans,
  featureMatrix,
  gridPoints,
  gridSide,
  preprocess,
  sliceRows,
  type PlaneColumns,
} from '../model/inputs';
import { linkOf, outputValues, predictedClass, probabilities, type Link } from '../model/outputs';
import type { Weights } from '../model/plan';
import type { Frame, Layout, RunConfig, RunData, WatchField } from '../protocol/messages';
import { FeatureMaps } from './featureMaps';
import { Look } from './look.svelte';
import { invalidate, onFrame } from './loop';
import { Pass } from './pass';
import { PixelFocus } from './pixel.svelte';
import type { RunStore } from './run.svelte';
import { blockSize, Sweep, type Block } from './sweep';

export type LinkValues = 'weights' | WatchField;

/** Milliseconds a frame for the pass that everything on screen waits for, and for the one over all test samples. */
const SHOWN_BUDGET = 6;
const TEST_BUDGET = 2;
/** The test samples' predictions are text and tables: they change a few times a second. */
const TEST_EVERY = 250;
/** Heat maps' scales follow the data this fast, so that colours do not flicker. */
const EASE = 0.25;

/** What is looked at: the page's own run, or one of several beside each other. */
export type Looked = Pick<RunStore, 'layout' | 'config' | 'data' | 'catalog'>;

/** How a scene is kept up to date where its run is not the page's only one. */
export interface Sparing {
  /** The finest grid over the plane. */
  readonly side: number;
}

export class Scene {
  /** What links and marks show. */
  values = $state<LinkValues>('weights');
  /** The neuron, link or mark under the pointer or the focus. */
  hit = $state.raw<Hit | null>(null);
  /** The image that is looked at. */
  readonly look = new Look();
  /** Which columns of a table its picture is drawn over; the others are at their mean. */
  axes = $state.raw<PlaneColumns>([0, 1]);
  /** Grows when the test samples have new predictions. */
  tested = $state(0);

  /** The pixel of a feature map that is explained. */
  readonly pixel = new PixelFocus();

  network: Network | null = null;
  /** Of a network with feature maps: what else can be shown in them. */
  maps: FeatureMaps | null = null;
  data: RunData | null = null;
  link: Link = 'identity';
  /** Side of the plane's picture; 0 for images. */
  side = 0;
  /** Plane: [outputs][side * side] what the output means. Images: [outputs] of the chosen sample. */
  meaning = new Float32Array(0);
  /** [classes][test samples] probabilities, or [test samples] values of the only output. */
  testMeaning = new Float32Array(0);
  /** One a column: what full colour stands for in the neurons' pictures. */
  scales: number[] = [];
  /** Grows when the pictures of the neurons have changed. */
  version = 0;

  private mean: (Weights & { of: Frame }) | null = null;
  private shown: Pass | null = null;
  private test: Sweep | null = null;
  private sampleInputs: Float32Array = new Float32Array(0);
  private builtFrom: [Layout | null, RunConfig['network'] | null, RunData | null, string] = [null, null, null, ''];

  /** A sparing scene is updated by whoever draws it, and predicts no test samples. */
  constructor(
    readonly run: Looked,
    private readonly sparing: Sparing | null = null,
  ) {
    if (sparing) return;
    onFrame((frame, now) => this.update(frame, now));
    // Another configuration, or its data, may come when no frame follows: paused, or diverged at once.
    $effect.root(() => {
      $effect(() => {
        void [run.layout, run.config, run.data];
        invalidate();
      });
    });
    onThemeChange(() => {
      this.version++;
      invalidate();
    });
  }

  get palette() {
    return currentPalette();
  }

  /** The inputs of the pass that is shown: [inputs][samples]. */
  get inputs(): Float32Array {
    return this.shown?.inputs ?? this.sampleInputs;
  }

  /** The buffer that links and marks show; null while frames do not carry it yet. */
  buffer(frame: Frame): Float32Array | null {
    return this.values === 'weights' ? frame.params : frame[this.values];
  }

  /** Draws a table's picture over other columns. */
  lookAlong(axes: PlaneColumns): void {
    this.axes = axes;
    if (this.data?.kind === 'table') this.prepareGrid(this.data);
    invalidate();
  }

  /** Works for a few milliseconds on what a frame leads to. */
  update(frame: Frame | null, now: number): void {
    this.rebuild();
    if (this.look.refresh()) this.takeImage();
    if (!frame || !this.network || !this.data || frame.params.length !== this.run.layout?.parameter_count) return;
    const weights = this.evaluated(frame);
    if (this.shown?.work(weights, now, SHOWN_BUDGET)) this.readShown();
    if (this.test?.work(weights, now, TEST_BUDGET)) this.tested++;
    if (this.shown?.behind(weights) || this.test?.behind(weights)) invalidate();
  }

  /** The weights that the shown pass was made with; null before there was one. */
  get weights(): Weights | null {
    return this.shown?.made ?? null;
  }

  /** The class or value that the loss of the image that is looked at is taken for: of a drawing, what the network says. */
  get target(): number {
    const { data, look, meaning } = this;
    if (!data) return 0;
    if (look.source === 'sample') return data.test.targets[look.sample] ?? 0;
    return meaning.length > 1 ? Math.max(0, predictedClass(meaning, meaning.length, 1, 0)) : Math.sign(meaning[0] ?? 0);
  }

  /** The weights that pictures and predictions are of: those of the frame, or their mean where it has one. */
  private evaluated(frame: Frame): Weights {
    if (!frame.averaged) return frame;
    if (this.mean?.of !== frame) {
      const split = frame.params.length;
      this.mean = { of: frame, params: frame.averaged.subarray(0, split), running: frame.averaged.subarray(split) };
    }
    return this.mean;
  }

  /** Makes everything anew that depends on architecture or data, when one of them has changed. */
  private rebuild(): void {
    const { layout, config, data, catalog } = this.run;
    const loss = config?.training.loss.id ?? '';
    const from: typeof this.builtFrom = [layout, config?.network ?? null, data, loss];
    if (from.every((part, i) => part === this.builtFrom[i])) return;
    this.builtFrom = from;
    this.network = this.maps = this.shown = this.test = this.data = null;
    this.version++;
    this.pixel.release();
    if (!layout || !config || !catalog) return;
    this.network = new Network(layout, config.network.layers);
    this.maps = FeatureMaps.of(this.network, layout, config.network.layers);
    this.scales = Array.from({ length: this.network.layers.length + 1 }, () => 0);
    // Data of an older configuration do not fit until the new ones have come.
    if (!data || data.offset.length !== this.network.inputs) return;
    this.data = data;
    this.look.show(data);
    const lossTasks = catalog.families.losses.find((variant) => variant.id === loss)?.tasks ?? [];
    this.link = linkOf(data.task, lossTasks);
    if (data.kind === 'table' && !hasColumns(this.axes, data.width)) this.axes = data.width > 1 ? [0, 1] : [0, -1];
    if (data.kind !== 'images') this.prepareGrid(data);
    else this.prepareImage();
    if (this.sparing) return;
    if ((data.classes > 0 && data.task !== 'binary') || data.target) this.prepareTest(data, layout, config);
  }

  private prepareGrid(data: RunData): void {
    const network = this.network!;
    this.side = Math.min(gridSide(network.work, network.units), this.sparing?.side ?? Infinity);
    const count = this.side * this.side;
    const points = gridPoints(this.side);
    const rows =
      data.kind === 'table'
        ? sliceRows(points, columnMeans(data.train.inputs, data.width), this.axes)
        : featureMatrix(points, data.features);
    const inputs = preprocess(rows, count, data);
    this.shown = new Pass(network, inputs, count);
    this.scales[0] = largestMagnitude(inputs) || 1;
    this.meaning = new Float32Array(network.layers.at(-1)!.units * count);
  }

  private prepareImage(): void {
    const network = this.network!;
    this.side = 0;
    this.sampleInputs = new Float32Array(network.inputs);
    this.shown = new Pass(network, this.sampleInputs, 1);
    this.meaning = new Float32Array(network.layers.at(-1)!.units);
    this.takeImage();
  }

  /** The pixels that are looked at have changed: the pass over them begins anew, in the same buffers. */
  private takeImage(): void {
    if (this.data?.kind !== 'images' || this.look.pixels.length !== this.sampleInputs.length) return;
    preprocess(this.look.pixels, 1, this.data, this.sampleInputs);
    this.shown?.renew();
  }

  private prepareTest(data: RunData, layout: Layout, config: RunConfig): void {
    const { inputs, count } = data.test;
    const rows = data.kind === 'plane' ? featureMatrix(inputs, data.features) : inputs;
    const network = new Network(layout, config.network.layers);
    const width = rows.length / count;
    const size = blockSize(network.units, count);
    const blocks = Array.from({ length: Math.ceil(count / size) }, (_, i): Block => {
      const [from, samples] = [i * size, Math.min(size, count - i * size)];
      const own = rows.subarray(from * width, (from + samples) * width);
      return { from, count: samples, inputs: preprocess(own, samples, data) };
    });
    const outputs = network.layers.at(-1)!.units;
    const meaning = new Float32Array(outputs * size);
    // Not a number until it is known.
    this.testMeaning = new Float32Array(outputs * count).fill(NaN);
    this.test = new Sweep(network, blocks, TEST_EVERY, (block, logits) => {
      this.readMeaning(logits, meaning, block.count);
      for (let k = 0; k < outputs; k++) {
        const of = meaning.subarray(k * block.count, (k + 1) * block.count);
        this.testMeaning.set(of, k * count + block.from);
      }
    });
  }

  private readShown(): void {
    const { network } = this;
    if (!network) return;
    const samples = this.shown!.samples;
    this.readMeaning(network.outputs.at(-1)!, this.meaning, samples);
    network.outputs.forEach((output, index) => {
      // Full colour is at least 1, where squashing activations end; others set their own scale.
      const target = Math.max(1, 0.7 * largestMagnitude(output));
      const scale = this.scales[index + 1]!;
      this.scales[index + 1] = scale === 0 ? target : scale + EASE * (target - scale);
    });
    this.version++;
  }

  private readMeaning(logits: Float32Array, out: Float32Array, samples: number): void {
    const units = logits.length / samples;
    if (units > 1) probabilities(logits, out, units, samples, this.link);
    else outputValues(logits, out, samples, this.link);
  }
}

function hasColumns([across, up]: PlaneColumns, width: number): boolean {
  return Math.max(across, up) < width && up >= 0 === width > 1;
}

const scenes = new WeakMap<RunStore, Scene>();

/** The scene of a run: one for all cards. */
export function sceneOf(run: RunStore): Scene {
  let scene = scenes.get(run);
  if (!scene) scenes.set(run, (scene = new Scene(run)));
  return scene;
}
