/** All charts, in groups of up to four places that belong together: those of the record, then those of the probes. */
import {
  accuracyQuantities,
  activationQuantities,
  gradientQuantities,
  layerQuantities,
  lossQuantities,
  ratioQuantities,
  single,
  weightQuantities,
  withSpread,
} from '../../draw/curves';
import { layerColour, parseColour } from '../../draw/palette';
import { t, type TextKey } from '../../i18n/i18n.svelte';
import type { Probes } from '../../state/probes';
import type { ChartPlan, Group, Line, Place, Subject } from './plan';
import { parted } from './places';
import { probePlans } from './probePlans';

/** Updates of about a thousandth of the weights are usual. */
export const USUAL_RATIO = [3e-4, 3e-3] as const;

/** More places than these do not stand beside each other. */
const MOST_PLACES = 4;

type GroupId = 'overview' | 'activations' | 'gradients' | 'optimizer' | 'normalization' | 'curvature';

/** The charts that only need a name: their words are found by it. */
type RecordChart =
  | 'loss'
  | 'accuracy'
  | 'activations'
  | 'saturated'
  | 'zeros'
  | 'gradients'
  | 'gradient_depth'
  | 'gradient_size'
  | 'ratio'
  | 'rate'
  | 'weights'
  | 'updates';

function plan(
  id: RecordChart,
  unit: string,
  parts: Partial<ChartPlan> & Pick<ChartPlan, 'lines' | 'quantities'>,
): ChartPlan {
  const words = (what: TextKey) => t(what);
  return {
    id,
    title: words(`dynamics.${id}`),
    short: words(`dynamics.${id}`),
    how: words(`dynamics.${id}_how`),
    help: words(`dynamics.${id}_help`),
    unit,
    logarithmic: false,
    fromZero: false,
    ...parts,
  };
}

/** One line a layer, in the layer's colour. */
export function layerLines({ palette, hidden, name }: Subject, layers: readonly number[]): Line[] {
  return layers.map((layer, i) => ({
    label: name(layer),
    // The word once, then numbers: a legend of many layers is still one line.
    short: i > 0 && layer <= hidden ? String(layer) : name(layer),
    colour: layerColour(palette, layer, hidden),
    layer,
  }));
}

/** What has been measured: histories, and which quantities of a probe have a value, one sign each. */
export interface Measured {
  readonly probes: Pick<Probes, 'of'>;
  readonly defined: (probe: string) => string;
}

/** All groups. */
export function groupsOf(subject: Subject, measured: Measured): Group[] {
  const { layout, columns, palette, hidden, classifies } = subject;
  const all = Array.from({ length: hidden + 1 }, (_, i) => i + 1);
  // Without hidden layers the output's activations are all there is.
  const active = hidden > 0 ? all.slice(0, hidden) : all;
  // A pool learns nothing.
  const learning = all.filter((layer) => layout.tensors.some((tensor) => tensor.layer === layer));
  const ink = (key: 'train' | 'test'): Line => {
    const label = t(`dynamics.${key}`);
    const colour = parseColour(key === 'train' ? palette.ink : palette.ink3);
    return { label, short: label, colour, layer: null, dashed: key === 'test' };
  };
  const both = [ink('train'), ink('test')];
  const learned = { lines: layerLines(subject, learning), logarithmic: true };
  const activated = { lines: layerLines(subject, active) };
  const share = { share: true, fromZero: true, reach: [0, 1] } as const;

  const loss = plan('loss', 'L', {
    lines: both,
    quantities: lossQuantities(columns),
    fromZero: true,
  });
  const accuracy = plan('accuracy', '%', {
    lines: both,
    quantities: accuracyQuantities(columns),
    share: true,
    reach: [0.5, 1],
  });
  const activations = plan('activations', 'a', { ...activated, quantities: activationQuantities(columns, active) });
  const saturated = plan('saturated', '%', {
    ...activated,
    ...share,
    quantities: layerQuantities(columns, 'activation_saturated', active),
  });
  const zeros = plan('zeros', '%', {
    ...activated,
    ...share,
    quantities: layerQuantities(columns, 'activation_zeros', active),
  });
  const gradients = plan('gradients', '‖∇L‖', { ...learned, quantities: gradientQuantities(layout, learning) });
  const depth = plan('gradient_depth', '‖∇L‖', {
    ...learned,
    quantities: gradientQuantities(layout, learning),
    byDepth: true,
  });
  const size = plan('gradient_size', '‖∇W‖ / √n', {
    ...learned,
    quantities: weightQuantities(layout, 'gradient_norm', learning, true),
  });
  const ratio = plan('ratio', '‖ΔW‖ / ‖W‖', {
    ...learned,
    quantities: ratioQuantities(layout, learning),
    stretch: USUAL_RATIO,
  });
  const rateLine: Line = { ...both[0]!, label: t('dynamics.rate'), short: t('dynamics.rate') };
  const rate = plan('rate', 'η', {
    lines: [rateLine],
    quantities: withSpread(single(columns, 'learning_rate')),
    fromZero: true,
  });
  const weights = plan('weights', '‖W‖', {
    ...learned,
    logarithmic: false,
    fromZero: true,
    quantities: weightQuantities(layout, 'weight_norm', learning),
  });
  const updates = plan('updates', '‖ΔW‖', {
    ...learned,
    quantities: weightQuantities(layout, 'update_norm', learning),
  });

  const place = (...charts: ChartPlan[]): Place => ({ id: charts[0]!.id, charts });
  const group = (id: GroupId, ...places: Place[]): Group => ({
    id,
    title: t(`dynamics.group_${id}`),
    places: withProbes(subject, id, places, measured).map((each) => ({ ...each, id: `${id}.${each.id}` })),
  });
  return [
    group(
      'overview',
      place(...(classifies ? [loss, accuracy] : [loss])),
      place(activations),
      place(gradients),
      place(ratio),
    ),
    group('activations', place(activations), place(saturated, zeros)),
    group('gradients', place(depth), place(gradients, size)),
    group('optimizer', place(rate, updates), place(ratio, weights)),
    group('normalization'),
    group('curvature'),
  ].filter(({ places }) => places.length > 0);
}

/** Behind the charts of the record those of the probes on the same topic; curves, histograms and units apart. */
function withProbes(subject: Subject, topic: GroupId, places: readonly Place[], measured: Measured): Place[] {
  const probes = subject.probes
    .filter((probe) => probe.topic === topic)
    .map((probe) => probePlans(subject, probe, measured.probes, measured.defined(probe.id)))
    .filter((plans) => plans.length > 0);
  const curves = probes.filter(([first]) => first!.kind === undefined);
  const others = (['ridge', 'units', 'mask'] as const)
    .map((kind) => probes.filter(([first]) => first!.kind === kind).flat())
    .filter((plans) => plans.length > 0);
  const room = Math.max(1, MOST_PLACES - places.length - others.length);
  const all = [...parted(curves, room), ...others];
  return [
    ...places,
    ...all.map((charts) => ({
      id: charts.map(({ source }) => source)[0]! + (charts[0]!.kind ?? charts[0]!.id),
      charts,
    })),
  ];
}
