"""The next step of a training, done on copies: what enters and leaves every layer, and what becomes of every parameter.

Nothing here computes anything by itself. The step is that of `train_chunk`, and what lies between its beginning and its
end is shown by the same passes, layer by layer: to see what stands before a part of a layer has done its work, that
part is taken out of a copy of the table of layers. So the numbers are, to the bit, those of the step that follows.
"""

from __future__ import annotations

from kernels.rehearsal.derivative import Derivative, differentiate
from kernels.rehearsal.rehearsal import Mean, Rehearsal, rehearse
from kernels.rehearsal.show import MOST_SHOWN

__all__ = ["MOST_SHOWN", "Derivative", "Mean", "Rehearsal", "differentiate", "rehearse"]
