"""What `nearest` prints: stations as tables under headings that are true, Chinese first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locator.terminal import metres, table

if TYPE_CHECKING:
    from locator.gazetteer import Match
    from locator.starts import Start

WHY = {
    "ambiguous": "可能指好几个地方，请写明区县，或给经度纬度 / several places may be meant: say "
    "which, by its district or as LON LAT",
    "unknown_place": "没有这个地方，请换个写法，或给经度纬度 / no place of that name: try another "
    "spelling, or give LON LAT",
    "outside": "有一点不在城市街道旁边 / a point lies beside the city's streets",
    "none_open": "路上没有确认到时开门的站点 / no station on the way is known to be open then",
    "unreachable": "这一路走不到任何站点 / no station lies on a way there",
}
_STATES = {True: "开门 open", False: "关门 closed", None: "不详 ?"}
_HEADINGS = ["", "站点 station", "路程 way", "时间 time", "直线 straight", "到时 then", "编号 code"]
_ROWS = {
    "found": ("有站", "found"),
    "none_within": ("限距内没有", "none within"),
    "unreachable": ("走不到", "unreachable"),
    "outside": ("不在本市路旁", "outside"),
    "unread": ("看不懂", "unread"),
}
_SHORT_S = 15 * 60  # a stay shorter than this is hardly a rest
_KINDS = {
    "station": "站点 station", "street": "街道 street", "crossing": "路口 crossing",
    "district": "区县 district", "poi": "地点 place",
}  # fmt: skip
_OTHERS = 5
_EXACT = ("code", "name")


def start_lines(origin: Start) -> list[str]:
    """Which place a typed text was taken for, and which others it might have meant."""
    if not origin.matches:
        return []
    first, *others = origin.matches
    if first.how in _EXACT:  # what was typed in full is not explained by what it resembles
        others = [match for match in others if match.how in _EXACT]
    lines = [f"从这里出发 from: {_place_words(first)}"]
    if others:
        shown = "；".join(_place_words(match) for match in others[:_OTHERS])
        lines.append(f"也可能是 it may also mean ({len(others)}): {shown}")
    return lines


def _place_words(match: Match) -> str:
    place = match.place
    kind = _KINDS.get(place.kind, place.kind)
    district = f"，{place.district}" if place.district else ""
    return f"{place.name}（{kind}{district}）{place.lon_deg:.6f} {place.lat_deg:.6f}"


def place_lines(text: str, outcome: str, places: list[dict[str, Any]]) -> list[str]:
    """Why a text is no start, and the places that it may mean."""
    rows = [
        [place["name"], _KINDS.get(place["kind"], place["kind"]), place["district"],
         f"{place['lon']:.6f} {place['lat']:.6f}"]
        for place in places
    ]  # fmt: skip
    lines = [f"{text}: {WHY[outcome]}"]
    return lines + (
        table(rows, ["地方 place", "种类 kind", "区县 district", "LON LAT"]) if rows else []
    )


def answer_lines(document: dict[str, Any], *, timed: bool) -> list[str]:
    """The stations of one answer, each group under what is true of it.

    Parameters
    ----------
    timed
        Hours were asked for: then stations are told by what is found on arrival.
    """
    results, below = document["results"], document["below"]
    groups = {state: [row for row in results if row["open"] is state] for state in _STATES}
    lines: list[str] = []
    if timed:
        for state, heading in (
            (True, "到时开门 open when you arrive:"),
            (None, "到时开不开门不详 not known to be open when you arrive:"),
            (False, "到时关门 closed when you arrive:"),
        ):
            if groups[state]:
                lines += [heading, *station_table(groups[state])]
        maybe = [row for row in below if row["open"] is None]
        lines += _far_lines(groups[True], [*groups[None], *maybe])
    elif results:
        lines += station_table(results)
    if below:
        lines += ["更近，但到时关门或不详 nearer, but closed or not known to be open long enough:"]
        lines += station_table(below)
    return lines


def detour_lines(document: dict[str, Any], *, timed: bool) -> list[str]:
    """The stations on the way somewhere, and those that are shut when one comes by."""
    results, below = document["results"], document["below"]
    lines = _detour_table(results, timed=timed) if results else []
    if not results:
        lines = [WHY["none_open" if below else document["outcome"]]]
    if below:
        lines += ["绕得更少，但到时关门或不详 less of a detour, but closed or not known to be open "
                  "long enough:", *_detour_table(below, timed=timed)]  # fmt: skip
    return lines


def _detour_table(rows: list[dict[str, Any]], *, timed: bool) -> list[str]:
    headings = ["", "站点 station", "绕路 detour", "路程 way", "到时 then", "编号 code"]
    cells = [
        [str(i), row["name"], metres(row["detour_m"]), metres(row["there_m"]), _door(row),
         row["code"]]
        for i, row in enumerate(rows, start=1)
    ]  # fmt: skip
    if not timed:
        cells, headings = [row[:4] + row[5:] for row in cells], headings[:4] + headings[5:]
    return table(cells, headings)


def station_table(results: list[dict[str, Any]]) -> list[str]:
    """Stations as a table."""
    rows = [
        [
            str(i), row["name"], metres(row["distance_m"]), f"{row['time_s'] / 60:.0f} min",
            metres(row["straight_m"]), _door(row), row["code"],
        ]
        for i, row in enumerate(results, start=1)
    ]  # fmt: skip
    return table(rows, _HEADINGS)


def _far_lines(known: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    """Say so where the nearest open station is much farther than one that may be open."""
    if not known or not others:
        return []
    first, near = known[0], min(others, key=lambda row: row["time_s"])
    if first["time_s"] <= 2 * near["time_s"] + _SHORT_S:
        return []
    far, close = metres(first["distance_m"]), metres(near["distance_m"])
    return [
        f"确定开门的最近一家要走{far}（{first['time_s'] / 60:.0f}分钟）；近处{close}有"
        f"{near['name']}，{_door(near)}，可先打听 / the nearest known to be open is {far} "
        f"away; {near['name']} is {close} away: ask there first"
    ]


def _door(row: dict[str, Any]) -> str:
    """What is found at the door on arrival."""
    if row["open"] and row["closes_in_s"] is not None:
        left = f"开门 open, {row['closes_in_s'] / 60:.0f} min left"
        return f"{left}（快关门 closing soon）" if row["closes_in_s"] < _SHORT_S else left
    if row["open"] is False and row["opens_at"]:
        return f"关门 closed, opens {row['opens_at'].replace('T', ' ')}"
    return _STATES[row["open"]]


def batch_lines(made: dict[str, Any]) -> list[str]:
    """What became of the rows of a sheet, and where each tells why it has no station."""
    told = [
        f"{_ROWS[way][0]}{made[way]:,}行 {_ROWS[way][1]} {made[way]:,}"
        for way in _ROWS
        if made[way] or way == "found"
    ]
    lines = [f"读到{made['read']:,}行 read {made['read']:,}: {'，'.join(told)}"]
    if made["found"] < made["read"]:
        lines.append(
            "没有答案的行，原因和办法写在 reason 一栏 rows without an answer say why, and what to "
            "do, in the column reason"
        )
    return [*lines, f"已写入 written to {made['written']}"]


def left_out_lines(counts: dict[str, int]) -> list[str]:
    """How many stations were not looked at, and why."""
    words = {
        "unknown": "{}个站点没登记有没有，未列入 / {} left out: not known whether they offer that",
        "no": "{}个站点不具备，未列入 / {} left out: they do not offer that",
        "staff_only": "{}个站点只对本单位职工开放，未列入 / {} for a firm's own staff left out",
    }
    return [words[key].format(count, count) for key, count in counts.items() if count]
