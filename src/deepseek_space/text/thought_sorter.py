"""Text of one reply in, reasoning and answer events out, where nobody has told how its thoughts are marked.

Servers keep thoughts in a field of their own, or between tags, or send the closing tag alone because their template has
written the opening one. What a model is called does not decide which it is; what arrives does, and until then it is a
guess: text goes on as what it is taken for, and is sorted anew once something tells. Certain are

* text in a field for thoughts: what comes in the other is the answer;
* ``<think>`` at the very start;
* a first ``</think>`` that is meant and not quoted: what stands before it was a thought;
* the end of a reply that the model has ended itself without any of these: it was the answer.

Knows no tokens and no server.
"""

from typing import Literal

from deepseek_space.events import Answer, Reasoning, Resorted
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.text.stop_strings import overlap
from deepseek_space.text.templates import END_THINK, THINK

Guess = Literal["thought", "answer"]
Sorted = list[Reasoning | Answer | Resorted]

_QUOTES = frozenset("\"'`“”‘’「」『』")


class ThoughtSorter:
    """Sorts the text of one reply by ``parser``; ``guess`` is what it is taken to begin with, None: that is certain.

    ``has_field`` says that thoughts have come in a field of their own.
    """

    def __init__(self, parser: ReasoningParser, *, guess: Guess | None = None) -> None:
        self.has_field = False
        self._parser = parser
        self._guess = guess
        self._passed: list[str] = []  # on to the parser, while all is a guess
        self._held = ""  # may begin a tag
        self._has_answered = self._is_closed = False

    @classmethod
    def guessing(cls, guess: Guess) -> "ThoughtSorter":
        """Return the sorter of a reply of which nothing is certain yet."""
        return cls(ReasoningParser(opens_in_reasoning=guess == "thought"), guess=guess)

    def think(self, text: str) -> Sorted:
        """Return the events of ``text`` that came in a field for thoughts."""
        events: Sorted = [] if self.has_field else self._find_field()
        return [*events, *([Reasoning(text=text)] if self._has_answered else self._parser.push(text))]

    def say(self, text: str) -> Sorted:
        """Return the events of ``text`` that came where answers do."""
        events: Sorted = []
        if self.has_field and not self._is_closed:
            self._is_closed = True
            events += self._parser.close()
        self._has_answered = self._has_answered or bool(text.strip())
        return events + self._sort(text)

    def end(self, *, by_itself: bool) -> Sorted:
        """Return the events of what was held back; ``by_itself``: the model has ended the reply, and no limit."""
        events = [*self._sort("", final=True), *self._parser.flush()]
        return events + (self._take_for_answer() if by_itself else [])

    def _find_field(self) -> Sorted:
        """Take what has been said so far for the answer: the server has a field for thoughts."""
        self.has_field = True
        if not self._has_answered:
            self._guess, self._parser = None, ReasoningParser(opens_in_reasoning=True)
            return []
        self._is_closed = True
        if self._guess is None:
            return []
        events = self._take_for_answer() or [*self._pass_on(self._release(len(self._held))), *self._parser.flush()]
        self._guess, self._parser = None, ReasoningParser(expects_tags=False)
        return events

    def _take_for_answer(self) -> Sorted:
        if self._guess != "thought":
            return []
        self._guess, text = None, "".join(self._passed).lstrip("\n")
        return [Resorted(answer=text)] if text.strip() else []

    def _take_for_thought(self) -> Sorted:
        self._guess, text, was_shown = None, "".join([*self._passed, self._held]), any(map(str.strip, self._passed))
        self._parser = ReasoningParser(opens_in_reasoning=True)
        events = self._parser.push(text)
        if not was_shown:
            return list(events)
        thought = "".join(event.text for event in events if isinstance(event, Reasoning))
        return [Resorted(reasoning=thought), *(event for event in events if isinstance(event, Answer))]

    def _sort(self, text: str, *, final: bool = False) -> Sorted:
        if self._guess != "answer":
            return self._pass_on(text)
        self._held += text
        if not any(map(str.strip, self._passed)):
            start = self._held.lstrip()
            if THINK.startswith(start) and not final:
                return []
            if start.startswith(THINK):
                return self._pass_on(self._release(len(self._held)))
        return self._find_end(final=final)

    def _find_end(self, *, final: bool) -> Sorted:
        """Return what is the answer as far as can be told; behind a closing tag that is meant, all anew."""
        events: Sorted = []
        while (at := self._held.find(END_THINK)) >= 0:
            after = self._held[at + len(END_THINK) :][:1]
            if not after and not final:
                return events + self._pass_on(self._release(at))
            if _is_meant("".join(self._passed) + self._held[:at], after):
                return self._take_for_thought()
            events += self._pass_on(self._release(at + len(END_THINK)))
        held = 0 if final else overlap(self._held, END_THINK)
        return events + self._pass_on(self._release(len(self._held) - held))

    def _release(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        return text

    def _pass_on(self, text: str) -> Sorted:
        events = self._parser.push(text) if text else []
        if self._guess is not None:
            self._passed.append(text)
            self._guess = None if self._parser.has_met_tag else self._guess
        return list(events)


def _is_meant(before: str, after: str) -> bool:
    """Tell whether a closing tag between ``before`` and ``after`` ends a thought, and is not code or a quotation."""
    line = before.rpartition("\n")[2]
    is_code = before.count("```") % 2 == 1 or line.count("`") % 2 == 1
    is_quoted = before[-1:] in _QUOTES and after in _QUOTES
    return not (is_code or is_quoted or THINK in before)
