"""What makes the page an app for the home screen: manifest, icons, the window's colours."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from deepseek_space.sentences import Sentence
from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.words.language import language_of, say_in

NAME = "DeepSeek Space"
DESCRIPTION = Sentence("Chat and write code with the DeepSeek models")
_LIGHT, _DARK = "#ffffff", "#11141b"
_ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("maskable-512", 512, "maskable"))

# The page gives way to a keyboard on the screen, and reaches under the notch.
HEAD = (
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, '
    'interactive-widget=resizes-content">'
    f'<meta name="theme-color" content="{_LIGHT}" media="(prefers-color-scheme: light)">'
    f'<meta name="theme-color" content="{_DARK}" media="(prefers-color-scheme: dark)">'
    '<link rel="apple-touch-icon" href="./icons/apple-touch-180.png">'
)


def routes() -> list[BaseRoute]:
    """Return the routes to be served before Gradio's, whose manifest knows one icon and no colours."""
    return [Route("/manifest.json", manifest), Mount("/icons", StaticFiles(directory=ASSETS / "icons"))]


def manifest(request: Request) -> JSONResponse:
    """Serve the manifest in the reader's language."""
    language = language_of(request)
    icons = [
        {"src": f"./icons/{name}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in _ICONS
    ]
    content = {
        "id": "./",
        "name": NAME,
        "short_name": "DeepSeek",
        "description": say_in(DESCRIPTION, language),
        "lang": language,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "theme_color": _LIGHT,
        "background_color": _LIGHT,
        "icons": icons,
    }
    return JSONResponse(content, media_type="application/manifest+json")
