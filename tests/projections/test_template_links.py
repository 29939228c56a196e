"""Links in templates: what a mail program would run is refused before it is published."""

import pytest

from projections.configuration.links import forbidden, links
from projections.configuration.templates import Template


def complaints(text: str) -> list[str]:
    template = Template(purpose="service", text={"en": text})
    return [wrong for _, wrong in template.complaints(None)]


@pytest.mark.parametrize(
    "text",
    [
        "<a href='javascript:alert(1)'>x</a>",
        '<A HREF="JaVaScRiPt:alert(1)">x</a>',
        "<a href=javascript:alert(1)>x</a>",
        '<a href=" java\tscript:alert(1)">x</a>',
        '<a href="java&#x73;cript&colon;alert(1)">x</a>',
        '<a href="javascript:{{ amount }}">x</a>',
        '<a href="{{ person.site | javascript:alert(1) }}">x</a>',
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
        '<form action="vbscript:x">',
        '<a\n href = "ftp://x.example">x</a>',
        '<svg><a xlink:href="javascript:x">x</a></svg>',
    ],
)
def test_a_link_to_anything_but_pages_mailboxes_and_telephones_is_refused(text):
    (wrong,) = complaints(text)
    assert wrong.endswith("may have http, https, mailto, tel only: write another")


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://x.example/?a=1&b={{ amount }}">x</a>',
        "<a href='mailto:shop@x.example'>x</a> <a href='tel:+81312345678'>y</a>",
        '<a href="{{ link }}">x</a> <a href="{{ link | https://x.example }}">y</a>',
        '<a href="/orders/{{ order_id }}" title="javascript: the good parts">x</a>',
        "javascript:alert(1) is what no link may say, and 1 < 2",
        "<b>{{ amount }}</b> = {{ amount }}",
    ],
)
def test_other_texts_are_as_good_as_before(text):
    assert complaints(text) == []


@pytest.mark.parametrize(
    "text", ["<a href={{ link }}>x</a>", '<a title="x" {{ link }}>x</a>', "<a href=/{{ link }}>x"]
)
def test_a_fact_in_a_tag_stands_in_quotes(text):
    (wrong,) = complaints(text)
    assert wrong == "has {{ link }} in a tag and no quotes around it: write quotes"


def test_addresses_are_read_as_a_mail_program_reads_them():
    assert links("<a href=x>a</a><IMG SRC='y&amp;z'><p class=href>") == ["x", "y&z"]
    assert forbidden("JAVA\nSCRIPT\u200b:x") == "javascript"
    assert forbidden("a/b:c") == ""
