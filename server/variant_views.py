"""How a choice is told to the page: its texts, its parameters, its formula line by line."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kernels.probes.probe import Chart, Topic


class View(BaseModel):
    """The base of answers."""

    model_config = ConfigDict(extra="forbid")


class TextView(View):
    """One text in both languages."""

    en: str
    zh: str


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


class LineView(View):
    """One line of a calculation: `name` becomes what `expression` says, if `when` holds or is empty."""

    name: str
    expression: str = Field(description="In the small part of Python that kernels/working.py names.")
    when: str


class WorkingView(View):
    """A formula taken apart into lines that can be calculated one after the other."""

    lines: list[LineView]
    symbols: dict[str, str] = Field(description="The LaTeX of every name in them.")
    slots: dict[str, str] = Field(description="The slot behind a name that is one.")
    weights_only: list[str] = Field(description="Parameters that are zero for whatever is not a weight.")


class QuantityView(View):
    """A number that a probe measures: which axis suits it; a unit of "%" means that 0.1 is shown as 10 %."""

    id: str
    label: TextView
    scale: Literal["linear", "log"]
    unit: Literal["", "%"]
    symbol: str = Field(description="Stands at its axis; what follows _ is a subscript, of several signs in braces.")
    against: str | None = Field(description="The quantity that it is read against, on the same axis.")


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
    climbs: bool | None = Field(None, description="Optimizers only: the gradient is taken from a point uphill.")
    decoupled: bool | None = Field(None, description="Regularizers only: shrinks weights apart from the gradient.")
    working: WorkingView | None = Field(None, description="Optimizers, losses, averagings: the formula, line by line.")
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
    topic: Topic | None = Field(None, description="Probes only, as are the next four: where it is shown.")
    chart: Chart | None = Field(None, description="Lines, histograms over time, a mask of the units, numbers a unit.")
    quantities: list[QuantityView] | None = Field(None, description="What each row of a measurement begins with.")
    arrays: list[QuantityView] | None = Field(None, description="What follows them, as often as the run's layout says.")
    task: str | None = Field(None, description="Data sets only, as are kind, classes and preview.")
    kind: Literal["plane", "images", "table"] | None = None
    classes: int | None = None
    uploaded: bool | None = Field(None, description="Data sets only: stands for data that a person brings.")
    preview: PlanePreview | ImagesPreview | None = None


class IllnessView(View):
    """What can be wrong with a run. `help` states the rule; in `sentence` stand {layer}, {number} and {since}."""

    id: str
    label: TextView
    help: TextView
    formula: str
    source: str
    params: list[ParamView]
    sentence: TextView
    remedy: TextView
    unit: Literal["", "%"]
