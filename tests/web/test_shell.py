"""The frame around every page."""

from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.test import RequestFactory
from django.utils.translation import override

from clew.web.templatetags.clew import grade, money


def page(language: str) -> str:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with override(language):
        return render_to_string("base.html", {}, request)


def test_the_page_names_its_language_for_the_browser() -> None:
    assert '<html lang="zh-CN"' in page("zh-hans")
    assert '<html lang="en"' in page("en")


def test_a_guest_sees_no_places_to_go() -> None:
    assert "c-nav-i" not in page("en")


def test_a_grade_is_told_by_bars_and_by_a_word() -> None:
    with override("zh-hans"):
        drawn = grade(2, 58)
    assert "中 58" in drawn
    assert drawn.count("c-off") == 1


def test_an_icon_is_hidden_from_screen_readers() -> None:
    drawn = Template('{% icon "phone" "s" %}').render(Context())
    assert drawn == (
        '<svg class="c-i c-i-s" aria-hidden="true">'
        f'<use href="{static("clew/icons.svg")}#i-phone"/></svg>'
    )


def test_money_has_two_decimals() -> None:
    assert money(1234567) == "¥12,345.67"
