"""The code tab's words: what to ask a model for, and where the code is in its answer.

Knows no page and no model.
"""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from deepseek_space.errors import RequestError
from deepseek_space.types import Message, shown

# Display name → the words that models put behind a fence, the usual one first.
_LANGUAGES: dict[str, tuple[str, ...]] = {
    "Python": ("python", "py", "python3"),
    "JavaScript": ("javascript", "js", "jsx", "node"),
    "TypeScript": ("typescript", "ts", "tsx"),
    "Java": ("java",),
    "C": ("c", "h"),
    "C++": ("cpp", "c++", "cc", "cxx", "hpp"),
    "C#": ("csharp", "c#", "cs"),
    "Go": ("go", "golang"),
    "Rust": ("rust", "rs"),
    "PHP": ("php",),
    "Ruby": ("ruby", "rb"),
    "Swift": ("swift",),
    "Kotlin": ("kotlin", "kt"),
    "Scala": ("scala",),
    "Dart": ("dart",),
    "R": ("r",),
    "Julia": ("julia", "jl"),
    "Lua": ("lua",),
    "Perl": ("perl", "pl"),
    "Haskell": ("haskell", "hs"),
    "MATLAB": ("matlab", "octave"),
    "SQL": ("sql", "mysql", "postgresql", "sqlite"),
    "Shell": ("bash", "sh", "shell", "zsh", "console"),
    "PowerShell": ("powershell", "ps1", "pwsh"),
    "HTML": ("html", "htm"),
    "CSS": ("css", "scss"),
    "YAML": ("yaml", "yml"),
    "JSON": ("json",),
    "Dockerfile": ("dockerfile", "docker"),
    "Verilog": ("verilog", "systemverilog"),
}
TELLING_CHARACTERS = 4
LANGUAGES: tuple[str, ...] = tuple(_LANGUAGES)


@dataclass(frozen=True, kw_only=True)
class CodeAnswer:
    """An answer taken apart; ``language`` is a display name, the fence's own word if it is none of ours, or empty."""

    code: str
    language: str
    explanation: str


def _known(language: str) -> tuple[str, ...]:
    if language not in _LANGUAGES:
        raise RequestError(
            "There is no language {language} here; choose from {names}.",
            language=shown(language),
            names=", ".join(LANGUAGES),
        )
    return _LANGUAGES[language]


def generation_messages(task: str, language: str, files: str = "") -> tuple[Message, ...]:
    """Return the conversation that asks for ``task`` in ``language``; ``files`` is the text of those that it is to fit.

    It is one user's turn, as R1 takes no system prompt and Coder brings its own.
    Raises RequestError for a blank task or an unknown language.
    """
    tag = _known(language)[0]
    if not task.strip():
        raise RequestError("The task is empty. Describe what the code should do and send it again.")
    content = (
        f"Write {language} code for this task:\n\n{task.strip()}{files}\n\n"
        f"Put the complete code in one ```{tag} block. After the block, explain in a few sentences how it works."
    )
    return (Message(role="user", content=content),)


def gap_end(suffix: str) -> tuple[str, ...]:
    """Return the stop string at which a gap before ``suffix`` is filled, if one can be told for certain.

    Models often do not end by themselves there but write the suffix once more (DeepSeek-Coder issue 80): the first
    of its lines that says something is taken, with its line break, as it could hardly stand within the gap too.
    """
    line = next((line for line in suffix.splitlines() if sum(map(str.isalnum, line)) >= TELLING_CHARACTERS), None)
    return () if line is None else (f"\n{line.rstrip()}",)


def split_code(answer: str, language: str = "") -> CodeAnswer:
    """Return the code in ``answer`` and the text around it, for a finished answer or for one still being written.

    The code is the first fenced block in ``language``, or else the first block; further blocks stay in the
    explanation. A block that is not closed yet is the code so far. Without a block there is no code.
    """
    text = answer.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    blocks = [token for token in _fences().parse(text) if token.type == "fence"]
    if not blocks:
        return CodeAnswer(code="", language=language, explanation=text.strip())
    block = next((block for block in blocks if language and _language_of(block) == language), blocks[0])
    first, end = block.map
    explanation = "\n".join([*lines[:first], *lines[end:]])
    code = block.content.removesuffix("\n")
    if not _is_closed(block, lines):
        code = _without_partial_fence(code, block.markup)
    return CodeAnswer(code=code, language=_language_of(block) or language, explanation=explanation.strip())


def _fences() -> MarkdownIt:
    # Nothing but fences, at any indentation: models put them into lists and indent them by feeling.
    return MarkdownIt("zero").enable("fence").disable("inline")


def _language_of(block: Token) -> str:
    word = block.info.strip().split(maxsplit=1)[0].lower() if block.info.strip() else ""
    return next((name for name, words in _LANGUAGES.items() if word in words), word)


def _is_closed(block: Token, lines: list[str]) -> bool:
    last = lines[block.map[1] - 1].strip()
    return block.map[1] - block.map[0] > 1 and len(last) >= len(block.markup) and not last.strip(block.markup[0])


def _without_partial_fence(code: str, markup: str) -> str:
    """Drop a last line that is the beginning of the closing fence."""
    body, _, last = code.rpartition("\n")
    return body if last.strip() and not last.strip().strip(markup[0]) else code
