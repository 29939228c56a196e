"""Visits: looking around, logging in, using the app, following a campaign."""

from journey.sample.book import CUSTOMER, MERGED, RENEWAL, SYSTEM, Appointment, Book, Line
from journey.sample.clock import DAY_MS, HOUR_MS, SECOND_MS
from journey.sample.conversations import converse
from journey.sample.people import ACTS, Person
from journey.sample.shopping import ITEMS, buy, fill_cart, renew, review
from journey.sample.texts import PRODUCTS, write

_PAGES: tuple[Line, ...] = tuple(
    {"name": kind, "url": f"https://shop.example/{kind}/{english.replace(' ', '-')}"}
    for kind in ("product", "product", "reviews", "category")
    for english, _ in PRODUCTS
)
# What one sees next, outside Japan and in it: a type and its properties, each equally often.
_LOOKS: tuple[tuple[tuple[str, Line], ...], ...] = tuple(
    (
        *(("page-viewed", page) for page in _PAGES),
        *(("product-viewed", item) for item in ITEMS[japanese]),
        *(
            ("searched", {"query": product[japanese], "results": 3 + 7 * at % 11})
            for at, product in enumerate(PRODUCTS[:4])
        ),
    )
    for japanese in (False, True)
)
_HOME = {"name": "home", "url": "https://shop.example/"}
_FEATURES = ("wishlist opened", "size guide opened", "store finder opened", "points checked")
_COUPONS = ("SPRING10", "WEEKEND", "FREESHIP", "LASTCHANCE")
_AGREED = {"purpose": "marketing", "on_channel": "email", "wording": "2", "method": "form"}
_NO_MORE = {"purpose": "marketing", "on_channel": "email", "method": "link"}


def live(book: Book, appointment: Appointment) -> None:
    """Let somebody do what they came for, and put their next visit on the agenda."""
    at, number, topic, order, avoid = appointment
    person = book.people.meet(number)
    if person.gone:
        return
    if topic == RENEWAL:
        renew(book, person, at)
        return
    if topic:
        converse(book, person, at, topic, order, avoid)
        return
    acts = ACTS[person.persona_index]
    _ACTS[acts[int(book.rng.random() * len(acts))]](book, person, at)
    book.schedule_next_visit(person)


def _browse(book: Book, person: Person, at: int) -> None:
    at = _session(book, person, at, login_chance=0.3)
    if book.rng.random() < 0.08:  # and there it stays
        fill_cart(book, person, person.identities("web"), at + 5 * SECOND_MS, "web")


def _order(book: Book, person: Person, at: int) -> None:
    at = _session(book, person, at, login_chance=1.0) + 90 * SECOND_MS
    channel = "app" if book.rng.random() < 0.3 else "web"
    buy(book, person, at, channel)


def _session(book: Book, person: Person, at: int, login_chance: float) -> int:
    """Plan page views, and a login for those who were anonymous. Returns when it ends."""
    random, plant, looks = book.rng.random, book.plant, _LOOKS[person.japanese]
    identities = person.identities("web")
    logs_in = not person.known and random() < login_chance
    # A known customer on a new device is a stranger until the login, which always follows.
    if person.known and random() < 0.04 and at + HOUR_MS < book.end:
        identities, logs_in = {"anonymous": book.new_device(person)}, True
    event_type, look = "page-viewed", _HOME
    while True:
        plant(at, event_type, person, identities, "web", "inbound", CUSTOMER, look)
        event_type, look = looks[int(random() * len(looks))]
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
        if random() < 0.35:
            at += 2 * SECOND_MS
            known = {"user_id": person.user_id}
            plant(at, "consent-given", person, known, "web", "inbound", CUSTOMER, _AGREED)
    return at


def _praise(book: Book, person: Person, at: int) -> None:
    """A kind word that nobody has to answer, outside any conversation."""
    random = book.rng.random
    channel = ("social", "social", "community", "review")[int(random() * 4)]
    if channel == "review":
        review(book, person, at, late=False)
        return
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
        buy(book, person, at + int((300 + 900 * book.rng.random()) * SECOND_MS), "store")


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
        buy(book, person, at + 200 * SECOND_MS, "web")


def _notified(book: Book, person: Person, at: int) -> None:
    """Get a message of a campaign, and perhaps open it, follow it, or want no more of them."""
    random, plant = book.rng.random, book.plant
    # An anonymous browser can be pushed to, and nothing else.
    channel = ("push", "email", "email", "sms")[int(random() * 4)] if person.known else "push"
    identities = person.identities(channel)
    told = {"campaign": f"k-{at // DAY_MS // 7}", "purpose": "marketing", "system": "mailer"}
    plant(at, "outreach-sent", person, identities, channel, "outbound", SYSTEM, told)
    if random() > 0.4:
        return
    at += int((3 + 900 * random()) * SECOND_MS)
    plant(at, "outreach-opened", person, identities, channel, "inbound", CUSTOMER, told)
    at += int((2 + 60 * random()) * SECOND_MS)
    if channel == "email" and random() < 0.2:
        plant(at, "unsubscribed", person, identities, channel, "inbound", CUSTOMER, told)
        plant(at, "consent-withdrawn", person, identities, channel, "inbound", CUSTOMER, _NO_MORE)
    elif random() < 0.6:
        linked = {**told, "name": "offer"}
        plant(at, "outreach-clicked", person, identities, channel, "inbound", CUSTOMER, linked)
        page, where = _PAGES[int(random() * len(_PAGES))], "app" if channel == "push" else "web"
        at += int((1 + 5 * random()) * SECOND_MS)
        plant(at, "page-viewed", person, identities, where, "inbound", CUSTOMER, page)


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
