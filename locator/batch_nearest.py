"""The nearest stations of many places: a sheet of workplaces in, the same sheet with answers out.

Each row is asked exactly as a single question is, a chunk at a time; answers are written as they
come, so that memory holds the sheet and one chunk. A row that cannot be read stays in its place
with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from typing_extensions import override

from geodata.columns import read_mapping
from geodata.datum import DATUMS, parse_datum, to_wgs84
from geodata.tables import Row, Rows, read_rows
from geodata.writing import Table, write_table
from locator.errors import InputError
from locator.nearest import FOUND, NONE_WITHIN, OUTSIDE, UNREACHABLE
from locator.nearest_answers import nearest_rows, whole_mm
from locator.nearest_question import Question, ask_nearest
from locator.registry.wording import in_chinese

if TYPE_CHECKING:
    from locator.view import CityView

Report = Callable[[float, str], None]

CHUNK = 500
_ANSWER = (
    "code", "name", "kind", "lon", "lat", "distance_m", "time_s", "straight_m", "open",
    "closes_in_s", "opens_at",
)  # fmt: skip
_UNREAD = "unread"
_NOT_HERE = (
    "不在{0}：核对经纬度和坐标系，确在外地的请从表里去掉 / not in {0}: check the position "
    "and its datum, or take the row out"
)
_REASONS = {
    OUTSIDE: "{0}米以内没有可走的路：核对坐标系，或把点移到路边 / no street within {0} m: check "
    "the datum, or move the point to a street",
    NONE_WITHIN: "限距内没有符合条件的站点：放宽 --within 或少提要求 / no fitting station within "
    "the limit: widen --within, or ask for less",
    UNREACHABLE: "从旁边的路走不到符合条件的站点：把点移到别的路上，或少提要求 / no way leads to a "
    "fitting station: move the point to another street, or ask for less",
}


@dataclass(slots=True)
class Tally:
    """How many rows were read, and how many ended in which way; `unread` are those refused."""

    read: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, int]:
        """As a document."""
        ways = (FOUND, NONE_WITHIN, UNREACHABLE, OUTSIDE, _UNREAD)
        return {"read": self.read, **{way: self.counts.get(way, 0) for way in ways}}


def answer_file(
    view: CityView,
    source: Path,
    target: Path,
    question: Question,
    *,
    mapping: Path | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Write the nearest stations of each place of a file.

    Parameters
    ----------
    source
        CSV, XLSX, JSON, GeoJSON or GeoPackage; columns are guessed as for stations.
    target
        .csv, .xlsx, .geojson or .gpkg: a row for each row of the source, with its number, what it
        held (`given_...`), outcome and reason, its place in WGS-84, and the answers: code, name,
        distance_m, ... of the first station, code_2 and so on of the second.
    question
        What is asked of each; its datum is that of rows and files that say nothing of theirs.

    Returns
    -------
    dict
        read, found, none_within, unreachable, outside, unread, written, warnings.

    Raises
    ------
    InputError
        The file cannot be read, or the target has another ending.
    DataError
        The target cannot be written.
    """
    if target.exists() and target.samefile(source):
        raise InputError(f"{target} is the sheet itself: give another file for the answers")
    rows = read_rows(source, mapping=read_mapping(mapping) if mapping else None)
    tally = Tally(len(rows))
    answers = _Answers(view, rows, question, tally, report)
    write_table(
        target,
        Table(answers.headings, answers, ("from_lon", "from_lat"), title="nearest"),
    )
    return {**tally.to_json(), "written": str(target), "warnings": list(rows.warnings)}


class _Answer(NamedTuple):
    """What became of one row of a chunk; the position is WGS-84."""

    place: int
    outcome: str
    reason: str | None = None
    lon: float | None = None
    lat: float | None = None
    snap_m: float | None = None
    stations: tuple[dict[str, Any], ...] = ()


class _Answers(Sequence[Sequence[Any]]):
    """The rows of the answer, made while they are written."""

    def __init__(
        self,
        view: CityView,
        rows: Rows,
        question: Question,
        tally: Tally,
        report: Report | None,
    ) -> None:
        self._view, self._rows, self._question = view, rows, question
        self._tally, self._report = tally, report
        values = dict.fromkeys(name for row in rows.rows for name in row.values)
        extra = dict.fromkeys(name for row in rows.rows for name in row.extra)
        self._values, self._extra = tuple(values), tuple(extra)
        self.headings = _headings(self._values, self._extra, question.k)

    @override
    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Sequence[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[Any]]: ...
    @override
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return list(self._make(self._rows.rows[index], Tally()))
        return next(self._make((self._rows.rows[index],), Tally()))

    @override
    def __iter__(self) -> Iterator[Sequence[Any]]:
        self._tally.counts.clear()
        total, done = max(len(self), 1), 0
        for done, row in enumerate(self._make(self._rows.rows, self._tally), start=1):
            yield row
            if self._report is not None and done % CHUNK == 0:
                self._report(done / total, f"{done:,} of {total:,}")
        if self._report is not None:
            self._report(1.0, f"{done:,} of {total:,}")

    def _make(self, rows: Sequence[Row], tally: Tally) -> Iterator[Sequence[Any]]:
        """Answers in the order of the rows, asked a chunk at a time."""
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            found = {answer.place: answer for answer in self._ask(chunk)}
            for place, row in enumerate(chunk):
                answer = found[place]
                tally.counts[answer.outcome] = tally.counts.get(answer.outcome, 0) + 1
                yield self._cells(row, answer)

    def _ask(self, chunk: Sequence[Row]) -> Iterator[_Answer]:
        """The answers of a chunk, asked together where they share a datum."""
        groups: dict[str, list[int]] = {}
        for place, row in enumerate(chunk):
            datum, reason = _datum_of(row, self._rows.datum_hint, self._question.datum)
            if reason:
                yield _Answer(place, _UNREAD, reason)
            else:
                groups.setdefault(datum, []).append(place)
        for datum, places in groups.items():
            points = np.array([(chunk[place].lon_deg, chunk[place].lat_deg) for place in places])
            question = replace(self._question, datum=datum)
            near = ask_nearest(self._view, points, question)
            wgs84 = to_wgs84(points, datum).tolist()
            for query, place in enumerate(places):
                rows = nearest_rows(self._view, near, query, question=question)
                lon, lat = wgs84[query]
                snap = whole_mm(near.snap_m[query])
                outcome = near.outcome[query]
                why = self._reason(outcome, lon, lat)
                yield _Answer(place, outcome, why, lon, lat, snap, tuple(rows))

    def _reason(self, outcome: str, lon: float, lat: float) -> str | None:
        """Why a row has no station, and what to do about it; None where it has."""
        if outcome == FOUND:
            return None
        west, south, east, north = self._view.bounds_deg
        if outcome == OUTSIDE and not (west <= lon <= east and south <= lat <= north):
            return _NOT_HERE.format(self._view.name)
        return _REASONS[outcome].format(f"{self._view.config.person_snap_m:.0f}")

    def _cells(self, row: Row, answer: _Answer) -> list[Any]:
        given: list[Any] = [None, None] if row.problem is not None else [row.lon_deg, row.lat_deg]
        given += [row.values.get(name) for name in self._values]
        given += [row.extra.get(name) for name in self._extra]
        cells = [station.get(name) for station in answer.stations for name in _ANSWER]
        cells += [None] * (len(_ANSWER) * (self._question.k - len(answer.stations)))
        told = [answer.outcome, answer.reason, answer.lon, answer.lat, answer.snap_m]
        return [row.number, *given, *told, *cells]


def _headings(values: Sequence[str], extra: Sequence[str], k: int) -> list[str]:
    """Headings of the answer; what was given is marked, and never hides an answer."""
    given = [f"given_{name}" for name in (*values, *extra)]
    taken: set[str] = {"row", "given_lon", "given_lat"}
    distinct = []
    for name in given:
        tries = chain((name,), (f"{name}_{i}" for i in count(2)))
        free = next(one for one in tries if one.casefold() not in taken)
        taken.add(free.casefold())
        distinct.append(free)
    answers = [
        name if rank == 1 else f"{name}_{rank}" for rank in range(1, k + 1) for name in _ANSWER
    ]
    return [
        *("row", "given_lon", "given_lat"), *distinct,
        *("outcome", "reason", "from_lon", "from_lat", "snap_m"), *answers,
    ]  # fmt: skip


def _datum_of(row: Row, hint: str, asked: str) -> tuple[str, str]:
    """Datum of a row, and why it cannot be asked, "" where it can."""
    if row.problem is not None:
        told = row.problem
        return "", f"{told.column} {told.value!r}: {_both(told.reason)}".strip()
    named = row.values.get("datum", "") or hint or asked
    try:
        return parse_datum(named), ""
    except InputError:
        return "", (
            f"不认识的坐标系 {named!r}：应是 {', '.join(DATUMS)} 之一 / "
            f"datum {named!r} is not known: expected one of {', '.join(DATUMS)}"
        )


def _both(text: str) -> str:
    chinese = in_chinese(text)
    return f"{chinese} / {text}" if chinese else text
