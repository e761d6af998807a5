import { describe, expect, it } from 'vitest';
import type { Upstream } from '../protocol/messages';
import { Watching } from './watching';

function watching() {
  const sent: Upstream[] = [];
  return { sent, it: new Watching((message) => sent.push(message)) };
}

describe('what a tab watches', () => {
  it('is told once for all that changed together', async () => {
    const { sent, it } = watching();
    it.setFields(['gradients']);
    it.probes(['b', 'a']);
    it.probes(['a']);
    await Promise.resolve();
    expect(sent).toEqual([{ type: 'watch', fields: ['gradients'], probes: ['a', 'b'] }]);
  });

  it('lasts until the last who shows a probe is gone', () => {
    const { it } = watching();
    const first = it.probes(['a']);
    const second = it.probes(['a', 'b']);
    second();
    second();
    expect(it.watched.probes).toEqual(['a']);
    first();
    expect(it.watched).toEqual({ fields: [], probes: [] });
  });
});
