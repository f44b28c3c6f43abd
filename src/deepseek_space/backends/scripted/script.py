"""The scripted replies of the fake backend: one of each thing that a page must show well. Knows no backend."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One scripted reply, played when ``cue`` occurs in the reader's message (lower case; empty: always).

    ``breaks_off`` is the message of an EngineError raised after the answer; empty: the reply ends well.
    ``calls`` are the arguments with which the first tool is called, where one is offered.
    """

    cue: str
    answer: str
    reasoning: str = ""
    breaks_off: str = ""
    calls: tuple[str, ...] = ()


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

QUOTED_TAGS = """A parser must not take a tag that is quoted for one that is meant:

```python
def split(reply: str) -> tuple[str, str]:
    # "<think>" opens only at the very start
    thought, _, answer = reply.partition("</think>")
    return thought.removeprefix("<think>"), answer
```

So `<think>` and `</think>` stay in this answer, and a list may end in one:

- `</think>`
"""

PLAIN = "No thoughts came before this answer; a model that does not think simply begins."

MATHS = r"""Write the integral twice, with $x$ and with $y$, and multiply: \(I^2 = \iint e^{-(x^2+y^2)}\,dx\,dy\).

\[
\begin{aligned}
I^2 &= \int_0^{2\pi}\!\int_0^\infty e^{-r^2}\, r \,dr\,d\varphi \\
    &= 2\pi \left[-\tfrac12 e^{-r^2}\right]_0^\infty = \pi
\end{aligned}
\]

| quantity | value |
|:---------|------:|
| $I^2$ | $\pi$ |
| $I$ | $\sqrt{\pi} \approx 1.772$ |

In a matrix the substitution is $\begin{pmatrix} x \\ y \end{pmatrix} = r \begin{pmatrix} \cos\varphi \\
\sin\varphi \end{pmatrix}$, and its determinant is $r$. It costs \$0 to check, and $5 < x$ stays text.

So the integral is \(\boxed{\sqrt{\pi}}\), or in a line of its own:

$$
\boxed{\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}}
$$
"""

CHINESE = r"""## 混合专家模型

混合专家模型（MoE）把前馈层分成许多“专家”，每个词元只激活其中几个。因此参数很多，计算却不多：

| 模型 | 总参数 | 激活参数 |
|------|-------:|---------:|
| DeepSeek-V2-Lite | 157 亿 | 24 亿 |
| DeepSeek-V3 | 6710 亿 | 370 亿 |

路由器给出每个专家的权重 $g_i$，输出是 $\sum_i g_i E_i(x)$。代码如下：

```python
def 前馈(x, 专家, 权重):
    return sum(g * e(x) for g, e in zip(权重, 专家))
```

**结论**：答案是 $\boxed{\text{稀疏激活}}$。
"""

GREETING = """Hello! I am a **script**, not a model: every word here was written beforehand, to try the page with.

Ask me for a *table with formulas*, *maths*, some *Fibonacci* code, an *essay*, a *long* list, an *endless* thought, \
an answer that quotes a *parser's* tags, one *without thoughts*, *tabs*, *HTML*, *中文*, or an *error*, \
and watch what the page makes of it.
"""

CONTINUED = """    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


print([fibonacci(n) for n in range(10)])
"""


def _essay(chapters: int) -> str:
    """Return about 40 words a chapter more than its code and formulas; 45 chapters make 4,000 words."""
    return "# An essay on powers\n\n" + "\n".join(_chapter(n) for n in range(1, chapters + 1))


def _chapter(n: int) -> str:
    return rf"""## {n}. The power {n}

A function that raises a number to the power {n} multiplies it with itself {n - 1} times, or far fewer times if it
squares on the way. What matters is not the function but how its slope grows: the slope of $x^{{{n}}}$ is
${n}x^{{{n - 1}}}$, and the area under it from 0 to 1 is

\[
\int_0^1 x^{{{n}}}\,dx = \frac{{1}}{{{n + 1}}}
\]

```python
def area_{n}(steps: int = 1000) -> float:
    return sum((k / steps) ** {n} for k in range(steps)) / steps  # close to {1 / (n + 1):.4f}
```
"""


def _endless_thought(steps: int) -> str:
    return "\n\n".join(
        f"Step {n}: that may hold, but let me look at it once more from the other side." for n in range(1, steps)
    )


def _long_answer(lines: int) -> str:
    return "\n\n".join(f"{n}. Line {n} of {lines}, and there is time to press Stop." for n in range(1, lines + 1))


SCENES: Sequence[Scene] = (
    Scene(
        cue="weather",
        reasoning="I cannot see the sky from here, but there is a tool for that.",
        answer="I look at both cities.",
        calls=('{"city": "Hangzhou"}', '{"city": "Beijing"}'),
    ),
    Scene(
        cue="error",
        answer="This answer begins well, but then",
        breaks_off="The engine stopped in the middle of this answer, as scripted. Try again.",
    ),
    Scene(
        cue="endless",
        reasoning=_endless_thought(200),
        answer="After all those steps: **yes**, it holds.",
    ),
    Scene(
        cue="parser",
        reasoning="Tags such as <think> inside code are quotations. I should show one of each.",
        answer=QUOTED_TAGS,
    ),
    Scene(cue="without thoughts", answer=PLAIN),
    Scene(
        cue="maths",
        reasoning="Polar coordinates: the area element brings a factor $r$, which makes it easy.",
        answer=MATHS,
    ),
    Scene(cue="essay", reasoning="One chapter for each power, with its slope, its area and code.", answer=_essay(45)),
    Scene(cue="中文", reasoning="用户想了解混合专家模型。先解释，再给出表格和代码。", answer=CHINESE),
    Scene(cue="混合专家", reasoning="用户想了解混合专家模型。先解释，再给出表格和代码。", answer=CHINESE),
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
BEGINNING = Scene(cue="", answer=CONTINUED)
GAP = Scene(cue="", answer="fibonacci(n - 1) + ")
