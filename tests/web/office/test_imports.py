"""Importing a file in the browser: every page, who may, what is refused with which words."""

import io
import re
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from clew.capture.models import Import, ImportRow, Source, Submission
from clew.contacts.models import Lead
from tests.company import Company
from tests.web.imported import work
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db

State = Import.State
GOOD = (
    "姓名,手机号,公司,需求\n张三,13812345678,锐达,要 3 台伺服\n李四,13987654321,恒通,变频器报价\n"
)
BAD = GOOD + "王五,1.38E+10,精工,传感器\n张三,13812345678,锐达,要 3 台伺服\n"
TARGETS = {"t0": "name", "t1": "phone", "t2": "company", "t3": "message"}


def once() -> str:
    return str(uuid4())


def send(client: Client, content: str | bytes = GOOD, name: str = "leads.csv") -> Import:
    """Choose a file in the page, as without JavaScript, and let the worker read it."""
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    answer = client.post("/imports/new", {"file": file, "once": once()})
    assert answer.status_code == 302, answer.content.decode()
    batch = Import.objects.get(pk=answer["Location"].rsplit("/", 1)[1])
    return work(batch.pk, State.EXAMINING)


def settle(client: Client, batch: Import, **changes: str) -> HttpResponse:
    """Say what is in the file."""
    said = {"kind": "new", "source": "site", "do": "settle", "once": once(), **TARGETS}
    said |= {"leave_out_same": "on", **changes}
    return client.post(f"/imports/{batch.pk}/columns", said)


def check(client: Client, batch: Import, **changes: str) -> Import:
    """Say what is in the file, and let every row be judged."""
    assert settle(client, batch, **changes).status_code == 302
    return work(batch.pk, State.CHECKING)


def press(client: Client, batch: Import, what: str) -> HttpResponse:
    """Press a button of the import's page."""
    return client.post(f"/imports/{batch.pk}/{what}", {"once": once()})


def bring(client: Client, content: str = GOOD, **changes: str) -> Import:
    """Import a file from its choice to its end."""
    batch = check(client, send(client, content), **changes)
    assert press(client, batch, "start").status_code == 302
    return work(batch.pk, State.IMPORTING)


def page(client: Client, address: str) -> str:
    """What a page says, without its marks."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_list_says_what_an_import_is_and_offers_one_thing_to_do(admin: Client) -> None:
    assert "Leads in a spreadsheet?" in page(admin, "/imports")
    shown = admin.get("/imports").content.decode()
    assert shown.split("<dialog")[0].count("btn-primary") == 1


def test_a_salesperson_has_no_imports(company: Company, browser: Browser) -> None:
    client = browser(company.people[0])
    assert client.get("/imports").status_code == 403
    assert client.get("/imports/new").status_code == 403
    assert "/imports" not in client.get("/leads").content.decode()


def test_a_manager_imports_and_sees_the_own_ones_only(
    company: Company, browser: Browser, admin: Client
) -> None:
    hers = browser(company.manager)
    foreign = send(admin)
    own = send(hers, BAD)
    assert hers.get(f"/imports/{foreign.pk}").status_code == 404
    assert hers.get(f"/imports/{foreign.pk}/rows").status_code == 404
    assert str(foreign.pk) not in hers.get("/imports").content.decode()
    assert str(own.pk) in admin.get("/imports").content.decode()
    assert "+ A new source" not in page(hers, f"/imports/{own.pk}/columns")


def test_a_file_comes_in_pieces_and_goes_on_from_where_it_stopped(
    company: Company, admin: Client
) -> None:
    content, key = GOOD.encode(), once()
    said = {"name": "leads.csv", "size": str(len(content)), "once": key}
    to = admin.post("/imports/begin", said).json()
    assert admin.post("/imports/begin", said).json() == to
    assert Import.objects.count() == 1
    send_piece = {"content_type": "application/octet-stream"}
    first = admin.post(f"{to['piece']}?offset=0", content[:20], **send_piece)
    assert first.json() == {"size": 20}
    assert admin.get(to["piece"]).json() == {"size": 20}
    assert admin.post(f"{to['piece']}?offset=0", content[:20], **send_piece).json()["size"] == 20
    gap = admin.post(
        f"{to['piece']}?offset=30",
        content[30:],
        headers={"accept": "application/json"},
        **send_piece,
    )
    assert (gap.status_code, gap.json()["code"], gap.json()["size"]) == (
        409,
        "piece_out_of_turn",
        20,
    )
    assert "20 bytes" in page(admin, to["page"]).replace("\xa0", " ")
    early = admin.post(to["finish"], headers={"accept": "application/json"})
    assert (early.status_code, early.json()["size"]) == (409, 20)
    admin.post(f"{to['piece']}?offset=20", content[20:], **send_piece)
    assert admin.post(to["finish"]).json() == {"page": to["page"]}
    assert "Reading the file" in page(admin, to["page"])


def test_the_same_form_sent_twice_begins_one_import(company: Company, admin: Client) -> None:
    key = once()
    for _ in range(2):
        file = io.BytesIO(GOOD.encode())
        file.name = "leads.csv"
        answer = admin.post("/imports/new", {"file": file, "once": key})
        assert answer["Location"] == f"/imports/{Import.objects.get().pk}"


def test_an_import_waits_until_somebody_says_what_is_in_the_file(
    company: Company, admin: Client
) -> None:
    batch = send(admin)
    shown = page(admin, f"/imports/{batch.pk}/columns")
    assert admin.get(f"/imports/{batch.pk}")["Location"] == f"/imports/{batch.pk}/columns"
    assert "UTF-8 · separated by commas · names in row 1 · 2 rows" in shown
    assert "The first rows as leads" in shown
    for missing, words in (
        ({"kind": ""}, "Say first whether these are new enquiries or history."),
        ({"source": ""}, "Say where these leads come from."),
        ({"t1": "extra"}, "No column says how to reach the people."),
    ):
        answer = settle(admin, batch, **missing)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert Import.objects.get().state == State.EXAMINED


def test_columns_are_guessed_by_their_names(company: Company, admin: Client) -> None:
    shown = admin.get(f"/imports/{send(admin).pk}/columns").content.decode()
    for number, target in ((0, "name"), (1, "phone"), (2, "company")):
        menu = re.search(rf'name="t{number}".*?</select>', shown, re.DOTALL)
        assert menu
        assert f'value="{target}" selected' in menu[0]


def test_the_preview_follows_the_choice(company: Company, admin: Client) -> None:
    batch = send(admin)
    said = {"kind": "new", "source": "site", **TARGETS}
    first = admin.post(f"/imports/{batch.pk}/preview", said).content.decode()
    assert "+8613812345678" in first
    other = admin.post(f"/imports/{batch.pk}/preview", said | {"t1": "ignore"}).content.decode()
    assert "+8613812345678" not in other
    assert "every row would be refused" in other


def test_a_checked_file_tells_what_every_row_is_and_what_to_do(
    company: Company, admin: Client
) -> None:
    batch = check(admin, send(admin, BAD))
    shown = page(admin, f"/imports/{batch.pk}")
    assert "2 of 4 rows are good" in shown
    assert "Import the 2 good rows" in shown
    assert "1.38E+10" in shown
    assert Submission.objects.count() == 0
    wrong = page(admin, f"/imports/{batch.pk}/rows?verdict=error")
    assert "手机号: 1.38E+10" in wrong
    assert "Format cells" in wrong
    assert "row 2" in page(admin, f"/imports/{batch.pk}/rows?verdict=duplicate")
    assert "李四" in page(admin, f"/imports/{batch.pk}/rows?verdict=new")


def test_every_row_of_a_verdict_is_reached_page_by_page(company: Company, admin: Client) -> None:
    lines = "".join(f"客户{n},1.38E+10\n" for n in range(120))
    batch = send(admin, "姓名,手机号\n" + lines)
    batch = check(admin, batch)
    seen: list[int] = []
    address = f"/imports/{batch.pk}/rows?verdict=error"
    while address:
        shown = admin.get(address).content.decode()
        seen += [int(n) for n in re.findall(r"<tr><td class=\"c-num\"[^>]*>(\d+)", shown)]
        more = re.search(r'rel="next" href="([^"]+)"', shown)
        address = f"/imports/{batch.pk}/rows{more[1].replace('&amp;', '&')}" if more else ""
    assert seen == list(range(2, 122))
    assert "Import the" not in page(admin, f"/imports/{batch.pk}")
    answer = press(admin, batch, "start")
    assert answer.status_code == 422
    assert "No row of this file can go in." in answer.content.decode()


def test_the_bad_rows_come_back_with_their_reasons_and_are_known_when_corrected(
    company: Company, admin: Client
) -> None:
    batch = bring(admin, BAD)
    answer = admin.get(f"/imports/{batch.pk}/bad-rows.csv")
    text = answer.content.decode("utf-8-sig")
    assert "attachment" in answer["Content-Disposition"]
    header, row = text.splitlines()
    assert header.endswith('"Why it stayed out"')
    assert "王五" in row
    assert "手机号: The number has lost digits in Excel" in row
    assert admin.get(f"/imports/{batch.pk}/bad-rows.xlsx").content[:2] == b"PK"
    assert admin.get(f"/imports/{batch.pk}/bad-rows.exe").status_code == 404
    again = send(admin, text.replace("1.38E+10", "13700000001"))
    shown = page(admin, f"/imports/{again.pk}/columns")
    assert "Filled in as for “leads.csv”" in shown
    assert check(admin, again).counts.get("new") == 1


def test_a_start_pressed_twice_imports_once_and_the_leads_are_a_click_away(
    company: Company, admin: Client
) -> None:
    batch = check(admin, send(admin))
    key = once()
    for _ in range(2):
        answer = admin.post(f"/imports/{batch.pk}/start", {"once": key})
        assert answer["Location"] == f"/imports/{batch.pk}"
    work(batch.pk, State.IMPORTING)
    press(admin, batch, "start")
    assert Submission.objects.count() == 2
    assert "2 rows are in" in page(admin, f"/imports/{batch.pk}")
    shown = page(admin, f"/leads?batch={batch.pk}")
    assert "张三" in shown
    assert "Only what this import brought." in shown
    assert "张三" not in page(admin, f"/leads?batch={uuid4()}")
    lead = Lead.objects.get(contact__name="张三")
    rows = admin.get(f"/imports/{batch.pk}/rows?verdict=new").content.decode()
    assert f"/leads/{lead.pk}" in rows


@pytest.mark.parametrize("what", ["start", "pause", "resume", "undo"])
def test_what_does_not_suit_the_state_is_refused_in_words(
    company: Company, admin: Client, what: str
) -> None:
    batch = send(admin)
    answer = press(admin, batch, what)
    assert answer.status_code == 409
    assert "This import has gone on meanwhile." in answer.content.decode()


def test_an_import_rests_and_goes_on(company: Company, admin: Client) -> None:
    batch = check(admin, send(admin))
    press(admin, batch, "start")
    assert press(admin, batch, "pause").status_code == 302
    assert "It rests." in page(admin, f"/imports/{batch.pk}")
    assert "Paused" in page(admin, f"/imports/{batch.pk}/progress")
    press(admin, batch, "resume")
    work(batch.pk, State.IMPORTING)
    assert Submission.objects.count() == 2


def test_the_same_file_again_says_so_before_anything_happens(
    company: Company, admin: Client
) -> None:
    first = bring(admin)
    again = send(admin)
    assert "This very file was imported on" in page(admin, f"/imports/{again.pk}/columns")
    again = Import.objects.get(pk=again.pk)
    answer = press(admin, check(admin, again), "start")
    assert answer.status_code in {409, 422}
    assert Submission.objects.count() == 2
    assert first.state == State.DONE


def test_an_import_is_undone_and_imported_again(company: Company, admin: Client) -> None:
    batch = bring(admin)
    assert (
        "Take back all 2 rows that went in?" in admin.get(f"/imports/{batch.pk}").content.decode()
    )
    assert press(admin, batch, "undo").status_code == 302
    work(batch.pk, State.UNDOING)
    assert "2 rows were taken back." in page(admin, f"/imports/{batch.pk}")
    assert "become a lead of their own" not in page(admin, f"/imports/{batch.pk}")
    assert "张三" not in page(admin, "/leads")
    answer = press(admin, batch, "again")
    again = work(UUID(answer["Location"].rsplit("/", 1)[1]), State.EXAMINING)
    assert "Filled in as for" in page(admin, f"/imports/{again.pk}/columns")
    press(admin, check(admin, again), "start")
    work(again.pk, State.IMPORTING)
    assert "张三" in page(admin, "/leads")


def test_the_columns_of_the_last_time_are_filled_in(company: Company, admin: Client) -> None:
    bring(admin, t3="category")
    batch = send(admin, GOOD.replace("13812345678", "13700000007"), "tomorrow.csv")
    shown = admin.get(f"/imports/{batch.pk}/columns").content.decode()
    assert re.search(r'name="kind" value="new" required checked', shown)
    assert '<option value="site" selected>' in shown
    menu = re.search(r'name="t3".*?</select>', shown, re.DOTALL)
    assert menu
    assert 'value="category" selected' in menu[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n \n", "There are no rows in this file."),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "This is a picture"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_a_sentence(
    company: Company, admin: Client, content: bytes, words: str
) -> None:
    batch = send(admin, content)
    assert words in page(admin, f"/imports/{batch.pk}")
    key = once()
    for _ in range(2):
        answer = admin.post(f"/imports/{batch.pk}/discard", {"once": key})
        assert answer["Location"] == "/imports"
    assert not Import.objects.exists()


def test_the_file_is_read_in_another_way_by_hand(company: Company, admin: Client) -> None:
    batch = send(admin)
    said = {"header_row": "0", "encoding": "utf-8", "separator": ",", "once": once()}
    assert admin.post(f"/imports/{batch.pk}/layout", said).status_code == 302
    batch = work(batch.pk, State.EXAMINING)
    assert batch.row_count == 3
    assert "no column names" in page(admin, f"/imports/{batch.pk}/columns")
    said |= {"encoding": "klingon", "once": once()}
    answer = admin.post(f"/imports/{batch.pk}/layout", said)
    assert answer.status_code == 422
    assert "Choose from what is offered." in answer.content.decode()


def test_two_header_lines_stay_two_when_the_file_is_read_again(admin: Client) -> None:
    batch = send(admin, "客户,,线索,\n姓名,手机号,公司,需求\n" + GOOD.partition("\n")[2])
    assert "names in row 1–2" in page(admin, f"/imports/{batch.pk}/columns")
    said = {"header_row": "1", "encoding": "utf-8", "separator": ",", "once": once()}
    admin.post(f"/imports/{batch.pk}/layout", said)
    batch = work(batch.pk, State.EXAMINING)
    assert batch.row_count == 2
    assert "names in row 1–2" in page(admin, f"/imports/{batch.pk}/columns")


def test_the_list_counts_only_what_has_gone_in(company: Company, admin: Client) -> None:
    batch = check(admin, send(admin))
    assert "— — — Admin" in page(admin, "/imports")
    press(admin, batch, "start")
    work(batch.pk, State.IMPORTING)
    assert "2 0 0 Admin" in page(admin, "/imports")


def test_a_file_is_given_up_before_anything_is_said_of_it(company: Company, admin: Client) -> None:
    batch = send(admin)
    assert (
        f"/imports/{batch.pk}/discard" in admin.get(f"/imports/{batch.pk}/columns").content.decode()
    )
    assert press(admin, batch, "discard").status_code == 302
    assert not Import.objects.exists()


def test_history_asks_which_values_mean_won(company: Company, admin: Client) -> None:
    batch = send(admin, "姓名,手机号,结果\n张三,13812345678,yes\n李四,13987654321,no\n")
    said = {"t2": "result", "kind": "history"}
    shown = admin.post(f"/imports/{batch.pk}/preview", {**TARGETS, **said}).content.decode()
    assert "Which values mean won, which lost?" in shown
    batch = check(admin, batch, **said, r0="won", r1="lost")
    assert batch.is_history
    assert "nobody is called" in page(admin, f"/imports/{batch.pk}")
    assert "become a record of their own" in page(admin, f"/imports/{batch.pk}")
    assert batch.plan is not None
    assert len(batch.plan["won"]) == 1
    press(admin, batch, "start")
    work(batch.pk, State.IMPORTING)
    assert "张三" in page(admin, f"/leads?batch={batch.pk}")
    assert "张三" not in page(admin, "/leads")


def test_a_new_source_is_named_on_the_way_by_an_administrator_only(
    company: Company, admin: Client, browser: Browser
) -> None:
    said = {"source": "+", "new_name": "三月展会", "new_kind": "earned", "new_way": "offline"}
    check(admin, send(admin), **said)
    fresh = Source.objects.get(name="三月展会")
    assert (fresh.kind, fresh.is_online) == ("earned", False)
    hers = browser(company.manager)
    answer = settle(hers, send(hers, BAD), **{**said, "new_name": "四月展会"})
    assert answer.status_code == 422
    assert not Source.objects.filter(name="四月展会").exists()
    again = settle(admin, send(admin, BAD), **{**said, "new_name": "五月展会", "kind": ""})
    assert 'value="earned" selected' in again.content.decode()


def test_looking_again_at_the_columns_keeps_what_was_said(company: Company, admin: Client) -> None:
    batch = check(admin, send(admin), t3="category")
    shown = admin.get(f"/imports/{batch.pk}/columns").content.decode()
    menu = re.search(r'name="t3".*?</select>', shown, re.DOTALL)
    assert menu
    assert 'value="category" selected' in menu[0]
    assert ImportRow.objects.filter(batch=batch).count() == 2


def test_odd_values_break_no_page_of_an_import(company: Company, admin: Client) -> None:
    batch = check(admin, send(admin, BAD))
    for odd in ("\0", "9" * 40, "-1", "<script>", "１２３", "é" * 300):
        names = ("kind", "source", "new_name", "t0", "r0", "country", "day_first", "do")
        for action in ("preview", "columns", "layout", "begin"):
            address = "/imports/begin" if action == "begin" else f"/imports/{batch.pk}/{action}"
            said = dict.fromkeys((*names, "encoding", "sheet", "header_row", "name", "size"), odd)
            assert admin.post(address, said | {"once": once()}).status_code < 500, (action, odd)
        for query in ("verdict", "code", "after", "offset", "page"):
            for place in ("rows", "piece", "progress", "columns"):
                answer = admin.get(f"/imports/{batch.pk}/{place}", {query: odd})
                assert answer.status_code < 500
        assert admin.get("/leads", {"batch": odd}).status_code == 200
