"""The stylesheet of the page: all of ``assets/*.css`` as one text. Knows their order, not what they say.

It goes into the head of the page as it stands. Gradio's own option for styles rewrites them: it drops layers and
keyframes within rules, and confines what stands in a media query to a part of the page.
"""

from deepseek_space.ui.assets import ASSETS

FOUNDATION = "theme"  # names of ours for colours, sizes and motion, which nothing else competes for
SHEETS = (  # in this order: later ones correct earlier ones
    "gradio",
    "controls",
    "frame",
    "messages",
    "prose",
    "composer",
    "outbox",
    "code",
    "workbench",
    "compare",
    "panels",
    "parameters",
    "header",
    "models",
    "phones",
    "welcome",
    "chat",
    "documents",
    "context",
    "history",
    "search",
    "access",
)
# Gradio's styles come in no layer and as its parts are loaded, so neither order nor layers decide against them, but
# weight: an id's, which every rule of ours gets by standing in this one. It needs no element of that id.
WEIGHT = "html:not(#gradio)"


def look() -> str:
    """Return the stylesheet."""
    foundation, *sheets = [(ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in (FOUNDATION, *SHEETS)]
    return f"{foundation}\n{WEIGHT} {{\n{''.join(sheets)}}}\n"
