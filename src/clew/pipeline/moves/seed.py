"""The two pipelines that every deployment starts with, why leads leave them, and the lifts that are assumed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why leads leave a stage, and how they are closed by it."""

    key: str
    zh: str
    en: str
    end: str
    asks_rival: bool = False


@dataclass(frozen=True, slots=True)
class StageSeed:
    """A stage; `lift_bp`: what its play is assumed to add to those who go on, in basis points."""

    key: str
    zh: str
    en: str
    enters_on: str = ""
    lift_bp: int = 0
    is_contract: bool = False
    reasons: tuple[Reason, ...] = ()


SILENT = Reason("silent", "联系不上", "Cannot be reached", "lost_silent")
NOT_THEM = Reason("not_them", "不是本人要", "Was not them", "lost_need")
ONLY_PRICE = Reason("only_price", "只问价", "Only asked the price", "lost_price")
RIVAL = Reason("rival", "选了别家", "Chose another supplier", "lost_rival", asks_rival=True)
PRICE = Reason("price", "嫌贵", "Too expensive", "lost_price", asks_rival=True)
LATER = Reason("later", "计划推迟", "Put off", "lost_need")
NO_NEED = Reason("no_need", "不需要了", "No need any more", "lost_need")
UNFIT = Reason("unfit", "产品不合适", "Product does not fit", "lost_need")
DELIVERY = Reason("delivery", "交期太长", "Delivery takes too long", "lost_rival", asks_rival=True)
NO_SHOW = Reason("no_show", "没来", "Did not show up", "lost_silent")
CREDIT = Reason("credit", "付不出款", "Cannot pay", "lost_price")
BUDGET = Reason("budget", "预算没批", "Budget not approved", "lost_need")

ONLINE = (
    StageSeed("asked", "询价", "Asked", lift_bp=0, reasons=(SILENT, NOT_THEM, ONLY_PRICE, NO_NEED)),
    StageSeed(
        "icebreaking",
        "破冰",
        "Ice-breaking",
        "tried",
        0,
        reasons=(SILENT, ONLY_PRICE, NOT_THEM, NO_NEED),
    ),
    StageSeed(
        "consultation",
        "咨询",
        "Consultation",
        "answered",
        700,
        reasons=(UNFIT, BUDGET, SILENT, RIVAL),
    ),
    StageSeed("offer", "报价", "Offer", "", 200, reasons=(PRICE, DELIVERY, SILENT, RIVAL)),
    StageSeed("comparison", "比较", "Comparison", "", 100, reasons=(RIVAL, PRICE, LATER, SILENT)),
    StageSeed("meeting", "会面", "Meeting", "met", 400, reasons=(NO_SHOW, RIVAL, LATER, SILENT)),
    StageSeed(
        "deliberation", "考虑", "Deliberation", "", 500, reasons=(LATER, RIVAL, BUDGET, SILENT)
    ),
    StageSeed(
        "contract",
        "签约",
        "Contract",
        "",
        50,
        is_contract=True,
        reasons=(PRICE, RIVAL, BUDGET, LATER),
    ),
    StageSeed(
        "payment", "付款", "Payment", "won", 100, is_contract=True, reasons=(CREDIT, LATER, RIVAL)
    ),
    StageSeed("use", "使用", "Use", is_contract=True),
    StageSeed("recommendation", "推荐", "Recommendation", is_contract=True),
)
OFFLINE = (
    StageSeed("introduced", "介绍", "Introduced", reasons=(SILENT, NO_NEED, NOT_THEM)),
    StageSeed("visit", "拜访", "Visit", "met", 400, reasons=(NO_SHOW, NO_NEED, LATER)),
    StageSeed("talk", "洽谈", "Talk", "", 700, reasons=(UNFIT, BUDGET, RIVAL, LATER)),
    StageSeed("offer", "报价", "Offer", "", 200, reasons=(PRICE, DELIVERY, RIVAL, LATER)),
    StageSeed(
        "contract",
        "签约",
        "Contract",
        "",
        50,
        is_contract=True,
        reasons=(PRICE, RIVAL, BUDGET, LATER),
    ),
    StageSeed(
        "payment", "付款", "Payment", "won", 100, is_contract=True, reasons=(CREDIT, LATER, RIVAL)
    ),
    StageSeed("use", "使用", "Use", is_contract=True),
    StageSeed("recommendation", "推荐", "Recommendation", is_contract=True),
)
PIPELINES = {
    "online": ("线上", "Online", ONLINE),
    "offline": ("线下", "Offline", OFFLINE),
}
