/**
 * Formulas of the activations and of the input features, printed from the registry's expressions.
 * Made by `python -m server.generate`; do not edit.
 */
import { hyperbolicTangent } from '../model/elementary';

/** A variant's parameters by id. */
export type Parameters = Readonly<Record<string, number>>;

/** Fills out[0 … count) from z; the two may be the same array. */
export type Activation = (z: Float32Array, out: Float32Array, count: number, parameters: Parameters) => void;

/** A feature of a point of the plane. */
export type Feature = (x1: number, x2: number) => number;

export interface ActivationTwin {
  readonly forward: Activation;
  readonly derivative: Activation;
}

export const activations: Readonly<Record<string, ActivationTwin>> = {
  linear: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x;
      }
    },
    derivative(_z, out, count) {
      for (let i = 0; i < count; i++) {
        out[i] = 1;
      }
    },
  },
  relu: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? 0 : x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? 0 : 1);
      }
    },
  },
  leaky_relu: {
    forward(z, out, count, parameters) {
      const slope = parameters['slope']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? slope*x : x);
      }
    },
    derivative(z, out, count, parameters) {
      const slope = parameters['slope']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? slope : 1);
      }
    },
  },
  sigmoid: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*hyperbolicTangent((1/2)*x) + 1/2;
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = 1/4 - 1/4*Math.pow(hyperbolicTangent((1/2)*x), 2);
      }
    },
  },
  tanh: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = hyperbolicTangent(x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = 1 - Math.pow(hyperbolicTangent(x), 2);
      }
    },
  },
};

export const features: Readonly<Record<string, Feature>> = {
  x1: (x1, _x2) => x1,
  x2: (_x1, x2) => x2,
  x1_squared: (x1, _x2) => (x1*x1),
  x2_squared: (_x1, x2) => (x2*x2),
  x1_x2: (x1, x2) => x1*x2,
  sin_x1: (x1, _x2) => Math.sin(x1),
  sin_x2: (_x1, x2) => Math.sin(x2),
};
