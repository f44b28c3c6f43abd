"""The panel says what is wrong, what each way gives, and that nothing is sent yet."""

from deepseek_space.chat.context.context_use import ContextUse
from deepseek_space.chat.context.fitting import Cut, Way
from deepseek_space.text.attachment import Attachment
from deepseek_space.ui.html.fit_panel import fit_panel

USE = ContextUse(context_tokens=8192, system=0, history=3000, documents=5000, question=100, room=1024)
CUT = Cut(turn_id="", position=0, file=Attachment(name="a<b>.txt", text="", tokens=4900), tokens=3968)


def test_the_reader_learns_what_is_wrong_in_figures():
    html = fit_panel(USE, [])
    assert "It is 8,100 tokens long and 1,024 are kept for the answer: 932 too many for a context of 8,192." in html
    assert "Nothing is sent yet." in html
    assert "Shorten the message or begin a new chat." in html
    assert 'name="fit_cancel"' in html


def test_each_way_is_a_button_with_what_it_gives():
    ways = [
        Way(key="leave-out", frees=1100, leave_out=("1", "2", "3")),
        Way(key="shorten--0", frees=932, cuts=(CUT,)),
        Way(key="less-room", frees=932, room=92),
    ]
    html = fit_panel(USE, ways)
    assert 'name="fit" value="leave-out">Leave out the 3 oldest turns <small>frees 1,100 tokens</small>' in html
    assert "Shorten a&lt;b&gt;.txt from 4,900 to 3,968 tokens <small>its beginning and its end stay" in html
    assert "Answer in 92 tokens at most" in html
    assert "<b>" not in html


def test_a_document_of_an_earlier_turn_is_told_from_one_of_the_message():
    own, earlier = (Way(key="w", frees=9, without=Cut(**{**vars(CUT), "turn_id": turn})) for turn in ("", "t1"))
    assert "Leave out a&lt;b&gt;.txt <small>" in fit_panel(USE, [own])
    assert "Leave out a&lt;b&gt;.txt, of an earlier turn <small>" in fit_panel(USE, [earlier])


def test_one_turn_is_one_and_all_at_once_is_said_to_be():
    assert "Leave out the oldest turn " in fit_panel(USE, [Way(key="leave-out", frees=9, leave_out=("1",))])
    everything = Way(key="everything", frees=9, leave_out=("1",), cuts=(CUT,))
    assert "Leave out all earlier turns and shorten the documents" in fit_panel(USE, [everything])
    assert "Shorten all documents" in fit_panel(USE, [Way(key="everything", frees=9, cuts=(CUT,))])
