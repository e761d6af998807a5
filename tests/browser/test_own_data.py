"""A person's own data: a file, a pasted table, points drawn with a brush; and what is said when they cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of, within

SEPARABLE = "height,weight,class\n" + "".join(
    f"{170 + i},{60 + 2 * (i % 7)},{int(i > 0)}\n" for i in range(-20, 20) if i
)
LINE = "hour;temperature\n" + "".join(f"{i},5;{10 + 3 * i}\n" for i in range(40))
WIDE = "a,b,c,d,price\n" + "".join(
    f"{i % 5},{i % 7},{i % 11},{i % 3},{2000 + 30 * (i % 5) - 10 * (i % 7) + 5 * (i % 11)}\n" for i in range(120)
)


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit()


def own(page: Visitor) -> str:
    """The data set that stands for own data, by its id."""
    return str(next(variant["id"] for variant in page.variants("datasets") if variant.get("uploaded")))


def dialog(page: Visitor, way: str) -> Locator:
    """The dialog for own data, opened at one of its ways."""
    label = next(variant["label"][page.language] for variant in page.variants("datasets") if variant.get("uploaded"))
    group = page.page.get_by_role("group", name=page.word("data.dataset"))
    group.get_by_role("button", name=label, exact=True).click()
    opened = page.page.get_by_role("dialog", name=page.word("own.title"))
    opened.get_by_role("radio", name=page.word(f"own.{way}")).click()
    return opened


def paste(page: Visitor, text: str) -> Locator:
    opened = dialog(page, "paste")
    opened.get_by_role("textbox").fill(text)
    opened.get_by_role("button", name=page.word("own.read_table")).click()
    return opened


def train(page: Visitor, opened: Locator, inputs: int) -> dict[str, Any]:
    """Take the table as it is; the choice that the server then has."""
    opened.get_by_role("button", name=page.word("own.train", n=inputs)).click()
    expect(opened).to_be_hidden()
    page.config_becomes("data.dataset.id", own(page))
    found: dict[str, Any] = page.config("data.dataset")
    return found


def test_a_file_is_read_and_learned(page: Visitor) -> None:
    opened = dialog(page, "file")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": SEPARABLE.encode()}
    opened.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a TypedDict with optional keys
    expect(opened.get_by_role("region", name=page.word("own.first_rows"))).to_contain_text("height")
    choice = train(page, opened, 2)
    assert (choice["target"], choice["columns"], choice["task"]) == (2, [0, 1], "auto")
    page.eventually(lambda: page.loss() < 0.1, "the table is not learned")
    output = page.page.get_by_role("region", name=page.word("output.title"))
    expect(output).to_contain_text("height")
    page.eventually(lambda: str(choice["table"]) in page.page.url, "the address does not name the table")
    page.page.reload()
    page.drawn()
    expect(page.page.get_by_role("button", name=page.word("data.own_change"))).to_be_visible()
    page.config_becomes("data.dataset", choice)


def test_a_pasted_curve_is_shown_in_its_units(page: Visitor) -> None:
    opened = paste(page, LINE)
    train(page, opened, 1)
    output = page.page.get_by_role("region", name=page.word("output.title"))
    expect(output.get_by_role("radio", name=page.word("output.view_curve"))).to_be_checked()
    output.get_by_role("radio", name=page.word("output.view_fit")).click()
    expect(output).to_contain_text("R²")
    assert page.config("training.loss.id") in {
        loss["id"] for loss in page.variants("losses") if "regression" in loss["tasks"]
    }


def test_columns_target_and_task_are_chosen(page: Visitor) -> None:
    opened = paste(page, WIDE)
    opened.get_by_role("checkbox", name=page.word("own.input_column", name="b")).uncheck()
    opened.get_by_label(page.word("own.target_column")).select_option(label="d")
    opened.get_by_label(page.word("own.task")).select_option("regression")
    choice = train(page, opened, 3)
    assert (choice["target"], choice["columns"], choice["task"]) == (3, [0, 2, 4], "regression")
    output = page.page.get_by_role("region", name=page.word("output.title"))
    output.get_by_role("radio", name=page.word("output.view_map")).click()
    output.get_by_label(page.word("output.across")).select_option(label="price")
    expect(output.get_by_label(page.word("output.up"))).to_have_value("1")
    output.get_by_label(page.word("output.up")).select_option(label="price")
    expect(output.get_by_label(page.word("output.across"))).to_have_value("1")


def test_another_task_of_the_same_table_has_its_own_loss_and_view(page: Visitor) -> None:
    bands = "x,band\n" + "".join(f"{i / 10},{i // 20}\n" for i in range(80))
    opened = paste(page, bands)
    opened.get_by_label(page.word("own.task")).select_option("regression")
    train(page, opened, 1)
    page.config_becomes("training.loss.id", "mse")
    page.button("data.own_change").click()
    opened = page.page.get_by_role("dialog", name=page.word("own.title"))
    opened.get_by_label(page.word("own.task")).select_option("multiclass")
    train(page, opened, 1)
    page.config_becomes("training.loss.id", "softmax_cross_entropy")
    output = page.page.get_by_role("region", name=page.word("output.title"))
    expect(output.get_by_role("radio", name=page.word("output.view_curve"))).to_be_checked()
    expect(output.get_by_role("img", name=page.word("output.classes_summary", n=4, name="x"))).to_be_visible()
    expect(output.get_by_text(page.word("output.classes_help"))).to_be_visible()
    page.button("transport.undo").click()
    page.config_becomes("training.loss.id", "mse")
    page.config_becomes("data.dataset.task", "regression")


def test_undo_goes_back_to_the_former_data(page: Visitor) -> None:
    before = page.config("data.dataset")
    choice = train(page, paste(page, SEPARABLE), 2)
    page.button("transport.undo").click()
    page.config_becomes("data.dataset", before)
    page.button("transport.redo").click()
    page.config_becomes("data.dataset", choice)


def test_a_bad_file_is_shown_at_its_row(page: Visitor) -> None:
    page.expected = ("422",)
    opened = dialog(page, "file")
    file = {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n3,many\n5,6\n"}
    opened.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a TypedDict with optional keys
    expect(opened.get_by_role("alert")).to_contain_text("Row 3, column 2")
    expect(opened.get_by_role("list", name=page.word("own.excerpt"))).to_contain_text("3,many")


def test_a_bad_paste_is_selected_and_can_be_mended(page: Visitor) -> None:
    page.expected = ("422",)
    opened = paste(page, "a,b\n1,2\n3,x\n5,6\n7,9")
    expect(opened.get_by_role("alert")).to_contain_text("Row 3, column 2")
    selected = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    page.eventually(lambda: opened.get_by_role("textbox").evaluate(selected) == "3,x")
    page.page.keyboard.type("3,4")
    opened.get_by_role("button", name=page.word("own.read_table")).click()
    train(page, opened, 1)


def test_two_classes_are_drawn_and_learned(page: Visitor) -> None:
    opened = dialog(page, "draw")
    box = box_of(opened.locator("canvas"))
    for k, x in ((0, 0.25), (1, 0.75)):
        name = page.word("own.class_points", name="AB"[k], n=0)
        opened.get_by_role("button", name=name).click()
        page.page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        page.page.mouse.down()
        page.page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.8 * box["height"], steps=12)
        page.page.mouse.up()
    opened.get_by_role("button", name=page.word("own.train_drawn")).click()
    expect(opened).to_be_hidden()
    page.config_becomes("data.dataset.id", own(page))
    page.eventually(lambda: page.loss() < 0.1, "the drawing is not learned")


def test_the_brush_works_by_keyboard_with_eraser_undo_and_more_classes(page: Visitor) -> None:
    opened = dialog(page, "draw")
    plane = opened.get_by_role("button", name=page.word("own.plane"))
    plane.focus()
    page.page.keyboard.press("Space")
    expect(opened.get_by_role("button", name=page.word("own.class_points", name="A", n=4))).to_be_visible()
    opened.get_by_role("button", name=page.word("own.add_class")).click()
    plane.focus()
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    expect(opened.get_by_role("button", name=page.word("own.class_points", name="C", n=4))).to_be_visible()
    opened.get_by_role("button", name=page.word("own.eraser")).click()
    plane.focus()
    page.page.keyboard.press("Space")
    expect(opened.get_by_role("button", name=page.word("own.class_points", name="C", n=0))).to_be_visible()
    opened.get_by_role("button", name=page.word("own.undo")).click()
    expect(opened.get_by_role("button", name=page.word("own.class_points", name="C", n=4))).to_be_visible()
    generation = page.run()["generation"]
    plane.press("Control+z")
    expect(opened.get_by_role("button", name=page.word("own.class_points", name="C", n=0))).to_be_visible()
    assert page.run()["generation"] == generation
    opened.get_by_role("button", name=page.word("own.clear")).click()
    expect(opened.get_by_role("button", name=page.word("own.train_drawn"))).to_be_disabled()
    page.page.keyboard.press("Escape")
    expect(opened).to_be_hidden()


def test_a_link_with_a_table_that_is_gone_opens_with_other_data(visitor: Visit) -> None:
    page = visitor()
    page.expected = ("422",)
    name = own(page)
    page.visit(f"/?dataset={name}(table:gone;target:1;columns:(0);task:auto)&layers=2*5")
    expect(page.page.get_by_text(page.word("notice.table_gone"))).to_be_visible()
    assert page.config("data.dataset.id") != name
    assert [layer["units"] for layer in page.config("network.layers")] == [5, 5]


@pytest.mark.parametrize("size", [(390, 844), (1024, 768)])
def test_the_dialog_fits_small_screens(visitor: Visit, size: tuple[int, int]) -> None:
    page = visitor(viewport={"width": size[0], "height": size[1]}).visit()
    opened = dialog(page, "draw")

    def fits() -> None:
        within(box_of(opened), *size)
        assert opened.evaluate("(element) => element.scrollWidth <= element.clientWidth")

    page.soon(fits)
