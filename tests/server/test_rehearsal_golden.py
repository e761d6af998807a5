"""The lines that the page works out are compared with kept steps: these must still be what the kernels do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.server.rehearsal_golden import PATH, cases, golden, rehearsed, set_back

_MAKE = "run `python -m tests.server.rehearsal_golden`"


def test_the_golden_file_is_what_the_kernels_compute() -> None:
    """With the kept numbers, not with numbers learned anew: what two processors round otherwise, training enlarges.

    A step is done in single precision, with terms in an order that differs from processor to processor: a decaying mean
    may well compute g - beta g for (1 - beta) g, and so lose a thousand roundings of 6e-8.
    """
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(golden()))
    assert {name: kept[name] for name in ("families", "layouts")} == {
        name: made[name] for name in ("families", "layouts")
    }, _MAKE
    assert len(kept["cases"]) == len(made["cases"]), _MAKE
    for one, anew, case in zip(kept["cases"], made["cases"], cases(), strict=True):
        assert one["training"] == anew["training"], _MAKE
        trainer = case.trained()
        set_back(trainer, one)
        for (path, own), (again, value) in zip(leaves(one), leaves({**anew, **rehearsed(trainer)}), strict=True):
            assert path == again, _MAKE
            if isinstance(own, list):
                least = 1e-5 * max(map(abs, own), default=0.0) + 1e-9
                np.testing.assert_allclose(value, own, rtol=1e-4, atol=least, err_msg=f"{case.optimizer.id} {path}")
            elif isinstance(own, float):
                np.testing.assert_allclose(value, own, rtol=1e-4, err_msg=path)
            else:
                assert value == own, f"{path}: {_MAKE}"
        before = [name for name in one["arrays"] if name.endswith(".before")]
        assert any(one["arrays"][name] != one["arrays"][name.replace("before", "after")] for name in before)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All numbers, lists of numbers and words of a tree, with their paths."""
    if isinstance(tree, dict):
        for name in tree:
            yield from leaves(tree[name], f"{path}/{name}")
    elif isinstance(tree, list) and any(isinstance(each, dict) for each in tree):
        for place, each in enumerate(tree):
            yield from leaves(each, f"{path}/{place}")
    else:
        yield path, tree
