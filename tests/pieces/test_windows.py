import pytest

from spacy_clinical.pieces.windows import Window, plan_windows

SHAPES = [(6, 6), (6, 4), (6, 3), (6, 1), (5, 2), (1, 1), (510, 446)]


@pytest.mark.parametrize("n_pieces", [0, 1, 5, 6, 7, 10, 23, 509, 510, 511, 5000])
@pytest.mark.parametrize(("size", "stride"), SHAPES)
def test_plan_windows_keeps_every_piece_once(n_pieces, size, stride):
    windows = plan_windows(n_pieces, size=size, stride=stride)
    kept = [i for w in windows for i in range(w.keep_start, w.keep_stop)]
    assert kept == list(range(n_pieces))
    for window in windows:
        assert 0 < window.stop - window.start <= size
        assert window.start <= window.keep_start < window.keep_stop <= window.stop


@pytest.mark.parametrize(("size", "stride"), SHAPES)
def test_plan_windows_keeps_a_piece_where_it_is_most_central(size, stride):
    windows = plan_windows(97, size=size, stride=stride)

    def distance(window, piece):
        if not window.start <= piece < window.stop:
            return -1
        left = piece - window.start if window.start else 10**6
        right = window.stop - 1 - piece if window.stop < 97 else 10**6
        return min(left, right)

    for window in windows:
        for piece in range(window.keep_start, window.keep_stop):
            best = max(distance(other, piece) for other in windows)
            assert distance(window, piece) == best


def test_plan_windows_shares_an_overlap_out():
    assert plan_windows(10, size=6, stride=4) == [
        Window(0, 6, 0, 5),
        Window(4, 10, 5, 10),
    ]


def test_plan_windows_cuts_at_the_best_kind_of_border():
    sections, sentences, tokens = [0, 7], [0, 3, 7, 8], list(range(20))
    borders = [sections, sentences, tokens]
    windows = plan_windows(20, size=10, stride=10, borders=borders)
    assert [w.keep_start for w in windows] == [0, 7, 17]
    # A border in the first half would leave windows nearly empty.
    windows = plan_windows(20, size=10, stride=10, borders=[[2], [3], tokens])
    assert [w.keep_start for w in windows] == [0, 10]


def test_plan_windows_never_cuts_a_word_that_fits():
    words = [0, 4, 8, 9, 13, 18]
    windows = plan_windows(20, size=10, stride=8, borders=[words])
    assert {w.keep_start for w in windows} <= set(words)


@pytest.mark.parametrize(("size", "stride"), [(6, 0), (6, 7), (0, 0), (6, -1)])
def test_plan_windows_refuses_gaps(size, stride):
    with pytest.raises(ValueError, match=rf"\[C001\].*{size} wordpieces.*{stride}:"):
        plan_windows(10, size=size, stride=stride)
