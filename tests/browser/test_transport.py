"""The top bar: play, pause, step, reset, speed, undo; by hand and by keyboard."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit()


def paused(page: Visitor) -> int:
    """Pause and wait until no step is made any more; returns the step."""
    page.button("transport.pause").click()
    page.eventually(lambda: page.run()["state"] == "paused")
    return int(page.run()["step"])


def test_play_and_pause(page: Visitor) -> None:
    step = paused(page)
    page.page.wait_for_timeout(300)
    assert page.run()["step"] == step
    page.button("transport.play").click()
    page.eventually(lambda: page.run()["state"] == "running" and page.run()["step"] > step)


def test_single_steps_and_epochs(page: Visitor) -> None:
    step = paused(page)
    page.button("transport.step").click()
    page.eventually(lambda: page.run()["step"] == step + 1)
    page.button("transport.step_menu").click()
    page.page.get_by_role("menuitem", name=page.word("transport.ten_steps")).click()
    page.eventually(lambda: page.run()["step"] == step + 11)
    epoch = page.run()["epoch"]
    page.button("transport.step_menu").click()
    page.page.get_by_role("menuitem", name=page.word("transport.one_epoch")).click()
    page.eventually(lambda: page.run()["epoch"] > epoch + 0.9)


def test_reset_draws_the_same_weights_again(page: Visitor) -> None:
    paused(page)
    seed = page.config("seed")
    page.restarts(page.button("transport.reset").click)
    assert page.config("seed") == seed
    assert page.run()["step"] == 0


def test_reset_with_a_new_seed(page: Visitor) -> None:
    page.button("transport.reset_menu").click()
    page.config_changes("seed", page.page.get_by_role("menuitem", name=page.word("transport.reset_new")).click)


def test_speed_from_slow_to_full(page: Visitor) -> None:
    assert page.config("speed") == "auto"
    speed = page.page.get_by_role("slider", name=page.word("speed.label"), exact=True)
    page.config_changes("speed", lambda: page.nudge(speed, "Home"))
    assert page.config("speed") <= 1
    page.nudge(speed, "End")
    page.config_becomes("speed", "full")
    speed.dblclick()
    page.config_becomes("speed", "auto")


def test_full_speed_is_one_click_away(page: Visitor) -> None:
    page.page.get_by_role("button", name=page.word("speed.auto"), exact=True).click()
    page.config_becomes("speed", "full")
    page.page.get_by_role("button", name=page.word("speed.full"), exact=True).click()
    page.config_becomes("speed", "auto")


def test_undo_and_redo(page: Visitor) -> None:
    before = page.config("training.batch_size")
    after = page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    page.button("transport.undo").click()
    page.config_becomes("training.batch_size", before)
    page.button("transport.redo").click()
    page.config_becomes("training.batch_size", after)


def test_keys(page: Visitor) -> None:
    keyboard = page.page.keyboard
    keyboard.press("Space")
    page.eventually(lambda: page.run()["state"] == "paused")
    step = page.run()["step"]
    keyboard.press(".")
    page.eventually(lambda: page.run()["step"] == step + 1)
    page.restarts(lambda: keyboard.press("r"))
    page.config_changes("seed", lambda: keyboard.press("Shift+R"))
    keyboard.press("Space")
    page.eventually(lambda: page.run()["state"] == "running")


def test_keyboard_alone_reaches_and_moves_every_control(page: Visitor) -> None:
    """Tab goes through all that can be pressed, each visibly focused; then a whole change is made without a pointer."""
    reached: list[str] = []
    for _ in range(120):
        page.page.keyboard.press("Tab")
        found = page.page.evaluate(
            """() => {
              const element = document.activeElement;
              if (!element || element === document.body) return null;
              const style = getComputedStyle(element);
              const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
              const seen = ring || style.boxShadow !== 'none';
              const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent;
              return [(label ?? element.textContent).trim(), seen];
            }"""
        )
        if found is None:
            break
        name, seen = found
        assert name != "", "something without a name took the focus"
        assert seen, f"the focus on {name!r} cannot be seen"
        reached.append(name)
    for key in ("transport.pause", "transport.step", "transport.reset", "speed.label", "data.new_seed"):
        assert page.word(key) in reached
    assert any(name.startswith(f"{page.word('training.optimizer')}: ") for name in reached)

    page.menu(page.word("training.optimizer")).focus()
    before = page.config("training.optimizer.id")
    page.page.keyboard.press("Enter")
    page.page.get_by_role("listbox", name=page.word("training.optimizer")).wait_for()
    page.page.keyboard.press("ArrowUp")
    page.config_changes("training.optimizer.id", lambda: page.page.keyboard.press("Enter"))
    assert page.config("training.optimizer.id") != before
