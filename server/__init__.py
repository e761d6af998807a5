"""The server: runs that train, viewers that watch, and the HTTP and WebSocket contract between them and the page."""

import os

# One run is trained by one thread at a time, and there are as many such threads as cores: a BLAS that starts threads of
# its own would only fight with them. It reads these when NumPy loads.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
