"""The shapes of the HTTP answers, for the OpenAPI description from which the page's types are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from server.catalog import FAMILIES
from server.pace import GroupClock
from server.publications import State
from server.schema import LayerConfig, RunConfig
from server.studies.views import ComparisonView, StudiesView
from server.variant_views import IllnessView, ImagesPreview, TextView, VariantView, View


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
    probes: list[VariantView]
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
    comparisons: list[ComparisonView]
    studies: StudiesView
    illnesses: list[IllnessView] = Field(description="The most severe first.")
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


class CreatedGroupView(View):
    """Runs in lockstep that have begun. The token steers each of them."""

    id: str
    control_token: str
    clock: GroupClock
    runs: list[CreatedView]


class GroupView(View):
    """Runs in lockstep, in the order in which they were added."""

    id: str
    clock: GroupClock
    runs: list[RunView]


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
