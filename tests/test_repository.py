"""The repository itself: what lies where, what the papers promise, and that nothing of one machine leaked into it."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    "CHANGELOG.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "docker-compose.yml",
    "kernels",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "server",
    "tests",
    "web",
}
LONGEST = 400
SOURCES = {".css", ".html", ".js", ".py", ".svelte", ".ts"}
LOCKS = {"requirements.txt", "requirements-dev.txt", "web/package-lock.json"}
# Written in pieces, so that this file does not hold what it forbids.
REGISTRIES = re.compile("|".join(rf"{name}\.(?:org|com)" for name in ("py" + "pi", "npm" + "js", "python" + "hosted")))
DEBIAN_MIRROR = "deb." + "debian.org"
MACHINE_PATHS = re.compile(
    r"(?:^|[^\w.~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/\w"
)


def tracked() -> list[str]:
    """Every file that is, or is about to be, under version control."""
    if not (ROOT / ".git").exists():
        pytest.fail("the repository tests need a git checkout, to know which files belong to it")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()


def read(name: str) -> str | None:
    """The text of a file, or None when it holds bytes that are not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def project() -> dict[str, Any]:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_only_the_rooms_of_the_design_stand_at_the_top() -> None:
    top = {name.split("/")[0] for name in FILES}
    assert {name for name in top if not name.startswith(".")} - TOP_LEVEL == set()


def test_no_file_names_a_package_registry() -> None:
    """A lock that names a host pins everybody to it; mirrors are each machine's own setting."""
    named = [
        f"{name}: {found[0]}"
        for name in FILES
        if (text := read(name)) is not None
        and (found := REGISTRIES.findall(text) or [DEBIAN_MIRROR] * (DEBIAN_MIRROR in text))
    ]
    assert named == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    named = [
        f"{name}: {found.group()}"
        for name in FILES
        if (text := read(name)) is not None and (found := MACHINE_PATHS.search(text))
    ]
    assert named == []


def test_every_source_file_has_one_subject() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in FILES
        if Path(name).suffix in SOURCES and "/generated/" not in name
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_nothing_is_left_for_later() -> None:
    """What is not done is said in the README or the changelog, where somebody reads it."""
    marks = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b")
    left = [name for name in FILES if name not in LOCKS and (text := read(name)) is not None and marks.search(text)]
    assert left == []


def test_readme_commands_exist_in_the_makefile() -> None:
    makefile = read("Makefile") or ""
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", read("README.md") or ""))
    assert {"run", "test", "check", "bench"} <= named
    assert named - targets == set()


def test_every_make_target_says_what_it_does() -> None:
    makefile = read("Makefile") or ""
    phony = set(re.findall(r"^\.PHONY: (\S+)$", makefile, flags=re.MULTILINE)) - {"browser"}
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, flags=re.MULTILINE))
    assert phony == explained


def test_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\":]+)\"", read("README.md") or "")
    targets = {target for pair in links for target in pair if target}
    assert targets, "the README links to nothing, not even its screenshot"
    assert {target for target in targets if not (ROOT / target).exists()} == set()


def test_readme_names_every_setting() -> None:
    """A setting that nobody can find in the README is not there."""
    settings = {f"LIVEGRAD_{field.name.upper()}" for field in dataclasses.fields(Settings)}
    settings |= {
        name
        for path in FILES
        if path.endswith(".py")
        for name in re.findall(r"\"(LIVEGRAD_[A-Z_]+)\"", read(path) or "")
    }
    documented = set(re.findall(r"\bLIVEGRAD_[A-Z_]+\b", read("README.md") or ""))
    assert settings - documented == set()


def test_readme_tells_the_defaults_of_all_settings() -> None:
    rows = re.findall(r"^\| `LIVEGRAD_([A-Z_]+)` \| (?:`(.*?)`)? \|", read("README.md") or "", re.MULTILINE)
    told = {name.lower(): value for name, value in rows}
    for field in dataclasses.fields(Settings):
        default = " ".join(field.default) if isinstance(field.default, tuple) else field.default
        wanted = f"{default:g}" if isinstance(default, float) else str(default)
        assert told[field.name] == wanted, field.name


#: Looks of Playwright's that do not wait: what they find is how the page is now, and a click may be under way.
HASTY = {"all", "all_inner_texts", "all_text_contents", "bounding_box", "count", "evaluate_all"} | {
    f"is_{state}" for state in ("checked", "disabled", "editable", "enabled", "hidden", "visible")
}


def test_browser_tests_wait_for_what_they_look_at() -> None:
    """In a test's own body; a check that is repeated until it holds is a function within."""
    found = [
        f"{path}:{hasty.lineno}"
        for path in FILES
        if re.fullmatch(r"tests/browser/test_\w+\.py", path)
        for test in ast.parse(read(path) or "").body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for hasty in hasty_asserts(test)
    ]
    assert found == [], "use expect(...), Visitor.becomes or Visitor.soon"


def hasty_asserts(test: ast.FunctionDef) -> list[ast.Assert]:
    """The asserts of a test, but for those of functions within, that call one of the hasty looks."""
    functions = [node for node in ast.walk(test) if isinstance(node, ast.FunctionDef) and node is not test]
    repeated = {node for function in functions for node in ast.walk(function)}
    return [
        node
        for node in ast.walk(test)
        if isinstance(node, ast.Assert) and node not in repeated
        if HASTY & {each.attr for each in ast.walk(node.test) if isinstance(each, ast.Attribute)}
    ]


def test_changelog_knows_the_current_version() -> None:
    version = project()["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", read("CHANGELOG.md") or "", flags=re.MULTILINE)


def test_page_and_server_carry_one_version_and_one_license() -> None:
    page = json.loads(read("web/package.json") or "{}")
    own = project()["project"]
    assert (page["version"], page["license"]) == (own["version"], own["license"])
    assert "Apache License" in (read("LICENSE") or "")


def test_every_python_dependency_has_a_reason() -> None:
    block = re.compile(r"^(?:dependencies|build|dev|bench) = \[\n(.*?)^\]", flags=re.MULTILINE | re.DOTALL)
    lines = [line for found in block.findall(read("pyproject.toml") or "") for line in found.splitlines()]
    assert len(lines) >= len(project()["project"]["dependencies"])
    assert [line for line in lines if not re.search(r"\",\s+# \S.{10,}", line)] == []


def test_every_page_dependency_has_a_reason() -> None:
    page = json.loads(read("web/package.json") or "{}")
    named = {*page["dependencies"], *page["devDependencies"]}
    reasons: dict[str, str] = page["//dependencies"]
    assert {
        name for name in named if name not in reasons and not (name.startswith("@types/") and "@types/*" in reasons)
    } == set()
    assert {name for name in reasons if name not in named and not name.endswith("*")} == set()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_locks_hold_every_dependency_with_hashes(lock: str) -> None:
    text = read(lock) or ""
    pinned = dict(
        re.findall(r"^([a-z0-9-]+)==\S.*?\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text, flags=re.MULTILINE)
    )
    own = project()["project"]
    wanted = [*own["dependencies"], *own["optional-dependencies"]["build"]]
    if lock == "requirements-dev.txt":
        wanted += own["optional-dependencies"]["dev"]
    assert {re.split(r"[<>=\[]", name)[0] for name in wanted} - set(pinned) == set()
    assert not re.search(r"--(?:index-url|extra-index-url|find-links|trusted-host)|https?://", text)


def test_page_lock_names_no_host() -> None:
    lock = json.loads(read("web/package-lock.json") or "{}")
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert {name for name, entry in packages.items() if "resolved" in entry} == set()
    assert {name for name, entry in packages.items() if "integrity" not in entry} == set()
