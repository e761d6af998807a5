/**
 * How far the colours of maps can be compared: each map by itself, all maps of a layer, or the whole network. One choice for
 * every drawing of the page. An address (?scale=map) wins over what was remembered, as with the theme.
 */
import type { ScaleScope } from '../draw/scales';
import { forgetInAddress, recall, remember } from './remember';

export const SCOPES: readonly ScaleScope[] = ['map', 'layer', 'global'];

/** The first of the candidates that is a scope; per layer where none is. */
export function scopeOf(...candidates: (string | null)[]): ScaleScope {
  const found = candidates.find((one) => SCOPES.includes(one as ScaleScope));
  return (found as ScaleScope | undefined) ?? 'layer';
}

class Scales {
  scope = $state<ScaleScope>('layer');

  constructor() {
    if (typeof location !== 'undefined') {
      this.scope = scopeOf(new URLSearchParams(location.search).get('scale'), recall('scale'));
    }
  }

  choose(scope: ScaleScope): void {
    this.scope = scope;
    remember('scale', scope);
    forgetInAddress('scale');
  }
}

export const scales = new Scales();
