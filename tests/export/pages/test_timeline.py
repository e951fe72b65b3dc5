import html
import re
from itertools import pairwise

import pytest

from spacy_clinical.export.html import render_timeline
from spacy_clinical.export.pages.timeline import HEAD, ROW_HEIGHT, draw_timeline
from tests.export.made import make_related
from tests.export.test_timeline import make_record


def make_dated(n, words="Cough"):
    """A record with a finding on each of n days."""
    days = [
        f"{2000 + i // 300}-{i // 25 % 12 + 1:02}-{i % 25 + 1:02}" for i in range(n)
    ]
    text = "\n".join(f"{day}: {words}." for day in days)
    entities = [
        part
        for day in days
        for part in ((day, "Date", day), (words, "Sign_symptom", None))
    ]
    starts = [i + 1 for i, char in enumerate(text) if char == "\n"]
    return make_record(text, entities=entities, sentences=[0, *starts])


@pytest.mark.parametrize("n", [1, 5, 200])
def test_each_date_has_a_row_of_its_own(n):
    drawing = draw_timeline(make_dated(n))
    assert len(drawing.rows) == n
    assert drawing.height > HEAD + n * ROW_HEIGHT
    ys = [row.y for row in drawing.rows]
    assert all(b - a == ROW_HEIGHT for a, b in pairwise(ys))
    for row in drawing.rows:
        assert 0 <= row.left <= row.right <= 100
        # Text stands where there is room for it.
        assert row.is_left == (row.middle > 50)
        assert [item.words for item in row.items] == ["Cough"]
    places = [row.left for row in drawing.rows]
    assert places == sorted(places)


def test_without_dates_there_is_no_drawing():
    record = make_record("Cough", entities=[("Cough", "Sign_symptom", None)])
    assert draw_timeline(record).rows == []
    assert render_timeline(record) == ""
    lost = {"value": "XXXX-03", "resolved": False}
    record = make_record("March", entities=[("March", "Date", lost)])
    assert draw_timeline(record).n_left_out == 1


def test_parts_of_dates_are_bars_and_days_are_dots():
    record = make_record(
        "2010 5/2019 6/3/2019",
        entities=[
            ("2010", "Date", "2010"),
            ("5/2019", "Date", "2019-05"),
            ("6/3/2019", "Date", {"value": "2019-06-03", "reason": "ambiguous_order"}),
        ],
        sentences=[0, 5, 12],
    )
    year, _, day = draw_timeline(record).rows
    assert not year.is_dot
    assert day.is_dot
    assert day.note == "month before day assumed"
    assert "assumed" in render_timeline(record)


def test_open_dates_have_arrows():
    record = make_record(
        "since 2010, until 2019",
        entities=[
            ("2010", "Date", {"value": "2010", "mod": "START"}),
            ("2019", "Date", {"value": "2019", "mod": "END"}),
        ],
    )
    since, until = draw_timeline(record).rows
    assert (since.opens, since.closes) == (True, False)
    assert (until.opens, until.closes) == (False, True)
    assert since.when == "since 2010"
    assert render_timeline(record).count('class="arrow"') == 2


def test_what_has_no_room_is_counted():
    record = make_dated(1)
    [entity] = [ent for ent in record["entities"] if ent["label"] != "Date"]
    record["entities"] += [entity] * 30
    [row] = draw_timeline(record).rows
    assert len(row.items) == 31
    assert row.n_more == 31 - row.n_shown > 20
    assert f" + {row.n_more} more" in render_timeline(record)
    assert row.title.endswith("11 more")


def test_a_timeline_is_svg_with_words_and_links():
    record = make_related()
    svg = str(render_timeline(record, anchor="x"))
    assert re.match(r"\s*<svg [^>]*role=\"group\"", svg)
    assert 'aria-labelledby="x-title x-desc"' in svg
    assert '<title id="x-title">Timeline</title>' in svg
    summary = re.search(r'<desc id="x-desc">([^<]*)</desc>', svg)[1]
    assert summary == draw_timeline(record).summary
    start = record["text"].index("pain since")
    number = [ent["start"] for ent in record["entities"]].index(start)
    assert re.search(rf'<a href="#e{number}"><tspan[^>]*>pain</tspan></a>', svg)
    assert "<script" not in svg
    assert " on" not in re.sub(r">[^<]*<", "><", svg)


def test_nothing_of_a_note_runs_in_a_timeline():
    attack = '</text></svg><script>alert("1")</script>'
    svg = str(render_timeline(make_dated(2, attack)))
    assert "<script" not in svg
    assert svg.count("</svg>") == 1
    assert attack[:20] in html.unescape(svg)


def test_denied_findings_are_told_without_colors():
    record = make_dated(1)
    record["entities"][1]["is_negated"] = True
    [row] = draw_timeline(record).rows
    assert row.items[0].words == "\u2212 Cough"
    assert row.items[0].is_denied
    assert "Cough (denied)" in row.title


def test_a_timeline_grows_with_its_dates():
    sizes = [len(render_timeline(make_dated(n))) for n in (100, 200, 400)]
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), rel=0.1)
