"""What people write to 启衡工控: invented leads in the tone of the trade.

Every person and company is invented. Phone numbers are 1xx-0000-xxxx: the middle four digits name an
office of the network that no operator uses, so that they look right and belong to nobody. Mail goes to
example.com, which is reserved for this.
"""

from dataclasses import dataclass
from random import Random

from msgspec.structs import replace

from clew.capture.schemas import LeadIn

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾"
)
GIVEN = [
    "伟",
    "敏",
    "静",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "丽华",
    "建国",
    "志强",
    "文斌",
    "晓东",
    "海燕",
    "国栋",
    "雪梅",
    "立新",
    "少华",
    "俊峰",
    "佳怡",
    "振宇",
    "玉兰",
    "思远",
    "春生",
    "家豪",
    "丹",
    "凯",
    "琳",
    "永康",
    "卫东",
    "小龙",
    "红梅",
]
PREFIXES = [
    "130",
    "131",
    "132",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "156",
    "158",
    "159",
    "176",
    "177",
    "180",
    "182",
    "185",
    "186",
    "188",
    "189",
    "198",
]
CITIES = [
    "苏州",
    "昆山",
    "无锡",
    "常州",
    "南京",
    "上海",
    "杭州",
    "宁波",
    "嘉兴",
    "台州",
    "合肥",
    "芜湖",
    "东莞",
    "深圳",
    "佛山",
    "中山",
    "厦门",
    "青岛",
    "济南",
    "郑州",
    "武汉",
    "长沙",
    "重庆",
    "成都",
    "西安",
    "天津",
    "沈阳",
]
FIRMS = [
    "锐达",
    "恒拓",
    "惠川",
    "鑫瑞",
    "博远",
    "科迈",
    "精钧",
    "鼎隆",
    "卓越行",
    "联诚",
    "华锐宏",
    "万通力",
    "金岭",
    "天工",
    "优信",
    "迈拓",
    "聚力",
    "同创",
    "宏昇",
    "瑞泽",
]
TRADES = (
    "自动化设备有限公司",
    "机械制造有限公司",
    "包装机械厂",
    "机电设备有限公司",
    "数控机床有限公司",
    "电子科技有限公司",
    "纺织机械厂",
    "五金机电商行",
    "工控贸易有限公司",
    "印刷设备有限公司",
)
MACHINES = [
    "包装机",
    "贴标机",
    "分切机",
    "绕线机",
    "点胶机",
    "数控车床",
    "注塑机机械手",
    "雕刻机",
    "输送线",
    "折弯机",
    "印刷机",
    "码垛机",
]
FOLLOW_UPS = (
    "昨天留过言还没人联系，麻烦回个电话",
    "再问一下，上次说的{}现在有货吗",
    "等报价，今天能给吗",
    "数量加到 {n} 台，价格再看看",
    "{}的图纸和说明书能发一份吗",
)


@dataclass(frozen=True, slots=True)
class Product:
    """Something 启衡工控 sells, with the models that people name."""

    category: str
    noun: str
    models: tuple[str, ...]
    unit: str


PRODUCTS = (
    Product(
        "伺服",
        "伺服电机",
        ("QS60 400W", "QS80 750W", "QS110 1.2kW", "QS130 1.5kW 带抱闸", "QS180 3kW"),
        "台",
    ),
    Product("伺服", "伺服驱动器", ("QD3-400 EtherCAT", "QD3-750 脉冲型", "QD5-1K5 总线型"), "台"),
    Product("变频", "变频器", ("QV20 2.2kW", "QV20 5.5kW", "QV50 11kW", "QV50 37kW 重载"), "台"),
    Product("传感器", "接近开关", ("QJ12 NPN 常开", "QJ18 PNP 防水", "QJ30 远距离"), "个"),
    Product("传感器", "光电传感器", ("QG-R30 漫反射", "QG-T10 对射", "QG-F 光纤放大器"), "个"),
    Product("减速机", "行星减速机", ("QP60 速比 10", "QP90 速比 5", "QP115 速比 20"), "台"),
    Product("可编程控制器", "PLC", ("QC-24MT", "QC-40MT 带 2 轴脉冲", "QC-32R 继电器型"), "台"),
)
HOT = (
    "急要 {n} {u} {m} {p}，{c}，今天能报价吗",
    "{m} {n} {u}，要现货，含税含运到{c}多少钱",
    "我们做{k}，批量用{p} {m}，一次 {n} {u}，求报价和交期",
    "原来用进口的，想换国产{p}，{m}，先来 {n} {u}，尽快联系我",
)
WARM = (
    "{m} {p}什么价格，大概要 {s} {u}",
    "想了解{p}，用在{k}上，{m} 合不合适",
    "{k}上的{p}坏了，型号 {m}，有没有替代的，{s} {u}",
    "发一份{p}选型手册，价格表也要",
    "{p} {m} 交期多久，{c}有代理吗",
)
COLD = ("", "", "看看", "随便看看", "资料发我", "在吗", "{p}", "测试")


def write(chance: Random, source: str, warmth: str) -> LeadIn:
    """Invent one lead of a source; `warmth` is hot, warm or cold."""
    product = chance.choice(PRODUCTS)
    city = chance.choice(CITIES)
    name = person(chance)
    is_firm = chance.random() < {"hot": 0.85, "warm": 0.5, "cold": 0.1}[warmth]
    number, wechat, email = _reach(chance)
    return LeadIn(
        source=source,
        name=name if chance.random() < 0.85 else "",
        company=firm(chance, city) if is_firm else "",
        region=city,
        category=product.category,
        message=_message(chance, product, city, warmth),
        utm={"campaign": chance.choice(("伺服", "变频器", "品牌词"))} if source == "baidu" else {},
        introduced_by=introducer(chance) if source == "referral" else "",
        phone=number,
        wechat=wechat,
        email=email,
    )


def again(chance: Random, earlier: LeadIn) -> LeadIn:
    """Let the same person write once more."""
    product = next((p for p in PRODUCTS if p.category == earlier.category), PRODUCTS[0])
    text = chance.choice(FOLLOW_UPS).format(product.noun, n=chance.choice((10, 20, 30)))
    return LeadIn(
        source=earlier.source,
        name=earlier.name,
        company=earlier.company,
        region=earlier.region,
        category=earlier.category,
        phone=earlier.phone,
        wechat=earlier.wechat,
        email=earlier.email,
        message=text,
        introduced_by=earlier.introduced_by,
    )


def twin(chance: Random, earlier: LeadIn) -> LeadIn:
    """Let somebody who is known write as a stranger would: a slip of the finger, another number, a short name."""
    stranger = {"email": "", "wechat": "", "phone": phone(chance)}
    new = again(chance, earlier)
    kind = chance.choice(("slip", "moved", "short", "elsewhere"))
    if kind == "slip":
        stranger["phone"] = _slipped(earlier.phone)
    elif kind == "short":
        stranger["name"] = earlier.name[0] + chance.choice(("工", "经理"))
    elif kind == "elsewhere":
        stranger |= {"phone": "", "wechat": f"qhdemo_{chance.randrange(10**6):06d}"}
        stranger["message"] = f"{new.message}，电话 {earlier.phone}"
    return replace(new, **stranger)


def may_have_twin(lead: LeadIn) -> bool:
    """Tell whether enough is known of somebody to be taken for somebody else's double."""
    is_named = lead.name[1:] in GIVEN
    return is_named and bool(lead.company and lead.phone) and _slipped(lead.phone) != lead.phone


def _slipped(number: str) -> str:
    return number[:-2] + number[-1] + number[-2]


def person(chance: Random) -> str:
    """Invent a name; some leave only a surname and how to address them."""
    surname = chance.choice(SURNAMES)
    return surname + (
        chance.choice(("先生", "女士", "工", "经理"))
        if chance.random() < 0.3
        else chance.choice(GIVEN)
    )


def firm(chance: Random, city: str) -> str:
    """Invent a company."""
    return city + chance.choice(FIRMS) + chance.choice(TRADES)


def introducer(chance: Random) -> str:
    """Invent who introduced somebody."""
    return f"{chance.choice(FIRMS)}的{person(chance)}"


def phone(chance: Random) -> str:
    """Invent a mobile number that belongs to nobody."""
    return f"{chance.choice(PREFIXES)}0000{chance.randrange(10000):04d}"


def _reach(chance: Random) -> tuple[str, str, str]:
    """Most leave a phone number, some only a WeChat id, few an e-mail address besides."""
    draw = chance.random()
    if draw < 0.1:
        return "", f"qhdemo_{chance.randrange(10**6):06d}", ""
    mail = f"buyer{chance.randrange(10**5)}@example.com" if draw < 0.2 else ""
    return phone(chance), "", mail


def _message(chance: Random, product: Product, city: str, warmth: str) -> str:
    text = chance.choice({"hot": HOT, "warm": WARM, "cold": COLD}[warmth])
    return text.format(
        m=chance.choice(product.models),
        p=product.noun,
        u=product.unit,
        n=chance.choice((10, 12, 15, 20, 20, 30, 50, 100)),
        s=chance.choice((1, 2, 2, 3, 4, 5, 6)),
        c=city,
        k=chance.choice(MACHINES),
    )
