"""The README's Python runs, and every line of it gives what stands beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.release
def test_what_the_readme_says_in_python_is_so(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"## From Python\n.*?```python\n(.*?)```", text, re.DOTALL)[1]
    lines, names, told = code.splitlines(), {}, []
    for node in ast.parse(code).body:
        _, _, comment = lines[node.end_lineno - 1].partition("  # ")
        source = ast.get_source_segment(code, node)
        if isinstance(node, ast.Expr):
            assert repr(eval(source, names)) == comment, source  # noqa: S307 - the README's own
            told.append(source)
        else:
            exec(source, names)  # noqa: S102
    assert len(told) > 5
    assert capsys.readouterr().out.startswith("1 Marfan syndrome ")
    assert type(names["network"]).__name__ == "MultiDiGraph"
