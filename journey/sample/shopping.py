"""Shopping: a cart, an order, what becomes of it, money back; and subscriptions."""

from journey.sample.book import (
    CUSTOMER,
    DELIVERED_LATE,
    PARCEL_LOST,
    PAYMENT_FAILED,
    RENEWAL,
    SYSTEM,
    Book,
    Line,
)
from journey.sample.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from journey.sample.people import Person
from journey.sample.surveys import ask_nps
from journey.sample.texts import PRODUCTS, write

_CATEGORIES = (
    *("clothing", "shoes", "packs", "kitchen", "kitchen"),
    *("clothing", "light", "sleep", "kitchen", "clothing"),
)
_PRICES = (89, 119, 64, 42, 18, 14, 36, 139, 27, 22)  # dollars, of each of PRODUCTS

ITEMS: tuple[tuple[Line, ...], ...] = tuple(
    tuple(
        {
            "name": product[0],
            "product_id": f"p-{at + 1:03d}",
            "category": _CATEGORIES[at],
            "price": str(_PRICES[at] * 150) if japanese else f"{_PRICES[at]}.90",
            "currency": "JPY" if japanese else "USD",
        }
        for at, product in enumerate(PRODUCTS)
    )
    for japanese in (False, True)
)
"""What is sold, outside Japan and in it. Read them, do not change them."""

_BAD_DAYS = (11, 12, 13)
"""Days of every thirty on which the carrier is in trouble."""

_PERIOD_MS = 30 * DAY_MS
_PLANS = ("club", "refill")
_LEAVES_FOR = ("price", "not used", "delivery", "other brand")
_DECLINED = ("card-declined", "card-declined", "expired-card", "timeout")


def fill_cart(
    book: Book, person: Person, identities: dict[str, str], at: int, channel: str
) -> None:
    """Plan something being put into the cart, which need not lead to an order."""
    item = ITEMS[person.japanese][int(book.rng.random() * len(PRODUCTS))]
    put = {**item, "quantity": 1 + (book.rng.random() < 0.15)}
    book.plant(at, "cart-changed", person, identities, channel, "inbound", CUSTOMER, put)


def buy(book: Book, person: Person, at: int, channel: str) -> None:
    """Plan an order, its delivery, and what a late one leads to."""
    rng = book.rng
    identities = person.identities(channel)
    order: Line = {"order_id": book.new_order(), **_amount(book, person)}
    if channel != "store":
        fill_cart(book, person, identities, at, channel)
        at += int((20 + 120 * rng.random()) * SECOND_MS)
        where = (identities, channel, "inbound", CUSTOMER)
        book.plant(at, "checkout-started", person, *where, order)
        at += int((30 + 90 * rng.random()) * SECOND_MS)
        if rng.random() < 0.04:
            failed = {**order, "reason": _DECLINED[int(rng.random() * len(_DECLINED))]}
            by_shop = (identities, channel, "internal", SYSTEM)
            book.plant(at, "payment-failed", person, *by_shop, failed, PAYMENT_FAILED)
            if rng.random() < 0.3:
                return  # They give up.
            at += int((30 + 200 * rng.random()) * SECOND_MS)
    # Promised by the end of a local day.
    promised_day = (at + person.zone_ms) // DAY_MS + 2 + int(rng.random() * 3)
    promised_at = (promised_day + 1) * DAY_MS - person.zone_ms
    placed = {**order, "promised_at": _moment(book, promised_at)}
    is_lost = rng.random() < 0.005
    mark = PARCEL_LOST if is_lost else 0
    book.plant(at, "order-placed", person, identities, channel, "inbound", CUSTOMER, placed, mark)
    if is_lost:
        book.hurt(person, promised_at)
        return
    if rng.random() < 0.02:
        at += int((2 + 50 * rng.random()) * MINUTE_MS)
        cancels = (identities, channel, "inbound", CUSTOMER, order)
        book.plant(at, "order-cancelled", person, *cancels)
        return
    _deliver(book, person, channel, order, promised_at, promised_day)
    if rng.random() < person.persona.subscribes and not person.subscribed:
        _subscribe(book, person, at + MINUTE_MS, channel)


def _deliver(
    book: Book, person: Person, channel: str, order: Line, promised_at: int, promised_day: int
) -> None:
    rng = book.rng
    trouble = promised_day % 30 in _BAD_DAYS
    late = rng.random() < (0.5 if trouble else 0.09)
    if late:
        delivered_at = promised_at + int(rng.lognormvariate(3.2, 0.8) * HOUR_MS) + SECOND_MS
    else:
        # By day, on a day from tomorrow to the promised one.
        before = int(rng.random() * 2)
        delivered_at = promised_at - before * DAY_MS - int((4 + 10 * rng.random()) * HOUR_MS)
    book.plant(
        delivered_at,
        "order-delivered",
        person,
        {"user_id": person.user_id},
        channel,
        "outbound",
        SYSTEM,
        {"order_id": order["order_id"]},
        DELIVERED_LATE if late else 0,
    )
    if late:
        book.hurt(person, delivered_at)
        if not person.persona.leaves_hurt and rng.random() < 0.4:
            asks_at = promised_at + int((1 + 20 * rng.random()) * HOUR_MS)
            book.schedule_contact(asks_at, person, "delivery", order["order_id"])
    if rng.random() < person.persona.survey_rate * 0.5:
        ask_nps(book, person, delivered_at, late=late)
    if rng.random() < (0.12 if late else 0.05):
        _return(book, person, delivered_at, order)
    elif rng.random() < 0.05:
        review(book, person, delivered_at + int((1 + 6 * rng.random()) * DAY_MS), late=late)


def _return(book: Book, person: Person, delivered_at: int, order: Line) -> None:
    """Want the money back, and get it."""
    rng, known = book.rng, {"user_id": person.user_id}
    at = delivered_at + int((1 + 12 * rng.random()) * DAY_MS)
    book.plant(at, "refund-requested", person, known, "web", "inbound", CUSTOMER, order)
    at += int((1 + 9 * rng.random() ** 2) * DAY_MS)
    book.plant(at, "refunded", person, known, "web", "outbound", SYSTEM, order)


def review(book: Book, person: Person, at: int, *, late: bool) -> None:
    """Plan a review in public, whose stars follow what happened."""
    rng = book.rng
    product = int(rng.random() * len(PRODUCTS))
    key = "complaint product" if late else "praise"
    posted = {
        "stars": (1, 1, 2, 2, 3)[int(rng.random() * 5)] if late else 4 + (rng.random() < 0.6),
        "product_id": ITEMS[0][product]["product_id"],
        "text": write(rng, person.japanese, key, product=PRODUCTS[product]),
    }
    identities = person.identities("review")
    book.plant(at, "review-posted", person, identities, "review", "inbound", CUSTOMER, posted)


def _subscribe(book: Book, person: Person, at: int, channel: str) -> None:
    person.subscribed = True
    properties = {**_subscription(person), "ends_at": _moment(book, at + _PERIOD_MS)}
    identities = person.identities(channel)
    book.plant(
        at, "subscription-started", person, identities, channel, "inbound", CUSTOMER, properties
    )
    # One period at a time: plans for all of them would grow with the days.
    book.schedule_contact(at + _PERIOD_MS, person, RENEWAL, "")


def renew(book: Book, person: Person, at: int) -> None:
    """Let a subscription go on for a period, or end."""
    rng, known = book.rng, {"user_id": person.user_id}
    told = _subscription(person)
    if rng.random() < 0.15:
        reason = _LEAVES_FOR[int(rng.random() * len(_LEAVES_FOR))]
        why = {"subscription_id": told["subscription_id"], "plan": told["plan"], "reason": reason}
        book.plant(at, "cancellation-asked", person, known, "web", "inbound", CUSTOMER, why)
        at += int((2 + 600 * rng.random()) * MINUTE_MS)
        if rng.random() < 0.7:
            person.subscribed = False
            book.plant(at, "subscription-cancelled", person, known, "web", "internal", SYSTEM, why)
            return
    told["ends_at"] = _moment(book, at + _PERIOD_MS)
    book.plant(at, "subscription-renewed", person, known, "web", "internal", SYSTEM, told)
    book.schedule_contact(at + _PERIOD_MS, person, RENEWAL, "")


def _subscription(person: Person) -> Line:
    plan = person.number % len(_PLANS)
    price = {"amount": "980", "currency": "JPY"} if person.japanese else _DOLLARS
    return {"subscription_id": f"s-{person.number:06d}", "plan": _PLANS[plan], **price}


_DOLLARS = {"amount": "7.90", "currency": "USD"}


def _amount(book: Book, person: Person) -> dict[str, str]:
    dollars = person.persona.basket * book.rng.lognormvariate(0.0, 0.5)
    if person.japanese:
        return {"amount": str(int(dollars * 15) * 10), "currency": "JPY"}
    return {"amount": f"{int(dollars)}.90", "currency": "USD"}


def _moment(book: Book, at: int) -> str:
    # Full hours only, which is what is promised.
    day, clock = divmod(at, DAY_MS)
    return f"{book.calendar.date(day)}{clock // HOUR_MS:02d}:00:00.000Z"
