"""An answer with all that Markdown can say: headings, lists, tables, formulas, code in several languages, and text that
runs from right to left."""

COLUMNS = 12
_WIDE = "\n".join(
    f"| {' | '.join(cells)} |"
    for cells in (
        [f"Measurement {number}" for number in range(COLUMNS)],
        ["---"] * COLUMNS,
        ["internationalisation of a sentence"] * COLUMNS,
    )
)

RICH_ANSWER = (
    f"""{_WIDE}

- [x] done
- [ ] open

1. [x] loose

2. [ ] too

> مرحبا بالعالم.

مرحبا بالعالم.

- قائمة أولى
- and English

"""
    """# One

## Two

### Three

#### Four

1. first

- one
  - two
    - three
      1. four

| a | b |
|:-:|--:|
| 1 | 2 |

```python
@cached
def total(numbers: list[int]) -> int:
    # words of code
    return sum(numbers) + 0x1F if "a" else None
```
```html
<a href="b">&amp;</a>
```
```css
@media print { a:hover { color: red !important; background: url(a.png) } }
```
```js
const pattern = /a+/;
```
$$\\boxed{x}$$
"""
)
