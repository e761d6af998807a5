"""An activation's curve: in its menu, and in a layer's settings above what enters it while the network trains."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of, within

#: How many colours a canvas shows; a blank one shows one.
COLOURS = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size;
}"""

URL = "(canvas) => canvas.toDataURL()"


def open_layer(page: Visitor, number: int) -> Locator:
    """Open the settings of a hidden layer, counted from 1; returns them."""
    page.button("network.open_layer", n=number).click()
    return page.page.get_by_role("dialog", name=page.word("layer.title", number=number))


def other_picture(page: Visitor, canvas: Locator, before: str) -> str:
    """Wait until a canvas shows something else than before, and return that."""
    page.eventually(lambda: canvas.evaluate(URL) != before, "the picture stays the same")
    return str(canvas.evaluate(URL))


def flat(page: Visitor) -> str:
    """The beginning of what is said of the flat part, behind the share."""
    return page.word("activation.flat").split("{share}")[1].split("(")[0].strip()


def test_a_layers_settings_show_what_enters_its_activation(visitor: Visit) -> None:
    page = visitor().visit("/?preset=dying_relu")
    settings = open_layer(page, 3)
    figure = settings.locator("figure")
    expect(figure).to_contain_text(flat(page))
    expect(figure).to_contain_text(page.word("activation.dead", dead=8, units=8))
    page.eventually(lambda: figure.locator("canvas").evaluate(COLOURS) > 8, "the curve is not drawn")
    page.eventually(lambda: page.run()["step"] > 100)
    page.soon(lambda: within(box_of(settings), 1440, 900))


def test_it_goes_on_while_the_network_trains_and_follows_the_layer(visitor: Visit) -> None:
    page = visitor().visit("/?speed=full")
    figure = open_layer(page, 2).locator("figure")
    expect(figure).to_contain_text(flat(page))
    first = figure.inner_text()
    page.eventually(lambda: figure.inner_text() != first, "it stands still")
    second = open_layer(page, 3).locator("figure")
    expect(second).to_contain_text(flat(page))


def test_a_menu_draws_every_activation_that_has_a_curve(visitor: Visit) -> None:
    page = visitor(color_scheme="dark").visit()
    open_layer(page, 1)
    label = page.word("layer.activation")
    page.menu(label).click()
    options = page.page.get_by_role("listbox", name=label).get_by_role("option")
    about = page.page.get_by_role("dialog", name=label).locator(".about")
    variants = page.variants("activations")
    expect(options).to_have_count(len(variants))
    shown = [""]
    for option, variant in zip(options.all(), variants, strict=True):
        option.hover()
        expect(about).to_contain_text(variant["label"]["en"])
        picture = about.locator("canvas")
        if picture.count():
            shown.append(other_picture(page, picture, shown[-1]))
    assert len(set(shown)) == len(shown) > 16


def test_all_layers_together_show_the_curve_alone(visitor: Visit) -> None:
    page = visitor().visit()
    page.button("layer.all").click()
    figure = page.page.get_by_role("dialog", name=page.word("layer.all")).locator("figure")
    expect(figure).to_contain_text(page.word("activation.value"))
    expect(figure).not_to_contain_text(page.word("activation.sums"))


def test_a_learned_slope_is_told_and_drawn_while_it_is_learned(visitor: Visit) -> None:
    page = visitor().visit("/?layers=6(activation:prelu),4&speed=full")
    figure = open_layer(page, 1).locator("figure")
    learned = page.word("activation.learned_each").split("{mean}")[0]
    expect(figure).to_contain_text(learned)
    first = figure.inner_text()
    page.eventually(lambda: figure.inner_text() != first, "it stands still")


@pytest.mark.parametrize("pieces", [2, 4])
def test_a_gate_is_drawn_with_the_sums_that_enter_it(visitor: Visit, pieces: int) -> None:
    gate = {2: "simple_gate", 4: "maxout(pieces:4)"}[pieces]
    page = visitor().visit(f"/?layers=6(activation:{gate}),4")
    figure = open_layer(page, 1).locator("figure")
    expect(figure).to_contain_text(page.word("gate.own", pieces=pieces, unit=1, input="").split(" input")[0])
    canvas = figure.locator("canvas")
    page.eventually(lambda: canvas.evaluate(COLOURS) > 8, "nothing is drawn")
    other_picture(page, canvas, canvas.evaluate(URL))
