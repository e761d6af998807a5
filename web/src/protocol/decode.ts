/** Bytes of the socket and of /data to typed messages. Pure: no state, no I/O. */

import { decode as unpack } from '@msgpack/msgpack';
import type { Axis, Downstream, Frame, Measurement, ProbeId, RunData, Samples, SeriesChunk } from './messages';

const EMPTY = new Float32Array(0);

/** A view of little-endian floats; copied only where the bytes do not start on a multiple of 4. */
export function floats(bytes: Uint8Array): Float32Array {
  const count = wholeNumber(bytes, 4);
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** The same for float64. */
export function doubles(bytes: Uint8Array): Float64Array {
  const count = wholeNumber(bytes, 8);
  if (bytes.byteOffset % 8 === 0) return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  return new Float64Array(new Uint8Array(bytes).buffer);
}

/** One message of the socket. Throws a TypeError on anything that is not one. */
export function decodeMessage(bytes: ArrayBuffer | Uint8Array): Downstream {
  const message = unpack(bytes) as Record<string, unknown>;
  switch (message?.['type']) {
    case 'frame':
      return decodeFrame(message);
    case 'hello':
    case 'event':
      return message as unknown as Downstream;
    default:
      throw new TypeError(`a message of unknown type: ${String(message?.['type'])}`);
  }
}

/** The answer of /api/runs/{id}/data. */
export function decodeData(bytes: ArrayBuffer | Uint8Array): RunData {
  const raw = unpack(bytes) as Record<string, unknown>;
  const kind = raw['kind'] as RunData['kind'];
  const levels = (raw['levels'] as number | null) ?? 1;
  const samples = (part: unknown): Samples => {
    const fields = part as Record<string, Uint8Array>;
    const targets = floats(fields['targets']!);
    const inputs =
      kind === 'images' ? Float32Array.from(fields['images']!, (value) => value / levels) : floats(fields['points']!);
    return { count: targets.length, inputs, targets };
  };
  return {
    generation: raw['generation'] as number,
    task: raw['task'] as RunData['task'],
    kind,
    classes: raw['classes'] as number,
    width: (raw['width'] as number | null) ?? 0,
    height: (raw['height'] as number | null) ?? 0,
    channels: (raw['channels'] as number | null) ?? 1,
    classNames: (raw['class_names'] as string[] | null) ?? [],
    train: samples(raw['train']),
    test: samples(raw['test']),
    features: raw['features'] as string[],
    columns: (raw['columns'] as Axis[] | null) ?? [],
    target: (raw['target'] as Axis | null) ?? null,
    inputNames: (raw['input_names'] as string[] | null) ?? [],
    offset: floats(raw['offset'] as Uint8Array),
    matrix: floats(raw['matrix'] as Uint8Array),
  };
}

function decodeFrame(message: Record<string, unknown>): Frame {
  const optional = (name: string) => {
    const bytes = message[name] as Uint8Array | null | undefined;
    return bytes ? floats(bytes) : null;
  };
  const series = message['series'] as Record<string, unknown> | null | undefined;
  return {
    ...(message as unknown as Frame),
    params: floats(message['params'] as Uint8Array),
    running: optional('running') ?? EMPTY,
    gradients: optional('gradients'),
    updates: optional('updates'),
    averaged: optional('averaged'),
    stats: optional('stats') ?? EMPTY,
    series: decodeSeries(series),
    probes: decodeMeasurements(message['probes'] as Record<string, Record<string, unknown>> | undefined),
  };
}

function decodeMeasurements(
  measured: Record<string, Record<string, unknown>> | undefined,
): Record<ProbeId, Measurement> | null {
  if (!measured) return null;
  const entries = Object.entries(measured).map(([id, one]): [ProbeId, Measurement] => [
    id,
    { ...(one as unknown as Measurement), values: floats(one['values'] as Uint8Array) },
  ]);
  return Object.fromEntries(entries);
}

function decodeSeries(series: Record<string, unknown> | null | undefined): SeriesChunk {
  if (!series) return { start: 0, steps: new Float64Array(0), values: EMPTY };
  return {
    start: series['start'] as number,
    steps: doubles(series['steps'] as Uint8Array),
    values: floats(series['values'] as Uint8Array),
  };
}

function wholeNumber(bytes: Uint8Array, size: number): number {
  if (bytes.byteLength % size !== 0) {
    throw new TypeError(`${bytes.byteLength} bytes are not a whole number of ${8 * size}-bit floats`);
  }
  return bytes.byteLength / size;
}
