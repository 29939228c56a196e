"""Conversations: who asks where, what the bot does, when a person answers, how it ends."""

from journey.sample.book import (
    ANSWERED_LATE,
    CALL_ABANDONED,
    CUSTOMER,
    OPENED,
    SYSTEM,
    UNANSWERED,
    Book,
    Line,
)
from journey.sample.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from journey.sample.desks import (
    AGENTS,
    AGENTS_A_TEAM,
    BOTS,
    CHANNELS_OF,
    DESKS,
    MOODS,
    ROUTER,
    STRANGERS_CHANNELS,
    TAGS,
    VISITORS_CHANNELS,
)
from journey.sample.people import Person
from journey.sample.surveys import ask_csat_or_ces
from journey.sample.texts import PRODUCTS, TOPICS, write


def converse(
    book: Book, person: Person, at: int, topic: str = "", order: str = "", avoid: str = ""
) -> None:
    """Plan a whole conversation.

    Args:
        book: where it is planted.
        person: who opens it.
        at: when, in milliseconds.
        topic: one of `TOPICS`; empty for any.
        order: the order it is about; empty for any.
        avoid: the channel that let them down before.
    """
    talk = Conversation(book, person, at, topic, order, avoid)
    talk.open()
    rng = book.rng
    solved = talk.desk.has_bot and talk.meet_bot()
    if not solved:
        if rng.random() < talk.desk.ignored:
            talk.wait_in_vain()
            talk.finish()
            return
        talk.meet_agent()
    if talk.close() and rng.random() < 0.06:
        talk.come_back()
        talk.close()
    talk.finish()


class Conversation:
    """One conversation as it is being planned: `now` only moves forward."""

    def __init__(
        self, book: Book, person: Person, at: int, topic: str, order: str, avoid: str
    ) -> None:
        """Choose channel and mood, and what else is not given. Arguments: see `converse`."""
        rng = book.rng
        self.book, self.rng, self.person = book, rng, person
        self.opened_at = self.said_at = self.now = at
        self.opened_on = self.channel = self._choose_channel(avoid)
        self.desk = DESKS[self.channel]
        self.topic = topic or TOPICS[int(rng.random() * len(TOPICS))]
        self.order = order or f"o-{int(rng.random() * 90_000) + 10_000}"
        self.product = PRODUCTS[int(rng.random() * len(PRODUCTS))]
        self.mood = MOODS[int(rng.random() * len(MOODS))]
        self.id = book.new_conversation()
        self.identities = person.identities(self.channel)
        # The first identity: the user id where the channel knows it beside its own.
        kind = "user_id" if "user_id" in self.identities else next(iter(self.identities))
        self.owner = {kind: self.identities[kind]}
        self.agent = AGENTS[self.topic][int(rng.random() * AGENTS_A_TEAM)]
        self.is_on_call = False
        self.waits_since = 0
        self.is_answered = False
        self.first_wait_ms = 0
        self.first_text: Line = {}

    def open(self) -> None:
        """Say what it is about; the line itself is planted last, when the end is known."""
        rng, key = self.rng, f"{self.mood} {self.topic}"
        self.first_text = {"text": self._text(key)}
        if rng.random() < 0.7:
            self.first_text["topic"] = self.topic
        if key in TAGS:
            self.first_text["tags"] = TAGS[key]
        if rng.random() < 0.35:
            upset = self.mood == "complaint"
            self.first_text["urgency"] = "high" if upset else ("low", "normal")[self.now & 1]
        self.waits_since = self.now
        if self.channel == "phone":
            self.is_on_call = True
            self._plant("call-queued", "inbound", CUSTOMER, {"queue": self.topic})
            self._pass(1, 20)
            self.said_at = self.now
        if rng.random() < 0.25:
            self._hear("more", 20, 90)
        if self.channel == "social" and rng.random() < 0.6:
            self._let_others_join()

    def meet_bot(self) -> bool:
        """Let the bot try. Returns whether it gave an answer that resolves."""
        rng, good = self.rng, self.person.brand != "aozora"
        bot = BOTS[good]
        self._pass(1, 4)
        if rng.random() < (0.4 if good else 0.12):
            self.agent = bot
            self._answer("bot answers", bot)
            return True
        for _ in range(1 if good else 1 + int(rng.random() * 3)):
            properties = {"text": self._text("bot fails"), "resolving": False}
            self._plant("message-sent", "outbound", bot, properties)
            wants_person = rng.random() < 0.6
            self._hear("person" if wants_person else "more", 10, 60)
            if wants_person:
                self._plant("person-requested", "inbound", CUSTOMER, {})
            self._pass(1, 4)
        self._plant("bot-gave-up", "internal", bot, {"reason": "not understood"})
        return False

    def meet_agent(self) -> None:
        """Be assigned to somebody, who answers; and perhaps answers further questions."""
        rng = self.rng
        answer_at = self._answer_time()
        self.now += 1 + int((answer_at - self.now) * 0.6 * rng.random())
        assigned = {"agent": self.agent["id"], "team": self.agent["team"]}
        self._plant("conversation-assigned", "internal", ROUTER, assigned)
        self.now = max(answer_at, self.now + 1)
        self.first_wait_ms = self.now - self.waits_since
        taken_at = self.now
        if self.channel == "phone":
            waited = {"queue": self.topic, "waited_s": self.first_wait_ms / 1_000}
            self._plant("call-answered", "internal", self.agent, waited)
            self.now += SECOND_MS
        if self.channel == "social" and rng.random() < 0.35:
            # Personal data must not be asked in public: one conversation, another channel.
            self._answer("to private", self.agent)
            moved = {"to_channel": "messaging", "invited": True}
            self._plant("conversation-moved", "internal", self.agent, moved)
            self.channel, self.desk = "messaging", DESKS["messaging"]
            self._hear("more", 60, 5_400)
            self.now = self._answer_time()
        self._answer(f"answer {self.topic}", self.agent)
        while rng.random() < 0.3:
            self._hear(f"question {self.topic}", *((2, 60) if self.is_on_call else (30, 7_200)))
            self.now = self._answer_time()
            self._answer(f"answer {self.topic}", self.agent)
        if self.channel == "phone":
            self._hang_up(taken_at)

    def wait_in_vain(self) -> None:
        """Get no answer: ask again, try another channel, complain in public, or just leave."""
        rng, person = self.rng, self.person
        is_call = self.channel == "phone"
        if is_call:
            self._pass(40, 600)
            waited = {"queue": self.topic, "waited_s": (self.now - self.waits_since) / 1_000}
            self._plant("call-abandoned", "inbound", CUSTOMER, waited, CALL_ABANDONED)
            self.is_on_call = False
        self.book.hurt(person, self.now)
        if person.persona.leaves_hurt:
            return
        if not is_call and rng.random() < 0.5:
            self._hear("chaser", 3_600, 90_000)
        if rng.random() < 0.35:
            again_at = self.opened_at + int((4 + 40 * rng.random()) * HOUR_MS)
            self._come_again(again_at, avoid=self.channel)

    def close(self) -> bool:
        """Thank, resolve, ask for a score; some come again. Returns whether it was resolved."""
        rng, person = self.rng, self.person
        if rng.random() < 0.35:
            self._hear("thanks", 20, 1_800)
        if rng.random() < 0.1:
            return False
        self._pass(60, 7_200)
        self._plant("conversation-resolved", "internal", self.agent, {})
        self.waits_since = 0
        slow = self.first_wait_ms > self.desk.patience_minutes * MINUTE_MS
        if slow:
            self.book.hurt(person, self.now)
        if rng.random() < person.persona.survey_rate:
            ask_csat_or_ces(self.book, person, self.identities, self.now, slow=slow)
        if rng.random() < 0.07:
            self._come_again(self.now + int((1 + 5 * rng.random()) * DAY_MS))
        return True

    def come_back(self) -> None:
        """Write again into the resolved conversation, which reopens it."""
        self._hear(f"complaint {self.topic}", 7_200, 200_000)
        self.now += 40
        self._plant("conversation-reopened", "internal", SYSTEM, {})
        self.now = self._answer_time()
        self._answer(f"answer {self.topic}", self.agent)

    def finish(self) -> None:
        """Plant the line that opened it, with the mark that says whether it was answered."""
        mark = OPENED if self.is_answered else OPENED | UNANSWERED
        now, channel = self.now, self.channel
        self.now, self.channel = self.said_at, self.opened_on
        self._plant("message-received", "inbound", CUSTOMER, self.first_text, mark)
        self.now, self.channel = now, channel

    def _choose_channel(self, avoid: str) -> str:
        person, random = self.person, self.rng.random
        choice: tuple[str, ...] = CHANNELS_OF[person.japanese]
        if person.persona.stranger:
            choice = STRANGERS_CHANNELS
        elif not person.known:
            choice = VISITORS_CHANNELS
        channel = choice[int(random() * len(choice))]
        if channel == avoid:
            channel = choice[int(random() * len(choice))]
        if channel == "phone":
            calendar, desk = self.book.calendar, DESKS["phone"]
            if not calendar.is_open(self.opened_at, desk.hours, person.zone_ms):
                channel = "email"
        return channel

    def _let_others_join(self) -> None:
        # Public threads have guests; the conversation stays its owner's.
        number = int(self.rng.random() * len(self.book.people.states))
        guest = self.book.people.meet(number)
        host, identities = self.person, self.identities
        if guest.persona.stranger and guest.brand == host.brand and number != host.number:
            self.person, self.identities = guest, guest.identities("social")
            self._hear("same here", 60, 1_200)
            self.person, self.identities = host, identities

    def _hang_up(self, taken_at: int) -> None:
        # What was said has its own lines; the call itself lasts from the first word to here.
        self.now += SECOND_MS
        held = int(self.rng.random() * 90) if self.rng.random() < 0.25 else 0
        if held:
            self._plant("call-held", "internal", self.agent, {"hold_s": held})
            self.now += held * SECOND_MS
        lasted = {
            "talk_s": (self.now - taken_at) / 1_000 - held,
            "hold_s": held,
            "wrap_up_s": 20 + int(self.rng.random() * 160),
        }
        self._plant("call-ended", "internal", self.agent, lasted)
        self.is_on_call = False

    def _come_again(self, at: int, avoid: str = "") -> None:
        if self.person.known:
            self.book.schedule_contact(at, self.person, self.topic, self.order, avoid)

    def _answer_time(self) -> int:
        # From now, or from the opening hours that follow; never at once. Who is on the line is
        # answered in the same call.
        minutes = min(self.rng.lognormvariate(0.0, self.desk.spread), 40.0)
        work_ms = 4 * SECOND_MS + int(minutes * self.desk.median_minutes * MINUTE_MS)
        if self.is_on_call:
            return self.now + work_ms
        calendar, zone_ms = self.book.calendar, self.person.zone_ms
        return calendar.answer_at(self.now, work_ms, self.desk.hours, zone_ms)

    def _pass(self, least_seconds: int, most_seconds: int) -> None:
        # Skewed to the short side: most people are quick, a few take their time.
        share = self.rng.random() ** 3
        self.now += int((least_seconds + (most_seconds - least_seconds) * share) * SECOND_MS) + 1

    def _hear(self, key: str, least_seconds: int, most_seconds: int) -> None:
        self._pass(least_seconds, most_seconds)
        self._plant("message-received", "inbound", CUSTOMER, {"text": self._text(key)})
        self.waits_since = self.waits_since or self.now

    def _answer(self, key: str, actor: dict[str, str]) -> None:
        waited_ms = self.now - self.waits_since if self.waits_since else 0
        late = waited_ms > HOUR_MS and self.channel in ("social", "messaging")
        properties: Line = {"text": self._text(key)}
        if actor["kind"] == "bot":
            properties["resolving"] = True
        mark = ANSWERED_LATE if late else 0
        self.is_answered |= self._plant("message-sent", "outbound", actor, properties, mark)
        self.waits_since = 0

    def _text(self, key: str) -> str:
        return write(self.rng, self.person.japanese, key, self.order, self.product)

    def _plant(
        self,
        event_type: str,
        direction: str,
        actor: dict[str, str],
        properties: Line,
        mark: int = 0,
    ) -> bool:
        # Whether it falls into the window.
        return self.book.plant(
            self.now,
            event_type,
            self.person,
            self.identities,
            self.channel,
            direction,
            actor,
            properties,
            mark,
            self.id,
            self.owner,
        )
