/** A fair race: every optimizer's learning rate is searched first, then each runs at its best. Pure. */

import type { Catalog, Choice, PartialConfig, Text } from '../../protocol/messages';
import { usualChoice } from '../families';
import { MOST_RUNS } from './address';

export interface Cell {
  readonly optimizer: string;
  readonly label: Text;
  readonly rate: number;
  readonly change: PartialConfig;
}

type Known = Pick<Catalog, 'families' | 'studies' | 'default_config'>;

/** The optimizers that have a learning rate to be searched. */
export function racers({ families, studies }: Known) {
  return families.optimizers.filter(({ id }) => (studies.learning_rates[id]?.length ?? 0) > 0);
}

/**
 * A row an optimizer, in the order of the catalogue; a cell a learning rate, and nothing else. Those that are `present`
 * keep their other parameters, the others have the usual ones.
 */
export function raceGrid(optimizers: readonly string[], present: readonly Choice[], catalog: Known): Cell[][] {
  return racers(catalog)
    .filter(({ id }) => optimizers.includes(id))
    .map((variant) => {
      const own = present.find(({ id }) => id === variant.id);
      const choice = usualChoice(variant, own ?? catalog.default_config.training.optimizer);
      return catalog.studies.learning_rates[variant.id]!.map((rate) => {
        const optimizer = { ...choice, learning_rate: rate };
        return { optimizer: variant.id, label: variant.label, rate, change: { training: { optimizer } } };
      });
    });
}

/** How many optimizers a study has room for. */
export function mostRacers({ studies }: Known): number {
  const rates = Math.max(1, ...Object.values(studies.learning_rates).map((list) => list.length));
  return Math.min(MOST_RUNS, Math.floor(studies.limits.configs / rates));
}

/**
 * What a cell comes to: the middle one of the last losses of its runs. Infinity where most went astray; NaN while no run
 * has come to the end.
 */
export function outcome(ends: readonly number[], astray: number): number {
  const sorted = [...ends, ...Array<number>(astray).fill(Infinity)].sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The place of the smallest number; -1 where there is none. */
export function bestOf(outcomes: readonly number[]): number {
  let best = -1;
  outcomes.forEach((value, i) => {
    if (Number.isFinite(value) && (best < 0 || value < outcomes[best]!)) best = i;
  });
  return best;
}

/** 0 for the largest loss of the map, 1 for the smallest, by their logarithms; NaN where there is none. */
export function shades(outcomes: readonly (readonly number[])[]): number[][] {
  const logs = outcomes.map((row) => row.map((value) => (value > 0 && value < Infinity ? Math.log(value) : NaN)));
  const known = logs.flat().filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return logs.map((row) => row.map((value) => (high > low ? (high - value) / (high - low) : value - value + 1)));
}
