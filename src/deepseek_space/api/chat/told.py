"""What one reply to a conversation has told so far. Knows no format."""

from dataclasses import dataclass, field

from deepseek_space.api.chat.calls import ToldCalls
from deepseek_space.events import Answer, Done, Event, Reasoning, Resorted, ToolArguments, ToolCallBegun, Usage


@dataclass(kw_only=True)
class Told:
    """What one reply has told so far; ``usage`` once it has ended."""

    thoughts: str = ""
    answer: str = ""
    usage: Usage | None = None
    calls: ToldCalls = field(default_factory=ToldCalls)
    scored: list[Reasoning | Answer] = field(default_factory=list)  # what came with the likelihood of its tokens

    def take(self, event: Event) -> None:
        """Take in the next event of the reply."""
        if isinstance(event, Reasoning | Answer) and event.tokens:
            self.scored.append(event)
        match event:
            case Reasoning(text=text):
                self.thoughts += text
            case Answer(text=text):
                self.answer += text
            case ToolCallBegun() | ToolArguments():
                self.calls.take(event)
            case Resorted(reasoning=reasoning, answer=answer):
                self.thoughts, self.answer = reasoning, answer
            case Done(usage=usage):
                self.usage = usage
