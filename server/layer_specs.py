"""Choices and layers of a configuration as the kernels take them."""

from __future__ import annotations

from typing import Any

from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, PoolSpec
from server.choices import ChoiceConfig
from server.schema import ConvConfig, DenseConfig, LayerConfig, PoolConfig


def kernel_choice(config: ChoiceConfig) -> Choice:
    """A choice as the kernels take it."""
    return Choice(config.id, config.params())


def layer_spec(layer: LayerConfig) -> LayerSpec:
    """A hidden layer as the kernels take it."""
    if isinstance(layer, PoolConfig):
        return PoolSpec(layer.pooling, layer.size, layer.stride)
    if not isinstance(layer, DenseConfig | ConvConfig):
        return GlobalPoolSpec()
    common: dict[str, Any] = {
        "activation": kernel_choice(layer.activation),
        "initializer": kernel_choice(layer.initializer),
        "normalization": kernel_choice(layer.normalization),
        "dropout": layer.dropout,
        "dropconnect": layer.dropconnect,
        "bias_initializer": kernel_choice(layer.bias_initializer),
        "skip": layer.skip,
    }
    if isinstance(layer, DenseConfig):
        return DenseSpec(units=layer.units, **common)
    return ConvSpec(
        filters=layer.filters,
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        channel_dropout=layer.channel_dropout,
        **common,
    )
