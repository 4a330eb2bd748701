"""The initials that Chinese names are searched by: how names are read, and that search finds all that hold them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clew.base.ids import uuid7
from clew.capture.surnames import DOUBLE_SURNAMES, SURNAMES
from clew.contacts.initials import TABLE, initials
from clew.contacts.lettering import letters, says
from clew.contacts.models import Contact
from tests.company import MONDAY_NOON, enquire, found
from tools.initials import table

NAMES = st.text("张三丰曾单重庆长 aB3（_%", max_size=5)
LETTERS = st.text("zsfcqaB3", min_size=2, max_size=4)


def test_the_table_is_what_the_readings_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


@pytest.mark.parametrize(
    ("name", "company", "letters"),
    [
        ("张三丰", "美锐自动化设备有限公司", "zsf mrzdhsb"),
        ("单雄信", "重庆长城机械厂", "sxx cqccjxc"),
        ("曾志伟", "单县电机厂", "zzw sxdjc"),
        ("尉迟恭", "厦门大厦物业", "ycg xmdswy"),
        ("欧阳锋", "中国工商银行", "oyf zggsyh"),
        ("区先生", "3M（中国）", "oxs 3mzg"),
        ("任厂长", "ABB 传动", "rcz abbcd"),
        ("令狐 冲", "", "lhc"),
        ("", "查氏五金行", "cswjh"),
        ("", "上海华瑞股份有限公司", "shhrgf"),
        ("Anna Schmidt", "ACME Ltd", ""),
        ("Anna 王", "ACME Ltd", "annaw"),
    ],
)
def test_a_name_is_read_as_people_read_it(name: str, company: str, letters: str) -> None:
    assert initials(name, company) == letters


def test_every_usual_family_name_has_an_initial() -> None:
    families = [*SURNAMES, *DOUBLE_SURNAMES.split()]
    assert [one for one in families if len(initials(one, "")) != len(one)] == []


class TestFinding(TestCase):
    """Letters find every contact whose name, company or initials hold them, and no other."""

    @settings(max_examples=150)
    @given(name=NAMES, company=NAMES, sought=LETTERS)
    def test_found_is_what_holds_the_letters(self, name: str, company: str, sought: str) -> None:
        found_by = letters(name, company)
        Contact.objects.create(
            id=uuid7(), name=name, company=company, **found_by, created_at=MONDAY_NOON
        )
        texts = (name.lower(), company.lower(), *found_by["initials"].split())
        is_held = any(sought.lower() in text for text in texts)
        assert Contact.objects.filter(says(sought)).exists() == is_held


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["zs", "zsf", "ZSF", "mrzd", "ABB", "bbzd"])
def test_a_contact_from_the_belt_is_found_by_initials(words: str) -> None:
    site = found().site
    enquire(site, phone="13800000001", name="张三丰", company="美锐自动化")
    enquire(site, phone="13800000002", name="李四", company="ABB 自动化")
    is_first = words.lower() not in {"abb", "bbzd"}
    assert [c.name for c in Contact.objects.filter(says(words))] == [
        "张三丰" if is_first else "李四"
    ]


@pytest.mark.django_db
def test_initials_follow_a_name_that_comes_later() -> None:
    site = found().site
    enquire(site, phone="13800000001")
    enquire(site, phone="13800000001", name="张三丰")
    assert [c.initials for c in Contact.objects.all()] == ["zsf"]
