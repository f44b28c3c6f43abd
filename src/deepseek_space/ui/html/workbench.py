"""Where the workbench is drawn, with the words that its script says and the prompts that it suggests.

A prompt is what is written into the message field, where the reader sees and changes it; "…" is what it is about.
"""

from html import escape

from deepseek_space.sentences import Sentence

_WORDS = {
    "empty": Sentence("Files that an answer writes stand here. Ask for a program or a page, or bring your own files."),
    "newFile": Sentence("New file"),
    "newName": Sentence("Name of the file"),
    "bringFiles": Sentence("Bring files or a zip"),
    "bringFolder": Sentence("Bring a folder"),
    "takeZip": Sentence("Download all as zip"),
    "notText": Sentence("this is no text"),
    "files": Sentence("Files"),
    "more": Sentence("More"),
    "askAbout": Sentence("Ask"),
    "copyFile": Sentence("Copy"),
    "download": Sentence("Download"),
    "onePage": Sentence("Download as one page"),
    "rename": Sentence("Rename"),
    "deleteFile": Sentence("Delete"),
    "versions": Sentence("Versions"),
    "byReader": Sentence("typed"),
    "byAnswer": Sentence("from an answer"),
    "byImport": Sentence("brought in"),
    "form": Sentence("Fill a gap in code"),
    "backToFiles": Sentence("Back to the files"),
    "run": Sentence("Run"),
    "test": Sentence("Run tests"),
    "showChange": Sentence("Show the change"),
    "showText": Sentence("Show the file"),
    "proposed": Sentence("An answer proposes this change."),
    "emptying": Sentence("An answer would empty this file."),
    "accept": Sentence("Accept all"),
    "reject": Sentence("Reject"),
    "takeHunk": Sentence("Accept"),
    "leaveHunk": Sentence("Leave out"),
    "conflict": Sentence("You have changed the same lines since. Which are to stay?"),
    "keepMine": Sentence("Keep mine"),
    "takeTheirs": Sentence("Take the answer's"),
    "removed": Sentence("removed"),
    "added": Sentence("added"),
    "missed": Sentence("Edits that did not fit:"),
    "nearest": Sentence("The nearest lines there:"),
    "missedAgain": Sentence("Ask for them again"),
    "looksLike": Sentence("this looks like"),
    "line": Sentence("line"),
    "lines": Sentence("lines"),
    "allFiles": Sentence("all files"),
    "readForIt": Sentence("Tokens read for the suggestion:"),
    "otherFiles": Sentence("other files:"),
    "suggestionKeys": Sentence("Tab takes it, Alt+] shows another"),
    "askInWords": Sentence("Ask in words"),
    "fillPrompt": Sentence("Write what belongs at the cursor, in … Change nothing else."),
    "noEditor": Sentence("The code editor cannot be had here, so this is a plain field. See docs/libraries.md."),
    "noPython": Sentence("Python cannot be had here. See docs/libraries.md."),
    "noPackage": Sentence("this package is only at Pyodide's network, which cannot be reached"),
    "runPart": Sentence("Running program"),
    "output": Sentence("Output"),
    "plot": Sentence("Plot"),
    "stdin": Sentence("Input"),
    "stdinHint": Sentence("What the program reads, line by line"),
    "network": Sentence("Network"),
    "phone": Sentence("Phone"),
    "desktop": Sentence("Desktop"),
    "again": Sentence("Again"),
    "stop": Sentence("Stop"),
    "close": Sentence("Close"),
    "fetching": Sentence("Fetching Python …"),
    "starting": Sentence("Starting Python …"),
    "running": Sentence("Running …"),
    "shown": Sentence("Running in a frame of its own"),
    "ended": Sentence("Ended"),
    "failed": Sentence("Ended with an error"),
    "stopped": Sentence("Stopped"),
    "tooLong": Sentence("Stopped: it took longer than a minute."),
    "tooMuch": Sentence("Stopped: it printed too much."),
    "silent": Sentence("Stopped: it no longer answered, perhaps in an endless loop."),
    "fix": Sentence("Fix this error"),
    "fixPrompt": Sentence("Fix this error of"),
    "explain": Sentence("Explain"),
    "explainPrompt": Sentence("Explain … step by step, for somebody who knows the language but not this code."),
    "review": Sentence("Review"),
    "reviewPrompt": Sentence("Review …: name what is wrong, unclear or slow, the worst first, with the line."),
    "findBug": Sentence("Find the bug"),
    "findBugPrompt": Sentence("Find the bug in …, say why it happens, and fix it."),
    "refactor": Sentence("Refactor"),
    "refactorPrompt": Sentence("Refactor … so that it is simpler and reads better. What it does stays the same."),
    "types": Sentence("Types and docstrings"),
    "typesPrompt": Sentence("Add types and short docstrings to …. Change nothing else."),
    "tests": Sentence("Write tests"),
    "testsPrompt": Sentence("Write tests for … in a file of their own, with the usual cases and those at the edges."),
    "translate": Sentence("Translate"),
    "translatePrompt": Sentence("Translate … to TypeScript, in the way of that language."),
}  # fmt: skip


def workbench() -> str:
    """Return the place as HTML."""
    said = " ".join(f'data-say-{_dashed(name)}="{escape(sentence)}"' for name, sentence in _WORDS.items())
    return f'<section id="workbench" class="ds-work" {said}></section>'


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
