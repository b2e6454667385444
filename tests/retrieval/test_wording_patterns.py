"""Wordings made from listed ones."""

import pytest

from retrieval.wording_patterns import other_wordings


@pytest.mark.parametrize(
    ("listed", "made"),
    [
        ("Inability to walk", "cannot walk"),
        ("Inability to walk", "unable to walk"),
        ("Lower limb muscle weakness", "leg muscle weakness"),
        ("Lower limb muscle weakness", "leg weakness"),
        ("Elevated circulating creatine kinase concentration", "elevated CK"),
        ("Abnormality of the immune system", "immune manifestation"),
        ("Aplasia/Hypoplasia of the radius", "hypoplasia of radius"),
        ("Intellectual disability, mild", "mild intellectual deficit"),
        ("High, narrow palate", "High and narrow palate"),
        ("Abnormal facial shape", "dysmorphic facial features"),
    ],
)
def test_what_is_made(listed, made):
    assert made in set(other_wordings(listed))


@pytest.mark.parametrize("listed", ["Seizure", "Scoliosis", "Hand weakness"])
def test_what_fits_no_pattern_stays_alone(listed):
    assert set(other_wordings(listed)) <= {listed}
