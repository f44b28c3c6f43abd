"""Few messages to one reader, and the first at once."""

from deepseek_space.backends.local.pieces import MOST_PER_S, Pieces, joined_pieces
from deepseek_space.events import Answer, Reasoning


def test_neighbours_of_one_kind_become_one_piece():
    events = [Reasoning(text="a"), Reasoning(text="b"), Answer(text="c"), Answer(text="d")]
    assert joined_pieces(events[:1], events[1:]) == [Reasoning(text="ab"), Answer(text="cd")]


def test_the_first_goes_at_once_and_then_no_more_than_so_many_a_second():
    now_s, sent = 0.0, []
    pieces = Pieces(clock=lambda: now_s)
    for number in range(200):  # a token each 5 ms, for a second
        now_s = number * 0.005
        pieces.take([Answer(text="x")])
        if pieces.are_due:
            sent += [(now_s, *pieces.pass_on())]
    assert sent[0] == (0.0, Answer(text="x"))
    assert MOST_PER_S * 0.8 < len(sent) <= MOST_PER_S
    rest = pieces.pass_on()
    assert "".join(event.text for _, event in sent) + "".join(event.text for event in rest) == "x" * 200


def test_what_waits_is_sent_when_nothing_more_comes():
    pieces = Pieces(clock=lambda: 0.0)
    for text in ("a", "b"):
        pieces.take([Answer(text=text)])
    assert pieces.pass_on() == [Answer(text="ab")]
    assert not pieces.are_due
    assert pieces.pass_on() == []
