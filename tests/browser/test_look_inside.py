"""Looking into one of several runs: that very run with all its cards, while it goes on keeping step with the others."""

from __future__ import annotations

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Visit
from tests.browser.test_compare import Together

OWN = "JSON.parse(sessionStorage.getItem('livegrad.run'))?.id ?? ''"


def test_one_of_the_runs_is_looked_into_and_all_are_found_as_they_stand(visitor: Visit) -> None:
    page = visitor()
    together = Together(page).visit("/?compare=optimizer=sgd|optimizer=momentum")
    page.eventually(lambda: page.page.evaluate(OWN) != "", "there is no run of the page's own")
    own = page.page.evaluate(OWN)
    step = together.pause()
    group, badges = together.id, together.badges()
    ids = [run["id"] for run in together.runs()]

    chart = page.page.get_by_role("combobox", name=page.word("compare.chart")).first
    chart.select_option("test_loss")

    page.button("compare.look_inside_of", name=badges[1]).click()
    network = page.page.get_by_role("region", name=page.word("network.title"), exact=True)
    clock = page.page.locator(".clock b").nth(1)

    def shows_the_second(at: int) -> None:
        expect(network).to_be_visible()
        page.becomes(lambda: page.run_id, ids[1])
        expect(clock).to_have_text(f"{at:,}")
        expect(page.menu("Optimizer")).to_contain_text("SGD")
        line = page.page.get_by_role("group", name=page.word("compare.inside"))
        expect(line).to_contain_text(badges[1])
        expect(line).to_contain_text(page.word("compare.one_of", n=3))

    shows_the_second(step)
    expect(page.page.get_by_role("region", name=page.word("dynamics.title"), exact=True)).to_be_visible()
    page.page.keyboard.press("e")
    explained = page.page.get_by_role("region", name=page.word("explain.title"))
    expect(explained.get_by_role("slider", name=page.word("explain.stages"))).to_be_visible()
    page.page.keyboard.press("e")
    expect(explained).to_have_count(0)
    page.button("transport.step").click()
    page.becomes(lambda: [run["step"] for run in together.runs()], [step + 1] * 3)

    page.button("compare.all_runs").click()
    expect(together.panels()).to_have_count(3)
    page.becomes(together.badges, badges)
    expect(chart).to_have_value("test_loss")
    expect(clock).to_have_text(f"{step + 1:,}")
    assert together.id == group
    assert [(run["id"], run["step"]) for run in together.runs()] == [(each, step + 1) for each in ids]

    page.page.go_forward()
    shows_the_second(step + 1)
    page.page.reload()
    shows_the_second(step + 1)
    page.page.go_back()
    expect(together.panels()).to_have_count(3)
    page.becomes(together.badges, badges)
    assert together.id == group

    page.button("compare.back").click()
    expect(network).to_be_visible()
    page.becomes(lambda: page.page.evaluate(OWN), own)
    expect(page.menu("Optimizer")).to_contain_text("Adam")
    page.eventually(lambda: page.server.get(f"/api/runs/{own}")["state"] == "running", "the single run does not go on")


def test_the_way_back_is_there_before_the_run_is(visitor: Visit) -> None:
    page = visitor()
    silent = False

    def connect(socket: WebSocketRoute) -> None:
        if not silent:
            socket.connect_to_server()

    page.page.route_web_socket("**/stream", connect)
    together = Together(page).visit("/?compare=optimizer=sgd")
    badges = together.badges()
    silent = True
    page.button("compare.look_inside_of", name=badges[1]).click()
    expect(page.page.get_by_role("heading", name=page.word("starting.waiting"))).to_be_visible()
    silent = False
    # The second of two clicks finds another button in the place of the first one's.
    page.button("compare.all_runs").dblclick()
    expect(together.panels()).to_have_count(2)
    page.becomes(together.badges, badges)
