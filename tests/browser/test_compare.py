"""Runs side by side: one change away from the page's own run, by an address, ready ones from a menu, and raced."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of

#: What tells seven runs from the default one; each is a part of the address.
CHANGES = ["optimizer=sgd", "optimizer=momentum", "batch_size=8", "batch_size=128", "seed=2", "layers=4", "layers=3*4"]


class Together:
    """The runs that a visitor sees beside each other, as the server knows them."""

    def __init__(self, page: Visitor) -> None:
        self.page = page

    @property
    def id(self) -> str:
        """The comparison that the page began last; empty before there is one."""
        begun = [path for path in self.page.tokens if path.startswith("/api/groups/")]
        return begun[-1].removeprefix("/api/groups/") if begun else ""

    def runs(self) -> list[dict[str, Any]]:
        """Configuration, state and step of every run; none while one comparison gives way to the next."""
        try:
            found: list[dict[str, Any]] = self.page.server.get(f"/api/groups/{self.id}")["runs"]
        except HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            # Lets the answer that names the next one come in.
            self.page.page.wait_for_timeout(50)
            return []
        return found

    def visit(self, path: str) -> Together:
        """Open an address that asks for several runs, and wait until they train."""
        self.page.page.goto(self.page.server.address + path)
        self.train()
        return self

    def train(self) -> None:
        """Wait until all have trained and are drawn."""
        page = self.page
        page.eventually(lambda: self.id != "", "no runs have begun")
        page.eventually(lambda: all(run["step"] > 0 for run in self.runs()), "a run does not train")
        page.eventually(lambda: len(self.badges()) == len(self.runs()), "a run has no panel")

    def panels(self) -> Locator:
        """A panel a run."""
        return self.page.page.get_by_role("region", name=self.page.word("compare.runs")).get_by_role("article")

    def pause(self) -> int:
        """Let all stand still by the keyboard; the step at which they stand, once the page tells it."""
        page = self.page
        page.page.keyboard.press("Space")
        page.eventually(lambda: {run["state"] for run in self.runs()} == {"paused"}, "not all stand still")
        (step,) = {run["step"] for run in self.runs()}
        expect(page.page.locator(".clock b").nth(1)).to_have_text(f"{step:,}")
        return int(step)

    def remove(self, number: int) -> None:
        """Take one of the runs away."""
        name = self.page.word("compare.remove", name=self.badges()[number])
        self.panels().nth(number).get_by_role("button", name=name, exact=True).click()

    def badges(self) -> list[str]:
        """What each panel says that its run differs in."""
        return self.panels().get_by_role("heading").all_inner_texts()


def test_what_if_is_one_press_and_all_runs_keep_step(visitor: Visit) -> None:
    page = visitor().visit("/?seed=3&layers=3")
    own = page.run_id
    together = Together(page)
    page.button("compare.open").click()
    page.page.get_by_role("button", name="SGD", exact=True).click()
    together.train()
    page.becomes(together.badges, ["Adam", "SGD"])
    first, second = (run["config"] for run in together.runs())
    assert second["training"]["optimizer"]["id"] == "sgd"
    second["training"]["optimizer"] = first["training"]["optimizer"]
    assert first == second
    page.eventually(lambda: "compare=optimizer=sgd" in page.page.url, "the address does not tell of both")

    step = together.pause()
    page.button("transport.step").click()
    page.eventually(lambda: {run["step"] for run in together.runs()} == {step + 1}, "not all have made a step")

    page.page.get_by_role("button", name=f"+ {page.word('compare.what_if')}").click()
    page.page.get_by_role("dialog").get_by_role("button", name="ReLU", exact=True).click()
    expect(together.panels()).to_have_count(3)
    page.eventually(lambda: together.badges()[2].startswith("ReLU"), "the badge does not say what differs")
    page.eventually(lambda: {run["step"] for run in together.runs()} == {step + 1}, "it does not come up to the others")
    together.remove(1)
    expect(together.panels()).to_have_count(2)
    page.becomes(lambda: [run["config"]["training"]["optimizer"]["id"] for run in together.runs()], ["adam", "adam"])

    page.page.go_back()
    expect(page.page.get_by_role("region", name=page.word("network.title"), exact=True)).to_be_visible()
    page.eventually(lambda: page.server.get(f"/api/runs/{own}")["state"] == "running", "the single run does not go on")
    page.eventually(lambda: "compare" not in page.page.url, "the address still tells of a comparison")


def test_a_run_that_diverges_does_not_stop_the_others(visitor: Visit) -> None:
    page = visitor(locale="zh-CN", color_scheme="dark")
    page.language = "zh"
    wild = "loss=mse!optimizer=sgd(learning_rate:90)!layers=6(activation:relu)"
    together = Together(page).visit(f"/?compare={wild}|optimizer=rmsprop&clock=samples")
    page.eventually(lambda: together.runs()[1]["state"] == "diverged", "nothing diverges")
    step = together.runs()[1]["diverged"]["step"]
    said = page.word("compare.diverged", step=f"{step:,}")
    expect(together.panels().nth(1).get_by_text(said)).to_be_visible()
    before = together.runs()[2]["step"]
    page.eventually(lambda: together.runs()[2]["step"] > before + 20, "the others stand still")
    page.eventually(lambda: "RMSProp" in together.badges()[2], "the badge does not say what differs")
    page.page.reload()
    page.eventually(lambda: len(together.badges()) == 3, "a reload does not bring them back")
    expect(page.page.get_by_role("radio", name=page.word("compare.clock_samples"))).to_be_checked()


def test_a_reload_goes_on_with_the_same_runs(visitor: Visit) -> None:
    page = visitor()
    together = Together(page).visit("/?compare=seed=2|seed=3|seed=4&clock=samples")
    together.remove(1)
    expect(together.panels()).to_have_count(3)
    page.eventually(lambda: len(together.runs()) == 3, "it is not removed on the server")
    step = together.pause()
    group, before, badges = together.id, together.runs(), together.badges()
    colour = "panels => panels.map((panel) => getComputedStyle(panel).getPropertyValue('--run'))"
    colours = together.panels().evaluate_all(colour)
    assert len(set(colours)) == 3

    page.page.reload()
    expect(together.panels()).to_have_count(3)
    page.eventually(lambda: together.badges() == badges, "they are not the same")
    page.becomes(lambda: together.panels().evaluate_all(colour), colours)
    assert together.id == group
    assert [(run["id"], run["step"]) for run in together.runs()] == [(run["id"], run["step"]) for run in before]
    expect(page.page.get_by_role("radio", name=page.word("compare.clock_samples"))).to_be_checked()
    page.button("transport.step").click()
    page.eventually(lambda: {run["step"] for run in together.runs()} == {step + 1}, "no step is made")

    page.button("compare.back").click()
    own = "JSON.parse(sessionStorage.getItem('livegrad.run'))?.id ?? ''"
    page.eventually(lambda: page.page.evaluate(own) != "", "no single run is begun")
    own = page.page.evaluate(own)
    page.eventually(lambda: page.server.get(f"/api/runs/{own}")["state"] == "running", "the single run does not go on")

    page.page.goto(page.server.address + "/?compare=seed=4")
    page.eventually(lambda: together.id != group and len(together.runs()) == 2, "the next are not begun")
    group = together.id
    page.page.goto(page.server.address + "/?compare=seed=5")
    page.eventually(lambda: together.id != group and len(together.runs()) == 2, "another link shows the old runs")

    def is_gone() -> None:
        with pytest.raises(HTTPError, match="404"):
            page.server.get(f"/api/groups/{group}")

    page.soon(is_gone)


def test_a_chart_of_all_runs_fills_the_window_and_is_taken_away(visitor: Visit) -> None:
    page = visitor()
    together = Together(page).visit("/?compare=optimizer=sgd")
    step = together.pause()
    charts = page.page.get_by_role("region", name=page.word("compare.charts")).get_by_role("article")
    chart, other = charts.nth(0), charts.nth(1)
    chart.get_by_role("button", name=page.word("dynamics.enlarge")).click()
    # What it covers cannot be reached by keys; the bar can.
    covered = "element => element.closest('[inert]') !== null"

    def fills_the_window() -> None:
        box = box_of(chart)
        assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 1440, 900)
        assert all(one.evaluate(covered) for one in (other, together.panels().first, page.button("compare.back")))
        assert not chart.evaluate(covered)

    page.soon(fills_the_window)
    expect(page.button("transport.step")).to_be_enabled()

    kept: dict[str, bytes] = {}
    for kind in ("csv", "svg", "png"):
        chart.get_by_role("button", name=page.word("dynamics.export")).click()
        with page.page.expect_download() as download:
            page.page.get_by_role("menuitem", name=page.word(f"dynamics.export_{kind}")).click()
        assert download.value.suggested_filename == f"livegrad-train-loss-{step}.{kind}"
        kept[kind] = download.value.path().read_bytes()
    head, *rows = kept["csv"].decode("utf-8-sig").strip().splitlines()
    assert kept["csv"].startswith(BOM_UTF8)
    assert head == "step,Adam,SGD"
    assert [int(row.split(",")[0]) for row in rows][-1] == step
    assert all(len(row.split(",")) == 3 for row in rows)
    assert all(f">{name}</text>" in kept["svg"].decode() for name in ("Adam", "SGD"))
    assert kept["png"].startswith(b"\x89PNG")

    page.page.keyboard.press("Escape")
    expect(page.page.locator("[inert]")).to_have_count(0)
    expect(chart.get_by_role("button", name=page.word("dynamics.enlarge"))).to_be_focused()


def test_on_the_clock_of_time_what_was_drawn_stays_where_it_was(visitor: Visit) -> None:
    page = visitor()
    Together(page).visit("/?compare=optimizer=sgd&clock=wall")
    chart = page.page.get_by_role("region", name=page.word("compare.charts")).get_by_role("article").first

    def places() -> list[tuple[str, str]]:
        """Seconds and loss of all records of the first run but the last row, which may be a live one."""
        chart.get_by_role("button", name=page.word("dynamics.export")).click()
        with page.page.expect_download() as download:
            page.page.get_by_role("menuitem", name=page.word("dynamics.export_csv")).click()
        rows = [row.split(",") for row in download.value.path().read_text(encoding="utf-8-sig").splitlines()[1:]]
        return [(second, loss) for second, loss, _ in rows if loss][:-1]

    def further(places: list[tuple[str, str]]) -> bool:
        return len(places) > 10 and float(places[-1][0]) > 0

    page.eventually(lambda: further(places()), "the run has no records of time")
    before = places()
    page.eventually(lambda: float(places()[-1][0]) > 1.5 * float(before[-1][0]), "the time does not go on")
    assert before == places()[: len(before)]


def test_a_ready_comparison_stops_where_it_is_to_be_looked_at_and_is_repeated_over_seeds(visitor: Visit) -> None:
    page = visitor().visit()
    together = Together(page)
    (ready,) = [one for one in page.server.get("/api/catalog")["comparisons"] if one["id"] == "momentum"]
    page.button("compare.open").click()
    page.page.get_by_role("radio", name=page.word("compare.ready")).click()
    page.page.get_by_role("option").filter(has_text=ready["label"]["en"]).click()
    together.train()
    page.becomes(together.badges, [run["label"]["en"] for run in ready["runs"]])
    expect(page.page.get_by_role("paragraph").get_by_text(ready["watch"]["en"])).to_be_visible()
    page.button("speed.auto").click()
    page.eventually(lambda: {run["state"] for run in together.runs()} == {"paused"}, "it goes on and on")
    assert all(run["step"] >= ready["steps"] for run in together.runs())

    page.button("compare.seeds").click()
    page.button("compare.seeds_of", n=3).click()
    held = page.page.get_by_text(re.compile(r"^holds for \d of 3$"))
    expect(held).to_be_visible()
    expect(page.page.get_by_text(page.word("compare.seeds_shown", n=3))).to_be_visible()
    elsewhere = page.word("compare.bands_clock", clock=page.word("compare.clock_steps"))
    expect(page.page.get_by_text(elsewhere)).to_have_count(0)
    page.page.get_by_role("radio", name=page.word("compare.clock_wall")).click()
    expect(page.page.get_by_role("status").get_by_text(elsewhere)).to_be_visible()
    page.button("compare.hide").click()
    expect(page.button("compare.seeds")).to_be_enabled()


def test_optimizers_race_at_the_best_of_their_learning_rates(visitor: Visit) -> None:
    page = visitor()
    together = Together(page).visit("/?dataset=gaussians&layers=2&compare=optimizer=sgd")
    page.button("compare.race").click()
    sheet = page.page.get_by_role("dialog")
    chosen = sheet.get_by_role("group").get_by_role("button", pressed=True)
    chosen.first.wait_for()
    for chip in chosen.all_inner_texts():
        if chip not in {"Adam", "SGD"}:
            sheet.get_by_role("button", name=chip, exact=True).click()
    sheet.get_by_label(page.word("compare.race_steps")).select_option("200")
    sheet.get_by_label(page.word("compare.race_seeds")).select_option("1")
    page.button("compare.race_search").click()
    go = page.button("compare.race_go")
    expect(go).to_be_enabled()
    best = sheet.locator("td.best")
    expect(best).to_have_count(2)
    rows = sheet.get_by_role("row")
    rates = [float(text) for text in rows.first.get_by_role("columnheader").all_inner_texts()]
    framed = [
        rates[row.locator("td").evaluate_all("cells => cells.findIndex((cell) => cell.classList.contains('best'))")]
        for row in rows.all()[1:]
    ]
    # Closed and opened again, it is still what these optimizers came to, also after a look into one of the runs.
    page.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.button("compare.look_inside_of", name=together.badges()[1]).click()
    page.button("compare.all_runs").click()
    page.button("compare.race").click()
    expect(go).to_be_enabled()
    page.becomes(lambda: set(chosen.all_inner_texts()), {"Adam", "SGD"})
    expect(best).to_have_count(2)
    go.click()
    page.eventually(
        lambda: [run["config"]["training"]["optimizer"]["learning_rate"] for run in together.runs()] == framed,
        "they do not race at what was found best",
    )
    together.train()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_eight_runs_fit_on_one_screen(visitor: Visit, size: tuple[int, int]) -> None:
    width, height = size
    page = visitor(viewport={"width": width, "height": height})
    together = Together(page).visit(f"/?compare={'|'.join(CHANGES)}")

    def fits() -> None:
        assert len(set(together.badges())) >= 6
        assert page.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        boxes = [box_of(panel) for panel in together.panels().all()]
        assert len(boxes) == 8
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert all(box["y"] + box["height"] <= height for box in boxes)

    page.soon(fits)
    # Every picture has something on it, and the curves are drawn on.
    blank = """canvases => canvases.filter((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.every((value, i) => value === data[i % 4]);
    }).length"""
    page.eventually(lambda: page.page.locator("main canvas").evaluate_all(blank) == 0, "a picture is blank")
    drawn = page.page.evaluate("window.__livegrad.drawn")
    page.eventually(lambda: page.page.evaluate("window.__livegrad.drawn") > drawn + 20, "nothing is drawn any more")


def test_what_cannot_be_begun_says_which_run_it_is_and_the_way_out(visitor: Visit) -> None:
    page = visitor()
    page.expected = ("422",)
    page.page.goto(f"{page.server.address}/?compare=seed=2|optimizer=sgd(learning_rate:1e99)")
    said = page.page.get_by_role("alert").filter(has=page.page.get_by_text(page.word("compare.refused")))
    expect(said).to_contain_text(page.word("compare.refused_run", n=3))
    expect(said).to_contain_text("optimizer=sgd(learning_rate:1e99)")
    expect(said).to_contain_text(re.compile(r"learning_rate .*0 < learning_rate <= 10"))
    expect(page.button("control.retry")).to_have_count(0)
    said.get_by_role("button", name=page.word("compare.back")).click()
    expect(page.page.get_by_role("region", name=page.word("network.title"), exact=True)).to_be_visible()
    expect(said).to_have_count(0)
    page.eventually(lambda: "compare" not in page.page.url, "the address still tells of a comparison")
