"""What a text is about, by words: the topic with most of its words in the text.

The rules that ship are below. ``[topics.NAME]`` of ``journey.toml`` gives a topic of one's own, or
replaces one that ships; see ``journey.config.topics``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from journey.ingest.assess.said import Said

METHOD = "words.1"

Rules = Mapping[str, list[str]]  # topic -> words and phrases, of any language

# In this order, where two topics have as many words in a text: the special before the general.
SHIPPED: Rules = {
    "refund": [
        *("refund", "refunds", "refunded", "refunding", "money back", "return policy"),
        *("return", "returns", "returned", "returning", "exchange", "send back", "reimburse"),
        *("返金", "返品", "交換", "払い戻し"),
    ],
    "subscription": [
        *("subscription", "subscriptions", "subscribe", "unsubscribe", "membership", "renewal"),
        *("renewed", "renew", "auto-renew", "free trial", "trial"),
        *("解約", "定期購入", "サブスク", "自動更新", "会員プラン"),
    ],
    "delivery": [
        *("delivery", "deliver", "delivered", "delivering", "deliveries", "parcel", "parcels"),
        *("package", "shipping", "shipped", "ship", "shipment", "courier", "carrier", "tracking"),
        *("arrive", "arrived", "arriving", "late", "dispatch", "dispatched", "postage"),
        *("where is my order", "order arrive"),
        *("配送", "配達", "届", "荷物", "発送", "宅配", "お届け", "到着"),
    ],
    "payment": [
        *("payment", "payments", "pay", "paid", "charge", "charged", "charges", "invoice", "bill"),
        *("billed", "billing", "card", "receipt", "checkout", "paypal", "debit", "bank"),
        *("支払", "請求", "領収書", "決済", "クレジットカード", "コンビニ払い", "引き落とし"),
    ],
    "price": [
        *("price", "prices", "pricing", "discount", "discounts", "coupon", "voucher", "expensive"),
        *("cost", "costs", "cheaper", "promo code", "how much", "overpriced"),
        *("値段", "価格", "料金", "割引", "学割", "クーポン", "送料", "値上げ", "いくら"),
    ],
    "account": [
        *("account", "accounts", "password", "log in", "login", "logged", "sign in", "signed"),
        *("locked out", "username", "verification", "hacked", "my email", "profile", "2fa"),
        *(
            "アカウント",
            "パスワード",
            "ログイン",
            "ログアウト",
            "退会",
            "登録",
            "メールアドレス",
            "認証",
        ),
    ],
    "technical": [
        *("app", "apps", "website", "site", "bug", "bugs", "crash", "crashes", "crashed"),
        *("crashing", "error", "errors", "update", "updated", "glitch", "install", "installed"),
        *("download", "server", "servers", "page", "browser", "loading", "freezes", "slow"),
        *(
            "アプリ",
            "サイト",
            "エラー",
            "不具合",
            "バグ",
            "障害",
            "画面",
            "フリーズ",
            "アップデート",
        ),
    ],
    "product": [
        *("product", "products", "quality", "size", "sizes", "colour", "color", "stock", "broke"),
        *("broken", "damaged", "defective", "faulty", "item", "model", "material", "comfortable"),
        *("wear", "fit", "fits", "come in"),
        *(
            "品質",
            "サイズ",
            "色",
            "在庫",
            "壊れ",
            "素材",
            "デザイン",
            "気に入",
            "入荷",
            "不良品",
            "使いやす",
        ),
    ],
    "order": [
        *("order", "orders", "ordered", "cart", "basket", "purchase", "bought"),
        *("注文", "購入", "カート"),
    ],
}
PHRASE_WORTH = 2  # words: it says more than one


class Topics:
    """Rules, ready to be asked.

    Args:
        rules: by topic. Words of Latin letters are whole words, in small or capital letters; what
            has others is found anywhere.
    """

    def __init__(self, rules: Rules = SHIPPED) -> None:
        self.method = METHOD
        if rules != SHIPPED:
            told = repr([(name, list(words)) for name, words in rules.items()])
            self.method = f"{METHOD}+{sha256(told.encode()).hexdigest()[:8]}"
        self._rank = {name: n for n, name in enumerate(rules)}
        self._words: dict[str, str] = {}
        self._phrases: dict[str, list[tuple[str, str]]] = {}  # first word -> phrase, topic
        anywhere: dict[str, str] = {}
        for name, words in rules.items():
            for word in words:
                folded = word.lower()
                if not folded.isascii():
                    anywhere.setdefault(folded, name)
                elif folded.isalpha():
                    self._words.setdefault(folded, name)
                else:
                    first = re.split("[^a-z']", folded, maxsplit=1)[0]
                    self._phrases.setdefault(first, []).append((folded, name))
        self._starts = frozenset(self._phrases)
        self._listed = frozenset(self._words)
        self._anywhere = anywhere
        longest_first = sorted(anywhere, key=lambda word: (-len(word), word))
        self._find = re.compile("|".join(map(re.escape, longest_first))).findall

    def of(self, told: Said) -> str:
        """The topic of a text; empty if no word of any is in it."""
        counts: dict[str, int] = {}
        if told.words:
            for word in self._listed & told.known:
                name = self._words[word]
                counts[name] = counts.get(name, 0) + 1
            starts = self._starts & told.known
            if starts:
                spoken = f" {' '.join(told.words)} "
                for start in starts:
                    for phrase, name in self._phrases[start]:
                        if f" {phrase} " in spoken:
                            counts[name] = counts.get(name, 0) + PHRASE_WORTH
        if self._anywhere and not told.is_ascii:
            for word in set(self._find(told.text.lower())):
                name = self._anywhere[word]
                counts[name] = counts.get(name, 0) + 1
        if not counts:
            return ""
        return min(counts, key=lambda name: (-counts[name], self._rank[name]))
