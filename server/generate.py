"""Writes what the page would otherwise repeat by hand: formulas from the registry, types from the HTTP contract.

    python -m server.generate            writes web/src/generated/ and kernels/CHOICES.md
    python -m server.generate --check    names what differs and returns 1

The truth of an activation, a feature or a schedule is its SymPy expression. Its TypeScript twin is printed from it at
build time, so the page needs no `eval`; the golden file holds what the kernels themselves compute, and the page's tests
compare them.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from sympy.printing.jscode import JavascriptCodePrinter

from kernels.activations import ACTIVATIONS, Activation
from kernels.inputs import FEATURES, feature_matrix
from kernels.schedules import BATCH_SCHEDULES, MOMENTUM_SCHEDULES, SCHEDULES, Schedule
from kernels.spec import Family
from server.documentation import choices
from server.shape_cases import shape_cases

SCHEDULE_FAMILIES: tuple[Family[Schedule], ...] = (SCHEDULES, MOMENTUM_SCHEDULES, BATCH_SCHEDULES)
_T = sympy.Symbol("t", real=True)

FOLDER = Path(__file__).parents[1] / "web" / "src" / "generated"
CHOICES = Path(__file__).parents[1] / "kernels" / "CHOICES.md"

_HEADER = """\
/**
 * Formulas of the activations, the input features and the schedules, printed from the registry's expressions.
 * Made by `python -m server.generate`; do not edit.
 */
import {{ {helpers} }} from '../model/elementary';

/** A variant's parameters by id. */
export type Parameters = Readonly<Record<string, number>>;

/** Fills out[0 … count) from z; the two may be the same array. */
export type Activation = (z: Float32Array, out: Float32Array, count: number, parameters: Parameters) => void;

/** Fills out[0 … size) from several weighted sums each: z[0 … size) are the first ones, then come all second ones. */
export type Gate = (z: Float32Array, out: Float32Array, size: number, pieces: number) => void;

/** A feature of a point of the plane. */
export type Feature = (x1: number, x2: number) => number;

export interface ActivationTwin {{
  readonly forward: Activation;
  readonly derivative: Activation;
}}

/** A number for every step t. `parameters`: the variant's own, and what its family adds to them. */
export type OverTime = (t: number, parameters: Parameters) => number;

export interface ScheduleTwin {{
  readonly at: OverTime;
  /** The number of steps in which a picture of it shows what it does. */
  readonly span: (parameters: Parameters) => number;
  /** For a learning rate that goes up and down: where it stands between its lowest (0) and its highest (1). */
  readonly cycle?: OverTime;
}}
"""

#: The functions of web/src/model/elementary.ts that formulas call.
_HELPERS = ("errorFunction", "hyperbolicTangent", "logOnePlusExp")


class LogOnePlusExp(sympy.Function):  # type: ignore[misc]  # SymPy is untyped
    """The function log(1 + e^u), which the page computes without overflow; its derivative is the sigmoid."""

    def fdiff(self, _argindex: int = 1) -> Any:
        """The derivative, by way of tanh."""
        return (1 + sympy.tanh(self.args[0] / 2)) / 2


class UnlessNotANumber(sympy.Function):  # type: ignore[misc]  # SymPy is untyped
    """A constant, but NaN for NaN: (variable, constant)."""


class _Printer(JavascriptCodePrinter):  # type: ignore[misc]  # SymPy is untyped
    """One-line JavaScript with conditional expressions, and no helper statements."""

    def _print_Piecewise(self, expression: Any) -> str:  # noqa: N802  # SymPy's name
        *cases, (last, condition) = expression.args
        if condition != sympy.true:
            raise ValueError(f"{expression} has no value where none of its conditions holds")
        text = self._print(last)
        for value, case in reversed(cases):
            text = f"{self._print(case)} ? {self._print(value)} : {text}"
        return f"({text})"

    def _print_Pow(self, expression: Any) -> str:  # noqa: N802  # SymPy's name
        if expression.exp == 2 and expression.base.is_Symbol:
            return f"({expression.base}*{expression.base})"
        return str(super()._print_Pow(expression))

    def _print_tanh(self, expression: Any) -> str:
        return f"hyperbolicTangent({self._print(expression.args[0])})"

    def _print_erf(self, expression: Any) -> str:
        return f"errorFunction({self._print(expression.args[0])})"

    def _print_LogOnePlusExp(self, expression: Any) -> str:  # noqa: N802  # SymPy's name
        return f"logOnePlusExp({self._print(expression.args[0])})"

    def _print_UnlessNotANumber(self, expression: Any) -> str:  # noqa: N802  # SymPy's name
        variable, constant = map(self._print, expression.args)
        return f"Number.isNaN({variable}) ? {variable} : {constant}"


def without_overflow(expression: Any) -> Any:
    """The same function without an exponential that overflows: 1 / (1 + e^u) by way of tanh, and log(1 + e^u)."""
    exponent = sympy.Wild("exponent")
    expression = expression.replace(sympy.log(1 + sympy.exp(exponent)), LogOnePlusExp(exponent))
    return expression.replace(1 / (1 + sympy.exp(exponent)), (1 - sympy.tanh(exponent / 2)) / 2)


def passing_on_nan(expression: Any) -> Any:
    """The same function of x, but NaN for NaN where the last case, at which NaN ends, is a constant."""
    if not isinstance(expression, sympy.Piecewise):
        return expression
    *cases, (last, condition) = expression.args
    if last.free_symbols:
        return expression
    return sympy.Piecewise(*cases, (UnlessNotANumber(sympy.Symbol("x", real=True), last), condition))


def javascript(expression: Any) -> str:
    """A SymPy expression as one line of JavaScript."""
    return str(_Printer().doprint(expression))


def _parse(text: str, names: list[str]) -> Any:
    return sympy.sympify(text, locals={name: sympy.Symbol(name, real=True) for name in names})


def _read(parameter: str, parameters: list[str]) -> str:
    """Where a twin finds a parameter: what is learned is where it starts, until somebody knows better."""
    learned = parameter == parameters[0] and "initial" in parameters
    return f"parameters['{parameter}'] ?? parameters['initial']!" if learned else f"parameters['{parameter}']!"


def _loop(name: str, expression: Any, parameters: list[str]) -> list[str]:
    used = [parameter for parameter in parameters if parameter in {symbol.name for symbol in expression.free_symbols}]
    needs_z = any(symbol.name == "x" for symbol in expression.free_symbols)
    return [
        f"    {name}({'z' if needs_z else '_z'}, out, count{', parameters' if used else ''}) {{",
        *(f"      const {parameter} = {_read(parameter, parameters)};" for parameter in used),
        "      for (let i = 0; i < count; i++) {",
        *(["        const x = z[i]!;"] if needs_z else []),
        f"        out[i] = {javascript(expression)};",
        "      }",
        "    },",
    ]


def _activation(activation: Activation) -> list[str]:
    parameters = [*([activation.learned] if activation.learned else []), *(param.id for param in activation.params)]
    expression = without_overflow(_parse(str(activation.expression), ["x", *parameters]))
    derivative = sympy.diff(expression, sympy.Symbol("x", real=True))
    return [
        f"  {activation.id}: {{",
        *_loop("forward", passing_on_nan(expression), parameters),
        *_loop("derivative", derivative, parameters),
        "  },",
    ]


def _gate(activation: Activation) -> list[str]:
    step = _parse(str(activation.gate), ["x", "y"])
    return [
        f"  {activation.id}(z, out, size, pieces) {{",
        "    for (let i = 0; i < size; i++) {",
        "      let x = z[i]!;",
        "      for (let at = i + size; at < pieces * size; at += size) {",
        "        const y = z[at]!;",
        f"        x = {javascript(step)};",
        "      }",
        "      out[i] = x;",
        "    }",
        "  },",
    ]


def _over_time(name: str, expression: Any) -> list[str]:
    """A function of t and the parameters, or of the parameters alone for `span`."""
    used = sorted(symbol.name for symbol in expression.free_symbols if symbol.name != "t")
    steps = [] if name == "span" else ["t" if expression.has(_T) else "_t"]
    return [
        f"      {name}({', '.join([*steps, 'parameters' if used else '_parameters'])}) {{",
        *(f"        const {parameter} = parameters['{parameter}']!;" for parameter in used),
        f"        return {javascript(expression)};",
        "      },",
    ]


def _schedule(family: Family[Schedule], schedule: Schedule) -> list[str]:
    names = ["t", *(param.id for param in schedule.params), *schedule_additions(family, schedule)]
    expression = _parse(schedule.expression, names)
    lines = [f"    {schedule.id}: {{", *_over_time("at", expression), *_over_time("span", _parse(schedule.span, names))]
    if schedule.cycles:
        lows = {sympy.Symbol(name, real=True): 0 for name in schedule.lows}
        lines += _over_time("cycle", sympy.simplify(expression.subs(lows)))
    return [*lines, "    },"]


def schedule_additions(family: Family[Schedule], schedule: Schedule) -> dict[str, float]:
    """What a family's schedules get besides their parameters, with an example of each."""
    if schedule.advances is not None:
        return {"reached": 0.25}
    return {"momentum_schedules": {"target": 0.875, "cycle": 0.25}, "batch_schedules": {"size": 24.0}}.get(
        family.id, {}
    )


def formulas() -> str:
    """The text of formulas.ts."""
    lines = ["export const activations: Readonly<Record<string, ActivationTwin>> = {"]
    for activation in ACTIVATIONS:
        if activation.expression is not None:
            lines += _activation(activation)
    lines += ["};", "", "export const gates: Readonly<Record<string, Gate>> = {"]
    for activation in ACTIVATIONS:
        if activation.gate is not None:
            lines += _gate(activation)
    lines += ["};", "", "export const features: Readonly<Record<string, Feature>> = {"]
    for feature in FEATURES:
        expression = _parse(feature.expression, ["x1", "x2"])
        used = {symbol.name for symbol in expression.free_symbols}
        names = ", ".join(name if name in used else f"_{name}" for name in ("x1", "x2"))
        lines.append(f"  {feature.id}: ({names}) => {javascript(expression)},")
    lines += ["};", "", "export const schedules: Readonly<Record<string, Readonly<Record<string, ScheduleTwin>>>> = {"]
    for family in SCHEDULE_FAMILIES:
        lines += [f"  {family.id}: {{", *(line for schedule in family for line in _schedule(family, schedule)), "  },"]
    body = "\n".join([*lines, "};", ""])
    helpers = [name for name in _HELPERS if f"{name}(" in body]
    return _HEADER.format(helpers=", ".join(helpers)) + "\n" + body


def _kernel_output(activation: Activation, z: np.ndarray[Any, Any], values: tuple[float, ...]) -> list[float]:
    """What the compiled kernel makes of `z`."""
    if activation.forward is None:
        return [float(value) for value in z]
    out = np.zeros_like(z)
    parameters = np.array([*values, 0.0], np.float32)
    if activation.by_units:
        learned = np.full(z.size, activation.initial(values) if activation.learned else 0, np.float32)
        by_units = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_void_p)
        out = np.zeros(z.size // activation.pieces(values), np.float32)
        by_units(activation.forward.address)(
            z.ctypes.data, out.ctypes.data, learned.ctypes.data, out.size, 1, parameters.ctypes.data
        )
        return [float(value) for value in out]
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p)
    call(activation.forward.address)(z.ctypes.data, out.ctypes.data, z.size, parameters.ctypes.data)
    return [float(value) for value in out]


def golden() -> str:
    """The text of formulas.golden.json: what the kernels compute, to compare the twins with."""
    z = np.array([-1000.0, -90.0, -20.0, *np.linspace(-8, 8, 33), 20.0, 90.0, 1000.0], np.float32)
    activations = {
        activation.id: [
            {
                "parameters": dict(zip([param.id for param in activation.params], values, strict=True)),
                "z": [float(value) for value in z],
                "out": _kernel_output(activation, z, values),
            }
            for values in _parameter_sets(activation)
        ]
        for activation in ACTIVATIONS
    }
    grid = np.array([[x, y] for x in np.linspace(-6, 6, 5) for y in np.linspace(-6, 6, 5)], np.float32)
    ids = [feature.id for feature in FEATURES]
    columns = feature_matrix(grid, ids)
    features = {name: [float(value) for value in columns[:, i]] for i, name in enumerate(ids)}
    points = [[float(x), float(y)] for x, y in grid]
    content = {
        "activations": activations,
        "features": {"points": points, "values": features},
        "schedules": {
            family.id: {schedule.id: _schedule_cases(family, schedule) for schedule in family}
            for family in SCHEDULE_FAMILIES
        },
        "shapes": shape_cases(),
    }
    return json.dumps(_rounded(content)) + "\n"


def _schedule_cases(family: Family[Schedule], schedule: Schedule) -> list[dict[str, Any]]:
    """What the kernel says over some steps, with the defaults and with a quarter of them."""
    t = [0, 1, 9, 10, 11, 99, 249, 250, 251, 999, 1000, 1001, 1500, 2999, 3000, 9999, 10_000, 54_321]
    cases = []
    for scale in (1, 0.25):
        values = [
            max(param.minimum, round(scale * param.default) if param.integer else scale * param.default)
            for param in schedule.params
        ]
        added = schedule_additions(family, schedule)
        names = [*(param.id for param in schedule.params), *added]
        given = [*values, *added.values()]
        usual = next(iter(added.values()), 1.0)
        out = [usual if schedule.value is None else schedule.at(step, given) for step in t]
        cases.append({"parameters": dict(zip(names, given, strict=True)), "t": t, "out": out})
    return cases


def _parameter_sets(activation: Activation) -> list[tuple[float, ...]]:
    """The defaults, and the middle of every range."""
    defaults = activation.values({})
    middle = tuple(
        (param.minimum + param.maximum) // 2 if param.integer else (param.minimum + param.maximum) / 2
        for param in activation.params
    )
    return [defaults, middle] if middle else [defaults]


def _rounded(content: Any) -> Any:
    """The same structure with floats as precise as float32."""
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_rounded(value) for value in content]
    return content if isinstance(content, str) else float(f"{content:.7g}")


def openapi() -> str:
    """The text of openapi.json, from which the page's types are made."""
    from server.app import create_app

    return json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    """Every generated file with its content."""
    return {
        FOLDER / "formulas.ts": formulas(),
        FOLDER / "formulas.golden.json": golden(),
        FOLDER / "openapi.json": openapi(),
        CHOICES: choices(),
    }


def drift() -> list[str]:
    """Names of the generated files that are not what they would be if made now."""
    return [path.name for path, text in files().items() if not _current(path, text)]


def _current(path: Path, text: str) -> bool:
    if not path.exists():
        return False
    found = path.read_text(encoding="utf-8")
    if found == text:
        return True
    # Kernels round the last bit differently on different processors; that is no drift.
    return path.name.endswith(".golden.json") and _alike(json.loads(found), json.loads(text))


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_alike, first, second))
    if isinstance(first, str) or isinstance(second, str):
        return bool(first == second)
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-6)


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with --check compare them. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m server.generate", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    if parser.parse_args(arguments).check:
        stale = drift()
        for name in stale:
            print(f"{name} is out of date: run `python -m server.generate`", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
