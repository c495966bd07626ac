"""Another choice, and the list and the map follow: as the form shows it that is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Witness

pytestmark = pytest.mark.browser

OpenPage = Callable[..., "Page"]
READY = "#map_city[data-stations][data-doors]"
# Everything that the list says, and what the map shows.
SHOWN = """() => {
  const fold = document.getElementById("list-fold");
  const cards = [...fold.querySelectorAll("li[data-code]")].map((card) =>
    [card.dataset.code, card.querySelector(".door").dataset.door,
     card.querySelector(".say").textContent, card.querySelectorAll("button.quiet").length]);
  const told = [...fold.querySelectorAll("summary, .hint, .message, .pager, :scope > form select")]
    .map((part) => part.value || part.innerText);
  const doors = [...locator.stations._doors].map((pair) => pair.join(" ")).sort();
  const rows = locator.stations._rows.map((station) => station.code).sort();
  return JSON.stringify([cards, told, doors, rows]);
}"""
LISTED = """() => new Promise((listed) =>
  document.addEventListener("listed", ({ detail }) => listed(detail.byServer), { once: true }))"""
SETTLED = "(shown) => (" + SHOWN + ")() === shown"


def choose(page: Page, name: str, value: str) -> bool:
    """Choose that in the form; whether the list that comes is the server's."""
    page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
    page.evaluate(f"() => {{ window.coming = ({LISTED})(); }}")
    field = page.locator(f"#place-form [name={name}]")
    if value == "1":
        field.check()
    else:
        field.select_option(value)
    return bool(page.evaluate("() => window.coming"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "mother_baby_room"), ("trade", "driver"), ("situation", "night"), ("at", "03:00"),
     ("at", "12:00"), ("staff", "1"), ("open", "1"), ("mode", "ebike")],
)  # fmt: skip
def test_list_and_map_follow_a_choice_and_nothing_else_moves(
    open_page: OpenPage, name: str, value: str
) -> None:
    page = open_page("/?q=02", phone=True)
    page.wait_for_selector(READY)
    page.locator("#list input[name=q]").evaluate("(one) => (one.value = 'x')")
    before = page.evaluate(SHOWN)
    page.evaluate("() => { window.same = true; }")
    field = page.locator(f"#place-form [name={name}]")
    page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
    field.focus()
    field.scroll_into_view_if_needed()
    top = page.evaluate("() => scrollY")
    assert choose(page, name, value)
    assert page.evaluate("() => [document.activeElement.name, scrollY]") == [name, top]
    assert page.evaluate("() => window.same")
    assert page.locator("#answer").is_hidden()
    asked = page.url
    assert f"{name}={value}" in asked.replace("%3A", ":")
    fresh = open_page(asked.removeprefix(page.evaluate("() => location.origin")), phone=True)
    fresh.wait_for_selector(READY)
    fresh.evaluate("() => locator.phone.ready()")
    fresh.locator("#list-fold").evaluate("(fold) => (fold.open = true)")
    page.wait_for_function(SETTLED, arg=fresh.evaluate(SHOWN))
    assert page.evaluate(SHOWN) != before
    assert page.locator("#list input[name=q]").input_value() == ""  # as the form sends none
    assert (
        page.locator("#status").text_content()
        == page.locator("summary:has-text('共')").text_content()
    )


def test_list_below_an_answer_follows_too(open_page: OpenPage) -> None:
    page = open_page("/?place=人民中路", phone=True)
    page.wait_for_function("() => document.querySelector('.number-pin')")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert choose(page, "kind", "mother_baby_room")
    kinds = "(all) => [...new Set(all.map((one) => one.dataset.code.split('-')[0]))]"
    page.wait_for_selector("#answer[data-outcome=found]")
    told = page.locator("#list li[data-code]").evaluate_all(kinds)
    assert told == page.locator("#answer li[data-code]").evaluate_all(kinds)
    assert page.locator("#list-fold").get_attribute("open") is None
    assert not [url for url in asked if "/?" in url and "place=" in url]


def test_choice_without_a_network_lists_what_the_phone_can_and_says_what_it_cannot(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page("/", phone=True)
    page.wait_for_selector(READY)
    page.evaluate("() => locator.phone.ready()")
    page.context.set_offline(True)
    assert choose(page, "kind", "mother_baby_room") is False
    codes = page.locator("#list li[data-code]").evaluate_all(
        "(all) => all.map((one) => one.dataset.code)"
    )
    kinds = page.evaluate("() => locator.phone.stations().map(({code, kind}) => [code, kind])")
    assert {kind for code, kind in kinds if code in codes} == {"mother_baby_room"}
    page.wait_for_function("(codes) => locator.stations._rows.length === codes.length", arg=codes)
    assert page.get_by_text("按工种、情形筛选列表要联网。").count() == 0
    assert choose(page, "trade", "driver") is False
    page.get_by_text("按工种、情形筛选列表要联网。").wait_for()
    page.context.set_offline(False)
    assert choose(page, "kind", "")
    assert page.get_by_text("按工种、情形筛选列表要联网。").count() == 0
    witness.faults.clear()  # the browser tells of each request without a network


def test_choice_without_a_network_and_without_data_says_that_nothing_was_saved(
    open_page: OpenPage, witness: Witness
) -> None:
    page = open_page("/", phone=True, service_workers="block")
    page.wait_for_selector(READY)
    page.evaluate("() => { locator.phone.data = () => null; }")
    page.context.set_offline(True)
    page.locator("#place-fold > summary").click()
    page.locator("#place-form [name=kind]").select_option("rest_station")
    page.get_by_text("没网，也没存过资料。联网后再试。").wait_for()
    witness.faults.clear()


@pytest.mark.parametrize("listing", ["on", "off"])
def test_list_and_map_of_a_frame_follow_a_choice(open_page: OpenPage, listing: str) -> None:
    page = open_page(f"/embed?kind=rest_station&list={listing}")
    page.wait_for_selector(READY)
    page.locator("#place-fold").evaluate("(fold) => (fold.open = true)")
    page.locator("#place-form [name=kind]").select_option("mother_baby_room")
    page.wait_for_function(
        """() => [...document.querySelectorAll("input[data-kind]:checked")]
          .map((box) => box.dataset.kind).join() === "mother_baby_room" """
    )
    drawn = "() => locator.stations._drawn.flatMap((spot) => spot.stations.map(({kind}) => kind))"
    page.wait_for_function(f"() => new Set(({drawn})()).size > 0")
    assert set(page.evaluate(drawn)) == {"mother_baby_room"}
    rows = page.evaluate("() => locator.stations._rows.map(({kind}) => kind)")
    assert set(rows) == {"mother_baby_room"}
    if listing == "on":
        kinds = "(all) => all.map((one) => one.querySelector('.kind').innerText)"
        told = page.locator("#list li[data-code]").evaluate_all(kinds)
        assert told
        assert all("母婴" in one for one in told)
