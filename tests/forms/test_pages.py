import pytest

from spacy_clinical.forms.pages import Word, clamp, cover, find_lines, level_boxes


def word(text, x, y, width=40.0, height=10.0):
    return Word(text, (x, y, x + width, y + height))


def read(words):
    return [" ".join(w.text for w in line) for line in find_lines(words)]


def make_paragraph(name, x, y, n_lines, n_words=5, step=15.0):
    return [
        word(f"{name}{i}{j}", x + j * 45, y + i * step)
        for i in range(n_lines)
        for j in range(n_words)
    ]


def test_words_of_a_line_are_read_from_left_to_right():
    words = [word("c", 200, 11), word("a", 0, 10), word("b", 100, 9)]
    assert read(words) == ["a b c"]


def test_nothing_is_read_from_nothing():
    assert find_lines([]) == []
    assert find_lines([word(" ", 0, 0), word("\n", 5, 5)]) == []


def test_labels_and_values_are_read_across():
    words = [
        w
        for i, name in enumerate(("Name:", "Phone:", "Town:", "Sex:"))
        for w in (word(name, 0, i * 20), word(f"v{i}", 300, i * 20 + 1))
    ]
    assert read(words) == ["Name: v0", "Phone: v1", "Town: v2", "Sex: v3"]


def test_rows_of_a_table_are_read_across():
    words = [word(f"r{i}c{j}", j * 150, i * 20) for i in range(5) for j in range(4)]
    assert read(words) == [" ".join(f"r{i}c{j}" for j in range(4)) for i in range(5)]


def test_columns_of_text_are_read_one_after_the_other():
    words = make_paragraph("a", 0, 100, 6) + make_paragraph("b", 300, 103, 6)
    title = [word("Title", 200, 40, width=200)]
    lines = read(words + title)
    assert lines[0] == "Title"
    assert [line[0] for line in lines[1:]] == ["a"] * 6 + ["b"] * 6


def test_short_columns_whose_lines_are_not_level_are_read_one_after_the_other():
    left = make_paragraph("a", 0, 0, 6, n_words=2, step=15)
    right = make_paragraph("b", 300, 0, 4, n_words=2, step=22.3)
    assert [line[0] for line in read(left + right)] == ["a"] * 6 + ["b"] * 4


def test_blocks_are_read_from_top_to_bottom():
    words = make_paragraph("b", 0, 200, 4) + make_paragraph("a", 30, 0, 4)
    assert [line[0] for line in read(words)] == ["a"] * 4 + ["b"] * 4


def test_every_word_is_read_once():
    words = make_paragraph("a", 0, 0, 9) + make_paragraph("b", 290, 50, 12, n_words=3)
    words += [word(f"x{i}", 37 * i % 400, 53 * i % 300) for i in range(40)]
    found = [w for line in find_lines(words) for w in line]
    assert sorted(found) == sorted(words)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((1, 2, 3, 4), (1, 2, 3, 4)),
        ((3, 4, 1, 2), (1, 2, 3, 4)),
        ((-5, -5, 200, 300), (0, 0, 100, 200)),
    ],
)
def test_boxes_are_ordered_and_kept_on_the_page(box, expected):
    assert clamp(box, 100, 200) == expected


def test_cover():
    assert cover([(1, 5, 3, 6), (0, 7, 2, 9)]) == (0, 5, 3, 9)


def test_boxes_that_ocr_has_made_too_high_are_cut():
    line = [
        Word("PATIENT", (0, 5, 40, 30), 0.9),
        Word("Jane", (50, 10, 70, 20), 0.9),
        Word("Roe", (75, 10, 90, 21), 0.9),
    ]
    first, *others = level_boxes(line)
    assert first.box == (0, 10, 40, 20.5)
    assert others == line[1:]
    # Nobody guessed these: a large letter is large.
    sure = [word._replace(confidence=None) for word in line]
    assert level_boxes(sure) == sure
    assert level_boxes(line[:1]) == line[:1]
