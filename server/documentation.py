"""The table of everything that can be chosen, as Markdown, made from the registry."""

from __future__ import annotations

from typing import Any

from kernels.diagnosis import ILLNESSES
from kernels.spec import Family, Param, Variant
from server.catalog import FAMILIES
from server.presets import PRESETS

_HEAD = """\
# What can be chosen

Every family with its variants, made from the registry by `python -m server.generate`; do not edit. A parameter is given
with its default and its range; in a configuration a choice is written flat, as `{"id": "…", …its parameters}`.
"""


def choices() -> str:
    """The text of kernels/CHOICES.md."""
    parts = [_HEAD, _contents(), *map(_family, FAMILIES.values()), _presets(), _illnesses()]
    return "\n".join(parts)


def _contents() -> str:
    entries = [f"[{family.label['en']}](#{_anchor(family)})" for family in FAMILIES.values()]
    return " · ".join([*entries, "[Presets](#presets)", "[Illnesses](#illnesses)"]) + "\n"


def _heading(family: Family[Any]) -> str:
    return f"{family.label['en']} {family.label['zh']} ({family.id})"


def _anchor(family: Family[Any]) -> str:
    """The link that GitHub gives a heading."""
    kept = "".join(letter for letter in _heading(family).lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def _family(family: Family[Any]) -> str:
    live = "May change while training." if family.live else "A change starts with new weights."
    rows = [_row(variant) for variant in family]
    return "\n".join(
        [
            f"## {_heading(family)}",
            "",
            f"{family.help['en']} {family.help['zh']} {live}",
            "",
            "| id | name | 名称 | formula | parameters | source |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(variant: Variant) -> str:
    return _cells(
        f"`{variant.id}`",
        _plain(variant.label["en"]),
        _plain(variant.label["zh"]),
        _formula(variant.formula),
        "<br>".join(map(_param, variant.params)),
        _plain(variant.source),
    )


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    return text.replace("|", r"\|")


def _formula(latex: str) -> str:
    """LaTeX in a cell, where a bar would end the cell."""
    return f"${latex.replace(chr(92) + '|', chr(92) + 'Vert ').replace('|', chr(92) + 'vert ')}$" if latex else ""


def _param(param: Param) -> str:
    label = _plain(param.label["en"])
    if param.choices:
        names = ", ".join(
            f"**{name}**" if index == param.default else name for index, (name, _) in enumerate(param.choices)
        )
        return f"`{param.id}` {label}: {names}"
    low = f"{'(' if param.exclusive_minimum else '['}{param.minimum:g}"
    return f"`{param.id}` {label} = {param.default:g}, {low}, {param.maximum:g}]"


def _presets() -> str:
    rows = [
        _cells(
            f"`{preset.id}`",
            _plain(preset.label["en"]),
            _plain(preset.label["zh"]),
            _plain(preset.watch["en"]),
            _plain(preset.watch["zh"]),
        )
        for preset in PRESETS.values()
    ]
    head = ["| id | name | 名称 | what to watch | 看什么 |", "|---|---|---|---|---|"]
    about = "In the menu of the page, and as `?preset=…` in its address. A test runs each and checks its sentence."
    return "\n".join(["## Presets", "", about, "", *head, *rows, ""])


def _illnesses() -> str:
    rows = [
        _cells(
            f"`{illness.id}`",
            _plain(illness.label["en"]),
            _plain(illness.label["zh"]),
            _plain(illness.help["en"]),
            _formula(illness.formula),
            _plain(illness.source),
        )
        for illness in ILLNESSES
    ]
    head = ["| id | name | 名称 | rule | formula | source |", "|---|---|---|---|---|---|"]
    return "\n".join(["## Illnesses", "", ILLNESSES.help["en"], "", *head, *rows, ""])
