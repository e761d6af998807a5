import { expect, it } from 'vitest';
import { SvgSurface } from './surface';
import { drawSymbol, partsOf } from './symbols';

it('has subscripts of one sign, or of several in braces', () => {
  const told = (symbol: string) => partsOf(symbol).map(({ text, below }) => (below ? `[${text}]` : text));
  expect(told('‖ΔW‖ / ‖W‖')).toEqual(['‖ΔW‖ / ‖W‖']);
  expect(told('rms(σ²_B − σ²)')).toEqual(['rms(σ²', '[B]', ' − σ²)']);
  expect(told('cos(g_t, g_{t+1})')).toEqual(['cos(g', '[t]', ', g', '[t+1]', ')']);
  expect(told('')).toEqual([]);
});

it('writes them one after the other, subscripts smaller and lower', () => {
  const surface = new SvgSurface(100, 50, (text, size) => text.length * size);
  drawSymbol(surface, 'Inter', 'μ_B, μ', 2, 20, 10);
  const written = [...surface.toString().matchAll(/x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)".*>(.*)</g)];
  expect(written.map(([, x, y, size, text]) => [Number(x), Number(y), Number(size), text])).toEqual([
    [2, 20, 10, 'μ'],
    [12, 21.2, 7.6, 'B'],
    [19.6, 20, 10, ', μ'],
  ]);
  expect(surface.font).toBe('10px Inter');
});
