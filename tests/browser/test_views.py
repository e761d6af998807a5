"""What everybody chooses for himself: charts, output, sharing. The run stays as it is, and nothing complains."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import box_of


def test_the_charts_switches(visitor: Visit) -> None:
    page = visitor().visit()
    before = page.config()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    loss = charts.get_by_role("article", name=page.word("dynamics.loss"), exact=True)
    log = loss.get_by_role("button", name=page.word("dynamics.log_axis"))
    expect(log).to_have_attribute("aria-pressed", "false")
    log.click()
    expect(log).to_have_attribute("aria-pressed", "true")
    for axis in ("epoch", "layer", "step"):
        choice = charts.get_by_role("radio", name=page.word(f"dynamics.axis_{axis}"), exact=True)
        choice.click()
        expect(choice).to_have_attribute("aria-checked", "true")
    charts.get_by_role("radio", name=page.word("dynamics.accuracy")).click()
    charts.get_by_role("heading", name=page.word("dynamics.accuracy")).wait_for()
    tabs = charts.get_by_role("tab")
    expect(tabs.nth(3)).to_be_visible()
    for index in range(tabs.count()):
        tabs.nth(index).click()
        expect(tabs.nth(index)).to_have_attribute("aria-selected", "true")
        expect(charts.get_by_role("article").first).to_be_visible()
    assert page.config() == before


def test_every_unit_of_a_normalized_layer_has_its_statistics(visitor: Visit) -> None:
    page = visitor().visit("/?layers=6(normalization:batch_norm),3(normalization:batch_norm)")
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    charts.get_by_role("tab", name=page.word("dynamics.group_normalization")).click()
    what = page.word("dynamics.against", what="Batch mean", other="running mean")
    chart = charts.get_by_role("article", name=page.word("dynamics.by_unit", what=what))
    units = chart.get_by_role("slider")
    for layer, count in ((1, 6), (2, 3)):
        chart.get_by_label(page.word("dynamics.units_of")).select_option(str(layer))
        expect(units).to_have_attribute("aria-valuemax", str(count))
        units.press("End")
        last = page.word("dynamics.unit_n", n=count)
        expect(units).to_have_attribute("aria-valuetext", re.compile(rf"{last}: Batch mean .*\d, Running mean .*\d"))
    chart.get_by_role("button", name=page.word("dynamics.export")).click()
    with page.page.expect_download() as saved:
        page.page.get_by_role("menuitem", name=page.word("dynamics.export_csv")).click()
    rows = list(csv.DictReader(Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert [row["layer"] for row in rows] == ["1"] * 6 + ["2"] * 3


def test_every_chart_tells_its_values_at_one_step_under_the_pointer_and_by_keys(visitor: Visit) -> None:
    page = visitor().visit()
    page.eventually(lambda: page.run()["step"] > 100)
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    plots = charts.get_by_role("slider")
    expect(plots).to_have_count(4)
    at = re.compile(page.word("dynamics.at_step").replace("{n}", r"([\d,]+)"))

    def steps() -> list[str]:
        return at.findall(charts.inner_text())

    for index in range(plots.count()):
        page.page.mouse.move(5, 5)
        page.eventually(lambda: steps() == [], "the cursor stays where no pointer is")
        box = box_of(plots.nth(index))
        page.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
        page.eventually(lambda: len(now := steps()) == 4 and len(set(now)) == 1, "not every chart has the cursor")
    page.page.mouse.move(5, 5)
    plots.first.focus()
    page.page.keyboard.press("Home")
    page.becomes(lambda: [int(step) < 50 for step in steps()], [True] * 4)


def test_a_chart_fills_the_window_and_is_taken_away(visitor: Visit) -> None:
    page = visitor().visit()
    page.eventually(lambda: page.run()["step"] > 100)
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    gradients = charts.get_by_role("article", name=page.word("dynamics.gradients"), exact=True)
    small = page.steady(lambda: box_of(gradients))
    gradients.get_by_role("button", name=page.word("dynamics.enlarge"), exact=True).click()
    expect(gradients.get_by_role("button", name=page.word("dynamics.shrink"))).to_be_focused()
    page.becomes(lambda: [(box := box_of(gradients))["width"], box["y"] + box["height"]], [1440, 900])
    page.button("transport.pause").click()

    def taken(kind: str) -> bytes:
        gradients.get_by_role("button", name=page.word("dynamics.export")).click()
        with page.page.expect_download() as download:
            page.page.get_by_role("menuitem", name=page.word(f"dynamics.export_{kind}")).click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        return Path(download.value.path()).read_bytes()

    assert taken("png").startswith(b"\x89PNG")
    drawing = ET.fromstring(taken("svg"))
    assert page.word("dynamics.gradients") in "".join(drawing.itertext())
    rows = list(csv.reader(taken("csv").decode("utf-8-sig").splitlines()))
    assert rows[0] == ["step", *(page.word("network.layer", n=n) for n in (1, 2, 3)), page.word("network.output")]
    assert len(rows) > 50
    assert all(float(number) > 0 for row in rows[2:] for number in row[1:])
    page.page.keyboard.press("Escape")
    expect(gradients.get_by_role("button", name=page.word("dynamics.enlarge"), exact=True)).to_be_focused()
    page.becomes(lambda: box_of(gradients), small)


#: A chart of every kind: a page that has it, its group, how it is called where it is chosen, and how its numbers begin.
KINDS = {
    "lines": ("/", "overview", "Loss", ["step"]),
    "ridge": ("/", "activations", "What enters the activations", ["step", "layer", "low", "high", "bin 1"]),
    "mask": ("/?layers=6(dropout:0.5),6(dropout:0.5)", "normalization", "Dropout mask", ["layer", "unit", "value"]),
    "units": (
        "/?layers=6(normalization:batch_norm)",
        "normalization",
        "Batch mean against running mean, unit by unit",
        ["layer", "unit"],
    ),
    "filters": ("/?dataset=digits&layers=conv(filters:4)", "overview", "Filters", ["step", "filter", "weight 1"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_chart_is_taken_away_as_picture_drawing_and_numbers(visitor: Visit, kind: str) -> None:
    path, group, name, head = KINDS[kind]
    page = visitor().visit(path)
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    charts.get_by_role("tab", name=page.word(f"dynamics.group_{group}")).click()
    if kind == "filters":
        charts.get_by_role("radio", name=name, exact=True).click()
    chart = charts.get_by_role("article", name=name, exact=True)
    expect(chart).to_be_visible()

    def taken(kind: str) -> bytes:
        chart.get_by_role("button", name=page.word("dynamics.export")).click()
        with page.page.expect_download() as download:
            page.page.get_by_role("menuitem", name=page.word(f"dynamics.export_{kind}")).click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        return Path(download.value.path()).read_bytes()

    def numbers() -> list[list[str]]:
        return list(csv.reader(taken("csv").decode("utf-8-sig").splitlines()))

    # What is measured only while somebody looks has its first numbers in a moment.
    page.eventually(lambda: len(numbers()) > 1, "nothing was measured")
    rows = numbers()
    assert rows[0][: len(head)] == head
    assert {len(row) for row in rows} == {len(rows[0])}
    assert taken("png").startswith(b"\x89PNG")
    drawing = ET.fromstring(taken("svg"))
    assert name in "".join(drawing.itertext())
    shapes = [part for part in drawing.iter() if part.tag.endswith(("path", "rect", "circle"))]
    assert len(shapes) > 5, "nothing is drawn but its frame"


def test_the_output_shows_the_test_set_on_request(visitor: Visit) -> None:
    page = visitor().visit()
    before = page.config()
    points = page.page.get_by_role("checkbox", name=page.word("output.show_test"))
    points.check()
    expect(points).to_be_checked()
    for key in ("output.train_loss", "output.test_loss", "output.test_accuracy"):
        page.page.get_by_text(page.word(key), exact=True).wait_for()
    assert page.config() == before


@pytest.mark.parametrize(("kind", "view"), [("images", "output.view_results"), ("plane", "output.view_confusion")])
def test_the_output_of_several_classes_has_a_confusion_matrix(visitor: Visit, kind: str, view: str) -> None:
    page = visitor()
    data = next(
        variant["id"]
        for variant in page.variants("datasets")
        if (variant["kind"], variant["task"]) == (kind, "multiclass")
    )
    page.visit(f"/?dataset={data}")
    card = page.page.get_by_role("region", name=page.word("output.title"))
    card.get_by_role("radio", name=page.word(view)).click()
    summary = page.word("output.confusion_summary").split("{")[0]
    card.get_by_label(re.compile(f"^{re.escape(summary)}")).first.wait_for()


def test_the_embedding_that_is_offered_works(visitor: Visit) -> None:
    page = visitor().visit()
    page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    page.button("share.title").click()
    offered = page.page.get_by_role("textbox", name=page.word("share.embed")).input_value()
    source = re.search(r'src="([^"]+)"', offered)
    assert source
    embedded = visitor(viewport={"width": 800, "height": 450})
    embedded.visit(source.group(1).removeprefix(page.server.address))
    assert embedded.config() == page.config()
    watch = page.page.get_by_role("textbox", name=page.word("share.watch")).input_value()
    assert watch.endswith(f"?run={page.run_id}")


@pytest.mark.parametrize("layers", ["32*4", "512", "", "2*512"])
def test_the_largest_and_the_smallest_networks_are_drawn(visitor: Visit, layers: str) -> None:
    page = visitor().visit(f"/?layers={layers}&batch_size=1")
    page.eventually(lambda: page.run()["step"] > 0)
    drawn = page.page.evaluate("window.__livegrad.drawn")
    page.eventually(lambda: page.page.evaluate("window.__livegrad.drawn") > drawn)


def test_only_what_can_be_seen_is_measured(visitor: Visit) -> None:
    page = visitor().visit()
    topics = {probe["id"]: probe["topic"] for probe in page.variants("probes")}
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))

    def watched() -> set[str]:
        told = [message["probes"] for message in page.sent if message["type"] == "watch"]
        return {topics[probe] for probe in (told[-1] if told else [])}

    def open_group(group: str) -> None:
        charts.get_by_role("tab", name=page.word(f"dynamics.group_{group}"), exact=True).click()

    open_group("gradients")
    page.eventually(lambda: watched() == {"gradients"}, "the gradients' probes are not watched")
    every = re.compile(page.word("dynamics.every").replace("{n}", r"[\d.]+"))
    expect(charts.get_by_text(every).first).to_be_visible()
    ridges = charts.get_by_role("article").last.get_by_role("slider")
    page.eventually(lambda: int(ridges.get_attribute("aria-valuemax") or 0) > 3, "no moments are kept")
    ridges.focus()
    page.page.keyboard.press("ArrowUp")
    expect(ridges).to_have_attribute("aria-valuetext", re.compile(r"\d … "))
    charts.get_by_role("article").first.get_by_role("button", name=page.word("dynamics.enlarge"), exact=True).click()
    page.eventually(lambda: watched() == set(), "what is covered is still measured")
    page.page.keyboard.press("Escape")
    open_group("overview")
    page.eventually(lambda: watched() == set(), "what nobody looks at is still measured")
