"""Pages at the top of the repository, their links as the site has them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/kerastune/kerastune/blob/main/"
PAGES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}

# How links begin in the repository, and on the site.
LINKS = {
    r"\]\(docs/": "](",
    r"\]\(recipes/(\w+)\.py": r"](recipes/\1.md",
    r"\]\(CONTRIBUTING\.md": "](contributing.md",
    r"\]\(LICENSE": rf"]({REPOSITORY}LICENSE",
}


def top_pages() -> dict[str, str]:
    """The text of each page, by its path on the site."""
    return {
        path: with_links_of_the_site((ROOT / name).read_text(encoding="utf-8"))
        for path, name in PAGES.items()
    }


def with_links_of_the_site(text: str) -> str:
    """A page in Markdown whose links lead to pages of the site."""
    for old, new in LINKS.items():
        text = re.sub(old, new, text)
    return text
