/**
 * Formulas of the activations, the input features and the schedules, printed from the registry's expressions.
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

/** A number for every step t. `parameters`: the variant's own, and what its family adds to them. */
export type OverTime = (t: number, parameters: Parameters) => number;

export interface ScheduleTwin {
  readonly at: OverTime;
  /** The number of steps in which a picture of it shows what it does. */
  readonly span: (parameters: Parameters) => number;
  /** For a learning rate that goes up and down: where it stands between its lowest (0) and its highest (1). */
  readonly cycle?: OverTime;
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

export const schedules: Readonly<Record<string, Readonly<Record<string, ScheduleTwin>>>> = {
  schedules: {
    constant: {
      at(_t, _parameters) {
        return 1;
      },
      span(_parameters) {
        return 1000;
      },
    },
    linear: {
      at(t, parameters) {
        const floor = parameters['floor']!;
        const steps = parameters['steps']!;
        return -(1 - floor)*Math.min(1, t/steps) + 1;
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
    },
    step: {
      at(t, parameters) {
        const every = parameters['every']!;
        const gamma = parameters['gamma']!;
        return Math.pow(gamma, Math.floor(t/every));
      },
      span(parameters) {
        const every = parameters['every']!;
        return 5*every;
      },
    },
    exponential: {
      at(t, parameters) {
        const every = parameters['every']!;
        const gamma = parameters['gamma']!;
        return Math.pow(gamma, t/every);
      },
      span(parameters) {
        const every = parameters['every']!;
        return 5*every;
      },
    },
    inverse_time: {
      at(t, parameters) {
        const steps = parameters['steps']!;
        return 1/(1 + t/steps);
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 5*steps;
      },
    },
    polynomial: {
      at(t, parameters) {
        const floor = parameters['floor']!;
        const power = parameters['power']!;
        const steps = parameters['steps']!;
        return floor + (1 - floor)*Math.pow(1 - Math.min(1, t/steps), power);
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
    },
    cosine: {
      at(t, parameters) {
        const floor = parameters['floor']!;
        const steps = parameters['steps']!;
        return floor + (1/2)*(1 - floor)*(Math.cos(Math.PI*Math.min(1, t/steps)) + 1);
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
    },
    one_cycle: {
      at(t, parameters) {
        const floor = parameters['floor']!;
        const rise = parameters['rise']!;
        const start = parameters['start']!;
        const steps = parameters['steps']!;
        return (t < rise*steps ? start + (1/2)*(1 - start)*(1 - Math.cos(Math.PI*t/(rise*steps))) : floor + (1/2)*(1 - floor)*(Math.cos(Math.PI*(-rise + Math.min(1, t/steps))/(1 - rise)) + 1));
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
      cycle(t, parameters) {
        const rise = parameters['rise']!;
        const steps = parameters['steps']!;
        return (t < rise*steps ? 1/2 - 1/2*Math.cos(Math.PI*t/(rise*steps)) : (1/2)*Math.cos(Math.PI*(rise - Math.min(1, t/steps))/(rise - 1)) + 1/2);
      },
    },
    cyclic: {
      at(t, parameters) {
        const every = parameters['every']!;
        const floor = parameters['floor']!;
        return floor + (1 - floor)*(1 - Math.abs(2*(((((1/2)*t/every) % 1) + 1) % 1) - 1));
      },
      span(parameters) {
        const every = parameters['every']!;
        return 6*every;
      },
      cycle(t, parameters) {
        const every = parameters['every']!;
        return 1 - Math.abs(2*(((((1/2)*t/every) % 1) + 1) % 1) - 1);
      },
    },
    reduce_on_plateau: {
      at(_t, parameters) {
        const reached = parameters['reached']!;
        return reached;
      },
      span(_parameters) {
        return 1000;
      },
    },
  },
  momentum_schedules: {
    constant: {
      at(_t, parameters) {
        const target = parameters['target']!;
        return target;
      },
      span(_parameters) {
        return 1000;
      },
    },
    linear: {
      at(t, parameters) {
        const start = parameters['start']!;
        const steps = parameters['steps']!;
        const target = parameters['target']!;
        return start + (-start + target)*Math.min(1, t/steps);
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
    },
    increasing: {
      at(t, parameters) {
        const every = parameters['every']!;
        const target = parameters['target']!;
        return Math.min(target, 1 - 1/(2*Math.floor(t/every) + 2));
      },
      span(parameters) {
        const every = parameters['every']!;
        return 12*every;
      },
    },
    inverse_cycle: {
      at(_t, parameters) {
        const cycle = parameters['cycle']!;
        const lowest = parameters['lowest']!;
        const target = parameters['target']!;
        return -cycle*(-lowest + target) + target;
      },
      span(_parameters) {
        return 1000;
      },
    },
  },
  batch_schedules: {
    constant: {
      at(_t, parameters) {
        const size = parameters['size']!;
        return size;
      },
      span(_parameters) {
        return 1000;
      },
    },
    step_growth: {
      at(t, parameters) {
        const every = parameters['every']!;
        const gamma = parameters['gamma']!;
        const largest = parameters['largest']!;
        const size = parameters['size']!;
        return Math.max(size, Math.floor(Math.min(largest, Math.pow(gamma, Math.floor(t/every))*size) + 1/1000));
      },
      span(parameters) {
        const every = parameters['every']!;
        return 6*every;
      },
    },
    linear_growth: {
      at(t, parameters) {
        const largest = parameters['largest']!;
        const size = parameters['size']!;
        const steps = parameters['steps']!;
        return Math.max(size, Math.floor(size + (largest - size)*Math.min(1, t/steps) + 1/1000));
      },
      span(parameters) {
        const steps = parameters['steps']!;
        return 1.25*steps;
      },
    },
  },
};
