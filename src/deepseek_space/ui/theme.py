"""The look: colours and type as a Gradio theme, layout in ``assets/*.css``. Nothing is fetched from elsewhere."""

import gradio as gr
from gradio.themes.utils import colors, sizes

_INK = colors.Color(
    c50="#f7f8fa",
    c100="#eff1f5",
    c200="#e2e5ec",
    c300="#cbd0db",
    c400="#949cad",
    c500="#666f82",
    c600="#4c5466",
    c700="#363d4d",
    c800="#232936",
    c900="#181c26",
    c950="#11141b",
    name="ink",
)
_SEA = colors.Color(
    c50="#eef6f7",
    c100="#d6eaed",
    c200="#b0d7dd",
    c300="#7dbcc6",
    c400="#489ba8",
    c500="#217d8c",
    c600="#136676",
    c700="#115361",
    c800="#134450",
    c900="#143944",
    c950="#08252d",
    name="sea",
)
_SANS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "Liberation Sans",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
_MONO = ("ui-monospace", "SFMono-Regular", "Cascadia Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")


# Gradio's variables; "_dark" is the same one in dark mode, "*" refers to another one.
_VARIABLES = {
    "body_background_fill": "white",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "background_fill_primary": "white",
    "background_fill_primary_dark": "*neutral_950",
    "background_fill_secondary": "*neutral_50",
    "background_fill_secondary_dark": "*neutral_900",
    "border_color_primary": "*neutral_200",
    "border_color_primary_dark": "*neutral_800",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "*neutral_600",
    "block_label_text_color_dark": "*neutral_300",
    "block_title_text_color": "*neutral_700",
    "block_title_text_color_dark": "*neutral_200",
    "block_info_text_color": "*neutral_500",
    "block_info_text_color_dark": "*neutral_400",
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_900",
    "input_border_color": "*neutral_200",
    "input_border_color_dark": "*neutral_700",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "0 0 0 3px rgb(33 125 140 / 18%)",
    "input_border_color_focus": "*primary_400",
    "input_border_color_focus_dark": "*primary_400",
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_dark": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "button_primary_background_fill_hover_dark": "*primary_500",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "white",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_dark": "*neutral_900",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_hover_dark": "*neutral_800",
    "button_secondary_border_color": "*neutral_200",
    "button_secondary_border_color_dark": "*neutral_700",
    "button_border_width": "1px",
    "slider_color": "*primary_500",
    "slider_color_dark": "*primary_400",
    "code_background_fill": "*neutral_50",
    "code_background_fill_dark": "*neutral_900",
    "link_text_color": "*primary_600",
    "link_text_color_dark": "*primary_300",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "*neutral_800",
}


def build_theme() -> gr.themes.Base:
    """Return the theme; light and dark."""
    theme = gr.themes.Base(
        primary_hue=_SEA,
        secondary_hue=_SEA,
        neutral_hue=_INK,
        font=_SANS,
        font_mono=_MONO,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
    )
    return theme.set(**_VARIABLES)
