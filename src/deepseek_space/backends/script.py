"""The scripted replies of the fake backend: one of each thing that a page must show well. Knows no backend."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One scripted reply, played when ``cue`` occurs in the reader's message (lower case; empty: always).

    ``breaks_off`` is the message of an EngineError raised after the answer; empty: the reply ends well.
    """

    cue: str
    answer: str
    reasoning: str = ""
    breaks_off: str = ""


MARKDOWN = r"""## Two ways to the same sum

| $n$ | terms | sum |
|----:|:------|----:|
| 3 | 1 + 2 + 3 | 6 |
| 10 | 1 + … + 10 | 55 |
| 100 | 1 + … + 100 | **5,050** |

Pairing the first with the last term gives \(n + 1\) each time, so that

\[
\sum_{k=1}^{n} k = \frac{n(n+1)}{2}
\]

and the mean of the terms is $\bar{k} = (n+1)/2$. The same in code:

```python
def triangular(n: int) -> int:
    # exact for every n: one of n and n + 1 is even
    return n * (n + 1) // 2
```

$$e^{i\pi} + 1 = 0$$

1. The table is Markdown.
2. The formulas are LaTeX.
3. The block above is highlighted and can be copied.
"""

TABS = """A Makefile needs real tabs:

```makefile
test:
\tpython -m pytest
\t@echo "done"
```

And Go is indented with them:

```go
func main() {
\tif x := 3; x < 4 {
\t\tfmt.Println("x <b>is</b> small")
\t}
}
```
"""

HTML = """Tags are text here: <b>bold</b>, <think>hm</think> and

<script>window.pwned = true; alert("run")</script>

<img src="x" onerror="window.pwned = true">

A generic such as `List<String>` or Vec<u8> stays whole, and so does $a<b$.
"""

FIBONACCI = '''Keep the numbers that have been worked out, and each one costs a single addition:

```python
from functools import cache


@cache
def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number, counted from fibonacci(0) == 0."""
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)
```

`cache` remembers each result, so the recursion visits every `n` once: **O(n)** instead of O(2ⁿ).
'''

GREETING = """Hello! I am a **script**, not a model: every word here was written beforehand, to try the page with.

Ask me for a *table with formulas*, some *code*, a *long* answer, *tabs*, *HTML*, or an *error*, and watch what the page
makes of it.
"""


def _long_answer(lines: int) -> str:
    return "\n\n".join(f"{n}. Line {n} of {lines}, and there is time to press Stop." for n in range(1, lines + 1))


SCENES: Sequence[Scene] = (
    Scene(
        cue="error",
        answer="This answer begins well, but then",
        breaks_off="The engine stopped in the middle of this answer, as scripted. Press Retry.",
    ),
    Scene(cue="html", answer=HTML),
    Scene(cue="tabs", answer=TABS),
    Scene(cue="long", answer=_long_answer(200)),
    Scene(
        cue="table",
        reasoning="A sum of numbers: show it as a table first, then the closed form, then the code.",
        answer=MARKDOWN,
    ),
    Scene(
        cue="fibonacci",
        reasoning="Plain recursion repeats itself. Memoization stores each result; functools has it ready.",
        answer=FIBONACCI,
    ),
    Scene(
        cue="",
        reasoning="Somebody is trying the page. I should say at once that I am a script, and what can be asked.",
        answer=GREETING,
    ),
)
