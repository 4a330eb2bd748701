"""The scripts that every deployment starts with: how to begin with strangers, what to answer, what never to do."""

from dataclasses import dataclass

from clew.pipeline.rules import Said


@dataclass(frozen=True, slots=True)
class ScriptSeed:
    """What to say, by line, and what not to do; at a stage of one side, or at any."""

    said: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    avoid_zh: str
    avoid_en: str
    side: str = ""
    stage: str = ""


OPENING = ""
SCRIPTS = (
    ScriptSeed(
        OPENING,
        (
            "“您好，您刚在网上问过价，由我来回复您，占您一分钟。”",
            "“型号、数量、送到哪里，我先跟您对一下，免得报错。”",
            "“现在不方便的话，几点打给您合适？”",
        ),
        (
            "“Hello, you asked us for a price online. I am the one who answers it; one minute?”",
            "“Model, quantity, delivery place: let me check these three, so that the offer is right.”",
            "“If this is a bad moment, when shall I call?”",
        ),
        "不要一上来就报价或催下单，没接就隔一小时再打，不连打三遍",
        "Do not begin with a price or press for an order; do not call three times in a row",
    ),
    ScriptSeed(
        OPENING,
        (
            "“上次没打通，怕您在忙。就问一句：型号定了吗？”",
            "“我加您微信把资料发过去，您有空再看，行吗？”",
        ),
        (
            "“I could not reach you last time. Just one question: is the model settled?”",
            "“Shall I send the data by WeChat, so that you can look when it suits you?”",
        ),
        "不要问“为什么不接电话”，不要一天打两次以上",
        "Do not ask why they did not answer; do not call more than twice a day",
        "online",
        "icebreaking",
    ),
    ScriptSeed(
        OPENING,
        (
            "“您好，是朋友介绍我联系您的，他说您这边正在看这类产品。”",
            "“我哪天到您现场看一下合适？看完再谈方案。”",
        ),
        (
            "“Hello, a friend of yours gave me your name and said that you are looking for this.”",
            "“Which day may I come and see the place? We talk about what fits after that.”",
        ),
        "不要一开口就谈价，不要说介绍人答应过什么",
        "Do not begin with the price, and do not say what the friend has promised",
        "offline",
        "introduced",
    ),
    ScriptSeed(
        Said.THINKING,
        (
            "“应该的，这不是小数目。”",
            "“您是比价格、交期，还是想先试一台？”",
            "“我先把关键参数发给您，明天上午十点打给您。”",
        ),
        (
            "“Of course. It is not a small amount.”",
            "“Are you comparing price or delivery, or would you rather try one first?”",
            "“I will send the key data now and call you tomorrow at ten.”",
        ),
        "不要当场降价，也不要追问“还考虑什么”",
        "Do not offer a discount, and do not ask what there is to think about",
    ),
    ScriptSeed(
        Said.THINKING,
        (
            "“应该的，这不是小数目。”",
            "“您是比价格、交期，还是想先试一台？”",
            "“我先寄一台样机，装上跑三天，下周三听您结果。”",
        ),
        (
            "“Of course. It is not a small amount.”",
            "“Are you comparing price or delivery, or would you rather try one first?”",
            "“I will send one to try. Let it run for three days; I call you on Wednesday.”",
        ),
        "不要当场降价，也不要追问“还考虑什么”",
        "Do not offer a discount, and do not ask what there is to think about",
        "online",
        "offer",
    ),
    ScriptSeed(
        Said.THINKING,
        (
            "“没关系，按您的节奏来。”",
            "“我隔两周发一份用得上的资料，您定下来随时找我。”",
        ),
        (
            "“That is fine, take the time that you need.”",
            "“I will send something useful every two weeks; call me whenever it is settled.”",
        ),
        "不要每周催，不要用“活动快结束了”吓人",
        "Do not press every week, and do not frighten with an offer that ends",
        "online",
        "deliberation",
    ),
    ScriptSeed(
        Said.PRICE,
        (
            "“您是跟哪一款比？我想同样的东西放一起比。”",
            "“这个价含送货和两年质保。”",
        ),
        (
            "“Compared with which one? I want to compare like with like.”",
            "“The price includes delivery and two years of warranty.”",
        ),
        "不要在电话里降价",
        "Do not lower the price on the phone",
    ),
    ScriptSeed(
        Said.QUOTE,
        (
            "“型号、数量、送货地点，这三样我记对了吗？”",
            "“一小时内发给您。发微信方便吗？”",
        ),
        (
            "“Model, quantity, delivery place: did I get these three right?”",
            "“You will have it within the hour. Shall I send it by WeChat?”",
        ),
        "不要在不知道数量时报价",
        "Do not name a price before the quantity is known",
    ),
    ScriptSeed(
        Said.BOUGHT,
        (
            "“定下来就好。方便说是哪家、什么价吗？我好知道差在哪里。”",
            "“备件和下一批总会用到，我每季度给您发一次现货价，可以吗？”",
        ),
        (
            "“Good that it is settled. May I ask whose, and at which price? I want to know what we lacked.”",
            "“There will be spare parts and a next time. May I send you our prices once a quarter?”",
        ),
        "不要说别家不好，不要让对方觉得买错了",
        "Do not speak ill of the other supplier, and do not make them feel that they chose wrong",
    ),
    ScriptSeed(
        Said.WRONG_PERSON,
        ("“打扰了，是我这边记错了。”", "“这类采购一般是哪位负责？不方便说也没关系。”"),
        (
            "“I am sorry, we have this wrong.”",
            "“Who usually buys such things at your place? Never mind if you would rather not say.”",
        ),
        "不要接着推销，不要问他的号码从哪来",
        "Do not go on selling, and do not argue about whose number it is",
    ),
)
