"""The words that ``sentiment`` looks for, beside VADER's: written for customer care, by us."""

from __future__ import annotations

# English words that mean something else in care than elsewhere, or that VADER lacks; -4 to 4.
IN_CARE: dict[str, float] = {
    # asked for or spoken of, not felt
    **dict.fromkeys(
        "help helping helped please pls dear support care hand share shared want wanted wish free "
        "credit interest interested secure security safe protect protected sure ok okay yes play "
        "played playing games game friend friends natural kind kinds party prime active "
        "original well hope number certain save saved saving ensure important agree alert block "
        "demand top like value values create created clear clearly resolve resolved accept "
        "accepted chance legal fine reach join joined openness true energy greeting greetings "
        "gift gifts hi cut pay charge charged charges lowest low cancel cancels cancelled "
        "canceled cancelling canceling refund pressure stop stopped strong admit debt no "
        "feature hello challenge".split(),
        0.0,
    ),
    "appreciate": 1.0,
    "thank": 1.6,
    "thanks": 1.6,
    "works": 0.6,
    "fixed": 0.8,
    "helpful": 1.9,
    "delighted": 2.9,
    "quick": 0.9,
    "quickly": 0.9,
    "fast": 0.9,
    "comfortable": 1.6,
    # not working
    **dict.fromkeys(
        "bug bugs buggy glitch glitches glitchy crash crashes crashed crashing broken broke breaks "
        "unable unplayable unusable stuck freezes freezing froze frozen lag lags laggy error "
        "errors issue issues hacked locked disabled disappeared missing lost late delayed delay "
        "delays waiting waited overdue expensive overpriced slow slower struggling struggle "
        "ignored ignoring wrong incorrect damaged defective faulty suspended banned declined "
        "overcharged won't doesn't isn't can't couldn't cannot haven't hasn't didn't".split(),
        -1.3,
    ),
    **dict.fromkeys(
        "won't doesn't isn't can't couldn't cannot haven't hasn't didn't".split(), -0.7
    ),
    **dict.fromkeys(
        "unacceptable useless ridiculous joke rubbish garbage crap scam awful terrible horrible "
        "worst disgusting furious appalling pathetic atrocious disgrace ripoff nonsense ruined "
        "stole".split(),
        -3.0,
    ),
    **dict.fromkeys("disappointed disappointing disappointment unhappy rude".split(), -2.3),
    **dict.fromkeys("nobody nothing never again still twice".split(), -0.5),
    "again": -0.3,
    "still": -0.6,
    "wtf": -2.8,
    "lol": 0.6,
    "fuck": -2.5,
    "fucking": -1.5,
    "damn": -1.4,
}

# What fails if it is negated, and else feels like nothing.
FAILS: frozenset[str] = frozenset(
    "work works worked working help helps helped able load loads loading open opens connect "
    "connecting respond responding arrived received showing let letting play receive".split()
)

EMOJI: dict[str, float] = {
    **dict.fromkeys("😊😀😃😄😁🙂😍🥰😘❤👍🎉💯🤩👏😻💖💕🙌✨", 2.2),
    "🙏": 0.4,
    "😂": 0.6,
    **dict.fromkeys("😢😭😞😔😟🙁☹👎💔😣😖😩😫😕", -1.9),
    **dict.fromkeys("😡😠🤬💩🤮", -2.8),
    **dict.fromkeys("🙄😒😤🤦", -1.5),
}

# Stems, so that endings do not matter: 遅い, 遅く, 遅すぎ.
JAPANESE_BAD: frozenset[str] = frozenset(
    (
        "最悪 ひどい ひどく ひどす 酷い 酷く 酷す 残念 がっかり ガッカリ 失望 不満 不便 "
        "不快 不愉快 不親切 不安 不信 不良 腹が立 腹立 怒り 怒って 許せ 許さ 納得でき "
        "納得がいか 納得いか 困って 困る 困りま 遅い 遅く 遅す 遅れて 遅れま 遅れる 遅延 "
        "悪い 悪く 悪す 悪かった 悪質 粗悪 失礼 無礼 態度が悪 壊れ 破損 破れ つぶれ 潰れ "
        "傷だらけ 汚れ 汚い 使えな 使えませ 使いにくい 使いづらい わかりにくい 分かりにくい "
        "届かな 届きませ 届いていませ 届いてな つながらな 繋がらな 動かな 動きませ "
        "できなくて 間違って 間違え 違う商品 全然違 イライラ いらいら うんざり 二度と 詐欺 "
        "嘘 ぼったくり 高すぎ 高い値 勝手に 二重に 話にならな 無視 返事がな 返事もな "
        "返信がな 返信もな 連絡がな 連絡もな 待たされ 面倒 邪魔 つまらな まずい 臭い 苦情 "
        "クレーム 迷惑 損した 後悔 がらくた ゴミ"
    ).split()
)
JAPANESE_GOOD: frozenset[str] = frozenset(
    (
        "ありがと 有難う 有り難う 感謝 助かり 助かる 助かった 嬉し うれし 最高 素晴らし "
        "すばらし 素敵 すてき 満足 気に入 大好き 好きです 便利 快適 丁寧 親切 迅速 早くて "
        "安心 良い 良か よかった 楽し おいしい 美味し きれい 綺麗 可愛い かわいい 使いやす "
        "わかりやす 分かりやす おすすめ オススメ お勧め 完璧 期待以上 買ってよかった 解決し "
        "さすが 感動 優秀 神対応 ぴったり"
    ).split()
)
# What goes wrong, without a word of how that feels.
JAPANESE_TROUBLE: frozenset[str] = frozenset(
    ("落ちる 落ちま フリーズ バグ エラー 不具合 障害 故障 紛失 まだ来 まだ届").split()
)
