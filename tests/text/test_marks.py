from deepseek_space.text.marks import Marks


def test_marks_give_back_what_was_put():
    marks = Marks("a 0 \U000f0000")
    assert not marks
    text = f"a 0 {marks.put('<b>')}1{marks.put('<c>')}\U000f0000"
    assert "<" not in text
    assert marks.restore(text) == "a 0 <b>1<c>\U000f0000"
