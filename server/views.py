"""The shapes of the HTTP answers, for the OpenAPI description from which the page's types are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.catalog import FAMILIES
from server.publications import State
from server.schema import LayerConfig, RunConfig


class View(BaseModel):
    """The base of answers."""

    model_config = ConfigDict(extra="forbid")


class TextView(View):
    """One text in both languages."""

    en: str
    zh: str


class ProgressView(View):
    """How far something is."""

    done: int
    total: int
    label: str


class KernelsView(ProgressView):
    """How far the usual kernels are, without which no run begins, and the others."""

    state: Literal["compiling", "ready", "failed"]
    others: ProgressView


class HealthView(View):
    """How the server is."""

    status: Literal["ok"]
    version: str
    kernels: KernelsView
    runs: int
    viewers: int


class ParamView(View):
    """A number that a person may set."""

    id: str
    label: TextView
    help: TextView
    default: float
    minimum: float
    maximum: float
    scale: Literal["linear", "log"]
    integer: bool
    live: bool
    exclusive_minimum: bool
    unit: Literal["", "%"]
    choices: list[tuple[str, TextView]] = Field(
        description="If any, the number is the index of one: its id, its label."
    )
    divides_units: bool = Field(description="It must divide what is normalized of the layer.")


class PlanePreview(View):
    """A thumbnail of points: [x1, x2, target] each."""

    kind: Literal["plane"]
    points: list[tuple[float, float, float]]


class ImagesPreview(View):
    """A thumbnail of images: bytes from 0 to `levels` in base64, channel by channel, row by row; 3 channels are RGB."""

    kind: Literal["images"]
    width: int
    height: int
    channels: int
    levels: int
    images: list[str]
    labels: list[str]


class VariantView(View):
    """A choice, with all that the page needs to offer and explain it."""

    id: str
    label: TextView
    help: TextView
    formula: str
    source: str
    params: list[ParamView]
    group: TextView | None = Field(None, description="The heading under which it is offered, in a large family.")
    note: TextView | None = Field(None, description="What to know before taking it, such as why nothing will move.")
    unavailable: TextView | None = Field(None, description="Why it cannot be taken yet, and what to take instead.")
    needs_image: TextView | None = Field(
        None,
        description="Normalizations only: why a layer of one number a unit cannot take it, and what to take there.",
    )
    full_batch: bool | None = Field(None, description="Optimizers only: made for the whole training set at once.")
    momentum: str | None = Field(None, description="Optimizers only: the parameter that a momentum schedule changes.")
    cycles: bool | None = Field(None, description="Schedules only: the learning rate goes up and down.")
    follows_cycle: bool | None = Field(None, description="Momentum schedules only: needs a schedule that cycles.")
    follows_loss: bool | None = Field(None, description="Schedules only: no formula tells what is to come.")
    pieces: int | None = Field(None, description="Gates without such a parameter: the weighted sums of a unit.")
    own_rates: bool | None = Field(None, description="Optimizers only: the learning rate is the first step's only.")
    signs_only: bool | None = Field(None, description="Optimizers only: steps alike however long the gradient is.")
    order_only: bool | None = Field(None, description="Samplings only: matters where a batch is not all samples.")
    acts_on: Literal["bias", "learning_rate", "momentum", "batch_size", "gradient"] | None = Field(
        None, description="Schedules, clippings, bias initializers: what it changes, if it changes anything."
    )
    takes_bias: bool | None = Field(None, description="Normalizations only: before the activation there is no bias.")
    least_batch: int | None = Field(None, description="Normalizations only: samples over which a variance must go.")
    least_units: int | None = Field(None, description="Normalizations only: units over which a variance must go.")
    output_only: bool | None = Field(None, description="Bias initializers only: not for hidden layers.")
    choices: list[str] | None = Field(None, description="Kinds of layers only: the families' fields that it has.")
    counted: str | None = Field(None, description="Kinds of layers only: the parameter that counts units or filters.")
    takes_image: bool | None = Field(None, description="Kinds of layers only: nothing but an image can come in.")
    gives_image: bool | None = Field(None, description="Kinds of layers only: an image comes out.")
    tasks: list[str] | None = Field(None, description="Losses only: the tasks that it fits.")
    kinds: list[str] | None = Field(None, description="Features only: the kinds of data that they are made of.")
    task: str | None = Field(None, description="Data sets only, as are kind, classes and preview.")
    kind: Literal["plane", "images", "table"] | None = None
    classes: int | None = None
    uploaded: bool | None = Field(None, description="Data sets only: stands for data that a person brings.")
    preview: PlanePreview | ImagesPreview | None = None


class FamiliesView(View):
    """Every family of choices."""

    layer_kinds: list[VariantView]
    activations: list[VariantView]
    initializers: list[VariantView]
    bias_initializers: list[VariantView]
    normalizations: list[VariantView]
    losses: list[VariantView]
    optimizers: list[VariantView]
    schedules: list[VariantView]
    momentum_schedules: list[VariantView]
    batch_schedules: list[VariantView]
    averagings: list[VariantView]
    stoppings: list[VariantView]
    regularizers: list[VariantView]
    clippings: list[VariantView]
    samplings: list[VariantView]
    features: list[VariantView]
    preprocessings: list[VariantView]
    datasets: list[VariantView]


class HeadingView(View):
    """A family's own words. `live`: the choice may change without new weights."""

    label: TextView
    help: TextView
    live: bool


class PresetView(View):
    """An experiment worth looking at: `watch` says in one sentence what will be seen. `config` is complete."""

    id: str
    label: TextView
    watch: TextView
    group: TextView
    config: RunConfig


class AugmentationLimitsView(View):
    """The most that training images can be changed."""

    shift: float = Field(description="Pixels.")
    rotation: float = Field(description="Degrees.")
    noise: float = Field(description="Standard deviation.")


class LimitsView(View):
    """Bounds that the page shows before they are met."""

    layers: int
    dropout: float
    batch_size: int
    warmup: int
    switch: int = Field(description="The last step at which an optimizer can take over.")
    augmentation: AugmentationLimitsView
    work: int = Field(description="Multiplications for a sample times batch size.")
    seed: int
    speed_minimum: float
    speed_maximum: float
    train_share_minimum: float
    train_share_maximum: float
    message_bytes: int
    upload_bytes: int
    images_bytes: int
    images: int
    table_rows: int
    table_columns: int
    idle_pause_seconds: float
    keep_minutes: float


class CatalogView(View):
    """Everything that can be chosen."""

    version: str
    protocol: int
    families: FamiliesView
    headings: dict[str, HeadingView]
    default_config: RunConfig
    default_layers: dict[str, LayerConfig] = Field(description="A layer of each kind as it is by default.")
    convolutional: list[LayerConfig] = Field(description="Layers that suit images of any size.")
    presets: list[PresetView]
    limits: LimitsView


class TensorView(View):
    """A named view into a flat buffer."""

    name: str
    layer: int
    role: str
    shape: list[int]
    offset: int
    size: int


class ColumnView(View):
    """What one float of a record means."""

    name: str
    layer: int | None
    tensor: str | None


class StageView(View):
    """A layer with its shapes, (features,) or (channels, height, width), as `kernels.shapes.Stage` has it."""

    name: str
    kind: Literal["dense", "conv", "pool", "global_pool"]
    input_shape: list[int]
    shape: list[int]
    pieces: int
    kernel: int
    stride: int
    padding: int
    pooling: Literal["max", "mean", ""]
    skip: int
    groups: int
    operations: int


class LayoutView(View):
    """Where everything lies in the flat buffers and records."""

    tensors: list[TensorView]
    buffers: list[TensorView]
    columns: list[ColumnView]
    parameter_count: int
    weight_count: int
    running_count: int
    layer_names: list[str]
    layer_units: list[int]
    input_shape: list[int]
    stages: list[StageView]


class CreatedView(View):
    """A run that has begun. Only who has the token may steer it."""

    id: str
    control_token: str
    config: RunConfig
    layout: LayoutView


class DivergenceView(View):
    """Where a number stopped being finite: in which step, and in what: a tensor, `layer2.activation` or `loss`."""

    step: int
    tensor: str


class StopView(View):
    """An early stop: after which step, and in which epoch, after which step the best test loss was."""

    step: int
    best_epoch: float
    best_step: int
    best_loss: float


class RunView(View):
    """A run. `idle`: it was paused because nobody watched. `diverged`: why it can go on with new weights only.

    `stopped`: how training ended by itself; it goes on from the best weights when played.
    """

    id: str
    config: RunConfig
    layout: LayoutView
    state: State
    idle: bool
    diverged: DivergenceView | None
    stopped: StopView | None
    step: int
    epoch: float
    rate: float
    generation: int
    steps_per_epoch: int
    evaluated: tuple[int, int]
    pace: float
    viewers: int


class TableColumnView(View):
    """A column of a table. `tasks`: what can be learned of it, the natural task first; nothing of a constant."""

    name: str
    minimum: float
    maximum: float
    distinct: int
    whole: bool
    tasks: list[Literal["regression", "binary", "multiclass"]]


class TableView(View):
    """A table that was taken in: its first rows, and which columns it suggests. Columns are counted from 0."""

    id: str
    rows: int
    columns: list[TableColumnView]
    preview: list[list[float]]
    target: int
    inputs: list[int]
    drawn: bool = Field(description="Points that were drawn on the plane.")


class ClassView(View):
    """A class of images."""

    name: str
    count: int


class PicturesView(View):
    """Images that were taken in: their classes, and some of them."""

    id: str
    count: int
    classes: list[ClassView]
    preview: ImagesPreview


class ProblemView(View):
    """One thing that is wrong."""

    field: str
    message: TextView
    bound: str


class ErrorBody(ProblemView):
    """The first thing that is wrong, and all of them."""

    fields: list[ProblemView]


class ErrorView(View):
    """Why something was not done."""

    error: ErrorBody


if set(FamiliesView.model_fields) != set(FAMILIES):
    raise AssertionError("FamiliesView must name every family of the registry")

#: For the OpenAPI description: what every route may answer besides success.
ERRORS: dict[int | str, dict[str, Any]] = {code: {"model": ErrorView} for code in (401, 403, 404, 413, 415, 422, 429)}
