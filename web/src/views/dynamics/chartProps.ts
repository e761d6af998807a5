/** What every kind of chart gets. */
import type { Snippet } from 'svelte';
import type { Palette } from '../../draw/palette';
import type { RunStore } from '../../state/run.svelte';
import type { ChartPlan } from './plan';
import type { DynamicsView } from './view.svelte';

export interface ChartProps {
  run: RunStore;
  view: DynamicsView;
  plan: ChartPlan;
  /** The id of the place where it stands. */
  place: string;
  palette: Palette;
  /** How often it is measured, where it is not in the record. */
  every: string;
  choice?: Snippet | undefined;
  /** What is chosen says all of the title. */
  named: boolean;
}
