"""Ways to make a message fit the context, for the reader to choose from. Knows no page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deepseek_space.chat.context.context_use import ContextUse, Count, Draft, file_tokens, turn_tokens, use_of
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.text.attachment import Attachment, shortened

MIN_ROOM = 64  # tokens; a shorter answer is none
MIN_FILE = 128  # tokens; less of a document says nothing
FILES_OFFERED = 3


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A document to be shortened to ``tokens``; ``turn_id`` "" is for those of the message itself."""

    turn_id: str
    position: int
    file: Attachment
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to fit; ``key`` names it among those for the same message, ``frees`` tells what it gives in tokens.

    ``leave_out`` are the earlier turns that the model is not to read any more; ``room`` is the longest answer then;
    ``without`` is a document that the model is not to read: one of the message is not sent, one of a turn is marked.
    """

    key: str
    frees: int
    leave_out: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()
    room: int | None = None
    without: Cut | None = None


def ways_to_fit(draft: Draft, count: Count) -> list[Way]:
    """Return the ways that each do for themselves, else the one that does all at once, else none."""
    use = use_of(draft, count)
    cuts = _files_of(draft, count)
    singles = [_leave_out(draft, use, count), *_shorten(cuts, use), *_without(cuts, use, count), _less_room(use)]
    found = [way for way in singles if way]
    everything = None if found else _everything(draft, use, cuts, count)
    return [everything] if everything else found


def apply_way(
    way: Way, conversation: Conversation, files: Sequence[Attachment], count: Count
) -> tuple[Attachment, ...]:
    """Change the conversation as ``way`` says; return the message's files as they are to be sent."""
    conversation.leave_out(way.leave_out)
    own = list(files)
    for cut in way.cuts:
        file = shortened(cut.file, cut.tokens, count)
        if cut.turn_id:
            conversation.put_file(cut.turn_id, cut.position, file)
        else:
            own[cut.position] = file
    if way.without and way.without.turn_id:
        conversation.leave_out_file(way.without.turn_id, way.without.position)
    elif way.without:
        del own[way.without.position]
    return tuple(own)


def _leave_out(draft: Draft, use: ContextUse, count: Count) -> Way | None:
    ids: list[str] = []
    freed = 0
    for turn in draft.turns:
        if freed >= use.tokens_over:
            break
        if turn.is_read and not turn.is_left_out:
            ids.append(turn.id)
            freed += turn_tokens(turn, count)
    return Way(key="leave-out", leave_out=tuple(ids), frees=freed) if freed >= use.tokens_over else None


def _files_of(draft: Draft, count: Count) -> list[Cut]:
    """Return all documents, the largest first, as cuts that leave them whole."""
    places = [("", draft.files), *((turn.id, turn.files) for turn in draft.turns if turn.is_read)]
    cuts = [
        Cut(turn_id=turn_id, position=position, file=replace(file, tokens=count(file.text)), tokens=count(file.text))
        for turn_id, files in places
        for position, file in enumerate(files)
        if not file.is_left_out
    ]
    return sorted(cuts, key=lambda cut: -cut.tokens)


def _shorten(cuts: Sequence[Cut], use: ContextUse) -> list[Way]:
    fitting = [replace(cut, tokens=cut.tokens - use.tokens_over) for cut in cuts]
    return [
        Way(key=f"shorten-{cut.turn_id}-{cut.position}", cuts=(cut,), frees=use.tokens_over)
        for cut in fitting[:FILES_OFFERED]
        if cut.tokens >= MIN_FILE
    ]


def _without(cuts: Sequence[Cut], use: ContextUse, count: Count) -> list[Way]:
    sized = [(cut, file_tokens(cut.file, count)) for cut in cuts]
    enough = [(cut, frees) for cut, frees in sized if frees >= use.tokens_over]
    return [
        Way(key=f"without-{cut.turn_id}-{cut.position}", without=cut, frees=frees)
        for cut, frees in enough[:FILES_OFFERED]
    ]


def _less_room(use: ContextUse) -> Way | None:
    if use.tokens_left < MIN_ROOM:
        return None
    return Way(key="less-room", room=use.tokens_left, frees=use.room - use.tokens_left)


def _everything(draft: Draft, use: ContextUse, cuts: Sequence[Cut], count: Count) -> Way | None:
    """Leave out all earlier turns, and give the documents what is left, each its share."""
    blocks = sum(file_tokens(cut.file, count) - cut.tokens for cut in cuts)
    left = use.context_tokens - use.room - use.system - use.question - blocks
    whole = sum(cut.tokens for cut in cuts)
    if left < MIN_FILE * len(cuts) or left < 0:
        return None
    shares = tuple(replace(cut, tokens=min(cut.tokens, cut.tokens * left // whole)) for cut in cuts)
    turns = tuple(turn.id for turn in draft.turns if turn.is_read and not turn.is_left_out)
    return Way(key="everything", leave_out=turns, cuts=shares, frees=use.history + whole - min(left, whole))
