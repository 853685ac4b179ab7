"""Sphinx: `make docs` builds the site in build/docs from this folder, the rooms' exports and the studies."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import dlstats  # noqa: E402

project = "dlstats"
author = "The dlstats authors"
copyright = author
version = release = dlstats.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
    "making.mathml",
    "making.pages",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
exclude_patterns = ["making"]

default_role = "code"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "dlstats"
html_sidebars = {page: [] for page in ("start", "numbers", "changes", "generated/gallery")}
html_context = {"default_mode": "auto"}
html_static_path = ["making/static"]
html_css_files = ["dlstats.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
