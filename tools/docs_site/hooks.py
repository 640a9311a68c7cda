"""What MkDocs calls while it builds the site: adds pages made from the code, and checks all."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recipe_pages import recipe_pages
from reference_pages import reference_pages

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/kerastune/kerastune/blob/main/"

# Where a link of a page at the top of the repository leads within the site.
MOVED = {
    r"\]\(docs/": "](",
    r"\]\(recipes/(\w+)\.py": r"](recipes/\1.md",
    r"\]\(CONTRIBUTING\.md": "](contributing.md",
    r"\]\((LICENSE|notebooks/)": rf"]({REPOSITORY}\1",
}
TOP = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}

# What a browser loads without being asked to.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon|modulepreload))"""
    r"""[^>]*\bhref=["']?((?:https?:)?//[^"'\s>]+)""",
    re.IGNORECASE,
)


def on_config(config: Any) -> Any:
    """Put the pages made from the code into the navigation.

    Args:
        config: configuration of MkDocs.

    Returns:
        The configuration.
    """
    sections = {"Recipes": recipe_pages(), "Reference": reference_pages()}
    for entry in config.nav:
        for title, pages in sections.items():
            if title in entry:
                entry[title] = list(pages)
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that do not lie in docs/.

    Args:
        files: what MkDocs found.
        config: configuration of MkDocs.

    Returns:
        All files.
    """
    top = {path: from_the_top((ROOT / name).read_text("utf-8")) for path, name in TOP.items()}
    for path, text in (top | recipe_pages() | reference_pages()).items():
        files.append(File.generated(config, path, content=text))
    files.append(
        File.generated(config, "site.css", abs_src_path=str(Path(__file__).with_name("site.css")))
    )
    return files


def from_the_top(text: str) -> str:
    """The text of a page at the top of the repository, its links as the site has them."""
    for old, new in MOVED.items():
        text = re.sub(old, new, text)
    return text


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that would load something from elsewhere.

    Args:
        output: HTML of a page.
        page: the page.

    Returns:
        The same HTML.

    Raises:
        PluginError: if it loads something.
    """
    if found := LOADED.search(output):
        raise PluginError(
            f"Expected a page that loads nothing from elsewhere. Received: {found[1] or found[2]} "
            f"in {page.file.src_uri}. Put the file into docs/"
        )
    return output
