"""Stories of conversations."""

from __future__ import annotations

from journey.sample.planted.story import (
    DAY,
    DUE,
    HOUR,
    KIM,
    LEE,
    MINUTE,
    SECOND,
    Line,
    Story,
    case,
    near,
)

# --- answers ----------------------------------------------------------------------------------


@case("slow_response", "answered one second too late")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.answers(DUE[channel] + SECOND, channel)
    s.suffers("slow_response", DUE[channel])


@case("slow_response", "a bot that settles nothing was in time, the person was not")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.bot(DUE[channel] - 30, channel)
    s.asks(DUE[channel] - 10, channel)
    s.answers(DUE[channel] * s.between(2, 9), channel)
    s.suffers("slow_response", DUE[channel])


@near("slow_response", "answered at the last moment")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.answers(DUE[channel], channel)


@near("slow_response", "a bot's answer that settles it was in time")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.bot(DUE[channel] - SECOND, channel, resolving=True)
    s.answers(DUE[channel] * 2, channel)


@near("slow_response", "thanks want no answer")
def _(s: Story) -> None:
    s.asks(0, "email", intent="thanks", text="Thank you!")
    s.answers(12 * HOUR, "email")


@case("unanswered", "nobody ever answers")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.asks(30, channel)
    s.suffers("unanswered", DUE[channel])


@case("unanswered", "resolved without an answer, one second too late")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.resolved(DUE[channel] + SECOND, channel)
    s.suffers("unanswered", DUE[channel])


@near("unanswered", "resolved at the last moment")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.resolved(DUE[channel], channel)


@near("unanswered", "answered at the last moment")
def _(s: Story) -> None:
    channel = s.channel()
    s.asks(0, channel)
    s.asks(DUE[channel] - SECOND, channel)
    s.answers(DUE[channel], channel)


@near("unanswered", "spam is not answered")
def _(s: Story) -> None:
    s.asks(0, s.channel(), intent="spam", text="Cheap watches")


# --- again ------------------------------------------------------------------------------------


@case("repeat_contact", "the same topic exactly seven days after the resolution")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    s.settled(resolved + 7 * DAY, s.channel(), 2, topic="bill")
    s.suffers("repeat_contact", resolved + 7 * DAY)


@case("repeat_contact", "the old conversation is opened again")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    again = resolved + s.between(1, 7 * DAY - 1)
    s.settled(again, "email", 1)
    s.suffers("repeat_contact", again)


@case("repeat_contact", "a first tag stands for the topic, and no resolution was stated")
def _(s: Story) -> None:
    s.asks(0, "email", 1, tags=["bill", "angry"])
    s.answers(HOUR, "email", 1)
    again = HOUR + 72 * HOUR + s.between(1, 6) * DAY  # implied 72 hours after the answer
    s.settled(again, "email", 2, topic="bill")
    s.suffers("repeat_contact", again)


@case("repeat_contact", "an unknown topic may be the same")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    s.settled(resolved + DAY, "email", 2)
    s.suffers("repeat_contact", resolved + DAY)


@near("repeat_contact", "a second too late to be one")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    s.settled(resolved + 7 * DAY + SECOND, "email", 2, topic="bill")


@near("repeat_contact", "another topic")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    s.settled(resolved + DAY, "email", 2, topic="delivery")


@near("repeat_contact", "the customer only says thanks")
def _(s: Story) -> None:
    resolved = s.settled(0, "email", 1, topic="bill")
    s.asks(resolved + 30 * HOUR, "email", 1, intent="thanks", text="Thank you!")


@case("repeated_self", "asked again after a hand-off")
def _(s: Story) -> None:
    fact = s.random.choice(["order_number", "address", "birthday"])
    s.asks(0, "chat")
    s.tell(10, "information-given", "chat", 1, about=fact)
    s.answers(60, "chat")
    handed: Line = {"to_agent": "lee", "to_team": "south"}
    s.tell(90, "conversation-handed-off", "chat", 1, KIM, **handed)
    s.tell(120, "information-requested", "chat", 1, LEE, about=fact)
    s.answers(150, "chat", agent=LEE)
    s.suffers("repeated_self", 120)


@case("repeated_self", "a new agent's message asks for what a message gave")
def _(s: Story) -> None:
    s.asks(0, "email", gave=["order_number"])
    s.answers(60, "email")
    s.asks(120, "email")
    s.answers(180, "email", agent=LEE, asked_for=["order_number"])
    s.suffers("repeated_self", 180)


@near("repeated_self", "the same agent asks again")
def _(s: Story) -> None:
    s.asks(0, "email", gave=["order_number"])
    s.answers(60, "email")
    s.answers(180, "email", asked_for=["order_number"])


@near("repeated_self", "asked for something else after the hand-off")
def _(s: Story) -> None:
    s.asks(0, "email", gave=["order_number"])
    s.answers(60, "email")
    s.answers(180, "email", agent=LEE, asked_for=["address"])


@near("repeated_self", "given only after the hand-off")
def _(s: Story) -> None:
    s.asks(0, "email")
    s.answers(60, "email")
    s.answers(180, "email", agent=LEE)
    s.tell(200, "information-given", "email", 1, about="order_number")
    s.tell(220, "information-requested", "email", 1, LEE, about="order_number")


@case("channel_hop", "still open after 48 hours, brought up elsewhere")
def _(s: Story) -> None:
    s.asks(0, "email", 1, topic="bill")
    s.answers(HOUR, "email", 1)
    s.settled(48 * HOUR, "messaging", 2, topic="bill")
    s.suffers("channel_hop", 48 * HOUR)


@case("channel_hop", "the same conversation goes on elsewhere, uninvited")
def _(s: Story) -> None:
    s.asks(0, "email")
    s.asks(5 * HOUR, "chat")
    s.answers(5 * HOUR + MINUTE, "chat")
    s.suffers("channel_hop", 5 * HOUR)


@near("channel_hop", "a second after the 48 hours")
def _(s: Story) -> None:
    s.asks(0, "email", 1, topic="bill")
    s.answers(HOUR, "email", 1)
    s.settled(48 * HOUR + SECOND, "messaging", 2, topic="bill")


@near("channel_hop", "the brand invited the customer to move")
def _(s: Story) -> None:
    s.asks(0, "social")
    moved: Line = {"to_channel": "messaging", "invited": True}
    s.tell(MINUTE, "conversation-moved", "social", 1, KIM, **moved)
    s.asks(2 * MINUTE, "messaging")
    s.answers(3 * MINUTE, "messaging")


@near("channel_hop", "the customer took an offer to go on elsewhere")
def _(s: Story) -> None:
    s.asks(0, "email")
    s.answers(MINUTE, "email")
    s.tell(2 * MINUTE, "deflection-offered", "email", 1, KIM, to_channel="messaging")
    s.tell(3 * MINUTE, "deflection-accepted", "email", 1, to_channel="messaging")
    s.asks(4 * MINUTE, "messaging")
    s.answers(5 * MINUTE, "messaging")


@near("channel_hop", "another matter")
def _(s: Story) -> None:
    s.asks(0, "email", 1, topic="bill")
    s.answers(HOUR, "email", 1)
    s.settled(2 * HOUR, "messaging", 2, topic="delivery")


# --- no person --------------------------------------------------------------------------------


@case("bot_dead_end", "the bot gave up")
def _(s: Story) -> None:
    s.asks(0, "chat")
    s.bot(2, "chat")
    s.tell(30, "bot-gave-up", "chat", 1)
    s.answers(110, "chat")
    s.suffers("bot_dead_end", 30)


@case("bot_dead_end", "a person was asked for twice")
def _(s: Story) -> None:
    s.asks(0, "chat")
    s.bot(2, "chat")
    s.tell(20, "person-requested", "chat", 1)
    s.bot(22, "chat")
    s.tell(50, "person-requested", "chat", 1)
    s.answers(110, "chat")
    s.suffers("bot_dead_end", 50)


@case("bot_dead_end", "two messages ask for a person")
def _(s: Story) -> None:
    s.asks(0, "chat", asks_person=True)
    s.bot(2, "chat")
    s.asks(40, "chat", asks_person=True)
    s.answers(110, "chat")
    s.suffers("bot_dead_end", 40)


@near("bot_dead_end", "asked for once")
def _(s: Story) -> None:
    s.asks(0, "chat")
    s.bot(2, "chat")
    s.tell(20, "person-requested", "chat", 1)
    s.answers(110, "chat")


@near("bot_dead_end", "one request, told by the message and by the bot")
def _(s: Story) -> None:
    s.asks(0, "chat", asks_person=True)
    s.tell(1, "person-requested", "chat", 1)
    s.answers(110, "chat")


@near("bot_dead_end", "a person had a word between the two requests")
def _(s: Story) -> None:
    s.asks(0, "chat")
    s.tell(20, "person-requested", "chat", 1)
    s.answers(60, "chat")
    s.tell(80, "person-requested", "chat", 1)


@case("scripted_reply", "the same text twice, but for capitals and points")
def _(s: Story) -> None:
    text = f"Thank you for writing, {s.word()} {s.word()}"
    s.asks(0, "email")
    s.answers(60, "email", text=f"{text}.")
    s.asks(120, "email")
    s.answers(180, "email", agent=s.random.choice([KIM, LEE]), text=f"{text.upper()}!")
    s.suffers("scripted_reply", 180)


@near("scripted_reply", "one word differs")
def _(s: Story) -> None:
    text = f"Thank you for writing, {s.word()}"
    s.asks(0, "email")
    s.answers(60, "email", text=f"{text} today")
    s.answers(180, "email", text=f"{text} tomorrow")


@near("scripted_reply", "the same text in another conversation")
def _(s: Story) -> None:
    text = f"Thank you for writing, {s.word()}"
    for talk, topic in ((1, "bill"), (2, "delivery")):
        s.asks(talk * HOUR, "email", talk, topic=topic)
        s.answers(talk * HOUR + 60, "email", talk, text=text)
        s.resolved(talk * HOUR + 90, "email", talk)


@near("scripted_reply", "a bot repeats what an agent said")
def _(s: Story) -> None:
    text = f"Thank you for writing, {s.word()}"
    s.asks(0, "email")
    s.answers(60, "email", text=text)
    s.bot(90, "email", text=text)
