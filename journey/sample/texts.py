"""What people write, in English and Japanese: templates with slots, by mood and topic.

A question has "?" or "？" in it; nothing else has. Slots: {product}, {order}, {n}, {day}.
"""
# ruff: noqa: RUF001, RUF002
# Full-width marks are how Japanese is written.

from random import Random

TOPICS = ("delivery", "billing", "returns", "product", "account")

PRODUCTS = (
    ("rain jacket", "レインジャケット"),
    ("trail shoes", "トレイルシューズ"),
    ("day pack", "デイパック"),
    ("camp stove", "キャンプストーブ"),
    ("water bottle", "水筒"),
    ("wool socks", "ウールソックス"),
    ("head lamp", "ヘッドライト"),
    ("sleeping bag", "寝袋"),
    ("tea kettle", "やかん"),
    ("sun hat", "日よけ帽子"),
)

_DAYS = (
    ("Monday", "月曜日"),
    ("Tuesday", "火曜日"),
    ("Thursday", "木曜日"),
    ("Friday", "金曜日"),
    ("the weekend", "週末"),
)

_ENGLISH: dict[str, tuple[str, ...]] = {
    "question delivery": (
        "Where is my order {order}? It was promised for {day}.",
        "Can you tell me when the {product} will arrive?",
        "Is it possible to have {order} delivered on {day}?",
    ),
    "question billing": (
        "Why was I charged {n} dollars twice for {order}?",
        "Could you send me the invoice for the {product}?",
    ),
    "question returns": (
        "How do I send the {product} back? I have had it for {n} days.",
        "Has my refund for {order} been sent yet?",
    ),
    "question product": (
        "Does the {product} come in other sizes?",
        "Will the {product} be in stock again by {day}?",
        "How do I clean the {product} after {n} uses?",
    ),
    "question account": (
        "How can I change the address on my account?",
        "I cannot log in since {day}. What should I do?",
    ),
    "complaint delivery": (
        "{order} is {n} days late and nobody tells me anything. This is terrible.",
        "The parcel with the {product} was left in the rain. Very disappointed.",
    ),
    "complaint billing": ("I was billed {n} dollars too much for {order}. This is a bad joke.",),
    "complaint returns": ("I have waited {n} days for my refund of the {product}. Unacceptable.",),
    "complaint product": (
        "The {product} broke after {n} days. Poor quality, I am angry.",
        "The {product} from {order} is the wrong colour, and it is useless to me.",
    ),
    "complaint account": ("Your app has logged me out {n} times since {day}. Awful.",),
    "request delivery": ("Please deliver {order} to my office on {day} instead.",),
    "request billing": ("Please move the payment for {order} to my other card.",),
    "request returns": ("I would like to exchange the {product} for a larger one.",),
    "request product": ("Please add a {product} with longer straps, many of us want it.",),
    "request account": ("Please remove my old address from the account.",),
    "praise": (
        "I love my new {product}, thank you so much!",
        "{n} weeks with the {product} and it is still great. Well done.",
        "Wonderful service when I bought the {product} on {day}.",
    ),
    "more": (
        "It is order {order}, by the way.",
        "I need it by {day}.",
        "I wrote to you {n} days ago as well.",
    ),
    "thanks": ("Thank you, that helps!", "Great, thanks a lot.", "Perfect, that is all."),
    "chaser": (
        "I am still waiting for an answer. Is anybody there?",
        "It has been {n} hours now. Will somebody reply?",
    ),
    "person": ("Let me talk to a person.", "I want a human agent, please."),
    "same here": ("Same here, my {product} has not come either.", "I have the same problem."),
    "answer delivery": (
        "I have checked: {order} is on its way and should be with you by {day}.",
        "I am sorry for the delay. The carrier now says {day}.",
    ),
    "answer billing": (
        "I have refunded {n} dollars; you will see it within five days.",
        "The invoice for {order} is on its way to your inbox.",
    ),
    "answer returns": (
        "I have sent you a label. Please drop the {product} at any post office by {day}.",
    ),
    "answer product": (
        "The {product} will be back on {day}. I have put you on the list.",
        "Lukewarm water and no soap is best for the {product}.",
    ),
    "answer account": ("I have reset your login. Please try again in {n} minutes.",),
    "to private": ("Sorry about that! Please send us a direct message with the order number.",),
    "bot answers": ("Here is what I found: {order} can be followed on your orders page.",),
    "bot fails": ("Sorry, I did not get that. Please choose: 1 orders, 2 returns, 3 other.",),
    "happy": ("Quick and friendly.", "Solved at once.", "All good with the {product}."),
    "unhappy": ("It took {n} hours to hear from you.", "Far too slow.", "I had to ask twice."),
}

_JAPANESE: dict[str, tuple[str, ...]] = {
    "question delivery": (
        "注文{order}はいつ届きますか？{day}と聞いていました。",
        "{product}の配送状況を教えていただけますか？",
    ),
    "question billing": ("{order}の請求が二重になっていませんか？", "領収書は発行できますか？"),
    "question returns": (
        "{product}を返品したいのですが、どうすればいいですか？",
        "返金はもう手続き済みでしょうか？",
    ),
    "question product": (
        "{product}の別サイズはありますか？",
        "{product}は{day}までに再入荷しますか？",
    ),
    "question account": ("登録住所はどこで変更できますか？", "{day}からログインできません。なぜ？"),
    "complaint delivery": ("{order}が{n}日も遅れています。連絡もなく、とても残念です。",),
    "complaint billing": ("{order}の請求額が間違っています。ひどいです。",),
    "complaint returns": ("返金を{n}日待っています。対応が遅すぎます。",),
    "complaint product": ("{product}が{n}日で壊れました。品質が悪いです。",),
    "complaint account": ("アプリから何度もログアウトされます。最悪です。",),
    "request delivery": ("{order}の配達を{day}に変更してください。",),
    "request billing": ("{order}の支払い方法を変更してください。",),
    "request returns": ("{product}を一つ大きいサイズに交換してください。",),
    "request product": ("{product}の新色をぜひ出してください。",),
    "request account": ("古い住所を削除してください。",),
    "praise": ("{product}、とても気に入っています！", "{day}の対応が素晴らしかったです。"),
    "more": ("注文番号は{order}です。", "{day}までに必要です。"),
    "thanks": ("ありがとうございます、助かりました。", "解決しました。感謝します。"),
    "chaser": ("まだ返事がありません。どなたかいますか？", "{n}時間待っています。まだですか？"),
    "person": ("オペレーターにつないでください。", "人と話したいです。"),
    "same here": ("私も同じです。{product}がまだ来ません。",),
    "answer delivery": ("確認しました。{order}は{day}までに届く予定です。",),
    "answer billing": ("返金の手続きをいたしました。{n}日以内に反映されます。",),
    "answer returns": ("返送用ラベルをお送りしました。{day}までにお出しください。",),
    "answer product": ("{product}は{day}に再入荷いたします。",),
    "answer account": ("ログインを再設定しました。{n}分後にお試しください。",),
    "to private": ("ご不便をおかけします。注文番号をダイレクトメッセージでお送りください。",),
    "bot answers": ("{order}の状況は注文履歴のページでご確認いただけます。",),
    "bot fails": ("申し訳ありません。番号でお選びください。1 注文、2 返品、3 その他",),
    "happy": ("迅速な対応でした。", "とても親切でした。"),
    "unhappy": ("返事まで{n}時間かかりました。", "遅すぎます。"),
}

_GREETINGS = ("", "", "", "Hello, a question about my purchase. ", "Hi! ", "Good evening. ")
_GREETINGS_JA = ("", "", "", "お世話になります。", "すみません。", "こんばんは。")


def write(
    rng: Random,
    japanese: bool,
    key: str,
    order: str = "",
    product: tuple[str, str] = ("", ""),
) -> str:
    """Return a text for a mood, or a mood and a topic ("question delivery"), slots filled.

    Args:
        rng: what to choose with.
        japanese: the language; else English.
        key: the mood and topic.
        order: the order it is about; empty for any.
        product: one of `PRODUCTS` that it is about; empty for any.

    Raises:
        KeyError: nobody has written a template for that.
    """
    random = rng.random
    templates = (_JAPANESE if japanese else _ENGLISH)[key]
    text = templates[int(random() * len(templates))]
    if "{" in text:
        text = text.format(
            product=product[japanese] or PRODUCTS[int(random() * len(PRODUCTS))][japanese],
            order=order or f"o-{int(random() * 90_000) + 10_000}",
            n=2 + int(random() * 12),
            day=_DAYS[int(random() * len(_DAYS))][japanese],
        )
    if key.startswith(("question", "request")):
        greetings = _GREETINGS_JA if japanese else _GREETINGS
        text = greetings[int(random() * len(greetings))] + text
    return text
