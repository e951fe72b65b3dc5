import pytest

from spacy_clinical.forms.linking import FormEntity, is_mark, make_geometric_linker


def make(label, x, y, text="word", *, width=80, page=1):
    box = (float(x), float(y), float(x + width), float(y + 10))
    return FormEntity(label, box, page, text, 10.0)


def question(*args, **kwargs):
    return make("QUESTION", *args, **kwargs)


def answer(*args, **kwargs):
    return make("ANSWER", *args, **kwargs)


def link(*entities):
    links = make_geometric_linker()(entities)
    assert all(0 <= link.score <= 1 for link in links)
    answers = [link.answer for link in links]
    assert answers == sorted(set(answers))
    return [(link.question, link.answer) for link in links]


def test_the_nearest_question_to_the_left_wins():
    form = question(0, 0), answer(100, 0), question(300, 0), answer(400, 0)
    assert link(*form) == [(0, 1), (2, 3)]


def test_several_answers_may_have_one_question():
    assert link(question(0, 0), answer(100, 0), answer(200, 0)) == [(0, 1), (0, 2)]


def test_else_the_question_above():
    form = question(0, 0), question(300, 0), answer(0, 15), answer(300, 15)
    assert link(*form) == [(0, 2), (1, 3)]


def test_lines_of_a_value_stay_together():
    form = question(0, 0), answer(100, 0), answer(100, 14), answer(100, 28)
    assert link(*form) == [(0, 1), (0, 2), (0, 3)]


def test_columns_of_tables_have_their_heads():
    heads = [question(200 * i, 0) for i in range(3)]
    cells = [answer(200 * i, 20 + 15 * row) for row in range(4) for i in range(3)]
    assert link(*heads, *cells) == [(i % 3, 3 + i) for i in range(12)]


def test_labels_under_lines_have_the_answer_above():
    form = answer(0, 0), question(0, 14), answer(300, 0), question(300, 14)
    assert link(*form) == [(1, 0), (3, 2)]


def test_answers_level_with_a_question_are_not_the_next_line_of_another():
    form = question(0, 0), answer(200, 0), question(0, 20), answer(200, 20)
    assert link(*form) == [(0, 1), (2, 3)]


def test_boxes_under_a_question_that_has_its_own_are_not_its():
    form = (
        question(0, 0, "Smoker:"),
        answer(100, 0, "[ ] yes [x] no"),
        answer(0, 20, "[x] Diabetes"),
    )
    assert link(*form) == [(0, 1)]


def test_other_pages_and_far_places_are_out_of_reach():
    assert link(question(0, 0), answer(100, 0, page=2)) == []
    assert link(question(0, 0), answer(0, 900)) == []
    assert link(answer(0, 0)) == []
    assert link() == []


def test_headers_have_no_answers():
    assert link(make("HEADER", 0, 0), answer(100, 0)) == []


def test_a_rival_makes_it_doubtful():
    linker = make_geometric_linker()
    [sure] = linker([question(0, 0), answer(90, 0)])
    [doubtful] = [
        found
        for found in linker([question(0, 0), question(100, -15), answer(180, 0)])
        if found.answer == 2
    ]
    assert sure.score > doubtful.score


@pytest.mark.parametrize("height", [0.0, 1e-9])
def test_words_without_a_height_do_no_harm(height):
    box = (0.0, 0.0, 0.0, height)
    entities = [FormEntity(kind, box, 1, "", height) for kind in ("QUESTION", "ANSWER")]
    make_geometric_linker()(entities)


def test_pages_are_linked_one_by_one():
    form = [
        entity
        for page in (2, 1, 3)
        for entity in (
            question(0, 0, page=page),
            answer(100, 0, page=page),
            answer(100, 14, page=page),
        )
    ]
    assert link(*form) == [(3 * i, 3 * i + k) for i in range(3) for k in (1, 2)]


def test_what_stands_in_a_row_has_the_question_of_the_row():
    # The question above the second option is nearer than the one to its left.
    form = (
        question(300, 0, "Form"),
        question(0, 60, "Priority"),
        answer(100, 60, "[ ] urgent"),
        answer(300, 60, "[x] routine"),
        answer(500, 60, "[ ] later"),
    )
    assert link(*form) == [(1, 2), (1, 3), (1, 4)]


def test_rows_of_several_values_keep_to_their_questions():
    rows = [
        entity
        for y in (0, 14, 28)
        for entity in (question(0, y), answer(300, y), answer(500, y))
    ]
    pairs = [(3 * i, 3 * i + k) for i in range(3) for k in (1, 2)]
    assert link(*rows) == pairs
    # Tilted: what is in a row is not sorted by its height.
    tilted = [e._replace(box=tilt(e.box)) for e in rows]
    assert link(*tilted) == pairs


def tilt(box):
    x0, y0, x1, y1 = box
    return x0, y0 - 0.01 * x0, x1, y1 - 0.01 * x0


def test_a_cell_is_no_answer_to_the_head_of_a_column_that_has_ended():
    form = (
        question(200, 0, "Volume"),
        answer(200, 20),
        question(0, 60),
        answer(200, 60),
        question(0, 100),
        answer(210, 130, width=20),
    )
    assert link(*form)[:2] == [(0, 1), (2, 3)]
    assert (0, 5) not in link(*form)


@pytest.mark.parametrize("mark", ["X", "[x]", "\u2612", "( )", "\u2713"])
def test_marks_belong_to_what_is_right_beside_them(mark):
    before = (
        answer(0, 0, mark, width=10),
        question(15, 0, "Fair"),
        answer(120, 0, mark, width=10),
        question(135, 0, "Good"),
    )
    assert link(*before) == [(1, 0), (3, 2)]
    behind = (
        question(0, 0, "Fair"),
        answer(85, 0, mark, width=10),
        question(120, 0, "Good"),
        answer(205, 0, mark, width=10),
    )
    assert link(*behind) == [(0, 1), (2, 3)]


def test_words_are_no_marks():
    form = question(0, 0), answer(90, 0, "Xylene"), question(180, 0, "Oxygen")
    assert link(*form) == [(0, 1)]
    assert not is_mark("Xylene")
    assert not is_mark("")


def test_a_stack_of_lines_with_labels_under_them():
    form = [
        entity
        for i in range(4)
        for entity in (answer(0, 40 * i), question(0, 40 * i + 13))
    ]
    assert link(*form) == [(2 * i + 1, 2 * i) for i in range(4)]


def test_a_stack_of_labels_with_lines_under_them():
    form = [
        entity
        for i in range(4)
        for entity in (question(0, 40 * i), answer(0, 40 * i + 13))
    ]
    assert link(*form) == [(2 * i, 2 * i + 1) for i in range(4)]


def test_boxes_far_below_a_question_are_not_its():
    assert link(question(0, 0), answer(0, 60, "[x] asthma")) == []
    assert link(question(0, 0), answer(0, 25, "[x] asthma")) == [(0, 1)]


def test_what_is_a_little_aside_is_still_below():
    assert link(question(0, 0, width=60), answer(65, 30)) == [(0, 1)]
    assert link(question(0, 0, width=60), answer(90, 30)) == []
