"""``citedx data``: public data sets for benchmarks and larger case libraries."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kg import datasets

GENETICS_HOME_REFERENCE = "https://ghr.nlm.nih.gov/"

app = typer.Typer(help="List, pull and verify data sets.", no_args_is_help=True)


@app.command("list")
def list_(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/sources.md.")] = False,
) -> None:
    """List the data sets with version, licence and whether they are here."""
    if markdown:
        typer.echo(datasets_as_markdown())
        return
    typer.echo(f"in {datasets.data_folder()}")
    for dataset in datasets.load_manifest():
        state = datasets.status(dataset).state
        typer.echo(
            f"{state:<8} {dataset.name:<19} {dataset.version:<18} {dataset.licence}\n{'':9}{dataset.description}"
        )


def datasets_as_markdown() -> str:
    """One row a set of the manifest."""
    rows = [
        f"| `{d.name}` | {d.description} | {d.version} | {d.licence} | {d.citation} | [home]({d.home}) |"
        for d in datasets.load_manifest()
    ]
    return "\n".join(["| set | what | version | licence | cite | from |", "|---|---|---|---|---|---|", *rows])


@app.command()
def pull(
    name: Annotated[
        str,
        typer.Argument(help="Name of a data set, of a group (translations; a source of citedx build), or all."),
    ],
    overwrite: Annotated[bool, typer.Option(help="Fetch it again where it is here already.")] = False,
) -> None:
    """Fetch a data set from its official home and check it."""
    for each in datasets.members(name):
        typer.echo(f"{each}: {datasets.pull(each, overwrite=overwrite)}")


@app.command()
def verify() -> None:
    """Check every data set that is here against its checksum and format."""
    statuses = datasets.verify()
    for status in statuses:
        typer.echo(f"{status.state:<8} {status.dataset.name:<19} {status.detail}".rstrip())
    if any(s.state in (datasets.State.CHANGED, datasets.State.BROKEN) for s in statuses):
        raise typer.Exit(1)


@app.command()
def index(
    library: Annotated[Path, typer.Option(help="Folder or release zip of phenopackets to add to the case library.")],
    embedder: Annotated[Path | None, typer.Option(help="Folder of another sentence-transformers model.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="A dask cluster that encodes the cases.")
    ] = None,
) -> None:
    """Build the index of a case library ahead, so that `citedx chat --library` with the same options starts at once."""
    from contextlib import ExitStack

    from kg.build import load_graph
    from retrieval.cases import load_library, read_library
    from retrieval.cluster import ClusterEmbedder, connect_cluster
    from retrieval.embedding import Embedder, SentenceEmbedder, bundled_embedder

    patients, source = read_library(library), library.name
    graph = load_graph().with_patients(patients, source)
    with ExitStack() as stack:
        chosen: Embedder = SentenceEmbedder(embedder) if embedder else bundled_embedder()
        if scheduler:
            chosen = ClusterEmbedder(chosen, stack.enter_context(connect_cluster(scheduler)))
        built = load_library(graph, chosen, patients, source, progress=sys.stderr.isatty())
    typer.echo(built.version)


@app.command()
def counts(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets to count.")],
    source: Annotated[str, typer.Option(help="Name of the set, for attribution.")],
    version: Annotated[str, typer.Option(help="Release of the set.")],
    licence: Annotated[str, typer.Option(help="Licence of the set.")],
    out: Annotated[Path, typer.Option(help="The table to write (.tsv.gz).")],
) -> None:
    """Count findings of published patients per disease and publication: n present of m assessed."""
    from kg.build import bundled_sources, load_graph
    from kg.schema import Provenance
    from kg.series import count_patients
    from kg.sources.counts import write_counts
    from kg.sources.phenopackets import load_phenopackets

    ontology = load_graph(bundled_sources(counts=False)).ontology
    series = [s for s in count_patients(load_phenopackets(cases).patients, ontology) if s.reference.startswith("PMID:")]
    write_counts(series, Provenance(source=source, version=version, reference="", licence=licence), out)
    n_patients = sum(s.n_patients for s in series)
    n_diseases = len({s.disease.disease_id for s in series})
    typer.echo(f"{n_patients:,} patients, {n_diseases:,} diseases, {len(series):,} series: {out}")


@app.command()
def prevalences(
    medquad: Annotated[Path, typer.Option(help="MedQuAD as JSON Lines, plain or xz.")],
    out: Annotated[Path, typer.Option(help="The table to write (.tsv).")],
) -> None:
    """Read from pages of Genetics Home Reference how common diseases are."""
    from kg.build import bundled_sources, load_graph
    from kg.prevalence import find_prevalences
    from kg.schema import Provenance
    from kg.sources.medquad import load_documents
    from kg.sources.prevalences import load_family_shares, write_prevalences

    pages = [d for d in load_documents(medquad) if d.url.startswith(GENETICS_HOME_REFERENCE)]
    source = Provenance(
        source="Genetics Home Reference (NIH), by MedQuAD", version="2019", reference="", licence="CC-BY-4.0"
    )
    release = replace(bundled_sources(counts=False), prevalences=None, cited_prevalences=None)
    found = find_prevalences(pages, load_graph(release).diseases, source, load_family_shares())
    write_prevalences(found, source, out)
    typer.echo(f"{len(found):,} diseases, from {len(pages):,} pages: {out}")


@app.command()
def equivalents(
    mondo: Annotated[Path, typer.Option(help="Mondo's equivalencies.obo, plain or gzipped.")],
    version: Annotated[str, typer.Option(help="Release of Mondo.")],
    out: Annotated[Path, typer.Option(help="The table to write (.tsv).")],
) -> None:
    """Take from Mondo which entries of OMIM, Orphanet and DECIPHER are one disease."""
    from kg.schema import Provenance
    from kg.sources.equivalents import write_equivalents
    from kg.sources.mondo import load_equivalent_entries

    found = load_equivalent_entries(mondo)
    source = Provenance(source="Mondo Disease Ontology", version=version, reference="", licence="CC0-1.0")
    write_equivalents(found, source, out)
    typer.echo(f"{len(found):,} entries of {len(set(found.values())):,} diseases: {out}")
