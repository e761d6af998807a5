"""The numbers: everything that trains a network, and nothing that knows of a web page.

The package may be used alone, from a notebook: see `kernels.trainer.Trainer`.
"""

from kernels import cache

cache.configure()
