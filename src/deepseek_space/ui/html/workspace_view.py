"""A chat's workspace as what the page's script draws: plain values, with every sentence in the reader's language.

Knows no components. The script is ``assets/page/workbench.js``.
"""

import time
from collections.abc import Sequence
from typing import Any

from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.workspace.secrets_in_text import find_secrets
from deepseek_space.chat.workspace.workspace import WorkFile, Workspace
from deepseek_space.text.edits.answer import WholeFile, read_answer
from deepseek_space.text.edits.applying import Failure
from deepseek_space.text.edits.hunks import Hunk, hunks
from deepseek_space.ui.words.language import say


def workspace_view(conversation: Conversation) -> dict[str, Any]:
    """Return all that is shown of a conversation's files."""
    workspace = conversation.workspace
    return {
        "chat": conversation.id,
        "files": [_file(workspace, file) for file in workspace.files],
        "missed": [missed(one) for one in conversation.missed],
        "at_s": time.time(),
    }


def writing_view(conversation: Conversation, turn: Turn) -> dict[str, Any] | None:
    """Return the file that an answer is writing at this moment, as far as it has come; None where it writes none."""
    changes = read_answer(turn.answer, is_whole=False)
    last = changes[-1] if changes else None
    if not isinstance(last, WholeFile) or last.is_closed or not last.path:
        return None
    return {"chat": conversation.id, "writing": {"path": last.path, "text": last.text}, "at_s": time.time()}


def missed(failure: Failure) -> dict[str, Any]:
    """Return what is said of an edit that did not go in."""
    words = {
        "open": say("the edit breaks off"),
        "no file": say("there is no file of that name"),
        "not found": say("its lines are not in the file"),
        "several": say("its lines are in the file more than once"),
        "applied already": say("its lines are in the file already"),
    }
    return {
        "path": failure.path,
        "reason": words[failure.reason],
        "line": failure.line,
        "sought": failure.edit.readings[0][0] if failure.edit.readings else "",
        "nearest": failure.nearest,
    }


def _file(workspace: Workspace, file: WorkFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "text": file.text,
        "versions": [version.source for version in file.versions],
        "proposal": _proposal(workspace, file),
        "secrets": [{"line": line, "kind": say(kind)} for line, kind in find_secrets(file.text)],
    }


def _proposal(workspace: Workspace, file: WorkFile) -> dict[str, Any] | None:
    merged, proposal = workspace.merged(file.path), workspace.rebased(file.path)
    if merged is None or proposal is None:
        return None
    return {
        "hunks": [_hunk(one) for one in hunks(proposal.base, proposal.text)],
        "base": proposal.base,
        "isConflict": bool(merged.conflicts),
        "conflicts": [{"line": one.line, "mine": one.mine, "theirs": one.theirs} for one in merged.conflicts],
        "isEmptying": not proposal.text.strip(),
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {"at": hunk.old_start, "old": _lines(hunk.old), "new": _lines(hunk.new)}


def _lines(lines: Sequence[str]) -> list[str]:
    return [line.removesuffix("\n").removesuffix("\r") for line in lines]
