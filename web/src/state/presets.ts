/** Presets: which one a configuration is. Pure. */

import type { Preset, RunConfig } from '../protocol/messages';
import { same } from './merge';

/** The preset that a configuration is, at whatever speed; null where it is none. */
export function presetOf(presets: readonly Preset[], config: RunConfig): Preset | null {
  return presets.find((preset) => same({ ...preset.config, speed: config.speed }, config)) ?? null;
}
