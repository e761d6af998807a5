/** The charts of what is measured while somebody looks, as the catalogue describes it: no probe is known here by name. */
import { withSpread, type Quantity } from '../../draw/curves';
import { layerColour, parseColour } from '../../draw/palette';
import { say, t } from '../../i18n/i18n.svelte';
import type { ProbeLayout } from '../../protocol/messages';
import type { Probes } from '../../state/probes';
import { probeColumns } from './tracks';
import type { ChartPlan, Line, Probe, Subject } from './plan';

/** One line for every row: in its layer's colour, or in ink where it is of the whole network. */
function linesOf({ palette, hidden, name }: Subject, rows: ProbeLayout['rows']): Line[] {
  let named = false;
  return rows.map(({ layer }) => {
    if (layer === null) {
      const label = t('dynamics.network');
      return { label, short: label, colour: parseColour(palette.ink), layer };
    }
    // The word once, then numbers.
    const short = named && layer <= hidden ? String(layer) : name(layer);
    named ||= layer > 0;
    return { label: name(layer), short, colour: layerColour(palette, layer, hidden), layer };
  });
}

/** The charts of a probe: one a quantity, or one for all that it counts. `defined` says which quantities there are. */
export function probePlans(subject: Subject, probe: Probe, probes: Pick<Probes, 'of'>, defined: string): ChartPlan[] {
  const history = probes.of(probe.id);
  if (!history || history.layout.rows.length === 0) return [];
  const { rows, quantities } = history.layout;
  const lines = linesOf(subject, rows);
  const words = {
    help: say(probe.help),
    how: '',
    ...(probe.formula ? { formula: probe.formula } : {}),
    ...(probe.source ? { reference: probe.source } : {}),
    source: probe.id,
    fromZero: false,
    lines,
  };
  if (probe.chart === 'units') return unitsPlans(probe, words, defined.slice(quantities.length));
  if (probe.chart !== 'lines') {
    const label = say(probe.label);
    return [
      {
        ...words,
        id: probe.id,
        title: label,
        short: label,
        // Of a histogram that of its ends: they lie on the axis of what is counted.
        unit: unitOf(probe.quantities?.[0]),
        how: probe.chart === 'mask' ? '' : t('dynamics.ridge_how'),
        kind: probe.chart === 'mask' ? 'mask' : 'ridge',
        logarithmic: false,
        quantities: [],
      },
    ];
  }
  // The first one stays, so that it goes on being measured: another optimizer may have values for it.
  const known = (probe.quantities ?? []).filter((_, i) => defined[i] !== '0' || (!defined.includes('1') && i === 0));
  return known.map((quantity): ChartPlan => {
    const share = quantity.unit === '%';
    const label = say(quantity.label);
    return {
      ...words,
      id: `${probe.id}.${quantity.id}`,
      title: known.length > 1 ? label : say(probe.label),
      short: label,
      unit: unitOf(quantity),
      logarithmic: quantity.scale === 'log',
      ...(share ? { share, fromZero: true, reach: [0, 1] as const } : {}),
      quantities: rows.flatMap((_, row): Quantity[] => {
        const place = row * history.width + quantities.indexOf(quantity.id);
        const [value, low, high] = probeColumns(history, place);
        return withSpread(
          (read) => read(value),
          (read) => read(low),
          (read) => read(high),
        );
      }),
    };
  });
}

/** A chart for every array that is not another's measure. `defined` says which arrays there are. */
function unitsPlans(
  probe: Probe,
  words: Omit<ChartPlan, 'id' | 'title' | 'short' | 'unit' | 'logarithmic' | 'quantities'>,
  defined: string,
): ChartPlan[] {
  const arrays = probe.arrays ?? [];
  const measures = new Set(arrays.map(({ against }) => against));
  const known = arrays.filter(({ id }, i) => !measures.has(id) && defined[i] !== '0');
  return known.map((array): ChartPlan => {
    const other = arrays.find(({ id }) => id === array.against);
    const [label, otherLabel] = [say(array.label), other && say(other.label)];
    const what = otherLabel === undefined ? label : t('dynamics.against', { what: label, other: inside(otherLabel) });
    return {
      ...words,
      id: `${probe.id}.${array.id}`,
      title: t('dynamics.by_unit', { what }),
      short: what,
      unit: [array, other].flatMap((one) => (one ? [unitOf(one)] : [])).join(', '),
      logarithmic: array.scale === 'log',
      quantities: [],
      kind: 'units',
      units: {
        values: { id: array.id, label },
        against: other && otherLabel !== undefined ? { id: other.id, label: otherLabel } : null,
      },
    };
  });
}

/** What stands at the axis of a quantity: the title says what it means. */
function unitOf(quantity: Pick<NonNullable<Probe['quantities']>[number], 'unit' | 'symbol'> | undefined): string {
  return quantity?.unit || quantity?.symbol || '';
}

/** A label as it stands inside a sentence. */
function inside(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1);
}
