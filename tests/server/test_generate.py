"""What the page has twice is generated, and drift is red."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sympy

from kernels.activations import ACTIVATIONS
from kernels.inputs import FEATURES
from server import generate
from server.catalog import FAMILIES
from server.documentation import choices
from server.presets import PRESETS


def test_the_generated_files_are_current() -> None:
    assert generate.drift() == [], "run `python -m server.generate`"


def test_check_names_a_file_that_drifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(generate, "CHOICES", tmp_path / "CHOICES.md")
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "formulas.ts").write_text("export {};\n", encoding="utf-8")
    with (tmp_path / "CHOICES.md").open("a", encoding="utf-8") as table:
        table.write("more\n")
    golden = json.loads((tmp_path / "formulas.golden.json").read_text(encoding="utf-8"))
    golden["features"]["points"][0][0] += 0.001
    (tmp_path / "formulas.golden.json").write_text(json.dumps(golden), encoding="utf-8")
    assert generate.main(["--check"]) == 1
    named = capsys.readouterr().err
    assert "formulas.ts is out of date" in named
    assert "formulas.golden.json is out of date" in named
    assert "CHOICES.md is out of date" in named
    assert "openapi.json" not in named


def test_the_table_of_choices_holds_every_variant_parameter_and_preset() -> None:
    text = choices()
    for family in FAMILIES.values():
        assert f"({family.id})" in text
        for variant in family:
            (row,) = [line for line in text.split(f"({family.id})")[1].splitlines() if f"| `{variant.id}` |" in line][
                :1
            ]
            assert variant.label["en"] in row
            assert variant.label["zh"] in row
            assert variant.source in row
            for param in variant.params:
                assert f"`{param.id}` {param.label['en']}" in row
    for preset in PRESETS:
        assert f"| `{preset}` |" in text


def test_the_table_of_choices_has_as_many_cells_in_every_row() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", choices(), flags=re.MULTILINE):
        lines = table.splitlines()
        cells = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]
        assert set(cells) == {cells[0]}


def test_the_links_of_the_table_lead_to_its_headings() -> None:
    text = choices()
    anchors = re.findall(r"\]\(#([^)]*)\)", text)
    headings = [line[3:].lower() for line in text.splitlines() if line.startswith("## ")]
    slugs = [re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings]
    assert anchors == slugs


def test_every_activation_and_feature_has_a_twin() -> None:
    text = generate.formulas()
    for variant in [*ACTIVATIONS, *FEATURES]:
        assert f"  {variant.id}: " in text or f"  {variant.id}(" in text


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("Piecewise((x, x > 0), (slope * x, True))", "(x > 0 ? x : slope*x)"),
        ("Piecewise((-1, x < -1), (1, x > 1), (x, True))", "(x < -1 ? -1 : x > 1 ? 1 : x)"),
        ("1 / (1 + exp(-x))", "(1/2)*hyperbolicTangent((1/2)*x) + 1/2"),
        ("x**2", "(x*x)"),
    ],
)
def test_expressions_are_printed_in_one_safe_line(expression: str, printed: str) -> None:
    symbols = {name: sympy.Symbol(name, real=True) for name in ("x", "slope")}
    assert generate.javascript(generate.without_overflow(sympy.sympify(expression, locals=symbols))) == printed


def test_an_expression_with_a_gap_is_refused() -> None:
    x = sympy.Symbol("x")
    with pytest.raises(ValueError, match="no value"):
        generate.javascript(sympy.Piecewise((x, x > 0), (1, x < -1)))
