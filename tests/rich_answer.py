"""An answer with all that Markdown can say: headings, lists, tables, formulas, code in several languages."""

RICH_ANSWER = """# One

## Two

### Three

#### Four

1. first

- one
  - two

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
