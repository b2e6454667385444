"""Tables of statements: joining, leaving out, and what is restated, each against the records one by one."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kg.annotations import AnnotationTable
from kg.schema import Association, Frequency, Predicate, Provenance

DISEASES = ("D:1", "D:2", "D:3")
TERMS = ("HP:0000001", "HP:0000002", "HP:0000003")
PAPERS = ("PMID:1", "PMID:2", "PMID:3")
SOURCES = ("release", "store", "ours")


class Row(NamedTuple):
    disease_id: str
    term_id: str
    references: tuple[str, ...]
    counts: tuple[int, int] | None = None


def statement(row: Row, source: str) -> Association:
    provenance = tuple(Provenance(source=source, version="1", reference=r, licence="none") for r in row.references)
    return Association(
        disease_id=row.disease_id,
        predicate=Predicate.PHENOTYPE,
        term_id=row.term_id,
        excluded=row.counts is not None and row.counts[0] == 0,
        frequency=None if row.counts is None else Frequency.counts(*row.counts),
        onset_id=row.term_id,
        modifier_ids=(row.term_id,),
        evidence_code=source,
        provenance=provenance,
    )


def records(table: AnnotationTable) -> list[Association]:
    return [table.record(row) for row in range(len(table))]


def build_table(rows: Sequence[Row], source: str) -> AnnotationTable:
    diseases = list(dict.fromkeys(r.disease_id for r in rows))
    return AnnotationTable.from_associations([statement(r, source) for r in rows], diseases, TERMS)


def join(told: Sequence[Sequence[Row]]) -> AnnotationTable:
    first, *others = (build_table(rows, source) for rows, source in zip(told, SOURCES, strict=False))
    for other in others:
        first = first.joined(other)
    return first


ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(DISEASES),
        st.sampled_from(TERMS),
        st.lists(st.sampled_from(PAPERS), min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from([None, (0, 3), (2, 3), (3, 3)]),
    ),
    max_size=6,
)
TOLD = st.lists(ROWS, min_size=1, max_size=3)


def test_a_joined_table_by_hand():
    one, other = Row("D:1", TERMS[0], ("PMID:1",)), Row("D:2", TERMS[1], ("PMID:1", "PMID:2"), (0, 3))
    again, new = Row("D:1", TERMS[2], ("PMID:3",), (2, 3)), Row("D:3", TERMS[0], ("PMID:1",))
    table = join([[one, other], [again, new]])
    assert list(table.disease_ids) == ["D:1", "D:2", "D:3"]
    assert table.of_disease(0) == (statement(one, "release"), statement(again, "store"))
    assert table.of_disease(1) == (statement(other, "release"),)
    assert table.of_term(0) == (statement(one, "release"), statement(new, "store"))
    np.testing.assert_array_equal(table.row_sources(), [0, 1, 0, 1])
    n, m = table.frequency_arrays()
    np.testing.assert_array_equal(n, [np.nan, 2, 0, np.nan])
    np.testing.assert_array_equal(m, [np.nan, 3, 3, np.nan])
    np.testing.assert_array_equal(table.midpoints(), [np.nan, 2 / 3, 0, np.nan])


@given(told=TOLD)
def test_every_statement_of_every_table_is_in_the_joined_one(told: list[list[Row]]):
    table = join(told)
    everything = [(r, s) for rows, s in zip(told, SOURCES, strict=False) for r in rows]
    diseases = dict.fromkeys(r.disease_id for r, _ in everything)
    expected = [statement(r, s) for d in diseases for r, s in everything if r.disease_id == d]
    assert records(table) == expected
    assert [table.references(row) for row in range(len(table))] == [
        tuple(p.reference for p in a.provenance) for a in expected
    ]


@given(told=TOLD, gone=st.sets(st.sampled_from(PAPERS)), joined_only=st.booleans())
def test_what_is_left_without_publications(told: list[list[Row]], gone: set[str], joined_only: bool):
    assume(told[0] or not joined_only)  # a table without a statement has no source that could be the first
    table = join(told)
    left = table.without_references(gone, joined_only=joined_only)
    assert records(left) == [
        a
        for a in records(table)
        if gone.isdisjoint(p.reference for p in a.provenance) or (joined_only and a.provenance[0].source == SOURCES[0])
    ]
    assert list(left.disease_ids) == list(table.disease_ids)


@pytest.mark.parametrize(
    ("first", "second", "restated"),
    [
        (Row("D:1", TERMS[0], ("PMID:1",)), Row("D:1", TERMS[0], ("PMID:1",), (2, 3)), True),
        (Row("D:1", TERMS[0], ("PMID:1", "PMID:2")), Row("D:1", TERMS[0], ("PMID:2",)), True),
        (Row("D:1", TERMS[0], ("PMID:1",)), Row("D:1", TERMS[0], ("PMID:2",)), False),
        (Row("D:1", TERMS[0], ("PMID:1",)), Row("D:1", TERMS[1], ("PMID:1",)), False),
        (Row("D:1", TERMS[0], ("PMID:1",)), Row("D:2", TERMS[0], ("PMID:1",)), False),
    ],
)
def test_restatements_by_hand(first: Row, second: Row, restated: bool):
    np.testing.assert_array_equal(join([[first], [second]]).restatements(), [False, restated])


def test_one_source_may_say_a_thing_twice():
    """Counts of men and women of one publication are two statements of one curator."""
    row = Row("D:1", TERMS[0], ("PMID:1",))
    np.testing.assert_array_equal(join([[row, row]]).restatements(), [False, False])
    np.testing.assert_array_equal(join([[row], [row, row]]).restatements(), [False, True, True])


@given(told=TOLD)
def test_restatements_against_pairs_of_records(told: list[list[Row]]):
    table = join(told)
    said = records(table)

    def is_earlier(one: Association, other: Association) -> bool:
        return SOURCES.index(one.provenance[0].source) < SOURCES.index(other.provenance[0].source)

    expected = [
        any(
            is_earlier(one, a)
            and (one.disease_id, one.term_id) == (a.disease_id, a.term_id)
            and {p.reference for p in one.provenance} & {p.reference for p in a.provenance}
            for one in said
        )
        for a in said
    ]
    np.testing.assert_array_equal(table.restatements(), np.array(expected, np.bool_))
