"""The configuration of a run as pydantic models, made from the registry.

A choice is written flat, as `{"id": variant, ...its parameters}`. For each variant there is one model whose fields and
bounds are its parameters', and for each family a union of them, told apart by `id`. Everything is strict: no extra
fields, no number that is not finite, no text where a number belongs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError

from kernels.augmentation import MAX_NOISE, MAX_ROTATION, MAX_SHIFT
from kernels.layer_kinds import LAYER_KINDS, MAX_DROPOUT
from kernels.live import MAX_SWITCH, MAX_WARMUP
from kernels.spec import Family, Param, Variant
from server import defaults
from server.catalog import FAMILIES
from server.choices import ChoiceConfig, FileChoice, PicturesChoice, Strict, TableChoice
from server.datasets import Dataset
from server.datasets.files import FileSet

MAX_LAYERS = 32
MAX_SEED = 2**32 - 1
MAX_BATCH = 20_000
MIN_SPEED = 0.5
MAX_SPEED = 1e6
#: Bound on the product of a sample's multiplications and the batch size: those of about a tenth of a second.
MAX_WORK = 500_000_000


def _parameter_field(param: Param) -> tuple[Any, Any]:
    kind: Any = int if param.integer else float
    bounds: dict[str, Any] = {"gt" if param.exclusive_minimum else "ge": kind(param.minimum), "le": kind(param.maximum)}
    return kind, Field(kind(param.default), description=param.help["en"], **bounds)


def _base(dataset: Dataset) -> type[ChoiceConfig]:
    """What a choice of that data set holds besides its parameters."""
    if dataset.uploaded:
        return PicturesChoice if dataset.kind == "images" else TableChoice
    return FileChoice if isinstance(dataset, FileSet) else ChoiceConfig


def _choice_model(family: Family[Any], variant: Variant) -> type[ChoiceConfig]:
    fields: dict[str, Any] = {param.id: _parameter_field(param) for param in variant.params}
    name = "".join(word.capitalize() for word in f"{variant.id}_{family.id}".split("_"))
    fields["id"] = (Literal[variant.id], Field(...))
    base = _base(variant) if isinstance(variant, Dataset) else ChoiceConfig
    return create_model(name, __base__=base, __doc__=variant.help["en"], **fields)


#: The model of every variant: family id, then variant id. A kind of layer is no choice but a layer.
CHOICES: dict[str, dict[str, type[ChoiceConfig]]] = {
    family.id: {variant.id: _choice_model(family, variant) for variant in family}
    for family in FAMILIES.values()
    if family is not LAYER_KINDS
}


def _union(family_id: str) -> Any:
    models = tuple(CHOICES[family_id].values())
    return Annotated[Union[models], Field(discriminator="id")]  # noqa: UP007  (made when the server starts)


if TYPE_CHECKING:
    Activation: TypeAlias = ChoiceConfig
    Averaging: TypeAlias = ChoiceConfig
    BatchSchedule: TypeAlias = ChoiceConfig
    BiasInitializer: TypeAlias = ChoiceConfig
    Clipping: TypeAlias = ChoiceConfig
    DatasetChoice: TypeAlias = ChoiceConfig
    Initializer: TypeAlias = ChoiceConfig
    Loss: TypeAlias = ChoiceConfig
    MomentumSchedule: TypeAlias = ChoiceConfig
    Normalization: TypeAlias = ChoiceConfig
    Optimizer: TypeAlias = ChoiceConfig
    Preprocessing: TypeAlias = ChoiceConfig
    Regularizer: TypeAlias = ChoiceConfig
    Sampling: TypeAlias = ChoiceConfig
    Schedule: TypeAlias = ChoiceConfig
    Stopping: TypeAlias = ChoiceConfig
    Feature: TypeAlias = str
else:
    Activation = _union("activations")
    Averaging = _union("averagings")
    BatchSchedule = _union("batch_schedules")
    BiasInitializer = _union("bias_initializers")
    Clipping = _union("clippings")
    DatasetChoice = _union("datasets")
    Initializer = _union("initializers")
    Loss = _union("losses")
    MomentumSchedule = _union("momentum_schedules")
    Normalization = _union("normalizations")
    Optimizer = _union("optimizers")
    Preprocessing = _union("preprocessings")
    Regularizer = _union("regularizers")
    Sampling = _union("samplings")
    Schedule = _union("schedules")
    Stopping = _union("stoppings")
    Feature = Literal[tuple(CHOICES["features"])]

#: In which family the choice under a field's name is made, wherever in the configuration it stands.
CHOICE_FIELDS = {
    "dataset": "datasets",
    "preprocessing": "preprocessings",
    "activation": "activations",
    "initializer": "initializers",
    "bias_initializer": "bias_initializers",
    "normalization": "normalizations",
    "loss": "losses",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "momentum_schedule": "momentum_schedules",
    "batch_schedule": "batch_schedules",
    "averaging": "averagings",
    "stopping": "stoppings",
    "regularizers": "regularizers",
    "clipping": "clippings",
    "sampling": "samplings",
}


def _distinct(items: Any) -> Any:
    names = [item if isinstance(item, str) else item.id for item in items]
    if len(set(names)) < len(names):
        raise PydanticCustomError("duplicate", "each at most once")
    return items


def _speed(value: Any) -> Any:
    if isinstance(value, str) and value in {"auto", "full"}:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and MIN_SPEED <= value <= MAX_SPEED:
        return float(value)
    raise PydanticCustomError("speed", "auto, full, or steps per second")


Speed = Annotated[
    Any,
    BeforeValidator(_speed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": ["auto", "full"]},
                {"type": "number", "minimum": MIN_SPEED, "maximum": MAX_SPEED},
            ]
        }
    ),
    Field(description="Steps per second; auto is a pace that is a pleasure to watch, full is as fast as it goes."),
]
SPEED_BOUND = f"auto, full, or {MIN_SPEED:g} <= speed <= {MAX_SPEED:.0f}"

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


def words_of(kind: str, name: str) -> tuple[str | int, ...]:
    """What a layer's parameter with choices may be: their ids, as numbers where they are numbers."""
    return tuple(int(word) if word.isdigit() else word for word, _ in LAYER_KINDS[kind].param(name).choices)


def _padding(value: Any) -> Any:
    # To Python, True and 1.0 are 1, too. No zeros at all have a name.
    named = "valid" if value == 0 else value
    if type(value) not in {str, int} or named not in words_of("conv", "padding"):
        raise PydanticCustomError("literal_error", "a word or a whole number")
    return named


if TYPE_CHECKING:
    Padding: TypeAlias = Literal["same", "valid"] | int
    Pooling: TypeAlias = Literal["max", "mean"]
else:
    Padding = Annotated[Literal[words_of("conv", "padding")], BeforeValidator(_padding)]
    Pooling = Literal[words_of("pool", "pooling")]


def _part(kind: str, name: str) -> Any:
    """The field of a layer's parameter."""
    param, words = LAYER_KINDS[kind].param(name), words_of(kind, name)
    return Field(words[int(param.default)], description=param.help["en"]) if words else _parameter_field(param)[1]


class DenseConfig(Strict):
    """A hidden layer that is connected with all of its inputs."""

    kind: Literal["dense"] = "dense"
    units: int = _part("dense", "units")
    activation: Activation = Field(defaults.DENSE["activation"], validate_default=True)
    initializer: Initializer = Field(defaults.DENSE["initializer"], validate_default=True)
    bias_initializer: BiasInitializer = Field(defaults.DENSE["bias_initializer"], validate_default=True)
    normalization: Normalization = Field(defaults.DENSE["normalization"], validate_default=True)
    dropout: float = _part("dense", "dropout")
    dropconnect: float = _part("dense", "dropconnect")
    skip: int = _part("dense", "skip")


class ConvConfig(Strict):
    """A hidden layer that slides filters over an image."""

    kind: Literal["conv"] = "conv"
    filters: int = _part("conv", "filters")
    kernel: int = _part("conv", "kernel")
    stride: int = _part("conv", "stride")
    padding: Padding = _part("conv", "padding")
    activation: Activation = Field(defaults.CONV["activation"], validate_default=True)
    initializer: Initializer = Field(defaults.CONV["initializer"], validate_default=True)
    bias_initializer: BiasInitializer = Field(defaults.DENSE["bias_initializer"], validate_default=True)
    normalization: Normalization = Field(defaults.CONV["normalization"], validate_default=True)
    dropout: float = _part("conv", "dropout")
    channel_dropout: float = _part("conv", "channel_dropout")
    dropconnect: float = _part("conv", "dropconnect")
    skip: int = _part("conv", "skip")


class PoolConfig(Strict):
    """A layer that keeps one number of each window of an image."""

    kind: Literal["pool"] = "pool"
    pooling: Pooling = _part("pool", "pooling")
    size: int = _part("pool", "size")
    stride: int = _part("pool", "stride")


class GlobalPoolConfig(Strict):
    """A layer that keeps the mean of each channel of an image."""

    kind: Literal["global_pool"] = "global_pool"


#: The model of every kind of layer.
LAYERS: dict[str, type[DenseConfig | ConvConfig | PoolConfig | GlobalPoolConfig]] = {
    model.model_fields["kind"].default: model for model in (DenseConfig, ConvConfig, PoolConfig, GlobalPoolConfig)
}
#: What may change in a layer while it trains.
LIVE_PARTS = {param.id for kind in LAYER_KINDS for param in kind.params if param.live}


def _with_kind(layer: Any) -> Any:
    """A layer that does not say its kind is dense, as all layers once were."""
    return {"kind": "dense", **layer} if isinstance(layer, dict) else layer


_Layer = Annotated[DenseConfig | ConvConfig | PoolConfig | GlobalPoolConfig, Field(discriminator="kind")]
LayerConfig: TypeAlias = Annotated[_Layer, BeforeValidator(_with_kind)]


#: The convolutional network that is offered.
CONVOLUTIONAL: list[LayerConfig] = TypeAdapter(list[LayerConfig]).validate_python(defaults.CONVOLUTIONAL)


class InputConfig(Strict):
    """What happens to the inputs before the first layer."""

    dropout: float = Field(
        defaults.NETWORK["input"]["dropout"],
        ge=0,
        le=MAX_DROPOUT,
        description="How likely an input is silenced in training.",
    )


class OutputConfig(Strict):
    """The output layer, whose width and activation the task decides."""

    initializer: Initializer
    bias_initializer: BiasInitializer = Field(defaults.DENSE["bias_initializer"], validate_default=True)


class DataConfig(Strict):
    """What is learned from. `features` matter for points of the plane only."""

    dataset: DatasetChoice
    train_share: float = Field(ge=0.1, le=0.9)
    seed: Seed
    features: Annotated[
        list[Feature], Field(min_length=1, max_length=len(CHOICES["features"])), AfterValidator(_distinct)
    ]
    preprocessing: Preprocessing


class NetworkConfig(Strict):
    """The architecture."""

    input: InputConfig = Field(defaults.NETWORK["input"], validate_default=True)
    layers: list[LayerConfig] = Field(max_length=MAX_LAYERS)
    output: OutputConfig


class SwitchConfig(Strict):
    """Another optimizer that takes over after so many steps: the weights stay, its slots start fresh."""

    step: int = Field(ge=1, le=MAX_SWITCH)
    optimizer: Optimizer


class AugmentationConfig(Strict):
    """How training images are changed, anew for every batch. For images only."""

    shift: float = Field(0.0, ge=0, le=MAX_SHIFT, description="How many pixels images are moved at most.")
    rotation: float = Field(0.0, ge=0, le=MAX_ROTATION, description="How many degrees images are turned at most.")
    flip: bool = Field(default=False, description="Whether half of the images are mirrored, left to right.")
    noise: float = Field(0.0, ge=0, le=MAX_NOISE, description="Standard deviation of what is added to each input.")

    @property
    def on(self) -> bool:
        """Whether anything is changed."""
        return self.flip or max(self.shift, self.rotation, self.noise) > 0


class TrainingConfig(Strict):
    """How it is trained."""

    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    regularizers: Annotated[
        list[Regularizer], Field(max_length=len(CHOICES["regularizers"])), AfterValidator(_distinct)
    ]
    batch_size: int = Field(ge=1, le=MAX_BATCH)
    clipping: Clipping
    sampling: Sampling
    warmup: int = Field(ge=0, le=MAX_WARMUP, description="Steps over which the learning rate grows from zero.")
    momentum_schedule: MomentumSchedule
    batch_schedule: BatchSchedule
    averaging: Averaging
    stopping: Stopping
    switch: SwitchConfig | None
    augmentation: AugmentationConfig = Field(defaults.TRAINING["augmentation"], validate_default=True)


class RunConfig(Strict):
    """Everything that decides what a run does. The same configuration gives the same numbers."""

    seed: Seed
    data: DataConfig
    network: NetworkConfig
    training: TrainingConfig
    speed: Speed

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, complete: what the page shows and puts into its link."""
        return self.model_dump()
