"""A network in training: buffers, data and choices around `train_chunk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.averagings import AVERAGINGS
from kernels.beginning import NO_LOSSES, draw, fresh_clock, fresh_running
from kernels.epochs import (
    BETTER,
    ENOUGH,
    Stop,
    Watch,
    advance_schedule,
    forget_schedule,
    forget_stopping,
    fresh_watch,
    judge_epoch,
    stop_of,
    watches_alike,
)
from kernels.layout import make_layout
from kernels.live import batch_size_at, make_live, same_slots
from kernels.network import Choice, ConvSpec, NetworkSpec, TrainingData, TrainingSpec, WeightedSpec
from kernels.optimizers import OPTIMIZERS
from kernels.plan import EVALUATION_BLOCK, EVALUATION_BLOCK_OF_IMAGES, make_plan, power_of_two
from kernels.records import Recorder, Records
from kernels.rng import seed_state
from kernels.schedules import BATCH_SCHEDULES, SCHEDULES
from kernels.state import Clock, Live, LiveAddress, LiveInteger, Memory, Plan, PlanInteger, Walk
from kernels.stoppings import STOPPINGS
from kernels.table import make_table
from kernels.train import LOSS, NOTHING, evaluate_sets, evaluate_test, train_chunk

#: Records that one call can write; a call that fills them returns early and is followed by another.
RECORDS_A_CALL = 256

LARGEST = float(np.finfo(np.float32).max)

_SHUFFLE_STREAM = 1_000_000
_SAVED = (
    "parameters", "gradients", "updates", "slots", "running", "averaged", "order", "clock", "losses", "random", "stats"
)  # fmt: skip


@dataclass(frozen=True)
class Divergence:
    """Where a number stopped being finite: in which step, and in what: a tensor, `layer2.activation` or `loss`."""

    step: int
    tensor: str


class Trainer:
    """A network in training.

    The same specifications, data and seed give the same bits, however the steps are cut into calls. One thread at a
    time.
    """

    def __init__(self, network: NetworkSpec, training: TrainingSpec, data: TrainingData, seed: int) -> None:
        """Draw the weights. Raises ValueError or KeyError, naming what and the bound, for choices that do not exist."""
        self.layout = make_layout(network)
        self.diverged: Divergence | None = None
        self.stopped: Stop | None = None
        self._watch = fresh_watch()
        self._best = np.zeros(0, np.float32)
        self._training, self._optimizer = training, training.optimizer
        self._records = Recorder(len(self.layout.columns))
        self._seed = seed
        table = make_table(network, self.layout)
        samples = data.x_train.shape[0]
        self._plan = make_plan(table, self.layout, data, training.batch_size, seed)
        integers = self._plan.integers
        self.evaluated = (int(integers[PlanInteger.EVALUATED_TRAIN]), int(integers[PlanInteger.EVALUATED_TEST]))
        size = self.layout.parameter_count
        columns = len(self.layout.columns)
        self._memory = Memory(
            parameters=draw(network, self.layout, data.y_train, seed),
            gradients=np.zeros(size, np.float32),
            updates=np.zeros(size, np.float32),
            slots=np.zeros(0, np.float32),
            ascended=np.zeros(0, np.float32),
            running=fresh_running(self.layout),
            averaged=np.zeros(0, np.float32),
            arena=np.zeros(0, np.float32),
            walk=np.zeros(len(Walk), np.int64),
            effective=np.zeros(0, np.float32),
            targets=np.zeros(0, np.float32),
            scratch=np.zeros(0, np.float32),
            order=np.arange(samples, dtype=np.int64),
            clock=fresh_clock(samples),
            losses=NO_LOSSES.copy(),
            random=seed_state(seed, _SHUFFLE_STREAM),
            stats=np.full(columns, np.nan, np.float32),
            record_steps=np.zeros(RECORDS_A_CALL),
            record_values=np.zeros((RECORDS_A_CALL, columns), np.float32),
        )
        self._table, self._rows = table, table.rows
        self._on_images = any(stage.kind != "dense" for stage in self.layout.stages)
        self._dropout = np.zeros(1 + 3 * len(self.layout.layer_names), np.float32)
        self.set_dropout(network)
        self._samples: int = samples
        self._take_optimizer(training.optimizer)
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
    def averaged(self) -> NDArray[np.float32] | None:
        """The mean of `parameters`, then that of `running`, flat; None where nothing is averaged."""
        return self._memory.averaged if self._live.addresses[LiveAddress.SHARE] else None

    @property
    def parts(self) -> tuple[Plan, Live, Memory]:
        """What it trains with, for who looks inside: to be read, or copied, but not changed."""
        return self._plan, self._live, self._memory

    @property
    def training(self) -> TrainingSpec:
        """How it is trained."""
        return self._training

    @property
    def optimizer(self) -> Choice:
        """The optimizer that is in force."""
        return self._optimizer

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
        """Steps in one pass over the training set, at the present batch size."""
        return -(-self._samples // self.batch_size)

    @property
    def batch_size(self) -> int:
        """The batch size of the coming step."""
        training = self._training
        return batch_size_at(training.batch_size, training.batch_schedule, self._samples, self.step)

    @property
    def step_flops(self) -> float:
        """Floating-point operations of one step, about: two a multiplication and sample forward, four backward.

        A batch size that grows counts as the next power of two.
        """
        growing = BATCH_SCHEDULES[self._training.batch_schedule.id].value is not None
        return 6.0 * self.layout.operations * (power_of_two(self.batch_size) if growing else self.batch_size)

    @property
    def arena_size(self) -> int:
        """How many numbers the activations and gradients of a batch take."""
        return self._memory.arena.size

    @property
    def record_count(self) -> int:
        """How many records there are. Record i never changes."""
        return self._records.count

    def records(self, start: int) -> Records:
        """The records from index `start` on; views, not copies."""
        return self._records.since(start)

    def train(self, steps: int, observe: bool = True) -> int:
        """Train for `steps` steps without the GIL; returns the steps done, fewer if it diverged or stopped."""
        done = 0
        while done < steps and self.diverged is None and self.stopped is None:
            switch = self._training.switch
            due = steps - done
            if switch is not None and self.step < switch.step:
                due = min(due, switch.step - self.step)
            done += int(train_chunk(self._plan, self._live, self._memory, due, observe and due == steps - done))
            written = int(self._memory.clock[Clock.RECORDS])
            self._records.append(self._memory.record_steps[:written], self._memory.record_values[:written])
            if (culprit := int(self._memory.clock[Clock.CULPRIT])) != NOTHING:
                self.diverged = Divergence(self.step, self._name(culprit))
                break
            if self._live.integers[LiveInteger.CUT] and self._memory.clock[Clock.POSITION] >= self._samples:
                self._end_epoch()
            if switch is not None and self.step == switch.step:
                self._take_optimizer(switch.optimizer)
                self.set_training(self._training)
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
        """Change how it is trained from the next step on.

        Another optimizer starts with fresh slots, as does one whose slots come to mean something else; another mean of
        the weights begins here; another loss (or mean) is watched anew. Raises ValueError for a parameter or batch size
        out of range or choices that do not go together, KeyError for an unknown choice.
        """
        if not 1 <= training.batch_size <= self._samples:
            raise ValueError(
                f"batch_size is {training.batch_size}, but must satisfy 1 <= batch_size <= {self._samples}"
            )
        optimizer = training.optimizer_at(self.step)
        # Wrong choices are found before anything has changed.
        live = make_live(training, optimizer, self.layout, self._dropout, self._samples)
        old, self._training = self._training, training
        self._begin_watching(old, training)
        live.schedule[-1] = self._watch[Watch.REACHED]
        live.share[-1] = self._watch[Watch.AVERAGED_FROM]
        self._live = live
        if same_slots(self._optimizer, optimizer):
            self._optimizer = optimizer
        else:
            self._take_optimizer(optimizer)
        least = EVALUATION_BLOCK_OF_IMAGES if self._on_images else EVALUATION_BLOCK
        self._make_room(max(least, -(-int(live.integers[LiveInteger.LARGEST_BATCH]) // 8) * 8))

    def _make_room(self, block: int) -> None:
        """Let the arena hold so many samples."""
        if self._rows * block != self._memory.arena.size or block != self._memory.targets.size:
            self._memory = self._memory._replace(
                arena=np.zeros(self._rows * block, np.float32),
                targets=np.zeros(block, np.float32),
                scratch=np.zeros(2 * block, np.float32),
            )

    def _begin_watching(self, old: TrainingSpec, new: TrainingSpec) -> None:
        """Forget what was seen of epochs where it no longer compares, and make room for what is kept beside."""
        watch, memory = self._watch, self._memory
        if old.loss != new.loss:
            memory.losses[:] = NO_LOSSES
        measured = old.loss == new.loss and old.averaging.id == new.averaging.id
        if not (measured and watches_alike(old.schedule, new.schedule)):
            forget_schedule(watch)
        if not (measured and old.stopping.id == new.stopping.id):
            forget_stopping(watch)
        trained = np.concatenate([memory.parameters, memory.running])
        averaged = AVERAGINGS[new.averaging.id].share is not None
        if averaged != (memory.averaged.size > 0) or old.averaging.id != new.averaging.id:
            watch[Watch.AVERAGED_FROM] = self.step
            self._memory = memory = memory._replace(averaged=trained if averaged else np.zeros(0, np.float32))
        best = (trained.size + memory.averaged.size) if STOPPINGS[new.stopping.id].watches else 0
        if best != self._best.size:
            self._best = np.zeros(best, np.float32)

    def _take_optimizer(self, choice: Choice) -> None:
        """Put an optimizer in force, with fresh slots."""
        self._optimizer = choice
        optimizer = OPTIMIZERS[choice.id]
        size = len(optimizer.slots) * self.layout.parameter_count + len(optimizer.scalars)
        climbed = self.layout.parameter_count if optimizer.climbs else 0
        self._memory = self._memory._replace(slots=np.zeros(size, np.float32), ascended=np.zeros(climbed, np.float32))
        self._memory.clock[Clock.OPTIMIZER_STEP] = 0

    def _end_epoch(self) -> None:
        """Look at how the epoch went: the learning rate may fall, or training end with the best weights back."""
        training, watch, memory = self._training, self._watch, self._memory
        schedule, stopping = SCHEDULES[training.schedule.id], STOPPINGS[training.stopping.id]
        if schedule.advances is not None:
            on_test = schedule.named(training.schedule)["measure"] == 1
            batches = float(memory.losses[4] / memory.losses[5])
            advance_schedule(watch, schedule, training.schedule, self._test_loss() if on_test else batches)
            self._live.schedule[-1] = watch[Watch.REACHED]
        if not stopping.watches:
            return
        test_loss = self._test_loss()
        judged = judge_epoch(watch, stopping, training.stopping, test_loss, self.epoch, self.step)
        buffers = (memory.parameters, memory.running, memory.averaged)
        if judged == BETTER:
            np.concatenate(buffers, out=self._best)
        elif judged == ENOUGH:
            start = 0
            for buffer in buffers:
                buffer[:] = self._best[start : start + buffer.size]
                start += buffer.size
            self._take_optimizer(self._optimizer)
            self.stopped = stop_of(watch, self.step)
            self.observe()

    def _test_loss(self) -> float:
        return float(evaluate_test(self._plan, self._live, self._memory))

    def resume(self) -> None:
        """Go on after an early stop, from the best weights, with the whole patience again."""
        self.stopped = None
        self._watch[Watch.STOPPED] = self._watch[Watch.WAITED] = 0

    def set_dropout(self, network: NetworkSpec) -> None:
        """Set how likely inputs, units, weights and channels are silenced, from the next step on.

        The rest of `network` stays.

        Raises ValueError unless each probability is in [0, 0.9], and for another number of layers.
        """
        hidden = len(self.layout.layer_names) - 1
        if len(network.layers) != hidden:
            raise ValueError(f"{len(network.layers)} layers were given, but there are {hidden} hidden ones")
        rates = [(network.input_dropout, "dropout")]
        for layer in network.layers:
            dropped = (layer.dropout, layer.dropconnect) if isinstance(layer, WeightedSpec) else (0.0, 0.0)
            channels = layer.channel_dropout if isinstance(layer, ConvSpec) else 0.0
            rates += zip((*dropped, channels), ("dropout", "dropconnect", "channel_dropout"), strict=True)
        for rate, name in rates:
            if not 0 <= rate <= 0.9:
                raise ValueError(f"{name} is {rate}, but must satisfy 0 <= {name} <= 0.9")
        self._dropout[: len(rates)] = [rate for rate, _ in rates]
        by_layer = self._dropout[1:].reshape(-1, 3)
        self._rows = self._table.place_dropped([bool(units or channels) for units, _, channels in by_layer])
        self._make_room(self._memory.targets.size)
        used = self.layout.weight_count if self._table.weighs or by_layer[:, 1].any() else 0
        if used > self._memory.effective.size:
            self._memory = self._memory._replace(effective=np.zeros(used, np.float32))

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
        state |= {"watch": self._watch.copy(), "best": self._best.copy()}
        records = self._records.since(0)
        return state | {"record_steps": records.steps.copy(), "record_values": records.values.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a `state` of the same network, data and training choices. Raises ValueError if shapes differ."""
        # The step alone tells which optimizer's slots they are.
        self._take_optimizer(self._training.optimizer_at(int(state["clock"][Clock.STEP])))
        own = {name: getattr(self._memory, name) for name in _SAVED} | {"watch": self._watch, "best": self._best}
        for name, values in own.items():
            if state[name].shape != values.shape:
                raise ValueError(f"{name} has shape {state[name].shape}, not {values.shape}")
        for name, values in own.items():
            values[...] = state[name]
        self.set_training(self._training)
        self._records = Recorder(len(self.layout.columns))
        self._records.append(state["record_steps"], state["record_values"])
        culprit = int(self._memory.clock[Clock.CULPRIT])
        self.diverged = None if culprit == NOTHING else Divergence(self.step, self._name(culprit))
        self.stopped = stop_of(self._watch, self.step) if self._watch[Watch.STOPPED] else None
