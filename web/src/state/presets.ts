/** Presets: which one a configuration is. Pure. */

import type { Preset, RunConfig } from '../protocol/messages';
import { alike } from './merge';

/** The preset that a configuration is, at whatever speed; null where it is none. */
export function presetOf(presets: readonly Preset[], config: RunConfig): Preset | null {
  return presets.find((preset) => alike(preset.config, config)) ?? null;
}
