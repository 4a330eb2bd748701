"""Where the header is, in files as people and systems make them."""

import pytest

from tests.capture.sheets.test_text import cells, read

BODY = "张三,13800138000,苏州,2024-01-02\n李四,13900139000,无锡,2024-01-03\n王五,13700137000,常州,2024-01-04\n"
NAMES = ["姓名", "电话", "城市", "日期"]


def header(content: str) -> tuple[list[str], int, int]:
    layout, _ = read(content)
    return layout.columns, layout.header_row, layout.first_row


def test_titles_above_the_header_are_left_out() -> None:
    title = "2024年客户名单,,,\n\n制表：启恒,,,2024-05-01\n"
    assert header(title + "姓名,电话,城市,日期\n" + BODY) == (NAMES, 4, 5)


def test_two_header_lines_give_the_more_specific_names() -> None:
    grouped = "客户信息,,其它,\n姓名,电话,城市,日期\n"
    assert header(grouped + BODY) == (NAMES, 1, 3)
    doubled = "客户,,联系人,\n名称,电话,名称,电话\n甲公司,0512-66666666,张三,13800138000\n乙,0512-66666667,李四,13900139000\n"
    assert header(doubled)[0] == ["客户 名称", "客户 电话", "联系人 名称", "联系人 电话"]
    half = "姓名,联系方式,,城市\n,手机,邮箱,\n张三,13800138000,a@b.cn,苏州\n李四,13900139000,c@d.cn,无锡\n"
    assert header(half)[0] == ["姓名", "手机", "邮箱", "城市"]
    both = "name,phone,city,date\n姓名,电话,城市,日期\n"
    assert header(both + BODY) == (NAMES, 1, 3)


def test_the_first_row_of_data_is_no_second_header() -> None:
    content = "姓名,,城市,备注\n张三,13800138000,苏州,电话\n李四,13900139000,无锡,\n"
    assert header(content)[1:] == (1, 2)
    text = "name,company,city\nAnn,Acme,Paris\nBob,Bolt,Rome\n"
    assert header(text)[1:] == (1, 2)
    unknown = "name,age,score,city\nAnn,unknown,none,Paris\nBob,33,12,Rome\nCyd,34,13,Oslo\nDan,35,1,Bonn\n"
    assert header(unknown)[1:] == (1, 2)


@pytest.mark.parametrize(
    "content",
    [
        BODY,
        "苏州精密,张三,苏州\n无锡电机,李四,无锡\n常州泵业,王五,苏州\n",
        "13800138000\n13900139000\n13700137000\n",
        "a@b.cn,张三\nc@d.cn,李四\n",
    ],
)
def test_a_file_without_header_gets_numbers(content: str) -> None:
    names, header_row, first_row = header(content)
    assert (header_row, first_row) == (0, 1)
    assert names == [f"Column {n}" for n in range(1, len(names) + 1)]
    assert len(cells(content)) == 1 + content.count("\n")


def test_names_are_unique_and_in_one_line() -> None:
    content = '"电 话\n(手机)",name,name,,phone\n1,2,3,4,5\n2,3,4,5,6\n'
    assert header(content)[0] == ["电 话 (手机)", "name", "name 2", "Column 4", "phone"]


def test_a_header_of_years_is_a_header() -> None:
    content = "地区,2021,2022\n苏州,12,13\n无锡,14,15\n"
    assert header(content)[1:] == (1, 2)


def test_a_column_without_name_is_kept_where_most_rows_use_it() -> None:
    content = "name,phone\n" + "Ann,138,note\n" * 5 + "Bob,139,\n" * 5
    assert header(content)[0] == ["name", "phone", "Column 3"]
