"""The notebook of the documentation: every cell runs, and no output is committed."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbclient (pip install -e '.[dev]')")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient (pip install -e '.[dev]')")

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tour.ipynb"


def test_no_output_is_committed():
    cells = nbformat.read(TOUR, as_version=4).cells
    assert [c.id for c in cells if c.cell_type == "code" and (c.outputs or c.execution_count)] == []


@pytest.mark.release
def test_every_cell_runs_and_the_textbook_patients_are_found(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tour = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(tour, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
    printed = "".join(o.get("text", "") for c in tour.cells if c.cell_type == "code" for o in c.outputs)
    assert "Marfan syndrome" in printed
    assert "Rett syndrome is ranked 1\n" in printed
    assert "# Differential diagnosis" in printed
