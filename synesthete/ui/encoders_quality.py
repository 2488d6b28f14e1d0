"""How good encoders are on the catalogue shown: measured by a process of its own, kept, and told in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from synesthete import encoders
from synesthete.errors import CatalogueError
from synesthete.evaluation import background
from synesthete.ui import owner, resources
from synesthete.ui.catalogues import Source
from synesthete.ui.text import plain

OPTIONS: tuple[str, ...] = ("--tracks", "24")  # of `synesthete evaluate`: how many are played to a phone
_LOOK_SECONDS = 1.5
_PHONE = "6 dB"
# column: its sentence
COLUMNS = {
    "Same style, mAP": "How early tracks of the same style come, by other artists alone: 1 is all of them first. An "
    "encoder that knows only a voice or a studio gains nothing by it.",
    "by chance": "What a list in random order would reach; it depends on how many tracks share a style.",
    "Same style, P@10": "The share of the first ten that are of the same style, other artists' alone.",
    "Same artist, mAP": "How early tracks by the same artist come.",
    "Through a phone": "How often 8 seconds, recorded by a (simulated) phone in a room at 6 dB over the noise, find "
    "their own song first.",
    "Hubness": "Near 0 all tracks are found about equally often; above 1 a few, the hubs, are among everybody's ten.",
    "ms a clip": "Processor time to analyse 10 seconds of sound, decoded already; on the computer that measured.",
}
_FORMATS = {"Hubness": "%.2f", "ms a clip": "%.0f"}


def show_quality(names: Sequence[str], source: Source) -> None:
    """The table, what its figures mean, and the button that has them measured."""
    reports = {name: report for name in names if (report := _report(name, source)) is not None}
    current = [name for name in reports if _is_measured(name, source)]
    if reports:
        st.dataframe(
            table(reports),
            column_config={
                column: st.column_config.NumberColumn(
                    column, help=told, format="%.0f" if column == "ms a clip" else "%.3f"
                )
                for column, told in COLUMNS.items()
            },
            key="quality-table",
        )
        _say_what_they_mean(reports)
    if stale := [name for name in reports if name not in current]:
        st.caption(f"Measured before the catalogue or the encoder changed: {', '.join(stale)}.")
    is_at_work = background.work(source.path).is_at_work
    missing = [name for name in names if name not in current]
    st.fragment(_show_work, run_every=_LOOK_SECONDS if is_at_work else None)(missing, source, is_at_work)


def table(reports: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The figures of reports as ``synesthete evaluate`` writes them, an encoder a row; empty where one is not known."""
    rows = {}
    for name, report in reports.items():
        labels = report.get("labels") or {}
        genre, artist = labels.get("genre") or {}, labels.get("artist") or {}
        phone = (report.get("phone_recall") or {}).get(_PHONE) or {}
        figures = (
            genre.get("mean_average_precision"),
            genre.get("chance"),
            (genre.get("precision_at") or {}).get("10"),
            artist.get("mean_average_precision"),
            (phone.get("recall_at") or {}).get("1"),
            report.get("hubness"),
            report.get("analysis_ms"),
        )
        rows[name] = [float("nan") if figure is None else float(figure) for figure in figures]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("Encoder")


def best_in_words(figures: pd.DataFrame) -> str:
    """Who is best at what, of several in a :func:`table`; those as good as each other share it."""
    said = []
    for column, what in (
        ("Same style, mAP", "styles are kept together"),
        ("Through a phone", "songs are known by phone"),
    ):
        if len(figures) > 1 and figures[column].notna().any():
            highest = figures[column].max()
            names = figures.index[(figures[column] - highest).abs() < 5e-4]
            said.append(f"{what} best by {' and '.join(f'**{name}**' for name in names)} ({highest:.2f})")
    return f"On this catalogue {'; '.join(said)}." if said else ""


def _say_what_they_mean(reports: Mapping[str, Mapping[str, Any]]) -> None:
    if best := best_in_words(table(reports)):
        st.markdown(best)
    with st.expander("What the figures mean", icon=":material/help:"):
        st.markdown("\n".join(f"- **{column}.** {told}" for column, told in COLUMNS.items()))
        st.caption("The same by command: `synesthete evaluate --encoder NAME --catalogue FILE`.")


def _report(name: str, source: Source) -> dict[str, Any] | None:
    return background.report_of(source.path, encoders.load(name).fingerprint)


def _is_current(name: str, report: Mapping[str, Any], source: Source) -> bool:
    engine = resources.engine(source.path, name)
    return report.get("revision") == engine.catalogue.revision(engine.encoder.fingerprint)


def _is_measured(name: str, source: Source) -> bool:
    report = _report(name, source)
    return report is not None and _is_current(name, report, source)


def _show_work(missing: Sequence[str], source: Source, was_at_work: bool) -> None:
    work = background.work(source.path)
    if was_at_work and (not work.is_at_work or any(_is_measured(name, source) for name in missing)):
        st.rerun()  # the table has a row more
    if work.is_at_work:
        doing = f"Measuring {plain(work.encoder, 40)} …" if work.encoder else "Beginning …"
        st.progress(work.fraction, text=f"{doing} It goes on if you leave this page.")
        if owner.is_owner() and st.button("Stop", icon=":material/stop_circle:", key="quality-stop"):
            background.stop(source.path)
        return
    if work.problem:
        st.error(f"The last measuring ended early. {plain(work.problem, 400)}", icon=":material/error:")
    if not missing:
        return
    if not owner.is_owner():
        st.caption(f"Not measured here yet: {', '.join(missing)}. The owner of this server can have it done.")
        return
    st.caption(
        f"Not measured on this catalogue yet: {', '.join(missing)}. Tracks of one style and artist are looked for, and "
        "a few are played to a simulated phone. It takes some minutes and goes on if you leave."
    )
    if st.button(f"Measure {', '.join(missing)}", icon=":material/speed:", key="quality-measure"):
        try:
            background.start(source.path, missing, is_built_in=source.is_built_in, options=OPTIONS)
        except CatalogueError as error:
            st.error(plain(str(error), 400), icon=":material/error:")
            return
        st.rerun()
