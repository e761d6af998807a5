"""All illnesses, the most severe first, and the look at all of them."""

from __future__ import annotations

from kernels.diagnosis.evidence import Evidence
from kernels.diagnosis.gradients import EXPLODING, VANISHING
from kernels.diagnosis.illness import Finding, Illness
from kernels.diagnosis.progress import DIVERGED, OVERFITTING, PLATEAU
from kernels.diagnosis.steps import NOISY_STATISTICS, RATE_TOO_HIGH, RATE_TOO_LOW
from kernels.diagnosis.units import DEAD_UNITS, SATURATED_UNITS, SYMMETRIC
from kernels.spec import Family

ILLNESSES = Family[Illness](
    "illnesses",
    {"en": "Illnesses", "zh": "训练病症"},
    {
        "en": "What goes wrong in training, and the rule by which it is found.",
        "zh": "训练中会出现的问题，以及判定它们的规则。",
    },
    (
        DIVERGED,
        EXPLODING,
        RATE_TOO_HIGH,
        DEAD_UNITS,
        SYMMETRIC,
        VANISHING,
        SATURATED_UNITS,
        RATE_TOO_LOW,
        PLATEAU,
        NOISY_STATISTICS,
        OVERFITTING,
    ),
    live=True,
)


def diagnose(evidence: Evidence) -> list[Finding]:
    """What is wrong with a run, the most severe first; what follows from another finding is left out."""
    if not len(evidence.steps):
        return []
    found = {illness.id: sign for illness in ILLNESSES if (sign := illness.find(evidence)) is not None}
    return [
        Finding(**vars(sign), illness=illness.id)
        for illness in ILLNESSES
        if (sign := found.get(illness.id)) is not None and not any(other in found for other in illness.explained_by)
    ]
