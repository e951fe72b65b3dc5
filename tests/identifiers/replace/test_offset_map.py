"""Places of a text and of the text without its identifiers are found from each other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinical.identifiers.replace.offset_map import Edit, OffsetMap, replace_parts


@st.composite
def edited_texts(draw):
    """A text, and replacements of parts of it, in order and without overlap."""
    pieces = draw(
        st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=6)
    )
    text, edits = "", []
    for kept, old in pieces:
        text += kept
        if old:
            edits.append(
                Edit(
                    len(text),
                    len(text) + len(old),
                    draw(st.text(min_size=1, max_size=7)),
                )
            )
        text += old
    return text, edits


def test_places_move_with_their_text():
    text = "Seen by Ann Lee on 3/4."
    clean, offsets = replace_parts(
        text, [Edit(8, 15, "[STAFF]"), Edit(19, 22, "[DATE]")]
    )
    assert clean == "Seen by [STAFF] on [DATE]."
    assert offsets.to_new(16, 18) == (16, 18)
    assert offsets.to_new(22, 23) == (25, 26)
    assert offsets.to_old(25, 26) == (22, 23)
    # A place that crosses a border of what was replaced gets all of it.
    assert offsets.to_new(12, 18) == (8, 18)
    assert offsets.to_new(0, 20) == (0, 25)
    assert offsets.to_old(20, 22) == (19, 22)
    assert offsets.to_new(0, len(text)) == (0, len(clean))


@settings(deadline=None)
@given(edited_texts(), st.data())
def test_places_outside_of_replacements_are_exact_both_ways(edited, data):
    text, edits = edited
    clean, offsets = replace_parts(text, edits)
    assert offsets == OffsetMap(offsets.replaced)
    borders = [0, *(place for edit in edits for place in edit[:2]), len(text)]
    gaps = list(zip(borders[::2], borders[1::2], strict=True))
    low, high = data.draw(st.sampled_from(gaps))
    start = data.draw(st.integers(low, high))
    end = data.draw(st.integers(start, high))
    if start < end:
        new = offsets.to_new(start, end)
        assert clean[slice(*new)] == text[start:end]
        assert offsets.to_old(*new) == (start, end)


@settings(deadline=None)
@given(edited_texts(), st.data())
def test_any_place_comes_back_as_one_that_holds_it(edited, data):
    text, edits = edited
    clean, offsets = replace_parts(text, edits)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = offsets.to_new(start, end)
    assert 0 <= first <= last <= len(clean)
    back = offsets.to_old(first, last)
    assert start == end or back[0] <= start <= end <= back[1]


@settings(deadline=None)
@given(edited_texts())
def test_each_replacement_is_found_from_both_sides(edited):
    text, edits = edited
    clean, offsets = replace_parts(text, edits)
    for edit, row in zip(edits, offsets.replaced, strict=True):
        assert clean[row.new_start : row.new_end] == edit.text
        assert offsets.to_new(edit.start, edit.end) == row[2:]
        assert offsets.to_old(row.new_start, row.new_end) == edit[:2]
