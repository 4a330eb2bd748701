"""What the columns of lead files are called, in Chinese and English, and what each of them holds."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from clew.capture.rules import PERSON
from clew.capture.sheets.layout import ColumnProfile
from clew.capture.values import ending, folded, moment, money
from clew.capture.ways import EMAIL, WECHAT_LABEL, numbers, phone_fault

CHINESE = {
    "name": (
        "姓名 名字 名称 客户 客户名称 客户名 用户名 联系人 联系人名称 称呼 称谓 尊称 昵称 微信昵称 收货人 收件人 买家 买家名称 访客 访客名称 学员 家长 车主 患者 "
        "业主 会员 会员名 负责人姓名 对接人 采购员 采购联系人 姓 名 线索 线索名称 姓名name"
    ),
    "phone": (
        "手机 手机号 手机号码 手机号吗 移动电话 电话 电话号 电话号码 联系电话 联系方式 联系手机 联系号码 号码 座机 固话 固定电话 办公电话 公司电话 家庭电话 备用电话 "
        "其他电话 来电号码 主叫号码 主叫 来电 客户号码 热线 致电号码 收货电话 预留电话 微信手机 手机mobile"
    ),
    "wechat": "微信 微信号 微信id 微信账号 微信号码 加微 企微 企业微信 企业微信号",
    "email": "邮箱 电子邮箱 邮箱地址 电子邮件 邮件 邮件地址 邮箱email",
    "company": "公司 公司名 公司名称 公司全称 单位 单位名称 工作单位 企业 企业名称 客户公司 客户单位 所在公司 所属公司 机构 机构名称 学校 学校名称",
    "province": "省 省份 省市 所在省 所在省份 所属省份 省级 归属省 归属省份",
    "city": "市 城市 所在市 所在城市 所属城市 归属城市 城市名 城市名称 意向城市 看车城市 购车城市 上牌城市",
    "county": "区 县 区县 区/县 县区 县市区 区域县 所在区县 所在区 行政区",
    "region": (
        "地区 区域 所在地 所在地区 地址 详细地址 联系地址 收货地址 公司地址 家庭住址 住址 归属地 号码归属地 手机归属地 手机号归属地 电话归属地 ip归属地 ip所在地 ip地域 ip地区 "
        "位置 省市区 省市县 地理位置 地域 省/市 区域地址 所在区域 常住地 居住地 用户所在地"
    ),
    "category": (
        "产品 产品名 产品名称 产品类型 产品型号 商品 商品名称 车型 意向车型 意向车系 车系 咨询车型 询价车型 品类 类目 意向 意向产品 意向品类 意向课程 课程 课程名称 "
        "项目 意向项目 咨询项目 咨询产品 需求产品 感兴趣的产品 感兴趣产品 关注产品 采购产品 产品类别 业务类型 服务项目 型号"
    ),
    "message": (
        "留言 留言内容 备注 备注信息 客户备注 需求 需求描述 需求内容 客户需求 采购需求 具体需求 咨询内容 咨询问题 询价内容 内容 描述 说明 问题 问题描述 详情 "
        "补充说明 其他需求 意见 建议 询盘内容 私信内容 对话内容 聊天记录 聊天内容 沟通记录 跟进记录 反馈"
    ),
    "occurred_at": (
        "时间 日期 提交时间 提交日期 创建时间 创建日期 留资时间 留言时间 咨询时间 填写时间 登记时间 注册时间 报名时间 来电时间 线索时间 线索创建时间 获取时间 "
        "线索提交时间 表单提交时间 提交答卷时间 答题时间 下发时间 入库时间 录入时间 添加时间 转化时间 询价时间 询盘时间 生成时间 访问时间 进线时间 线索生成时间 收集时间 "
        "对话时间 通话时间 呼入时间"
    ),
    "external_id": (
        "编号 线索id 线索编号 线索号 客户编号 客户id 用户id 记录id 订单号 订单编号 流水号 唯一标识 数据id 数据编号 留资id 咨询id 询盘编号 "
        "询盘id 提交id 答卷编号 答题编号 答卷id"
    ),
    "page": "来源页 来源页面 落地页 落地页url 落地页链接 落地页地址 着陆页 页面 页面地址 页面链接 页面url 网页 网址 链接 笔记链接 提交页面 留资页面 转化页面 咨询页面",
    "referrer": "上一页 来路 来路页面 来源网址 来源url 来源链接",
    "introduced_by": "推荐人 介绍人 推荐人姓名 介绍人姓名 转介绍人 转介绍 邀请人 分享人 老客户推荐",
    "utm_campaign": "广告计划 推广计划 广告计划名称 推广计划名称 计划名称",
    "utm_term": "关键词 搜索词 搜索关键词 触发关键词",
    "utm_content": "创意 广告创意 创意名称",
    "result": (
        "结果 是否成交 是否成单 是否签约 是否转化 成交 成交状态 成交结果 状态 线索状态 客户状态 最终状态 最终结果 跟进结果 跟进状态 转化状态 商机状态 处理结果 "
        "销售结果"
    ),
    "value": "金额 成交金额 成交额 成交价 成交价格 订单金额 合同金额 合同额 签约金额 总金额 实付金额 实付 销售额 交易金额 付款金额",
    "ended_at": "成交时间 成交日期 签约时间 签约日期 关闭日期 关闭时间 结束时间 结束日期 完成时间 下单时间 付款时间 赢单时间 战败时间 战败日期 交车时间 交车日期",
    "reason": "原因 战败原因 失败原因 丢单原因 流失原因 输单原因 未成交原因 无效原因 放弃原因 关闭原因",
    "extra": (
        "序号 行号 来源详情 提交人 身份证 身份证号 qq号 qq号码 性别 年龄 职业 职位 部门 来源 渠道 线索来源 来源渠道 销售 负责人 跟进人 归属人 "
        "更新时间 修改时间 最后修改时间 分配时间 跟进时间 下次跟进时间 到期时间 出生日期 生日 预约时间 试驾时间 到店时间 购车时间 "
        "开始答题时间 通话时长 通话状态 电话状态 手机型号 手机品牌 公司规模 公司行业 城市等级 员工姓名 门店 门店名称 经销商 经销商名称 "
        "店铺名称 广告主 广告主名称 广告名称 表单名称 活动名称 账户名称 组件名称 ip地址 邮编"
    ),
}
ENGLISH = {
    "name": (
        "name|full name|fullname|customer|customer name|client name|contact|contact name|"
        "contact person|lead name|person|first name|last name|firstname|lastname|given name|"
        "surname|family name|nickname|buyer|your name|buyer name|recipient|attention"
    ),
    "phone": (
        "mobile|mobile no|mobile number|mobile phone|tel|tel no|telephone|telephone number|phone|"
        "phone no|phone number|phonenumber|cell|cell phone|cellphone|contact number|contact no|"
        "contact phone|call number|caller|caller id|work phone|home phone|other phone|whatsapp|"
        "whatsapp number|msisdn|phone1|phone2"
    ),
    "wechat": "wechat|wechat id|weixin|wx|wx id|wxid|vx|wecom",
    "email": (
        "e-mail|email|mail|email address|e-mail address|mail address|work email|business email|"
        "contact email"
    ),
    "company": (
        "company|company name|organisation|organization|organisation name|organization name|"
        "account|account name|business name|firm|employer|enterprise"
    ),
    "province": "province|state|state/province|province/state",
    "city": "city|town|city name",
    "county": "county|district",
    "region": (
        "region|area|address|location|full address|street address|country|country/region|"
        "territory|mailing address"
    ),
    "category": (
        "category|product|product name|product category|product of interest|interest|"
        "interested in|model|product interest|course|service|product type"
    ),
    "message": (
        "message|messages|note|notes|comment|comments|remark|remarks|description|enquiry|inquiry|"
        "question|requirements|requirement|details|needs|content|your message|memo|feedback"
    ),
    "occurred_at": (
        "created|created at|created time|created date|create time|create date|creation date|"
        "createdate|createtime|submitted|submitted at|submit time|submission date|"
        "submission time|date|time|datetime|timestamp|date created|date submitted|date added|"
        "received|received at|enquiry date|inquiry date|lead date|reg date|registered|"
        "registered at|registration date|invoice date|start time"
    ),
    "external_id": (
        "id|lead id|opportunity id|deal id|leadid|external id|externalid|record id|uuid|guid|clue id|clueid|customer id|"
        "contact id|case id|enquiry id|inquiry id|reference|ref|reference number|submission id|"
        "response id|entry id"
    ),
    "page": "url|page|page url|landing page|landing page url|source page|website page|link|form url",
    "referrer": "referrer|referer|referring page|referrer url|http referer",
    "introduced_by": "introduced by|referred by|referral|introducer|recommender",
    "utm_source": "utm source|utmsource",
    "utm_medium": "utm medium|utmmedium",
    "utm_campaign": "utm campaign|utmcampaign|campaign name",
    "utm_term": "utm term|utmterm|keyword|search term",
    "utm_content": "utm content|utmcontent|ad name|creative name",
    "result": (
        "outcome|result|status|lead status|deal status|stage|deal stage|y|target|won|is won|"
        "converted|is converted|win|label|revenue|purchased|response|subscribed|success|"
        "conversion"
    ),
    "value": (
        "value|amount|deal value|deal amount|order value|order amount|contract value|price|total|"
        "total amount|sales|sale amount|revenue|deal size|opportunity amount|amount req"
    ),
    "ended_at": (
        "closed|closed at|close date|closed date|closing date|date closed|won at|won date|"
        "lost date|end date|converted at|conversion date|purchase date|order date"
    ),
    "reason": "reason|lost reason|loss reason|reason lost|closed reason|close reason|reason for loss",
    "extra": (
        "no|no.|#|qq|source|lead source|channel|owner|lead owner|sales|seller|salesperson|assigned to|updated at|modified|"
        "gender|sex|modified at|last modified|birthday|birth date|due date|job title|title|ip|user agent|zip|postcode"
    ),
}
POLITE = re.compile(
    r"^(?:请问|请您?|您的?|你的?|填写|输入|留下|选择|提供|贵(?=公司|单位|司)|的|常用|真实|联系您的|有效)+"
    r"|(?:是(?:什么|多少|哪里|谁)?|为|填写|信息)$"
)
NUMBERED = re.compile(r"^(?:第?[\dq]{1,3}\s*[.、,:)题]\s*|\(\d{1,3}\)\s*)")
ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>)\s*")
ENDS = re.compile(r"^[\s*:?!。,、#_\"'-]+|[\s*:?!。,、_\"'-]+$")
WHOSE = re.compile(
    r"^(?:客户|用户|买家|访客|线索|会员|学员|家长|车主|患者|业主|顾客|求购人|询盘人|填写人|提交人|报名人|咨询人|联系人|收货人|采购商|潜客|意向|留资人|个人|本人)"
    r"(?:的|信息)?(?=.)"
)
WHOSE_ENGLISH = re.compile(
    r"^(?:(?:the|your|customer|client|lead|user|buyer|contact|primary|main|work|personal|visitor|prospect|respondent)s? )+(?=.)"
)
NOT_A_FIELD = re.compile(r"^(?:是否|有无|能否|上次|最近|最后|下次|首次|预计|预约|计划)")
COUNTED = re.compile(r"\s*(?:\d{1,2}|[一二三四五])$")


def _words() -> dict[str, str]:
    made = {word: target for target, words in CHINESE.items() for word in words.split()}
    for target, words in ENGLISH.items():
        for word in words.split("|"):
            made.setdefault(word, target)
    return made


OF_HISTORY = {"result", "value", "ended_at", "reason"}
TOGETHER = {"", "extra", "phone", "email", "wechat", "message"}  # what several columns may hold
LAST_NAMES = {"姓", "姓氏", "last name", "lastname", "surname", "family name"}
FIRST_NAMES = {"名", "first name", "firstname", "given name"}
NAME_PARTS = LAST_NAMES | FIRST_NAMES
NICKNAME = re.compile(r"昵称|会员名|用户名|nickname", re.IGNORECASE)
BARE_ANSWERS = {"yes", "no", "y", "n", "true", "false", "t", "f", "1", "0", "是", "否", "对", "错"}
NAMELESS = re.compile(r"Column \d+|\W*|(?:字段|列|field|f)\s*\d*", re.IGNORECASE)
REGION_CODE = re.compile(r"[1-8]\d{5}")
ADDRESS = re.compile(r"^(?:https?://|www\.|/)|\.(?:com|cn|net|org|html?)\b", re.IGNORECASE)
FIRM = re.compile(r"公司|厂$|集团|(?:Co|Ltd|Inc|GmbH|LLC)\.?$", re.IGNORECASE)
WORDS = _words()
BY_THEIR_END = {
    "name",
    "phone",
    "wechat",
    "email",
    "company",
    "province",
    "city",
    "category",
    "message",
}
TOO_GENERAL = {
    "客户",
    "名称",
    "意向",
    "项目",
    "来电",
    "主叫",
    "问题",
    "内容",
    "说明",
    "单位",
    "机构",
    "学校",
    "型号",
}
ENDS_OF_NAMES = sorted(
    (w for w, t in WORDS.items() if t in BY_THEIR_END and len(w) > 1 and w not in TOO_GENERAL),
    key=len,
    reverse=True,
)
STAFF = re.compile(  # whoever handles the lead, not the person who asks
    r"^(?:门店|店铺|经销商?|销售|顾问|客服|员工|商家|商户|坐席|座席|跟进|负责|归属|业务|分配|招商|投放|被叫|虚拟|中间|广告|账户|表单|活动)"
)


def target_of(name: str) -> str:
    """Say what a column of this name holds; empty where the name does not tell."""
    plain = plainly(name)
    bare = COUNTED.sub("", plain)
    dateless = bare.removesuffix("日期") + "时间" if bare.endswith("日期") else bare
    for form in (plain, bare, bare.replace("-", " "), bare.replace(" ", ""), dateless):
        if form in WORDS:
            return WORDS[form]
    if not plain or STAFF.match(plain) or NOT_A_FIELD.match(plain):
        return ""
    for form in (WHOSE.sub("", bare), WHOSE_ENGLISH.sub("", bare)):
        if form in WORDS:
            return WORDS[form]
    end = next((word for word in ENDS_OF_NAMES if not word.isascii() and bare.endswith(word)), "")
    return WORDS.get(end, "") if len(bare) <= len(end) + 12 else ""


def plainly(name: str) -> str:
    """Give a name without its number, its asides and what politeness adds to it."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub(r"[_\s]+", " ", plain).strip()
    without = ASIDE.sub(" ", plain).strip() or plain
    without = ENDS.sub("", NUMBERED.sub("", without))
    without = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", without)
    return POLITE.sub("", ENDS.sub("", without)).strip() or without


def assign(profiles: Sequence[ColumnProfile], *, is_history: bool) -> list[str]:
    """Say what each column holds, by its name where its content does not contradict, else by its content."""
    named = [target_of(profile.name) for profile in profiles]
    found = [
        target if _fits(target, profile, is_history=is_history) else ""
        for target, profile in zip(named, profiles, strict=True)
    ]
    _settle(profiles, found)
    if is_history and "result" not in found:
        _find_result(profiles, named, found)
    for target in ("phone", "email", "name", "company", "occurred_at"):
        if target not in found:
            _find(target, profiles, named, found)
    return [target or "extra" for target in found]


def _settle(profiles: Sequence[ColumnProfile], found: list[str]) -> None:
    """Of several columns for one field take the first, a nickname last; a first and a last name are one name."""
    for target in set(found) - TOGETHER:
        takers = [n for n, t in enumerate(found) if t == target]
        parts = [n for n in takers if plainly(profiles[n].name) in NAME_PARTS]
        chosen = [min(takers, key=lambda n: (NICKNAME.search(profiles[n].name) is not None, n))]
        whole = parts if target == "name" and len(parts) == len(takers) else chosen
        for n in set(takers) - set(whole):
            found[n] = ""


def _fits(target: str, profile: ColumnProfile, *, is_history: bool) -> bool:
    """Does the content bear out what the name says? A blank column is believed."""
    if target in OF_HISTORY and not is_history:
        return False
    if not profile.filled or target not in LOOKS:
        return bool(target)
    return LOOKS[target](profile)


def _find(
    target: str, profiles: Sequence[ColumnProfile], named: Sequence[str], found: list[str]
) -> None:
    """Find the one column that nobody has named and that looks like this."""
    for n, profile in enumerate(profiles):
        is_open = not found[n] and not named[n] and profile.filled
        is_nameless = NAMELESS.fullmatch(profile.name) is not None
        if is_open and (is_nameless or target in {"phone", "email"}) and SURELY[target](profile):
            found[n] = target
            if target not in TOGETHER:
                return


def _find_result(profiles: Sequence[ColumnProfile], named: Sequence[str], found: list[str]) -> None:
    """A column named for the money may say only whether there was any; else it is the one that speaks of winning."""
    for n, target in enumerate(named):
        if target in {"value", "result"} and not found[n] and _says_how_it_ended(profiles[n]):
            found[n] = "result"
            return
    telling = [n for n, p in enumerate(profiles) if not found[n] and _speaks_of_winning(p)]
    if len(telling) == 1:
        found[telling[0]] = "result"


def _share(profile: ColumnProfile, holds: Callable[[str], object]) -> float:
    samples = [s for s in profile.samples if s.strip()]
    return sum(1 for s in samples if holds(s)) / len(samples) if samples else 0.0


def _says_how_it_ended(profile: ColumnProfile) -> bool:
    return any(ending(value) for value in profile.values)


def _speaks_of_winning(profile: ColumnProfile) -> bool:
    words = {folded(value) for value in profile.values}
    ends = {ending(word) for word in words}
    return {"won", "lost"} <= ends and not words <= BARE_ANSWERS


def _is_of_many(profile: ColumnProfile) -> bool:
    """Are there about as many values as people? One number in every row is the shop's own."""
    return profile.filled < 20 or profile.distinct * 10 > min(profile.filled, 1000)


def _is_phone(profile: ColumnProfile) -> bool:
    lost = _share(profile, lambda s: phone_fault(s) in {"digits_lost", "masked", "no_area_code"})
    reached = _share(profile, lambda s: numbers(s) or WECHAT_LABEL.match(s) or EMAIL.search(s))
    return _is_of_many(profile) and reached + lost >= 0.4


def _is_surely_phone(profile: ColumnProfile) -> bool:
    return _is_of_many(profile) and _share(profile, _is_mobile) >= 0.6


def _is_mobile(text: str) -> bool:
    """Is it a mainland mobile, or a number that says its country?"""
    found = numbers(text)
    is_full = text.strip().startswith("+") and len(text) < 24
    return any(is_full or (n.startswith("+861") and len(n) == 14) for n in found)


def _is_name(profile: ColumnProfile) -> bool:
    is_other = _is_numeric(profile) or _share(profile, EMAIL.search) >= 0.5
    return _is_of_many(profile) and not is_other


def _is_numeric(profile: ColumnProfile) -> bool:
    return profile.numbers >= 0.9 * profile.filled


def _is_date(profile: ColumnProfile) -> bool:
    return _share(profile, lambda s: moment(s)[1] in {"", "ambiguous_date"}) >= 0.6


def _is_id(profile: ColumnProfile) -> bool:
    """Ids that merely count rows begin at 1 again in the next file, and would hide its leads."""
    is_unique = profile.distinct >= min(profile.filled, 100)
    counted = [s.strip() for s in profile.samples]
    return is_unique and counted[:3] not in (["1", "2", "3"], ["0", "1", "2"], ["1", "2"], ["1"])


LOOKS: dict[str, Callable[[ColumnProfile], bool]] = {
    "phone": _is_phone,
    "name": _is_name,
    "company": lambda p: not _is_numeric(p),
    "email": lambda p: _share(p, EMAIL.search) > 0,
    "wechat": _is_of_many,
    "region": lambda p: not _is_numeric(p) or _share(p, REGION_CODE.fullmatch) > 0.5,
    "province": lambda p: not _is_numeric(p) or _share(p, REGION_CODE.fullmatch) > 0.5,
    "city": lambda p: not _is_numeric(p) or _share(p, REGION_CODE.fullmatch) > 0.5,
    "county": lambda p: not _is_numeric(p) or _share(p, REGION_CODE.fullmatch) > 0.5,
    "category": lambda p: not _is_numeric(p) and _share(p, lambda s: len(s) <= 60) > 0.9,
    "message": lambda p: not _is_numeric(p),
    "occurred_at": _is_date,
    "ended_at": _is_date,
    "external_id": _is_id,
    "page": lambda p: _share(p, ADDRESS.search) >= 0.5,
    "referrer": lambda p: _share(p, ADDRESS.search) >= 0.5,
    "utm_campaign": lambda p: not _is_numeric(p),
    "result": _says_how_it_ended,
    "value": lambda p: _share(p, lambda s: money(s)[0] is not None) >= 0.6,
    "reason": lambda p: not _is_numeric(p),
}
SURELY: dict[str, Callable[[ColumnProfile], bool]] = {
    "phone": _is_surely_phone,
    "email": lambda p: _share(p, EMAIL.fullmatch) >= 0.6,
    "name": lambda p: _is_of_many(p) and _share(p, PERSON.fullmatch) >= 0.8,
    "company": lambda p: _share(p, FIRM.search) >= 0.6,
    "occurred_at": lambda p: _is_date(p) and p.dates >= 0.9 * p.filled,
}
