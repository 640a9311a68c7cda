"""What MkDocs calls while it builds the site: adds pages made from the code, and checks all."""

import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from outside_loads import loaded_from_elsewhere
from recipe_pages import recipe_pages
from reference_pages import reference_pages
from top_pages import top_pages

STYLE = Path(__file__).with_name("site.css")


def on_config(config: Any) -> Any:
    """Put the pages made from the code into the navigation.

    Args:
        config: configuration of MkDocs.

    Returns:
        The configuration.
    """
    sections = {"Recipes": recipe_pages(), "Reference": reference_pages()}
    for entry in config.nav:
        for title in entry.keys() & sections.keys():
            entry[title] = list(sections[title])
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that do not lie in docs/.

    Args:
        files: what MkDocs found.
        config: configuration of MkDocs.

    Returns:
        All files.
    """
    for path, text in (top_pages() | recipe_pages() | reference_pages()).items():
        files.append(File.generated(config, path, content=text))
    files.append(File.generated(config, STYLE.name, abs_src_path=str(STYLE)))
    return files


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
    if found := loaded_from_elsewhere(output):
        raise PluginError(
            f"Expected a page that loads nothing from elsewhere. Received: {found[0]} in "
            f"{page.file.src_uri}. Put the file into docs/"
        )
    return output
