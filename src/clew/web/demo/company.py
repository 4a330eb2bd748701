"""启衡工控, Suzhou: an invented maker of servo motors, inverters and sensors, with its people and sources."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random

from django.contrib.auth.hashers import make_password

from clew.access.actions import add_team
from clew.access.actions import join as join_team
from clew.access.events import MemberAdded
from clew.access.models import Member, Organisation, Role, Team
from clew.base.ledger import Actor, append
from clew.capture.actions.sources import SourceData, add_source
from clew.capture.models import ConsentText, Form, Source
from clew.handoff.actions.seats import join
from clew.handoff.models import Calendar, Method, Seat
from clew.web.demo.stories import person

DEMO = Actor("system", "demo")
PASSWORD = "qiheng-demo-12"  # noqa: S105  printed for everybody who tries the demo
DAY = 24 * 60
WHOLE_WEEK = [[day * DAY, (day + 1) * DAY] for day in range(7)]
ROUND_THE_CLOCK = "线上组 全天轮班"


@dataclass(frozen=True, slots=True)
class Salesperson:
    """Somebody with a seat."""

    username: str
    name: str
    weight: int
    capacity: int


ONLINE = (
    Salesperson("lin", "林晓彤", 4, 60),
    Salesperson("zhao", "赵一鸣", 2, 60),
    Salesperson("sun", "孙佳怡", 2, 50),
    Salesperson("qian", "钱立新", 2, 50),
    Salesperson("feng", "冯少华", 1, 40),
    Salesperson("tang", "唐雨", 1, 25),
)
OFFLINE = (
    Salesperson("gao", "高磊", 2, 40),
    Salesperson("shen", "沈国栋", 2, 40),
    Salesperson("lu", "陆文斌", 1, 30),
    Salesperson("cai", "蔡丹", 1, 30),
)
MANAGERS = (("xu", "徐静", "online"), ("han", "韩卫东", "offline"))
TEAMS = {"online": "线上组", "offline": "线下组"}
STAFF = {"online": ONLINE, "offline": OFFLINE}
SOURCES = (
    SourceData("site", "官网表单", "own", is_online=True, cost_minor=3_860),
    SourceData("baidu", "百度推广", "bought", is_online=True, cost_minor=12_800),
    SourceData("douyin", "抖音", "bought", is_online=True, cost_minor=6_400),
    SourceData("1688", "1688 询盘", "bought", is_online=True, cost_minor=8_500),
    SourceData("referral", "老客户介绍", "earned", is_online=False, cost_minor=5_000),
    SourceData("fair", "展会", "earned", is_online=False, cost_minor=15_000),
)
SAYS = {
    "admin": {
        "zh-hans": "管理员：来源、令牌、线索总账、失败与退回",
        "en": "administrator: sources, tokens, the account, failures",
    },
    "xu": {
        "zh-hans": "线上组经理：组员、权重、线索总账",
        "en": "manager online: people, weights, the account",
    },
    "lin": {"zh-hans": "线上组销售：今天该打给谁", "en": "sales online: whom to call today"},
    "gao": {"zh-hans": "线下组销售：老客户介绍和展会", "en": "sales offline: referrals, fairs"},
}


@dataclass(frozen=True, slots=True)
class Company:
    """What the demo stands on."""

    administrator: Member
    online: Team
    offline: Team


def found(now: datetime) -> Company:
    """Set the company up as an operator would; `now` is when its story begins."""
    organisation = Organisation.objects.create(
        name="启衡工控",
        phone="0512-0000-8000",
        address="苏州市吴中区",
        demo_accounts=[
            {"username": name, "password": PASSWORD, "says": says} for name, says in SAYS.items()
        ],
    )
    administrator = _member(organisation, "admin", "何管理", Role.ADMINISTRATOR, now)
    always = Calendar.objects.create(name=ROUND_THE_CLOCK, week=WHOLE_WEEK)
    days = Calendar.objects.exclude(pk=always.pk).order_by("pk").first() or always
    teams = {
        side: _team(organisation, TEAMS[side], STAFF[side], (side, hours), now)
        for side, hours in (("online", always), ("offline", days))
    }
    for username, name, side in MANAGERS:
        manager = _member(organisation, username, name, Role.MANAGER, now)
        join_team(teams[side], manager, actor=DEMO, now=now)
    for source in SOURCES:
        add_source(source, actor=DEMO, now=now)
    _form(organisation, now)
    return Company(administrator, teams["online"], teams["offline"])


def open_branch(number: int, region: str, chance: Random, now: datetime) -> None:
    """Set up a branch with two teams like those of the first, and people of its own in the same order."""
    organisation = Organisation.objects.exclude(demo_accounts=[]).get()
    for side, staff in STAFF.items():
        hours = Method.objects.get(team__name=TEAMS[side]).calendar
        people = tuple(
            replace(p, username=f"{p.username}-{number}", name=person(chance)) for p in staff
        )
        name = f"{region}{TEAMS[side]}"
        _team(organisation, name, people, (Method.Side.RULES, hours), now)


def send_home() -> None:
    """Let two of the online team be absent today, so that a decision has somebody to leave out."""
    Seat.objects.filter(member__username__in=("tang", "feng")).update(is_present=False)


def _team(
    organisation: Organisation,
    name: str,
    people: tuple[Salesperson, ...],
    method: tuple[str, Calendar],
    now: datetime,
) -> Team:
    team = add_team(organisation, name=name, actor=DEMO, now=now)
    side, calendar = method
    Method.objects.create(team=team, side=side, calendar=calendar)
    for p in people:
        member = _member(organisation, p.username, p.name, Role.SALESPERSON, now)
        join(team.pk, member.pk, weight=p.weight, capacity=p.capacity, actor=DEMO, now=now)
    return team


def _member(
    organisation: Organisation, username: str, name: str, role: Role, now: datetime
) -> Member:
    member = Member.objects.create(
        organisation=organisation,
        username=username,
        name=name,
        role=role,
        joined_at=now,
        password=_hashed(),
    )
    append(MemberAdded(member.pk, role), actor=DEMO, at=now)
    return member


@cache
def _hashed() -> str:
    """Hash the one password of all: once, since that takes a moment by design."""
    return make_password(PASSWORD)


def _form(organisation: Organisation, now: datetime) -> None:
    consent = ConsentText.objects.create(
        purpose="enquiry",
        version=1,
        wording={
            "zh-hans": "同意启衡工控为这次询价联系您。",
            "en": "You agree that Qiheng contacts you about this enquiry.",
        },
        created_at=now - timedelta(days=1),
    )
    Form.objects.create(
        slug="qiheng",
        organisation=organisation,
        source=Source.objects.get(key="site"),
        consent_text=consent,
        title="伺服、变频、传感器，今天问，今天有价",
        lede="留一个能找到您的方式，工程师直接回，不转客服。",
        points=["常用型号现货", "含税价当天报", "选型不收费"],
        placeholder="型号和数量，例如 750W 伺服 20 台",
        button="要报价",
        promise="工作时间 10 分钟内回您",
        question="大概什么时候要用？",
        options=["这周", "这个月", "三个月内", "先了解一下"],
    )
