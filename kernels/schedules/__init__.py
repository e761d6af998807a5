"""What changes by itself while training: the learning rate, the momentum, the batch size; a file for each.

To add a schedule: write its kernel and its entry into the file of its kind. Nothing else needs to be touched.
"""

from kernels.schedules.batch import BATCH_SCHEDULES
from kernels.schedules.learning_rate import SCHEDULES
from kernels.schedules.momentum import MOMENTUM_SCHEDULES
from kernels.schedules.schedule import FRESH, Schedule

__all__ = ["BATCH_SCHEDULES", "FRESH", "MOMENTUM_SCHEDULES", "SCHEDULES", "Schedule"]
