"""DeepSeek Space: chat and write code with the DeepSeek models in a browser.

Imports point right, never sideways::

    cli > commands > ui, api > backends > {engine, text, models} > types, figures, errors

``settings`` is read by ``commands`` alone and handed on as values.
"""

__version__ = "0.1.0"
