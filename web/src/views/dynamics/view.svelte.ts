/** What all charts of the dynamics share: the group that is looked at, the axis, one cursor, one layer that stands out. */
import type { ChartPlan } from './plan';

export type Axis = 'step' | 'epoch' | 'layer';

/** All charts of the group in the whole window, beside which no single one is. */
export const WHOLE_GROUP = 'group';

export class DynamicsView {
  group = $state('overview');
  axis = $state<Axis>('step');
  /** The step under the pointer, in whichever chart it is; null without one. */
  cursor = $state<number | null>(null);
  /** The layer whose units are shown one by one; null is the first. */
  unitsOf = $state<number | null>(null);
  /** The layer that stands out in every chart. */
  layer = $state<number | null>(null);
  /** What fills the window: a chart by its place's id, WHOLE_GROUP, or nothing. */
  large = $state<string | null>(null);
  /** Which chart is shown at a place that has several. */
  private readonly chosen = $state<Record<string, string>>({});
  /** What a person chose for a chart's y axis. */
  private readonly logarithmic = $state<Record<string, boolean>>({});

  chartAt(place: string, charts: readonly ChartPlan[]): ChartPlan {
    return charts.find(({ id }) => id === this.chosen[place]) ?? charts[0]!;
  }

  /** What was chosen for a place, if anything. */
  chosenAt(place: string): string | undefined {
    return this.chosen[place];
  }

  choose(place: string, chart: string): void {
    this.chosen[place] = chart;
  }

  isLogarithmic({ id, logarithmic }: Pick<ChartPlan, 'id' | 'logarithmic'>): boolean {
    return this.logarithmic[id] ?? logarithmic;
  }

  setLogarithmic(id: string, logarithmic: boolean): void {
    this.logarithmic[id] = logarithmic;
  }

  /** Fills the window with a chart, or goes back to the page. */
  enlarge(what: string): void {
    this.large = this.large === what ? null : what;
  }
}
