"""From what a person asks for to a complete configuration, and from that to what the kernels take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kernels.layers import groups_of
from kernels.layout import Layout, make_layout
from kernels.live import batch_size_at, largest_batch
from kernels.losses import default_loss
from kernels.network import Augmentation, NetworkSpec, Switch, TrainingSpec
from kernels.normalizations import Normalization, divisors
from kernels.shapes import Unfit, stages
from kernels.spec import Text, Variant
from server import defaults
from server.catalog import FAMILIES
from server.choices import ChoiceConfig, HeldChoice
from server.datasets import DATASETS, Dataset
from server.datasets.dataset import Task
from server.layer_specs import kernel_choice, layer_spec
from server.problems import Problem, Refused, from_validation, refuse
from server.schema import (
    CHOICE_FIELDS,
    LIVE_PARTS,
    MAX_WORK,
    ConvConfig,
    DataConfig,
    DenseConfig,
    LayerConfig,
    RunConfig,
    TrainingConfig,
)

#: Inputs that a preprocessing may mix: with more, finding their principal axes takes many seconds.
MAX_MIXED = 1024

DEFAULT = RunConfig.model_validate(defaults.RUN)


def resolve(asked: Any, base: RunConfig = DEFAULT) -> RunConfig:
    """Complete what is asked for with `base`: objects are merged, everything else replaces what was there.

    A choice of another variant takes that variant's defaults, except where both declare the very same parameter: that
    keeps its value. A loss that does not fit a newly chosen task, or is merely the usual one of the former task, and a
    batch larger than a newly chosen training set, are changed too, unless they are asked for by name; so is a momentum
    schedule that the optimizer or the schedule of the learning rate no longer lets act. Layers that do not fit newly
    chosen data, such as those for images where the data are points, are left out, unless the layers are asked for.

    Raises Refused (422) that names every field out of its bounds.
    """
    if not isinstance(asked, dict):
        raise refuse(
            422, "The configuration must be a JSON object.", "配置必须是一个 JSON 对象。", bound="an object {…}"
        )
    merged = _merge(base.as_dict(), asked)
    _fit_to_the_data(merged, asked, dataset_of(base.data).task)
    _fit_the_momentum(merged, asked)
    try:
        config = RunConfig.model_validate(merged)
    except ValidationError as error:
        raise from_validation(error) from None
    if "layers" not in _part(asked, "network"):
        config = _with_fitting_layers(config)
    problems = _unfit(config)
    if problems:
        raise Refused(422, problems)
    return config


def resolve_part(asked: Any, base: RunConfig, where: str) -> RunConfig:
    """The same for one of several configurations: what is refused is named by its place among them."""
    try:
        return resolve(asked, base)
    except Refused as refused:
        problems = [
            Problem(f"{where}.{problem.field}".rstrip("."), problem.message, problem.bound)
            for problem in refused.problems
        ]
        raise Refused(refused.status, problems) from None


def _part(asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of what is asked for; empty where there is none."""
    part = asked.get(name)
    return part if isinstance(part, dict) else {}


def _with_fitting_layers(config: RunConfig) -> RunConfig:
    """The configuration without those layers, and without those skip connections, that its data do not let fit."""
    layers = list(config.network.layers)
    while (unfit := _first_unfit(config)) is not None:
        layer = layers[unfit.layer_index]
        if unfit.field == "skip" and isinstance(layer, DenseConfig | ConvConfig):
            layers[unfit.layer_index] = layer.model_copy(update={"skip": 0})
        else:
            del layers[unfit.layer_index]
        config = config.model_copy(update={"network": config.network.model_copy(update={"layers": list(layers)})})
    return config


def _first_unfit(config: RunConfig) -> Unfit | None:
    """The first layer that does not fit what comes in."""
    try:
        stages(network_spec(config))
    except Unfit as unfit:
        return unfit
    except ValueError:
        # Another choice cannot be taken, which is said where choices are looked at.
        return None
    return None


def _merge(base: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """`asked` over `base`. Goes no deeper than `base` does, however deep `asked` is."""
    merged = dict(base)
    for name, value in asked.items():
        there = base.get(name)
        if not isinstance(there, dict) or not isinstance(value, dict):
            merged[name] = value
        elif name in CHOICE_FIELDS and value.get("id", there["id"]) != there["id"]:
            merged[name] = {**_kept(CHOICE_FIELDS[name], there, value["id"]), **value}
        else:
            merged[name] = _merge(there, value)
    return merged


def _kept(family_id: str, choice: Mapping[str, Any], variant_id: Any) -> dict[str, Any]:
    """The parameters of a choice that another variant declares in the very same way."""
    variants = FAMILIES[family_id].variants
    if not isinstance(variant_id, str) or variant_id not in variants:
        return {}
    before = variants[choice["id"]].params
    return {param.id: choice[param.id] for param in variants[variant_id].params if param in before}


def _fit_to_the_data(merged: dict[str, Any], asked: Mapping[str, Any], former_task: Task) -> None:
    """Change the loss and the batch size with the data, unless they are asked for or the data make no sense."""
    try:
        data = DataConfig.model_validate(merged["data"])
    except ValidationError:
        return
    training = merged["training"]
    asked_training = asked.get("training", {})
    if not isinstance(training, dict) or not isinstance(asked_training, dict):
        return
    named_loss = asked_training.get("loss", {})
    loss = training["loss"]
    task = dataset_of(data).task
    if isinstance(named_loss, dict) and "id" not in named_loss:
        nobodys = task != former_task and loss["id"] == default_loss(former_task)
        if nobodys or task not in FAMILIES["losses"][loss["id"]].tasks:
            training["loss"] = {"id": default_loss(task), **named_loss}
    if dataset_of(data).kind != "images" and "augmentation" not in asked_training:
        training["augmentation"] = defaults.TRAINING["augmentation"]
    if "batch_size" not in asked_training:
        training["batch_size"] = min(training["batch_size"], training_size(data))


def _fit_the_momentum(merged: dict[str, Any], asked: Mapping[str, Any]) -> None:
    """Let the momentum be constant where its schedule no longer fits and was not asked for by name."""
    asked_training = asked.get("training", {})
    if not isinstance(asked_training, dict) or "momentum_schedule" in asked_training:
        return
    try:
        training = TrainingConfig.model_validate(merged["training"])
    except ValidationError:
        return
    if _unfit_momentum(training) is not None:
        merged["training"]["momentum_schedule"] = DEFAULT.training.momentum_schedule.model_dump()


def _unfit_momentum(training: TrainingConfig) -> Text | None:
    """Why the momentum schedule cannot act, or None."""
    schedule = FAMILIES["momentum_schedules"][training.momentum_schedule.id]
    if schedule.value is None:
        return None
    used = [training.optimizer.id, *([training.switch.optimizer.id] if training.switch else [])]
    if all(FAMILIES["optimizers"][name].momentum is None for name in used):
        having = ", ".join(optimizer.id for optimizer in FAMILIES["optimizers"] if optimizer.momentum is not None)
        return Text(
            en=f"training.momentum_schedule needs an optimizer with momentum. These have it: {having}.",
            zh=f"training.momentum_schedule 需要带动量的优化器：{having}。",
        )
    if schedule.follows_cycle and not FAMILIES["schedules"][training.schedule.id].cycles:
        cycling = ", ".join(other.id for other in FAMILIES["schedules"] if other.cycles)
        return Text(
            en=f"training.momentum_schedule {schedule.id} needs a learning rate that goes up and down: {cycling}.",
            zh=f"training.momentum_schedule {schedule.id} 需要升降循环的学习率调度：{cycling}。",
        )
    return None


def _unfit(config: RunConfig) -> list[Problem]:
    """What is wrong with a configuration whose fields are each within their bounds."""
    if unlaid := [problem for index in range(len(config.network.layers)) for problem in _unfit_layer(config, index)]:
        return unlaid
    if (unfit := _first_unfit(config)) is not None:
        where = f"network.layers.{unfit.layer_index}.{unfit.field or 'kind'}"
        return [Problem(where, unfit.text, unfit.bound)]
    problems = []
    if (reason := _unfit_momentum(config.training)) is not None:
        problems.append(Problem("training.momentum_schedule", reason, "constant"))
    for number, layer in enumerate(config.network.layers):
        if not isinstance(layer, DenseConfig | ConvConfig):
            continue
        if FAMILIES["bias_initializers"][layer.bias_initializer.id].output_only:
            where = f"network.layers.{number}.bias_initializer"
            reason = Text(
                en=f"{where} cannot be {layer.bias_initializer.id}: hidden units have no targets. Take it for the "
                "output, or another one here.",
                zh=f"{where} 不能为 {layer.bias_initializer.id}：隐藏单元没有目标值。请用于输出层，或在此选用其他。",
            )
            problems.append(Problem(where, reason, "for the output only"))
    dataset = dataset_of(config.data)
    if FAMILIES["preprocessings"][config.data.preprocessing.id].mixes and dataset.inputs > MAX_MIXED:
        reason = Text(
            en=f"data.preprocessing cannot be {config.data.preprocessing.id} for {dataset.inputs} inputs: at most "
            f"{MAX_MIXED}. Take standardize.",
            zh=f"{dataset.inputs} 个输入时 data.preprocessing 不能为 {config.data.preprocessing.id}："
            f"最多 {MAX_MIXED} 个。请用 standardize。",
        )
        problems.append(Problem("data.preprocessing", reason, f"inputs <= {MAX_MIXED}"))
    if config.training.augmentation.on and dataset.kind != "images":
        reason = Text(
            en="training.augmentation changes images; these data are none. Choose images, or set all of it to zero.",
            zh="training.augmentation 只用于图像，当前数据不是图像。请选择图像数据，或全部设为零。",
        )
        problems.append(Problem("training.augmentation", reason, "images only"))
    loss = FAMILIES["losses"][config.training.loss.id]
    if dataset.task not in loss.tasks:
        fitting = ", ".join(other.id for other in FAMILIES["losses"] if dataset.task in other.tasks)
        reason = Text(
            en=f"training.loss must fit the data's task, {dataset.task}. These do: {fitting}.",
            zh=f"training.loss 必须适合数据的任务 {dataset.task}，可用：{fitting}。",
        )
        problems.append(Problem("training.loss", reason, f"one of: {fitting}"))
    size = training_size(config.data)
    if config.training.batch_size > size:
        bound = f"1 <= batch_size <= {size}"
        reason = Text(
            en=f"training.batch_size must not exceed the training set: {bound}. Take a smaller batch or more samples.",
            zh=f"training.batch_size 不能超过训练集：{bound}。请减小批量或增加样本。",
        )
        problems.append(Problem("training.batch_size", reason, bound))
    operations = sum(stage.operations for stage in layout_of(config).stages)
    batch_schedule = kernel_choice(config.training.batch_schedule)
    if operations * largest_batch(config.training.batch_size, batch_schedule, size) > MAX_WORK:
        bound = f"multiplications × batch_size <= {MAX_WORK}"
        most = MAX_WORK // operations
        reason = Text(
            en=f"{operations} multiplications for a sample × batch_size must not exceed {MAX_WORK}. "
            f"Take a batch of at most {most}, or a smaller network.",
            zh=f"每个样本 {operations} 次乘法 × batch_size 不能超过 {MAX_WORK}。请将批量减到 {most} 以内，或缩小网络。",
        )
        if not most:
            reason = Text(
                en=f"{operations} multiplications for one sample are more than the {MAX_WORK} that a step may take. "
                "Take fewer filters or layers, or pool earlier.",
                zh=f"单个样本就需要 {operations} 次乘法，超过一步允许的 {MAX_WORK} 次。"
                "请减少滤波器或层数，或更早池化。",
            )
        problems.append(Problem("training.batch_size" if most else "network.layers", reason, bound))
    return problems


def _against(variant: Variant, layer: LayerConfig) -> Text | None:
    """Why a layer cannot take a variant."""
    if isinstance(variant, Normalization) and isinstance(layer, DenseConfig) and variant.needs_image:
        return variant.needs_image
    return variant.unavailable


def _unfit_layer(config: RunConfig, index: int) -> Iterator[Problem]:
    """Which of a hidden layer's choices cannot be taken, or do not suit its units."""
    layer, available = config.network.layers[index], True
    if not isinstance(layer, DenseConfig | ConvConfig):
        return
    for name in ("activation", "initializer", "normalization"):
        field, family = f"network.layers.{index}.{name}", FAMILIES[CHOICE_FIELDS[name]]
        if reason := _against(family[getattr(layer, name).id], layer):
            available = False
            fitting = ", ".join(each.id for each in family if not _against(each, layer))
            yield Problem(field, reason, f"one of: {fitting}")
    groups, width = groups_of(layer_spec(layer)) if available else (1, 0)
    if width % groups:
        fitting = ", ".join(map(str, divisors(width)))
        what, others = (("numbers", "个数"), ("units", "单元数"))
        if isinstance(layer, ConvConfig):
            what, others = (("channels", "个通道"), ("filters", "滤波器数"))
        reason = Text(
            en=f"groups must divide the {width} {what[0]} that are normalized. Take one of {fitting} groups, "
            f"or another number of {others[0]}.",
            zh=f"groups 必须整除被归一化的 {width} {what[1]}。请取 {fitting} 之一，或更改{others[1]}。",
        )
        yield Problem(f"network.layers.{index}.normalization.groups", reason, f"groups is one of: {fitting}")


def dataset_of(data: DataConfig) -> Dataset:
    """The data set that is chosen."""
    choice = data.dataset
    return choice.dataset if isinstance(choice, HeldChoice) else DATASETS[choice.id].sized(choice.params())


def sample_count(data: DataConfig) -> int:
    """How many samples there are, for training and test together."""
    choice = data.dataset
    return choice.count if isinstance(choice, HeldChoice) else int(choice.params()["samples"])


def training_size(data: DataConfig) -> int:
    """How many of the samples are trained on; the others are the test set. Neither is ever empty."""
    samples = sample_count(data)
    return min(max(round(samples * data.train_share), 1), samples - 1)


def input_shape(data: DataConfig) -> tuple[int, ...]:
    """The shape of what enters the network: (features,), or (channels, height, width) of images."""
    dataset = dataset_of(data)
    if dataset.kind == "images":
        return (dataset.channels, dataset.height, dataset.width)
    return (len(data.features) if dataset.kind == "plane" else dataset.width,)


def network_spec(config: RunConfig) -> NetworkSpec:
    """The network as the kernels take it."""
    output = config.network.output
    return NetworkSpec(
        shape=input_shape(config.data),
        layers=tuple(map(layer_spec, config.network.layers)),
        outputs=dataset_of(config.data).outputs,
        output_initializer=kernel_choice(output.initializer),
        input_dropout=config.network.input.dropout,
        output_bias_initializer=kernel_choice(output.bias_initializer),
    )


def layout_of(config: RunConfig) -> Layout:
    """Where the network's numbers lie in memory."""
    return make_layout(network_spec(config))


def training_spec(config: RunConfig) -> TrainingSpec:
    """The training as the kernels take it."""
    training, switch = config.training, config.training.switch
    return TrainingSpec(
        loss=kernel_choice(training.loss),
        optimizer=kernel_choice(training.optimizer),
        schedule=kernel_choice(training.schedule),
        regularizers=tuple(kernel_choice(regularizer) for regularizer in training.regularizers),
        batch_size=training.batch_size,
        clipping=kernel_choice(training.clipping),
        sampling=kernel_choice(training.sampling),
        warmup=training.warmup,
        momentum_schedule=kernel_choice(training.momentum_schedule),
        batch_schedule=kernel_choice(training.batch_schedule),
        averaging=kernel_choice(training.averaging),
        stopping=kernel_choice(training.stopping),
        switch=None if switch is None else Switch(switch.step, kernel_choice(switch.optimizer)),
        augmentation=Augmentation(**training.augmentation.model_dump()),
    )


def steps_per_epoch(config: RunConfig, step: int) -> int:
    """How many steps the training set takes at the batch size of a step."""
    training, size = config.training, training_size(config.data)
    return -(-size // batch_size_at(training.batch_size, kernel_choice(training.batch_schedule), size, step))


def needs_new_weights(old: RunConfig, new: RunConfig) -> bool:
    """Whether going from one configuration to the other restarts the run, or can be done while it trains."""
    if old.seed != new.seed or old.data != new.data or _architecture(old) != _architecture(new):
        return True
    before, after = old.training, new.training
    fields = (field for field in TrainingConfig.model_fields if isinstance(getattr(before, field), ChoiceConfig))
    return any(
        _choice_needs_new_weights(CHOICE_FIELDS[field], getattr(before, field), getattr(after, field))
        for field in fields
    )


def _architecture(config: RunConfig) -> dict[str, Any]:
    """The network without what may change while it trains."""
    return config.network.model_dump(exclude={"input": True, "layers": {"__all__": LIVE_PARTS}})


def _choice_needs_new_weights(family_id: str, old: ChoiceConfig, new: ChoiceConfig) -> bool:
    family = FAMILIES[family_id]
    if old.id != new.id:
        return not family.live
    before, after = old.params(), new.params()
    return any(not param.live and before[param.id] != after[param.id] for param in family[old.id].params)
