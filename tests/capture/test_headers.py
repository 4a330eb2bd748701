"""Headers as platforms write them. Each column stands with a cell of its first row and what it should be taken for."""

import pytest

from clew.capture.guessing import guess
from clew.capture.sheets.layout import ColumnProfile
from clew.capture.sheets.profiles import Profiles

FILES = {
    "懂车帝": """
        线索ID=7301882915521=external_id|姓名=王先生=name|手机号=13812345678=phone|意向车系=宋PLUS=category
        意向城市=苏州=city|留资时间=2026-11-20 10:22:31=occurred_at|线索来源=车系页询价=extra|经销商名称=苏州众诚=extra
        分配时间=2026-11-20 10:23:00=extra""",
    "汽车之家": """
        客户姓名=李女士=name|联系电话=139 1234 5678=phone|意向车型=2026款 1.5T=category|所在省份=江苏=province
        所在城市=南京=city|下发时间=2026/11/20 9:05=occurred_at|询价类型=本地询价=extra|备注=周末看车=message
        销售顾问=陈磊=extra|销售顾问电话=13700000001=extra""",
    "巨量引擎": """
        线索id=7301882915522=external_id|广告主名称=启衡=extra|广告计划名称=伺服-搜索=utm_campaign|创意ID=1790001=extra
        姓名=周建国=name|电话=13612345678=phone|微信号=zhoujianguo01=wechat|性别=男=extra|年龄=34=extra|省份=江苏省=province
        城市=苏州市=city|详细地址=工业园区星湖街1号=region|线索创建时间=2026-11-20 10:22:31=occurred_at
        落地页链接=https://qiheng.example/servo=page|备注信息=要报价=message|通话时长=35=extra""",
    "腾讯广告": """
        leads_id=88120001=external_id|leads_name=赵敏=name|leads_tel=13512345678=phone|leads_city=杭州=city
        leads_create_time=2026-11-20 10:22:31=occurred_at|campaign_name=冬季促销=utm_campaign|adgroup_id=991=extra
        click_id=abcx=extra|leads_email=z@a.cn=email|leads_wechat=zm_8812=wechat""",
    "百度基木鱼": """
        提交时间=2026-11-20 10:22:31=occurred_at|访客姓名=孙丽=name|联系方式=13412345678=phone|搜索词=伺服电机 价格=utm_term
        推广计划=品牌词=utm_campaign|着陆页=https://a.example/x=page|留言内容=400W 要 3 台=message|IP地域=江苏苏州=region
        访客IP=10.1.2.3=extra""",
    "58同城": """
        编号=A20261120001=external_id|联系人=钱先生=name|联系人电话=13312345678=phone|区域=姑苏区=region|服务类目=空调维修=category
        咨询时间=2026年11月20日 10:22=occurred_at|客户需求=三台挂机不制冷=message|店铺名称=快修=extra|店铺电话=0512-65551234=extra""",
    "1688": """
        询盘编号=XP88123=external_id|买家会员名=hengda2026=name|买家公司名=苏州恒达自动化有限公司=company|联系手机=13212345678=phone
        采购产品=伺服电机=category|采购数量=20=extra|询盘内容=请报 750W 20 套=message|询盘时间=2026-11-20 10:22=occurred_at
        收货地址=江苏 苏州 吴中区=region|旺旺=hengda=extra""",
    "金数据": """
        序号=1=extra|您的姓名=吴刚=name|您的手机号码（必填）=13112345678=phone|您的公司=恒达=company|您的职位=采购=extra
        感兴趣的产品=变频器=category|您的需求=要样册=message|提交人=wu=extra|提交时间=2026-11-20 10:22:31=occurred_at
        IP=10.1.2.3=extra|来源URL=https://a.example/f=referrer""",
    "问卷星": """
        序号=12=extra|提交答卷时间=2026/11/20 10:22:31=occurred_at|所用时间=88秒=extra|来源=微信=extra|来源详情=N/A=extra
        来自IP=10.1.2.3(江苏-苏州)=extra|1、您的姓名：=郑洁=name|2、您的联系电话是？=13012345678=phone|3、您所在的城市：=苏州=city
        4、您是否需要安装？=是=extra|5. 您的微信号（选填）=zhengjie_x=wechat""",
    "腾讯问卷": """
        答卷编号=100123=external_id|开始答题时间=2026/11/20 10:21=extra|答题时间=2026/11/20 10:22=occurred_at
        Q1.姓名=冯强=name|Q2.手机=15912345678=phone|Q3.所在地区=四川省成都市=region|Q4.其他建议=无=message""",
    "麦客": """
        称呼=陈总=name|电话号码=15812345678=phone|邮箱地址=c@a.cn=email|单位名称=华东院=company|补充说明=尽快=message
        填写时间=2026-11-20 10:22=occurred_at|填写设备=iPhone=extra|推荐人=张三=introduced_by""",
    "CRM": """
        客户编号=C-1001=external_id|客户名称=苏州恒达=name|公司名称=苏州恒达自动化=company|联系人手机=15712345678=phone
        联系人座机=0512-65551234=phone|客户状态=成交=result|成交金额=12,000.00=value|成交日期=2026-03-05=ended_at
        战败原因=价格=reason|创建时间=2026-01-02=occurred_at|负责人=林=extra|负责人电话=13700000002=extra""",
    "有赞": """
        收货人=卫明=name|收货人手机=15612345678=phone|收货人省份=浙江省=province|收货人城市=宁波市=city|收货人地区=鄞州区=region
        商品名称=减速机=category|订单号=E2026112010=external_id|买家备注=送货前电话=message|实付金额=￥320.00=value
        下单时间=2026-11-20 10:22=ended_at""",
    "HubSpot": """
        Record ID=5510023=external_id|First Name=Jane=name|Last Name=Doe=name|Email=jane@acme.example=email
        Phone Number=+1 415 555 0132=phone|Company Name=Acme=company|City=Berlin=city|Country/Region=Germany=region
        Create Date=2026-11-20 10:22=occurred_at|Lead Status=Won=result|Contact owner=Lin=extra""",
    "Facebook": """
        id=l:1234567890=external_id|created_time=2026-11-20T10:22:31-05:00=occurred_at|ad_id=ag:120=extra|ad_name=Servo=utm_content
        adset_name=EU=extra|campaign_name=Winter=utm_campaign|form_id=f:99=extra|is_organic=false=extra|platform=fb=extra
        full_name=Jane Doe=name|phone_number=p:+14155550132=phone|email=jane@acme.example=email|job_title=Buyer=extra""",
    "LinkedIn": """
        Lead ID=aa-1=external_id|Campaign Name=Winter=utm_campaign|Work email=jane@acme.example=email|First name=Jane=name
        Last name=Doe=name|Company name=Acme=company|Job title=Buyer=extra|Submitted at=2026-11-20 10:22=occurred_at
        Lead form name=Servo=extra""",
    "Salesforce": """
        Opportunity ID=006A1=external_id|Account Name=Acme=company|Amount=12000=value|Close Date=11/24/2026=ended_at
        Stage=Closed Won=result|Created Date=10/30/2026=occurred_at|Lead Source=Web=extra|Loss Reason=Price=reason
        Contact Name=Jane Doe=name""",
    "展会": """
        姓 名=蒋伟=name|手机/电话=15512345678=phone|公司(全称)=无锡大成机械厂=company|部门=采购部=extra|意向产品=滚珠丝杠=category
        现场沟通记录=要样品=message|登记日期=2026.11.20=occurred_at""",
    "群报名": """
        昵称=小沈=extra|真实姓名=沈阳=name|手机=15212345678=phone|微信=shen_yang1=wechat|邀请人=老韩=introduced_by
        报名时间=11月20日 10:22=extra|课程=公开课=category""",
    "呼叫中心": """
        呼入时间=2026-11-20 10:22:31=occurred_at|主叫号码=15112345678=phone|被叫号码=4008208820=extra|坐席=2001=extra
        坐席姓名=小李=extra|通话时长=65=extra|号码归属地=江苏 苏州=region|通话小结=询价=extra""",
    "抖音来客": """
        用户昵称=momo=name|用户手机号=15012345678=phone|线索生成时间=2026-11-20 10:22=occurred_at|门店名称=一店=extra
        门店电话=0512-65550000=extra|咨询商品=体验课=category|线索备注=明天回电=message|所属账号=官方=extra""",
    "小红书": """
        用户ID=5f8a2b=external_id|小红书昵称=小满=name|留资手机号=18812345678=phone|留资微信=xiaoman_1=wechat|私信内容=多少钱=message
        留资时间=2026-11-20 10:22=occurred_at|笔记链接=https://x.example/n=page""",
    "快手": """
        线索编号=KS1001=external_id|用户姓名=韩雪=name|用户电话=18712345678=phone|所在省=广东=province|所在市=佛山=city|所在区=顺德区=county
        线索转化时间=2026-11-20 10:22=occurred_at|创建日期=2026-11-20=extra|是否有效=是=extra""",
    "旧表": """
        日期=2026-11-20=occurred_at|客户=杨工=name|电话1=0512-65551234=phone|电话2=18612345678=phone|要什么=PLC=extra
        是否成交=是=result|金额（元）=1.2万=value""",
    "没有表头": """
        Column 1=许伟强=name|Column 2=18512345678=phone|Column 3=无锡大成机械有限公司=company
        Column 4=2026-11-20 10:22=occurred_at|Column 5=a@b.cn=email|Column 6=3=extra""",
}
HISTORY = {"CRM", "有赞", "HubSpot", "Salesforce", "旧表"}


def columns_of(text: str) -> list[list[str]]:
    return [
        part.strip().split("=")
        for line in text.split("\n")
        for part in line.split("|")
        if part.strip()
    ]


def profile(name: str, cell: str) -> ColumnProfile:
    made = Profiles(1)
    made.add([[cell]])
    return made.profile(0, name)


@pytest.mark.parametrize("platform", FILES)
def test_the_columns_of_a_lead_file_are_recognised(platform: str) -> None:
    columns = columns_of(FILES[platform])
    plan = guess(
        [profile(name, cell) for name, cell, _ in columns],
        is_history=platform in HISTORY,
        row_count=1,
    )
    taken = {column.name: column.target for column in plan.columns}
    assert taken == {name: target for name, _, target in columns}
