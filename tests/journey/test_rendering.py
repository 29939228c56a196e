"""What a decided message says: languages, escapes, what stands below it, what is missing."""

import pytest

from journey.outreach.rendering import (
    Message,
    in_html,
    in_one_line,
    language_of,
    message,
)
from projections.configuration.templates import Template

TEXT = {"en": "Hi {{ person.first_name | there }}: {{ order_id }}", "de": "Hallo: {{ order_id }}"}
TOLD = Template(purpose="service", text=TEXT, subject={"en": "Order {{ order_id }}"})
OFFER = Template(
    purpose="marketing",
    text={"en": "Come back"},
    short={"en": "Back?"},
    sender="Tom & Co",
    contact="shop@shop.example",
    opt_out="STOP",
)
FACTS = {"order_id": "o-1"}


def said(template: Template, channel: str, facts: dict[str, str], language: str = "en") -> Message:
    return message(template, channel, facts, language, has_footer=template.purpose == "marketing")


@pytest.mark.parametrize(
    ("known", "language"),
    [
        (("de", "en"), "de"),
        (("de-AT", "en"), "de"),
        (("DE-at-1996", ""), "de"),
        (("fr", "de"), "de"),
        (("", ""), "en"),
        (("fr", "deu"), "en"),
    ],
)
def test_the_language_stated_then_the_one_written_then_the_templates(known, language):
    assert language_of(TOLD, known) == language


def test_a_region_that_has_a_text_of_its_own_gets_it():
    swiss = Template(text={"de-CH": "Grüezi", "de": "Hallo", "en": "Hi"})
    assert language_of(swiss, ("de-ch",)) == "de-CH"
    assert language_of(swiss, ("de-AT",)) == "de"


def test_a_missing_personal_fact_is_stood_in_for_and_a_needed_one_leaves_no_text():
    assert said(TOLD, "email", FACTS).text == "Hi there: o-1"
    assert said(TOLD, "email", FACTS | {"person.first_name": "Ann"}).text == "Hi Ann: o-1"
    assert said(TOLD, "email", {}) == Message("email", "en", missing=["order_id"])


def test_facts_are_made_safe_for_where_they_go():
    facts = {"order_id": '<b>1</b> & "2"\'\r\nBcc: eve@x.example\x00\u202e'}
    mail = said(TOLD, "email", facts)
    safe = "&lt;b&gt;1&lt;/b&gt; &amp; &quot;2&quot;&#x27; Bcc: eve@x.example"
    assert mail.text == f"Hi there: {safe}"
    assert mail.subject == 'Order <b>1</b> & "2"\' Bcc: eve@x.example'
    text = said(TOLD, "sms", facts)
    assert (text.subject, text.text) == ("", 'Hi there: <b>1</b> & "2"\' Bcc: eve@x.example')


LINK = Template(
    purpose="service",
    text={"en": '<a href="{{ site }}">Look</a> <a href="https://x.example/{{ id }}">here</a>'},
)


@pytest.mark.parametrize(
    "site",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "javascript\n:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_a_fact_leads_no_link_to_a_script(site):
    facts = {"site": site, "id": "javascript:1"}
    assert said(LINK, "email", facts) == Message("email", "en", unsafe=["site"])


@pytest.mark.parametrize(
    "site",
    [
        "https://a.example/?q=javascript:1",
        "HTTP://a.example",
        "mailto:a@x.example",
        "tel:+8131",
        "/path",
        "javascript&#58;alert(1)",  # escaped once more, it is a path
    ],
)
def test_other_links_stay_as_they_are(site):
    mail = said(LINK, "email", {"site": site, "id": "javascript:1"})
    assert (mail.unsafe, f'<a href="{in_html(site)}">' in mail.text) == ([], True)


def test_a_link_of_an_older_template_is_looked_at_too():
    old = Template(purpose="service", text={"en": '<a href="JAVASCRIPT:x()">{{ id }}</a>'})
    assert said(old, "email", {"id": "1"}).unsafe == ["javascript:"]
    assert said(old, "sms", {"id": "1"}).unsafe == []


def test_a_fact_is_never_read_as_template():
    facts = FACTS | {"person.first_name": "{{ order_id }}"}
    assert said(TOLD, "sms", facts).text == "Hi {{ order_id }}: o-1"


@pytest.mark.parametrize(
    "letter", [*map(chr, range(32)), *"\x7f\x85\u2028\u2029\u202a\u2066\ufeff"]
)
def test_no_control_character_gets_through(letter):
    for safe in (in_one_line, in_html):
        told = safe(f"a{letter}b")
        assert told in ("ab", "a b")


def test_what_joins_letters_and_pictures_stays():
    told = "\u0645\u06cc\u200c\u062e 👩\u200d🚀"  # Persian, and an astronaut
    assert in_one_line(told) == told


def test_marketing_names_its_sender_and_the_way_out_on_every_channel():
    mail = said(OFFER, "email", {}).text
    assert mail == "Come back\n<p>Tom &amp; Co<br>shop@shop.example<br>STOP</p>"
    assert said(OFFER, "sms", {}).text == "Back? Tom & Co · shop@shop.example · STOP"
    assert said(OFFER, "messaging", {}).text == "Come back\nTom & Co · shop@shop.example · STOP"


def test_a_language_without_a_subject_has_that_of_the_templates_own():
    mail = said(TOLD, "email", FACTS, "de")
    assert (mail.language, mail.subject, mail.text) == ("de", "Order o-1", "Hallo: o-1")
