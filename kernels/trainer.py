"""A network in training: buffers, data and choices around `train_chunk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.clippings import CLIPPINGS
from kernels.initializers import INITIALIZERS
from kernels.labels import pack_labels
from kernels.layout import MAX_PARAMS, OUTPUT, Layout, make_layout, make_table
from kernels.losses import LOSSES
from kernels.network import Choice, NetworkSpec, TrainingData, TrainingSpec
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS, Regularizer
from kernels.rng import seed_state
from kernels.samplings import SAMPLINGS
from kernels.schedules import SCHEDULES
from kernels.statistics import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from kernels.train import LOSS, NOTHING, Clock, Live, Memory, Plan, PlanInteger, evaluate_sets, train_chunk

#: Samples that are looked at in one go when a whole set is evaluated.
EVALUATION_BLOCK = 128
#: Below this many operations an evaluation costs no more than ~1 ms, and is made whenever somebody looks.
CHEAP_EVALUATION = 40e6
#: Above this many operations a set, only its first samples are evaluated (a random choice), but at least so many.
EVALUATION_LIMIT, EVALUATION_LEAST = 40e6, 256
#: Where evaluations are not cheap, the share of the training's operations that they may take at the first interval.
EVALUATION_SHARE = 0.1
#: Records that one call can write; a call that fills them returns early and is followed by another.
RECORDS_A_CALL = 256

LARGEST = float(np.finfo(np.float32).max)

#: The longest warm-up of the learning rate, in steps.
MAX_WARMUP = 1_000_000

_SHUFFLE_STREAM = 1_000_000
_SAVED = ("parameters", "gradients", "updates", "slots", "running", "order", "clock", "losses", "random", "stats")


@dataclass(frozen=True)
class Divergence:
    """Where a number stopped being finite: in which step, and in what: a tensor, `layer2.activation` or `loss`."""

    step: int
    tensor: str


@dataclass(frozen=True)
class Records:
    """Records from `start` on. `steps`: [n] float64; `values`: [n, columns] float32, as the layout's columns say."""

    start: int
    steps: NDArray[np.float64]
    values: NDArray[np.float32]


class Trainer:
    """A network in training.

    The same specifications, data and seed give the same bits, however the steps are cut into calls. One thread at a
    time.
    """

    def __init__(self, network: NetworkSpec, training: TrainingSpec, data: TrainingData, seed: int) -> None:
        """Draw the weights. Raises ValueError or KeyError, naming what and the bound, for choices that do not exist."""
        self.layout = make_layout(network)
        self.diverged: Divergence | None = None
        self._training = training
        self._records = _Recorder(len(self.layout.columns))
        self._seed = seed
        table = make_table(network, self.layout)
        samples, tests = data.x_train.shape[0], data.x_test.shape[0]
        weights = self.layout.weight_count
        self.evaluated = (_evaluated(samples, weights), _evaluated(tests, weights))
        evaluation = 2.0 * weights * sum(self.evaluated)
        cheap = evaluation <= CHEAP_EVALUATION
        self._weights: int = weights
        step_flops = 6.0 * weights * min(training.batch_size, samples)
        interval = 1 if cheap else _power_of_two(evaluation / (EVALUATION_SHARE * step_flops))
        integers = np.zeros(len(PlanInteger), np.int64)
        integers[PlanInteger.WEIGHTS] = weights
        integers[PlanInteger.LOSS] = LOSSES[training.loss.id].value.address
        integers[PlanInteger.TASK] = _task(data, network.outputs)
        integers[PlanInteger.EVALUATED_TRAIN], integers[PlanInteger.EVALUATED_TEST] = self.evaluated
        integers[PlanInteger.EVALUATED_WHEN_OBSERVED] = cheap
        integers[PlanInteger.RECORD_INTERVAL] = interval
        integers[PlanInteger.SEED] = seed
        # Copies, since a read-only array is another type to Numba, for which train_chunk would be compiled again.
        self._plan = Plan(
            fields=table.fields,
            params=table.params,
            saturation=table.saturation,
            tensors=np.array([(tensor.offset, tensor.size) for tensor in self.layout.tensors], np.int64),
            x_train=np.array(data.x_train, np.float32, order="C"),
            y_train=_targets(data.y_train),
            x_test=np.array(data.x_test, np.float32, order="C"),
            y_test=_targets(data.y_test),
            natural_order=np.arange(max(samples, tests), dtype=np.int64),
            sorted_order=np.argsort(_targets(data.y_train), kind="stable").astype(np.int64),
            integers=integers,
        )
        size = self.layout.parameter_count
        clock = np.zeros(len(Clock), np.int64)
        clock[Clock.NEXT_RECORD] = 1
        clock[Clock.CULPRIT] = NOTHING
        clock[Clock.POSITION] = samples  # so that the first step shuffles
        clock[Clock.DRAWN] = -1
        clock[Clock.EPOCH] = -1
        columns = len(self.layout.columns)
        self._memory = Memory(
            parameters=_draw(network, self.layout, seed),
            gradients=np.zeros(size, np.float32),
            updates=np.zeros(size, np.float32),
            slots=np.zeros(0, np.float32),
            ascended=np.zeros(0, np.float32),
            running=_fresh_running(self.layout),
            arena=np.zeros(0, np.float32),
            inverse_std=np.zeros(table.inverse_stds, np.float32),
            targets=np.zeros(0, np.float32),
            scratch=np.zeros(0, np.float32),
            order=np.arange(samples, dtype=np.int64),
            clock=clock,
            losses=np.array([0.0, 0.0, np.inf, -np.inf]),
            random=seed_state(seed, _SHUFFLE_STREAM),
            stats=np.full(columns, np.nan, np.float32),
            record_steps=np.zeros(RECORDS_A_CALL),
            record_values=np.zeros((RECORDS_A_CALL, columns), np.float32),
        )
        self._rows = table.rows
        self._dropout = np.zeros(max(1, len(network.layers)), np.float32)
        self.set_dropout([layer.dropout for layer in network.layers])
        self._samples: int = samples
        self._renew_slots()
        self.set_training(training)

    @property
    def parameters(self) -> NDArray[np.float32]:
        """All trainable numbers, flat; the layout's tensors are views into it."""
        return self._memory.parameters

    @property
    def gradients(self) -> NDArray[np.float32]:
        """The gradient of the last step's batch, penalties included, parallel to `parameters`."""
        return self._memory.gradients

    @property
    def updates(self) -> NDArray[np.float32]:
        """What the last observed step added to `parameters`."""
        return self._memory.updates

    @property
    def running(self) -> NDArray[np.float32]:
        """Running statistics of normalizations, flat; the layout's buffers are views into it."""
        return self._memory.running

    @property
    def stats(self) -> NDArray[np.float32]:
        """The latest observation, a float a column of the layout; NaN where there is none yet."""
        return self._memory.stats

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self._memory.clock[Clock.STEP])

    @property
    def epoch(self) -> float:
        """Passes over the training set, with their fraction."""
        clock = self._memory.clock
        return float(clock[Clock.EPOCH] + clock[Clock.POSITION] / self._samples)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass over the training set."""
        return -(-self._samples // self._training.batch_size)

    @property
    def step_flops(self) -> float:
        """Floating-point operations of one step, about: two a weight and sample forward, four backward."""
        return 6.0 * self._weights * min(self._training.batch_size, self._samples)

    @property
    def record_count(self) -> int:
        """How many records there are. Record i never changes."""
        return self._records.count

    def records(self, start: int) -> Records:
        """The records from index `start` on; views, not copies."""
        return self._records.since(start)

    def train(self, steps: int, observe: bool = True) -> int:
        """Train for `steps` steps without the GIL; returns the steps done, fewer (or none) if training diverged."""
        done = 0
        while done < steps and self.diverged is None:
            done += int(train_chunk(self._plan, self._live, self._memory, steps - done, observe))
            written = int(self._memory.clock[Clock.RECORDS])
            self._records.append(self._memory.record_steps[:written], self._memory.record_values[:written])
            if (culprit := int(self._memory.clock[Clock.CULPRIT])) != NOTHING:
                self.diverged = Divergence(self.step, self._name(culprit))
        return done

    def observe(self) -> None:
        """Look without a step: bring the losses and accuracies in `stats` up to date with the present parameters.

        What a step shows (activations, gradients, updates) stays that of the last step. Changes no bit of the training.
        """
        evaluate_sets(self._plan, self._live, self._memory)

    def _name(self, culprit: int) -> str:
        if culprit == LOSS:
            return "loss"
        if culprit < NOTHING:
            return f"{self.layout.layer_names[-2 - culprit]}.activation"
        return self.layout.tensors[culprit].name

    def set_training(self, training: TrainingSpec) -> None:
        """Change how it is trained from the next step on. Another optimizer starts with fresh slots; the loss stays.

        Raises ValueError for a parameter or batch size out of range, KeyError for an unknown choice.
        """
        if not 1 <= training.batch_size <= self._samples:
            raise ValueError(
                f"batch_size is {training.batch_size}, but must satisfy 1 <= batch_size <= {self._samples}"
            )
        if training.loss.id != self._training.loss.id:
            raise ValueError("loss cannot change while training; start again with the other loss")
        optimizer, schedule = OPTIMIZERS[training.optimizer.id], SCHEDULES[training.schedule.id]
        values = optimizer.values(training.optimizer.params)
        passes = [
            *((REGULARIZERS[choice.id].gradient, REGULARIZERS[choice.id], choice) for choice in training.regularizers),
            (CLIPPINGS[training.clipping.id].clip, CLIPPINGS[training.clipping.id], training.clipping),
        ]
        addresses = [optimizer.update.address, schedule.factor.address if schedule.factor else 0]
        rows, extents = [], []
        for kernel, variant, choice in passes:
            given = variant.values(choice.params)
            if kernel is None:
                continue
            weights_only = isinstance(variant, Regularizer) and given[-1] == 0
            addresses.append(kernel.address)
            rows.append([*given, *[0.0] * (MAX_PARAMS - len(given))])
            extents.append(self.layout.weight_count if weights_only else self.layout.parameter_count)
        sampling = SAMPLINGS[training.sampling.id]
        sampling.values(training.sampling.params)
        if not 0 <= training.warmup <= MAX_WARMUP:
            raise ValueError(f"warmup is {training.warmup}, but must satisfy 0 <= warmup <= {MAX_WARMUP}")
        factors = schedule.values(training.schedule.params)
        loss_params = LOSSES[training.loss.id].values(training.loss.params)
        renewed = training.optimizer.id != self._training.optimizer.id
        self._training = training
        if renewed:
            self._renew_slots()
        self._live = Live(
            optimizer=np.array([*values, *values], np.float32),
            schedule=np.array(factors or [0.0], np.float32),
            loss=np.array(loss_params or [0.0], np.float32),
            passes=np.array(rows, np.float32).reshape(-1, MAX_PARAMS),
            extents=np.array(extents, np.int64),
            addresses=np.array(addresses, np.int64),
            dropout=self._dropout,
            integers=np.array([training.batch_size, sampling.code, training.warmup], np.int64),
            ascent=np.array([values[1] if optimizer.climbs else 0.0], np.float32),
        )
        block = max(EVALUATION_BLOCK, -(-training.batch_size // 8) * 8)
        if block != self._memory.targets.size:
            self._memory = self._memory._replace(
                arena=np.zeros(self._rows * block, np.float32),
                targets=np.zeros(block, np.float32),
                scratch=np.zeros(2 * block, np.float32),
            )

    def _renew_slots(self) -> None:
        optimizer = OPTIMIZERS[self._training.optimizer.id]
        size = len(optimizer.slots) * self.layout.parameter_count + len(optimizer.scalars)
        climbed = self.layout.parameter_count if optimizer.climbs else 0
        self._memory = self._memory._replace(slots=np.zeros(size, np.float32), ascended=np.zeros(climbed, np.float32))
        self._memory.clock[Clock.OPTIMIZER_STEP] = 0

    def set_dropout(self, rates: Sequence[float]) -> None:
        """Set the dropout probability of every hidden layer. Raises ValueError unless each is in [0, 0.9]."""
        hidden = len(self.layout.layer_names) - 1
        if len(rates) != hidden:
            raise ValueError(f"{len(rates)} dropout rates were given, but there are {hidden} hidden layers")
        for rate in rates:
            if not 0 <= rate <= 0.9:
                raise ValueError(f"dropout is {rate}, but must satisfy 0 <= dropout <= 0.9")
        self._dropout[:hidden] = rates

    def set_parameter(self, tensor: str, index: int, value: float) -> None:
        """Set one number of a tensor, by its flat index. Raises KeyError or ValueError naming the bound."""
        place = self.layout.tensor(tensor)
        if not 0 <= index < place.size:
            raise ValueError(f"index is {index}, but {tensor} has indices 0 to {place.size - 1}")
        if not abs(value) <= LARGEST:
            raise ValueError(f"value is {value:g}, but must satisfy -{LARGEST:g} <= value <= {LARGEST:g}")
        self._memory.parameters[place.offset + index] = value

    def state(self) -> dict[str, NDArray[np.generic]]:
        """All that training has changed, as copies; `restore` goes on from there bit by bit."""
        state: dict[str, NDArray[np.generic]] = {name: getattr(self._memory, name).copy() for name in _SAVED}
        records = self._records.since(0)
        return state | {"record_steps": records.steps.copy(), "record_values": records.values.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a `state` of the same network, data and training choices. Raises ValueError if shapes differ."""
        for name in _SAVED:
            if state[name].shape != getattr(self._memory, name).shape:
                raise ValueError(f"{name} has shape {state[name].shape}, not {getattr(self._memory, name).shape}")
        for name in _SAVED:
            getattr(self._memory, name)[...] = state[name]
        self._records = _Recorder(len(self.layout.columns))
        self._records.append(state["record_steps"], state["record_values"])
        culprit = int(self._memory.clock[Clock.CULPRIT])
        self.diverged = None if culprit == NOTHING else Divergence(self.step, self._name(culprit))


class _Recorder:
    """Rows that are only ever added, in arrays that double."""

    def __init__(self, columns: int) -> None:
        self.count = 0
        self._steps = np.zeros(64)
        self._values = np.zeros((64, columns), np.float32)

    def append(self, steps: NDArray[np.generic], values: NDArray[np.generic]) -> None:
        count = self.count + len(steps)
        while count > len(self._steps):
            # New arrays, so that rows which somebody holds stay as they are.
            self._steps = np.concatenate([self._steps, np.zeros_like(self._steps)])
            self._values = np.concatenate([self._values, np.zeros_like(self._values)])
        self._steps[self.count : count] = steps
        self._values[self.count : count] = values
        self.count = count

    def since(self, start: int) -> Records:
        return Records(start, self._steps[start : self.count], self._values[start : self.count])


def _draw(network: NetworkSpec, layout: Layout, seed: int) -> NDArray[np.float32]:
    """Weights by each layer's initializer and a generator of its own; gammas are one, biases and betas zero."""
    parameters = np.zeros(layout.parameter_count, np.float32)
    choices: list[Choice] = [*(layer.initializer for layer in network.layers), network.output_initializer]
    for tensor in layout.tensors:
        view = parameters[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
        if tensor.role == "weight":
            choice = choices[tensor.layer - 1]
            # The output's stream is the same whatever the depth, so that runs can be compared.
            layer_seed = 0 if tensor.name == f"{OUTPUT}.weight" else tensor.layer
            rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(layer_seed,)))
            initializer = INITIALIZERS[choice.id]
            view[...] = initializer.draw(rng, (tensor.shape[0], tensor.shape[1]), initializer.values(choice.params))
        elif tensor.role == "gamma":
            view[...] = 1.0
    return parameters


def _fresh_running(layout: Layout) -> NDArray[np.float32]:
    running = np.zeros(layout.running_count, np.float32)
    for buffer in layout.buffers:
        if buffer.role == "running_var":
            running[buffer.offset : buffer.offset + buffer.size] = 1.0
    return running


def _evaluated(samples: int, weights: int) -> int:
    return min(samples, max(EVALUATION_LEAST, int(EVALUATION_LIMIT / (2 * weights))))


def _power_of_two(at_least: float) -> int:
    power = 1
    while power < at_least:
        power *= 2
    return power


def _targets(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Targets [samples], several labels packed into one number."""
    return np.array(y if y.ndim == 1 else pack_labels(y), np.float32, order="C")


def _task(data: TrainingData, outputs: int) -> int:
    if data.y_train.ndim > 1:
        return MULTILABEL
    if outputs > 1:
        return MULTICLASS
    targets = np.unique(data.y_train)
    return BINARY if set(targets.tolist()) <= {-1.0, 1.0} else REGRESSION
