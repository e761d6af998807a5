"""What can be measured of a network in training while somebody looks."""

from kernels.probes.batch_statistics import BATCH_STATISTICS, UNIT_STATISTICS, between_samples
from kernels.probes.dropout_mask import DROPOUT_MASK
from kernels.probes.evaluated_activations import ACTIVATION_PERCENTILE, DEAD_UNITS
from kernels.probes.gradient_noise import GRADIENT_NOISE
from kernels.probes.gradient_spread import GRADIENT_SPREAD
from kernels.probes.histograms import GRADIENT_HISTOGRAM, PREACTIVATION_HISTOGRAM, WEIGHT_HISTOGRAM
from kernels.probes.optimizer_state import OPTIMIZER_STATE
from kernels.probes.probe import Probe, Quantity, Row
from kernels.probes.specimen import Specimen
from kernels.probes.steps_ahead import CURVATURE, PREDICTABILITY
from kernels.probes.successive_gradients import GRADIENT_COSINE
from kernels.probes.vanished_weights import VANISHED_WEIGHTS
from kernels.spec import Family

PROBES: Family[Probe] = Family(
    "probes",
    {"en": "Measurements", "zh": "测量"},
    {
        "en": "What is measured of a run only while somebody looks, since it costs something.",
        "zh": "只在有人观看时才进行的测量，因为它们需要额外的计算。",
    },
    (
        ACTIVATION_PERCENTILE,
        DEAD_UNITS,
        PREACTIVATION_HISTOGRAM,
        GRADIENT_SPREAD,
        GRADIENT_HISTOGRAM,
        GRADIENT_COSINE,
        WEIGHT_HISTOGRAM,
        OPTIMIZER_STATE,
        VANISHED_WEIGHTS,
        BATCH_STATISTICS,
        UNIT_STATISTICS,
        DROPOUT_MASK,
        CURVATURE,
        PREDICTABILITY,
        GRADIENT_NOISE,
    ),
    live=True,
)

__all__ = ["PROBES", "Probe", "Quantity", "Row", "Specimen", "between_samples"]
