/** What the server said against a change of the layers. Pure. */

import type { Text } from '../protocol/messages';

export interface LayerRefusal {
  /** Position of the hidden layer; null where it is about all of them. */
  layer: number | null;
  /** The field of the layer, such as `kernel` or `normalization.groups`; empty where it is about all of it. */
  part: string;
  message: Text;
}

/** A refusal that is about layers; null for one about anything else. */
export function layerRefusal(field: string | null | undefined, message: Text): LayerRefusal | null {
  const found = /^network\.layers(?:\.(\d+)(?:\.(.+))?)?$/.exec(field ?? '');
  if (!found) return null;
  return { layer: found[1] === undefined ? null : Number(found[1]), part: found[2] ?? '', message };
}
