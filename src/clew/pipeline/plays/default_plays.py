"""The plays that every deployment starts with, stage by stage. Their lifts are assumed, from the trade."""

from dataclasses import dataclass

from clew.pipeline.plays.steps import Channel, Holds, Kind, Otherwise, Step


@dataclass(frozen=True, slots=True)
class PlaySeed:
    """A play that every deployment starts with, as a draft. Its assumed lift is that of its stage."""

    side: str
    stage: str
    begins: str
    zh: str
    en: str
    steps: tuple[Step, ...]
    window_days: int = 30


LEFT, ENTERED = "left", "entered"
PLAYS = (
    PlaySeed(
        "online",
        "asked",
        LEFT,
        "晚打也比不打强",
        "Better late than never",
        (
            Step(
                Kind.TASK,
                2,
                zh="再打一次，换个时段。接通先说“您上次问的，我查好了”",
                en="Call once more, at another hour. Begin with: what you asked for is ready",
            ),
            Step(Kind.CONDITION, holds=Holds.HAS_WECHAT, otherwise=Otherwise.SKIP),
            Step(
                Kind.MESSAGE,
                2,
                Channel.WECHAT,
                "您好，上次您问的型号有现货，需要的话我把参数和价格发您。",
                "Hello, the model you asked for is in stock. Shall I send you data and price?",
            ),
            Step(
                Kind.TASK,
                10,
                zh="最后打一次，问要不要以后再联系",
                en="Call a last time, and ask whether to stay in touch",
            ),
        ),
    ),
    PlaySeed(
        "online",
        "icebreaking",
        LEFT,
        "换个渠道再试",
        "Another channel",
        (
            Step(
                Kind.TASK,
                1,
                Channel.WECHAT,
                "用手机号搜微信，加好友，附一句“您问的资料在我这”",
                "Look for the number on WeChat and add it, saying that the data is ready",
            ),
            Step(
                Kind.MESSAGE,
                3,
                Channel.SMS,
                "您好，您上周问的产品资料我整理好了，回复“要”我发您。",
                "Hello, the data on what you asked for is ready. Reply YES and I send it.",
            ),
            Step(Kind.TASK, 10, zh="换个时段再打一次", en="Call once more, at another hour"),
        ),
    ),
    PlaySeed(
        "online",
        "consultation",
        LEFT,
        "换渠道暖三封，加一段视频",
        "Warming letters and a video",
        (
            Step(
                Kind.MESSAGE,
                3,
                Channel.WECHAT,
                "您好，这是同行用我们设备的装机视频，两分钟，您看看是不是您要的工况。",
                "Hello, here is a two-minute video of a plant like yours using it. Is that your case?",
            ),
            Step(
                Kind.MESSAGE,
                7,
                Channel.EMAIL,
                "您好，附上选型表和三个常见错误，您选的时候用得上。",
                "Hello, here is the selection table and three usual mistakes, for when you choose.",
            ),
            Step(
                Kind.MESSAGE,
                10,
                Channel.WECHAT,
                "您好，这个月同行问得最多的三个问题，我写了答案。",
                "Hello, the three questions that people like you asked most this month, with answers.",
            ),
            Step(
                Kind.TASK,
                5,
                zh="打电话：问看了视频没有，还差什么",
                en="Call: did they see the video, and what is missing?",
            ),
        ),
        60,
    ),
    PlaySeed(
        "online",
        "offer",
        LEFT,
        "先看动作再报第二次价",
        "Look first, then a better offer",
        (
            Step(
                Kind.TASK,
                2,
                zh="打之前先看：留过几次言、问过什么、卡在哪一项，写在补一句里",
                en="Before the call: how often did they write, what did they ask, where did it stop? Note it",
            ),
            Step(
                Kind.OFFER,
                1,
                zh="给一个更合适的报价：换型号、拆批或带运费，不直接降价",
                en="Make an offer that fits better: another model, in parts, delivery included; no plain discount",
                cost_minor=3000,
            ),
            Step(Kind.TASK, 7, zh="打电话：两份报价放一起比", en="Call: compare the two offers"),
        ),
    ),
    PlaySeed(
        "online",
        "comparison",
        LEFT,
        "教他怎么比",
        "Teach how to compare",
        (
            Step(
                Kind.MESSAGE,
                3,
                Channel.EMAIL,
                "您好，附一张对比表：同样的东西该比哪八项，哪三项最容易被忽略。",
                "Hello, here is what to compare when things look the same: eight points, three of them often missed.",
            ),
            Step(
                Kind.MESSAGE,
                7,
                Channel.WECHAT,
                "您好，这是用了三年的客户怎么算总成本的，一页纸。",
                "Hello, one page: how a customer of three years counts the total cost.",
            ),
            Step(
                Kind.TASK,
                7,
                zh="打电话：问比下来差在哪一项",
                en="Call: on which point did we lose?",
            ),
        ),
        45,
    ),
    PlaySeed(
        "online",
        "meeting",
        LEFT,
        "会后材料",
        "Material after the meeting",
        (
            Step(
                Kind.MESSAGE,
                1,
                Channel.WECHAT,
                "您好，没碰上面也没关系，现场要看的我都拍下来了，发您。",
                "Hello, no matter that we did not meet: I filmed what there was to see. Here it is.",
            ),
            Step(
                Kind.TASK,
                5,
                zh="打电话：约个线上十五分钟，或我们过去",
                en="Call: fifteen minutes online, or we come to them",
            ),
        ),
    ),
    PlaySeed(
        "online",
        "deliberation",
        LEFT,
        "三个月的耐心",
        "Months of patience",
        (
            Step(
                Kind.MESSAGE,
                14,
                Channel.WECHAT,
                "您好，您上次看的那款这个月有活动，到月底，链接在这。",
                "Hello, the one you looked at is on offer until the end of the month; here is the page.",
            ),
            Step(
                Kind.TASK,
                30,
                zh="打电话：不催，问项目走到哪一步",
                en="Call: do not press, ask how far the project is",
            ),
            Step(
                Kind.MESSAGE,
                30,
                Channel.EMAIL,
                "您好，附上同类项目的验收清单，定方案时用得上。",
                "Hello, here is an acceptance list of such a project, for when you settle yours.",
            ),
            Step(
                Kind.TASK,
                15,
                zh="打电话：问下个季度的计划",
                en="Call: what is planned for the next quarter?",
            ),
        ),
        120,
    ),
    PlaySeed(
        "online",
        "contract",
        ENTERED,
        "经理打一通",
        "The manager calls",
        (
            Step(
                Kind.TASK,
                3,
                zh="请经理打：问合同里哪条有顾虑，当场答复",
                en="Let the manager call: which clause worries them? Answer at once",
            ),
        ),
        14,
    ),
    PlaySeed(
        "online",
        "payment",
        ENTERED,
        "付款提醒",
        "Reminder to pay",
        (
            Step(
                Kind.MESSAGE,
                3,
                Channel.SMS,
                "您好，您的订单等付款后当天安排，账号在合同第二页，有问题随时找我。",
                "Hello, your order is prepared on the day of payment; the account is on page two. Call me with any question.",
                cost_minor=5,
            ),
            Step(
                Kind.MESSAGE,
                4,
                Channel.EMAIL,
                "您好，附上付款信息和开票资料，方便财务处理。",
                "Hello, here are the payment and invoice details for your accountants.",
            ),
        ),
        21,
    ),
)
