/**
 * Formulas of the activations and of the input features, printed from the registry's expressions.
 * Made by `python -m server.generate`; do not edit.
 */
import { errorFunction, hyperbolicTangent, logOnePlusExp } from '../model/elementary';

/** A variant's parameters by id. */
export type Parameters = Readonly<Record<string, number>>;

/** Fills out[0 … count) from z; the two may be the same array. */
export type Activation = (z: Float32Array, out: Float32Array, count: number, parameters: Parameters) => void;

/** Fills out[0 … size) from several weighted sums each: z[0 … size) are the first ones, then come all second ones. */
export type Gate = (z: Float32Array, out: Float32Array, size: number, pieces: number) => void;

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
  step: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x < 0 ? 0 : Number.isNaN(x) ? x : 1);
      }
    },
    derivative(_z, out, count) {
      for (let i = 0; i < count; i++) {
        out[i] = 0;
      }
    },
  },
  sign: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x < 0 ? -1 : x > 0 ? 1 : Number.isNaN(x) ? x : 0);
      }
    },
    derivative(_z, out, count) {
      for (let i = 0; i < count; i++) {
        out[i] = 0;
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
  softsign: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x/(Math.abs(x) + 1);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = -x*Math.sign(x)/Math.pow(Math.abs(x) + 1, 2) + 1/(Math.abs(x) + 1);
      }
    },
  },
  hard_sigmoid: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= -3 ? 0 : x >= 3 ? 1 : (1/6)*x + 1/2);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x >= 3 || x <= -3 ? 0 : 1/6);
      }
    },
  },
  hard_tanh: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= -1 ? -1 : x >= 1 ? 1 : x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x >= 1 || x <= -1 ? 0 : 1);
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
  relu6: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? 0 : x >= 6 ? 6 : x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x >= 6 || x <= 0 ? 0 : 1);
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
  elu: {
    forward(z, out, count, parameters) {
      const alpha = parameters['alpha']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? alpha*(Math.exp(x) - 1) : x);
      }
    },
    derivative(z, out, count, parameters) {
      const alpha = parameters['alpha']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? alpha*Math.exp(x) : 1);
      }
    },
  },
  selu: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? 1.7580993408473768*Math.exp(x) - 1.7580993408473768 : 1.0507009873554805*x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? 1.7580993408473768*Math.exp(x) : 1.0507009873554805);
      }
    },
  },
  softplus: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = logOnePlusExp(x);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*hyperbolicTangent((1/2)*x) + 1/2;
      }
    },
  },
  gelu: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*x*(errorFunction((1/2)*Math.sqrt(2)*x) + 1);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*Math.sqrt(2)*x*Math.exp(-1/2*(x*x))/Math.sqrt(Math.PI) + (1/2)*errorFunction((1/2)*Math.sqrt(2)*x) + 1/2;
      }
    },
  },
  gelu_tanh: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*x*(hyperbolicTangent(Math.sqrt(2)*(0.044715*Math.pow(x, 3) + x)/Math.sqrt(Math.PI)) + 1);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (1/2)*Math.sqrt(2)*x*(1 - Math.pow(hyperbolicTangent(Math.sqrt(2)*(0.044715*Math.pow(x, 3) + x)/Math.sqrt(Math.PI)), 2))*(0.134145*(x*x) + 1)/Math.sqrt(Math.PI) + (1/2)*hyperbolicTangent(Math.sqrt(2)*(0.044715*Math.pow(x, 3) + x)/Math.sqrt(Math.PI)) + 1/2;
      }
    },
  },
  silu: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x*((1/2)*hyperbolicTangent((1/2)*x) + 1/2);
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x*(1/4 - 1/4*Math.pow(hyperbolicTangent((1/2)*x), 2)) + (1/2)*hyperbolicTangent((1/2)*x) + 1/2;
      }
    },
  },
  mish: {
    forward(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x*hyperbolicTangent(logOnePlusExp(x));
      }
    },
    derivative(z, out, count) {
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = x*(1 - Math.pow(hyperbolicTangent(logOnePlusExp(x)), 2))*((1/2)*hyperbolicTangent((1/2)*x) + 1/2) + hyperbolicTangent(logOnePlusExp(x));
      }
    },
  },
  prelu: {
    forward(z, out, count, parameters) {
      const slope = parameters['slope'] ?? parameters['initial']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? slope*x : x);
      }
    },
    derivative(z, out, count, parameters) {
      const slope = parameters['slope'] ?? parameters['initial']!;
      for (let i = 0; i < count; i++) {
        const x = z[i]!;
        out[i] = (x <= 0 ? slope : 1);
      }
    },
  },
};

export const gates: Readonly<Record<string, Gate>> = {
  simple_gate(z, out, size, pieces) {
    for (let i = 0; i < size; i++) {
      let x = z[i]!;
      for (let at = i + size; at < pieces * size; at += size) {
        const y = z[at]!;
        x = x*y;
      }
      out[i] = x;
    }
  },
  maxout(z, out, size, pieces) {
    for (let i = 0; i < size; i++) {
      let x = z[i]!;
      for (let at = i + size; at < pieces * size; at += size) {
        const y = z[at]!;
        x = Math.max(x, y);
      }
      out[i] = x;
    }
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
