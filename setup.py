"""What pyproject.toml cannot say: ``assets``, at the top where a Space has it, is installed within the package."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def described() -> str:
    """Return the README without the lines on top that only a Space reads."""
    return (ROOT / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1].lstrip()


setup(
    packages=[*find_packages("src"), "deepseek_space.assets"],
    package_dir={"": "src", "deepseek_space.assets": "assets"},
    package_data={
        "deepseek_space.assets": ["*.css", "*.svg", "libraries.json", "icons/*.png", "page/*.js", "run/*", "shell/*"],
        "deepseek_space.ui.words": ["locale/*/LC_MESSAGES/*.po"],
    },
    include_package_data=False,  # the README's pictures stay behind
    long_description=described(),
    long_description_content_type="text/markdown",
)
