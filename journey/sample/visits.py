"""Visits: looking around, logging in, ordering, and what is delivered afterwards."""

from journey.sample.book import (
    CUSTOMER,
    DELIVERED_LATE,
    MERGED,
    SYSTEM,
    Appointment,
    Book,
    Line,
)
from journey.sample.clock import DAY_MS, HOUR_MS, SECOND_MS
from journey.sample.conversations import converse
from journey.sample.people import ACTS, Person
from journey.sample.surveys import ask_nps
from journey.sample.texts import PRODUCTS, write

_PAGES = tuple(
    {"name": kind, "url": f"https://shop.example/{kind}/{english.replace(' ', '-')}"}
    for kind in ("product", "product", "reviews", "category")
    for english, _ in PRODUCTS
)
_HOME = {"name": "home", "url": "https://shop.example/"}
_FEATURES = ("wishlist opened", "size guide opened", "store finder opened", "points checked")
_COUPONS = ("SPRING10", "WEEKEND", "FREESHIP", "LASTCHANCE")

_BAD_DAYS = (11, 12, 13)
"""Days of every thirty on which the carrier is in trouble."""


def live(book: Book, appointment: Appointment) -> None:
    """Let somebody do what they came for, and put their next visit on the agenda."""
    at, number, topic, order, avoid = appointment
    person = book.people.meet(number)
    if person.gone:
        return
    if topic:
        converse(book, person, at, topic, order, avoid)
        return
    acts = ACTS[person.persona_index]
    _ACTS[acts[int(book.rng.random() * len(acts))]](book, person, at)
    book.schedule_next_visit(person)


def _browse(book: Book, person: Person, at: int) -> None:
    _session(book, person, at, login_chance=0.3)


def _order(book: Book, person: Person, at: int) -> None:
    at = _session(book, person, at, login_chance=1.0) + 90 * SECOND_MS
    channel = "app" if book.rng.random() < 0.3 else "web"
    _buy(book, person, at, channel)


def _session(book: Book, person: Person, at: int, login_chance: float) -> int:
    """Plan page views, and a login for those who were anonymous. Returns when it ends."""
    random, plant, pages = book.rng.random, book.plant, len(_PAGES)
    identities = person.identities("web")
    logs_in = not person.known and random() < login_chance
    # A known customer on a new device is a stranger until the login, which always follows.
    if person.known and random() < 0.04 and at + HOUR_MS < book.end:
        identities, logs_in = {"anonymous": book.new_device(person)}, True
    page = _HOME
    while True:
        plant(at, "page-viewed", person, identities, "web", "inbound", CUSTOMER, page)
        page = _PAGES[int(random() * pages)]
        at += int(5_000 + 115_000 * random())
        if random() < 0.25:
            break
    if logs_in:
        both = {
            "anonymous": identities["anonymous"],
            "user_id": person.user_id,
            "email": person.email,
        }
        book.plant(at, "identity-linked", person, both, "web", "inbound", CUSTOMER, {}, MERGED)
        person.become_known()
    return at


def _buy(book: Book, person: Person, at: int, channel: str) -> None:
    """Plan an order, its delivery, and what a late one leads to."""
    rng = book.rng
    order, zone_ms = book.new_order(), person.zone_ms
    # Promised by the end of a local day.
    promised_day = (at + zone_ms) // DAY_MS + 2 + int(rng.random() * 3)
    promised_at = (promised_day + 1) * DAY_MS - zone_ms
    properties: Line = {"order_id": order, **_amount(book, person)}
    properties["promised_at"] = _moment(book, promised_at)
    identities = person.identities(channel)
    book.plant(at, "order-placed", person, identities, channel, "inbound", CUSTOMER, properties)
    if rng.random() < 0.005:
        person.suffer()  # The parcel is lost.
        return
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
        {"order_id": order},
        DELIVERED_LATE if late else 0,
    )
    if late:
        person.suffer()
        if not person.persona.leaves_hurt and rng.random() < 0.4:
            asks_at = promised_at + int((1 + 20 * rng.random()) * HOUR_MS)
            book.schedule_contact(asks_at, person, "delivery", order)
    if rng.random() < person.persona.survey_rate * 0.5:
        ask_nps(book, person, delivered_at, late=late)


def _amount(book: Book, person: Person) -> dict[str, str]:
    dollars = person.persona.basket * book.rng.lognormvariate(0.0, 0.5)
    if person.japanese:
        return {"amount": str(int(dollars * 15) * 10), "currency": "JPY"}
    return {"amount": f"{int(dollars)}.90", "currency": "USD"}


def _moment(book: Book, at: int) -> str:
    # Full hours only, which is what is promised.
    day, clock = divmod(at, DAY_MS)
    return f"{book.calendar.date(day)}{clock // HOUR_MS:02d}:00:00.000Z"


def _praise(book: Book, person: Person, at: int) -> None:
    """A kind word that nobody has to answer, outside any conversation."""
    random = book.rng.random
    channel = ("social", "social", "community", "review")[int(random() * 4)]
    properties: Line = {"text": write(book.rng, person.japanese, "praise"), "topic": "product"}
    if random() < 0.5:
        properties["tags"] = ["praise"]
    identities = person.identities(channel)
    book.plant(
        at,
        "message-received",
        person,
        identities,
        channel,
        "inbound",
        CUSTOMER,
        properties,
    )


def _store(book: Book, person: Person, at: int) -> None:
    """Show the customer card in a store, and perhaps order something there."""
    shop = {"name": "store visited", "store": f"store-{person.number % 40 + 1}"}
    identities = person.identities("store")
    book.plant(at, "custom", person, identities, "store", "inbound", CUSTOMER, shop)
    if book.rng.random() < 0.4:
        _buy(book, person, at + int((300 + 900 * book.rng.random()) * SECOND_MS), "store")


def _app(book: Book, person: Person, at: int) -> None:
    """Use the app, if they are known; anonymous people look around on the web."""
    if not person.known:
        _browse(book, person, at)
        return
    random = book.rng.random
    identities = person.identities("app")
    while True:
        used = {"name": _FEATURES[int(random() * len(_FEATURES))], "seconds": int(90 * random())}
        book.plant(at, "custom", person, identities, "app", "inbound", CUSTOMER, used)
        at += int((5 + 115 * random()) * SECOND_MS)
        if random() < 0.5:
            return


def _coupon(book: Book, person: Person, at: int) -> None:
    """Look at a coupon; some buy at once."""
    code = _COUPONS[int(book.rng.random() * len(_COUPONS))]
    identities = person.identities("web")
    viewed = {"name": "coupon viewed", "code": code}
    book.plant(at, "custom", person, identities, "web", "inbound", CUSTOMER, viewed)
    if person.known and book.rng.random() < 0.3:
        _buy(book, person, at + 200 * SECOND_MS, "web")


def _notified(book: Book, person: Person, at: int) -> None:
    """Get a push notification, and perhaps follow it."""
    random = book.rng.random
    identities = person.identities("push")
    shown = {"name": "notification shown", "campaign": f"k-{at // DAY_MS // 7}"}
    book.plant(at, "custom", person, identities, "push", "outbound", SYSTEM, shown)
    if random() < 0.25:
        page = _PAGES[int(random() * len(_PAGES))]
        at += int((3 + 600 * random()) * SECOND_MS)
        book.plant(at, "page-viewed", person, identities, "app", "inbound", CUSTOMER, page)


_ACTS = {
    "browse": _browse,
    "order": _order,
    "contact": converse,
    "praise": _praise,
    "store": _store,
    "app": _app,
    "coupon": _coupon,
    "notified": _notified,
}
