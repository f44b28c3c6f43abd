"""The app's sentences in Chinese, under the English ones that stand in the code. Data only."""

CHINESE: dict[str, str] = {}
