import { expect, it, vi } from 'vitest';
import type { Palette } from '../../draw/palette';
import { ProbeHistory } from '../../state/probes';
import type { Probe, Subject } from './plan';

vi.stubGlobal('document', { documentElement: { lang: 'en' } });
const { probePlans } = await import('./probePlans');

const text = (en: string) => ({ en, zh: en });
const quantity = (id: string, symbol: string, rest: object = {}) => ({
  id,
  label: text(id),
  scale: 'linear' as const,
  unit: '' as const,
  symbol,
  against: null,
  ...rest,
});
const subject = { palette: { ink: '#111' } as Palette, hidden: 1, name: String } as unknown as Subject;

function plans(probe: Partial<Probe>, arrays: string[] = []) {
  const quantities = (probe.quantities ?? []).map(({ id }) => id);
  const rows = [{ layer: null, tensor: null }];
  const history = new ProbeHistory({ rows, quantities, arrays, length: arrays.length > 0 ? 2 : 0 });
  const whole = { id: 'it', label: text('It'), help: text(''), formula: '', source: '', ...probe } as Probe;
  return probePlans(subject, whole, { of: () => history }, '1'.repeat(quantities.length + arrays.length));
}

it('has the symbol or the unit of a quantity at the axis, and its meaning in the title', () => {
  const quantities = [quantity('size', '‖g‖'), quantity('share', '', { unit: '%' }), quantity('count', '')];
  const told = plans({ chart: 'lines', quantities }).map(({ title, unit }) => [title, unit]);
  expect(told).toEqual([
    ['size', '‖g‖'],
    ['share', '%'],
    ['count', ''],
  ]);
});

it('has at the axis of a histogram what is counted, and of units both that are read against each other', () => {
  expect(plans({ chart: 'ridge', quantities: [quantity('low', 'w'), quantity('high', 'w')] })[0]!.unit).toBe('w');
  const arrays = [quantity('mean', 'μ_B', { against: 'kept' }), quantity('kept', 'μ'), quantity('scale', 'γ')];
  const told = plans({ chart: 'units', quantities: [], arrays }, ['mean', 'kept', 'scale']);
  expect(told.map(({ unit }) => unit)).toEqual(['μ_B, μ', 'γ']);
});
