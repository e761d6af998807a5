"""What goes wrong in training, told from a run's records: a rule each, with its thresholds.

To add an illness: write its rule and its entry into the file of its kind, and name it in `ILLNESSES`.
"""

from kernels.diagnosis.diagnose import ILLNESSES, diagnose
from kernels.diagnosis.evidence import Evidence, constant_loss
from kernels.diagnosis.illness import Finding, Illness, Sign
from kernels.diagnosis.steps import may_be_noisy
from kernels.diagnosis.units import alike, may_be_silent

__all__ = [
    "ILLNESSES",
    "Evidence",
    "Finding",
    "Illness",
    "Sign",
    "alike",
    "constant_loss",
    "diagnose",
    "may_be_noisy",
    "may_be_silent",
]
