"""What the site has beyond the pages in docs: the changelog, pictures of the benchmarks, dark pictures for the dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add them."""
    files.append(File.generated(config, "changelog.md", content=(ROOT / "CHANGELOG.md").read_text("utf-8")))
    for picture in sorted((ROOT / "benchmarks" / "results").glob("*.png")):
        files.append(File.generated(config, f"results/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let the links that are right in the repository be right on the site, and pictures follow the theme."""
    markdown = re.sub(r"!\[[^]]*\]\((?:\.\./)*(\S+)-light\.png\)", _of_both_themes, markdown)
    return markdown.replace("](../benchmarks/results/", "](results/").replace("](../CHANGELOG.md", "](changelog.md")


def _of_both_themes(found: re.Match[str]) -> str:
    """Return a picture, and beside it the dark one where there is one."""
    light = found[0]
    if not (ROOT / "docs" / f"{found[1]}-dark.png").exists():
        return light
    return "\n".join(light.replace("-light.png", f"-{one}.png#only-{one}") for one in ("light", "dark"))
