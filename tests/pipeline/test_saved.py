"""Views: kept, shared, changed, gone; a reader never sees more by them."""

from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clew.access.models import Member, Membership, Role
from clew.base.models import Entry
from clew.contacts.models import Lead
from clew.pipeline.errors import (
    SharingDenied,
    ViewFixed,
    ViewMissing,
    ViewMoved,
    ViewNameMissing,
    ViewNameTaken,
)
from clew.pipeline.filters import Filter
from clew.pipeline.models import Layout, SavedView
from clew.pipeline.saved import actions
from clew.pipeline.saved.actions import Sharing, begin_with, delete, overwrite, rename, save
from clew.pipeline.saved.queries import filter_of, look, views
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, found, member

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON


@pytest.fixture
def company() -> Company:
    return found()


def kept(
    viewer: Member,
    name: str = "高意向",
    *,
    reach: str = "own",
    team: int | None = None,
    **parts: str,
) -> SavedView:
    return save(uuid4(), Sharing(name, reach, team), Filter(**parts), (), viewer=viewer, now=NOW)


def browser(viewer: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(viewer)
    return client


def listed(viewer: Member, query: str = "") -> str:
    return browser(viewer).get(reverse("pipeline:leads") + query).text


def test_a_view_keeps_its_filter_sealed(company: Company) -> None:
    view = kept(company.manager, q="13812345678", grade="3")
    stored = SavedView.objects.get(pk=view.pk)
    assert b"13812345678" not in bytes(stored.filter)
    assert filter_of(stored) == Filter(q="13812345678", grade="3")
    assert Entry.objects.get(name="ViewSaved").data == {"reach": "own"}


def test_who_finds_a_view(company: Company) -> None:
    far = member(company.organisation, "far", Role.SALESPERSON, company.offline)
    near = company.people[0]
    own = kept(company.manager, "own")
    team = kept(company.manager, "team", reach="team", team=company.online.pk)
    every = kept(company.administrator, "all", reach="all")
    assert set(views(company.manager)) == {own, team, every}
    assert set(views(near)) == {team, every}
    assert set(views(far)) == {every}
    assert set(views(company.administrator)) == {team, every}


@pytest.mark.parametrize(
    ("role", "reach"), [("sales", "team"), ("sales", "all"), ("manager", "all")]
)
def test_only_who_leads_shares(company: Company, role: str, reach: str) -> None:
    viewer = company.people[0] if role == "sales" else company.manager
    with pytest.raises(SharingDenied):
        kept(viewer, reach=reach, team=company.online.pk if reach == "team" else None)
    with pytest.raises(SharingDenied):
        kept(company.manager, reach="team", team=company.offline.pk)
    with pytest.raises(SharingDenied):
        kept(company.administrator, reach="nonsense")


def test_a_shared_view_shows_each_reader_only_their_own_rows(company: Company) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    enquire(company.site, name="何敏", phone="13812345679", **HOT)
    view = kept(company.administrator, reach="all", place="person")
    texts = [listed(person, f"?view={view.pk}") for person in company.people]
    assert sum("周建国" in text for text in texts) == 1
    assert sum("何敏" in text for text in texts) == 1
    assert "周建国" in listed(company.administrator, f"?view={view.pk}")


def test_only_its_keepers_change_a_view(company: Company) -> None:
    view = kept(company.manager, reach="team", team=company.online.pk)
    near = company.people[0]
    for act in (
        lambda: rename(view.pk, Sharing("x"), edition=1, viewer=near, now=NOW),
        lambda: overwrite(view.pk, Filter(), (), edition=1, viewer=near, now=NOW),
        lambda: delete(view.pk, viewer=near, now=NOW),
    ):
        with pytest.raises(ViewFixed):
            act()
    rename(view.pk, Sharing("y"), edition=1, viewer=company.administrator, now=NOW)
    assert SavedView.objects.get().reach == "own"
    with pytest.raises(ViewMissing):
        delete(view.pk, viewer=company.administrator, now=NOW)


def test_of_two_who_change_a_view_at_once_the_second_is_told(company: Company) -> None:
    view = kept(company.manager, reach="team", team=company.online.pk)
    overwrite(view.pk, Filter(grade="3"), (), edition=1, viewer=company.manager, now=NOW)
    with pytest.raises(ViewMoved):
        overwrite(view.pk, Filter(grade="1"), (), edition=1, viewer=company.administrator, now=NOW)
    assert filter_of(SavedView.objects.get()).grade == "3"


def test_names_are_needed_and_ones_own_only_once(company: Company) -> None:
    kept(company.manager, "a")
    with pytest.raises(ViewNameTaken):
        kept(company.manager, "a")
    kept(company.people[0], "a")
    for name in ("", "   ", "x" * 61):
        with pytest.raises(ViewNameMissing):
            kept(company.manager, name)


def test_a_double_click_saves_one_view(company: Company) -> None:
    client = browser(company.manager)
    sent = {"once": str(uuid4()), "name": "高意向", "reach": "own", "begins": "on"}
    for _click in range(2):
        answer = client.post(reverse("pipeline:new_view") + "?grade=3&sort=best", sent)
        assert answer.status_code == 302
    view = SavedView.objects.get()
    assert filter_of(view) == Filter(grade="3", sort="best")
    assert Layout.objects.get().begins_with == view


def test_the_list_begins_with_the_view_that_one_has_chosen(company: Company) -> None:
    enquire(company.site, name="热", phone="13812345678", **HOT)
    enquire(company.site, name="冷", phone="13812345679", **COLD)
    view = kept(company.manager, grade="3")
    begin_with(view.pk, viewer=company.manager)
    assert "<b>冷</b>" not in listed(company.manager)
    assert "<b>冷</b>" in listed(company.manager, "?view=")
    delete(view.pk, viewer=company.manager, now=NOW)
    assert "<b>冷</b>" in listed(company.manager)


def test_a_view_that_is_not_shared_any_more_is_no_beginning(company: Company) -> None:
    view = kept(company.manager, reach="team", team=company.online.pk, grade="3")
    near = company.people[0]
    begin_with(view.pk, viewer=near)
    Membership.objects.filter(member=near).delete()
    assert look(near, {}).view is None
    with pytest.raises(ViewMissing):
        begin_with(view.pk, viewer=near)


@pytest.mark.parametrize("said", [str(UUID(int=7)), "nonsense", "'"])
def test_a_view_that_is_gone_says_so_and_the_list_still_opens(company: Company, said: str) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    text = listed(company.manager, f"?view={said}")
    assert "This view is gone" in text
    assert "周建国" in text


def test_a_view_that_names_what_is_gone_says_so_and_opens(company: Company) -> None:
    wanted = Filter(source="gone", team="999", holder="999", custom="gone=1")
    view = save(uuid4(), Sharing("v"), wanted, (), viewer=company.manager, now=NOW)
    SavedView.objects.update(columns=["name", "salary"])
    text = listed(company.manager, f"?view={view.pk}")
    for words in (
        "a source that is gone",
        "a team that is gone",
        "somebody who is gone",
        "a field that is gone",
        "salary",
    ):
        assert words in text


def test_a_changed_view_offers_to_save_the_change(company: Company) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    view = kept(company.manager, grade="3")
    assert "is changed" not in listed(company.manager, f"?view={view.pk}")
    assert "is changed" not in listed(company.manager, f"?from={view.pk}&grade=3")
    changed = f"?from={view.pk}&grade=3&place=person"
    assert "is changed" in listed(company.manager, changed)
    sent = {"state": changed[1:], "edition": "1"}
    browser(company.manager).post(reverse("pipeline:keep_view", args=[view.pk]), sent)
    assert filter_of(SavedView.objects.get()) == Filter(grade="3", place="person")


def test_columns_are_chosen_ordered_and_kept_by_each_person(company: Company) -> None:
    enquire(company.site, name="周建国", phone="13812345678", region="江苏昆山", **HOT)
    client, address = browser(company.manager), reverse("pipeline:columns")
    sent = {"state": "grade=3", "column": ["source", "phone", "nonsense"], "do": "usual"}
    assert client.post(address, sent)["Location"] == reverse("pipeline:leads") + "?grade=3"
    text = listed(company.manager)
    assert text.index(">Source<") < text.index(">Phone<")
    assert "138****5678" in text
    assert "13812345678" not in text
    assert ">Phone<" not in listed(company.administrator)
    client.post(address, {"state": "", "do": "reset"})
    assert ">Phone<" not in listed(company.manager)


def test_columns_move_without_scripts(company: Company) -> None:
    sent = {"state": "", "column": ["source", "phone", "region"], "do": "up:region"}
    text = browser(company.manager).post(reverse("pipeline:columns"), sent).text
    places = [text.index(f'value="{code}"') for code in ("source", "region", "phone")]
    assert places == sorted(places)


def test_columns_in_the_address_are_seen_by_whoever_it_is_sent_to(company: Company) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    assert "138****5678" in listed(company.administrator, "?columns=phone,nonsense")


def test_the_number_of_statements_does_not_grow_with_views_and_rows(
    company: Company, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        kept(company.manager, f"v{number}")
        enquire(company.site, name="周", phone=f"1381234567{number}", **HOT)
    client = browser(company.manager)
    with django_assert_max_num_queries(31):  # type: ignore[operator]
        client.get(reverse("pipeline:leads") + "?columns=phone,last_result,next,campaign,value")


def test_an_export_takes_what_the_view_shows_and_in_its_columns(company: Company) -> None:
    enquire(company.site, name="热", phone="13812345678", **HOT)
    enquire(company.site, name="冷", phone="13812345679", **COLD)
    view = save(
        uuid4(),
        Sharing("v"),
        Filter(grade="3"),
        ("region", "name"),
        viewer=company.manager,
        now=NOW,
    )
    text = browser(company.manager).get(reverse("office:new_export") + f"?view={view.pk}").text
    assert "1 lead" in text
    assert text.index('value="region" ') < text.index('value="name" ')
    assert Lead.objects.count() == 2


def test_a_member_keeps_a_bounded_number_of_views(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_VIEWS", 1)
    kept(company.manager, "a")
    answer = browser(company.manager).post(
        reverse("pipeline:new_view"), {"once": str(uuid4()), "name": "b", "reach": "own"}
    )
    assert answer.status_code == 422
    assert "Delete one first" in answer.text
