"""What everybody chooses for himself: charts, output, sharing. The run stays as it is, and nothing complains."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_the_charts_switches(visitor: Visit) -> None:
    page = visitor().visit()
    before = page.config()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    log = charts.get_by_role("button", name=page.word("dynamics.log_axis"))
    log.click()
    expect(log).to_have_attribute("aria-pressed", "true")
    axis = charts.get_by_role("button", name=page.word("dynamics.switch_axis"))
    first = axis.inner_text()
    axis.click()
    expect(axis).not_to_have_text(first)
    charts.get_by_role("radio", name=page.word("dynamics.accuracy")).click()
    charts.get_by_role("heading", name=page.word("dynamics.accuracy")).wait_for()
    assert page.config() == before


def test_every_chart_tells_its_values_under_the_pointer(visitor: Visit) -> None:
    page = visitor().visit()
    page.eventually(lambda: page.run()["step"] > 100)
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    canvases = charts.locator("canvas")
    assert canvases.count() >= 3
    for index in range(canvases.count()):
        page.page.mouse.move(5, 5)
        page.page.wait_for_timeout(100)
        silent = charts.inner_text()
        box = canvases.nth(index).bounding_box()
        assert box is not None
        page.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
        expect(charts).to_contain_text(page.word("dynamics.at_step").split("{")[0])
        assert charts.inner_text() != silent


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
