"""What OpenStreetMap tags let people do on a street: access per direction, and what it is.

One rule for every source: `geodata.osm` and `geodata.vectors` both hand their tags to
`read_rule`, so a column `oneway` of a Shapefile means what the tag means. The neutral answer,
six access bits, is turned into modes (walk, e-bike, car) a floor higher.

What the rules take for granted:

* The tag that names the traveller wins over the general one (foot over access; bicycle over
  vehicle over access; motorcar over motor_vehicle over vehicle over access), and any of these
  wins over what the highway class usually allows. A general `access=yes` opens nothing that
  the class keeps shut: a public footway is no road.
* A value nobody knows is read as if the tag were absent, and a line of unknown class is an
  ordinary street.
* One-way rules bind vehicles. Walkers ignore `oneway`; only `oneway:foot` or a moving
  stairway (`conveying`) gives them a direction. E-bikes obey `oneway` unless
  `oneway:bicycle` or a contraflow lane (`cycleway=opposite...`) frees them.
* A roadway on a viaduct is an elevated road: no e-bikes, unless a tag that names them lets
  them on. A cycleway or path on a viaduct is for them.

Source: wiki.openstreetmap.org, "Key:access", "Key:oneway" and "OSM tags for routing/Access
restrictions" (read 2025); trunk roads are shut to walkers by the project's own definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

from geodata.lines import (
    BACKWARD,
    BIKE,
    BRIDGE,
    ELEVATED,
    FOOT,
    FORWARD,
    MOTOR,
    STEPS,
    TUNNEL,
)

# Every tag the rules read. Readers fetch these and nothing else.
RULE_KEYS = (
    "highway",
    "area",
    "access",
    "foot",
    "vehicle",
    "bicycle",
    "motor_vehicle",
    "motorcar",
    "motorroad",
    "oneway",
    "oneway:bicycle",
    "oneway:foot",
    "junction",
    "cycleway",
    "cycleway:left",
    "cycleway:right",
    "cycleway:both",
    "conveying",
    "bridge",
    "tunnel",
)


class Rule(NamedTuple):
    """What one line allows.

    Parameters
    ----------
    access
        Access bits of `geodata.lines`; 0 where no mode may use the line.
    flags
        BRIDGE, TUNNEL, STEPS, ELEVATED.
    """

    access: int
    flags: int


NO_RULE = Rule(0, 0)


def _words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Ways that are no streets (yet, or any more), and areas drawn as ways.
_NOT_STREETS = _words(
    "proposed planned construction abandoned disused demolished razed removed dismantled no "
    "rest_area services via_ferrata"
)
_FAST_ROADS = _words("motorway motorway_link trunk trunk_link")
_CLOSED_COURSES = _words("raceway escape emergency_bay bus_guideway busway")
_NO_FOOT = _FAST_ROADS | _CLOSED_COURSES
_FOR_WALKERS = _words(
    "footway pedestrian steps escalator elevator ladder corridor platform bridleway"
)
_NO_BIKE = _NO_FOOT | _FOR_WALKERS
_NO_MOTOR = _CLOSED_COURSES | _FOR_WALKERS | _words("path cycleway crossing sidewalk")
_STAIRS = _words("steps escalator")
_VIADUCT = "viaduct"

_OPEN = _words("yes designated official public permissive destination customers delivery true 1")
_CLOSED = _words(
    "no private permit residents employees staff members students agricultural forestry "
    "military emergency use_sidepath dismount bus psv restricted false 0"
)
_YES = _words("yes true 1 designated")
_BOTH_WAYS = FORWARD | BACKWARD
_DIRECTIONS = (
    dict.fromkeys(("yes", "true", "1", "forward"), FORWARD)
    | dict.fromkeys(("-1", "reverse", "backward"), BACKWARD)
    | dict.fromkeys(("no", "false", "0", "reversible", "alternating"), _BOTH_WAYS)
)
_CONTRAFLOW_KEYS = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
_MOST_COMBINATIONS = 1024


def read_rule(tags: Mapping[str, str]) -> Rule:
    """Access bits and flags of a line with these OpenStreetMap tags.

    Parameters
    ----------
    tags
        Values of `RULE_KEYS`; absent keys are unknown. Without `highway` the line is an
        ordinary street of unknown class, open to all modes unless other tags say otherwise.

    Examples
    --------
    >>> from geodata.lines import BIKE_FORWARD, FOOT, MOTOR_FORWARD
    >>> rule = read_rule({"highway": "residential", "oneway": "yes"})
    >>> rule.access == FOOT | BIKE_FORWARD | MOTOR_FORWARD
    True
    >>> read_rule({"highway": "footway"}).access == FOOT
    True
    >>> read_rule({"highway": "construction"})
    Rule(access=0, flags=0)
    """
    return rule_of_values(tuple(tags.get(key) for key in RULE_KEYS))


@lru_cache(maxsize=8192)
def rule_of_values(values: tuple[str | None, ...]) -> Rule:
    """Do as `read_rule` for values in the order of `RULE_KEYS`; a city has few distinct ones."""
    tags = {
        key: value.strip().lower()
        for key, value in zip(RULE_KEYS, values, strict=True)
        if value is not None
    }
    highway = tags.get("highway", "")
    if highway in _NOT_STREETS or tags.get("area") in _YES:
        return NO_RULE
    motorroad = tags.get("motorroad") in _YES
    foot = _may_pass(tags, ("foot",), not (motorroad or highway in _NO_FOOT))
    elevated = tags.get("bridge") == _VIADUCT and highway not in _NO_MOTOR
    no_bike = motorroad or elevated or highway in _NO_BIKE
    bike = _may_pass(tags, ("bicycle", "vehicle"), not no_bike)
    motor = _may_pass(tags, ("motorcar", "motor_vehicle", "vehicle"), highway not in _NO_MOTOR)
    access = (
        (FOOT & _foot_direction(tags) if foot else 0)
        | (BIKE & _bike_direction(tags, highway) if bike else 0)
        | (MOTOR & _vehicle_direction(tags, highway) if motor else 0)
    )
    return Rule(access, _flags(tags, highway)) if access else NO_RULE


@lru_cache(maxsize=8192)
def strictest_rule(values: tuple[tuple[str, ...], ...]) -> Rule:
    """Rule of a line that merges several ways, so that a tag may hold several values.

    A mode may pass, in a direction, only where every combination of the values lets it;
    flags say what any part of the line is.

    Parameters
    ----------
    values
        For each of `RULE_KEYS` the values it takes; () where the tag is absent.

    Examples
    --------
    >>> parts = [("residential", "steps") if key == "highway" else () for key in RULE_KEYS]
    >>> strictest_rule(tuple(parts)) == read_rule({"highway": "steps"})
    True
    """
    choices: list[tuple[str | None, ...]] = [options or (None,) for options in values]
    if prod(len(options) for options in choices) > _MOST_COMBINATIONS:
        return NO_RULE  # no honest reading of such a line
    access, flags = _BOTH_WAYS, 0
    for combination in product(*choices):
        rule = rule_of_values(combination)
        access &= rule.access
        flags |= rule.flags
    return Rule(access, flags) if access else NO_RULE


def _may_pass(tags: Mapping[str, str], keys: tuple[str, ...], usually: bool) -> bool:
    """Whether a traveller may pass: the first of its own keys that says so, then `access`."""
    for key in keys:
        said = _said(tags.get(key))
        if said is not None:
            return said
    return usually and _said(tags.get("access")) is not False


def _said(value: str | None) -> bool | None:
    """Open, closed, or nothing that can be understood; one open value of several opens."""
    if value is None:
        return None
    parts = {part.strip() for part in value.split(";")}
    if parts & _OPEN:
        return True
    return False if parts & _CLOSED else None


def _vehicle_direction(tags: Mapping[str, str], highway: str) -> int:
    """Directions of traffic; roundabouts and motorways are one-way unless they say no."""
    said = _DIRECTIONS.get(tags.get("oneway", ""))
    if said is not None:
        return said
    implied = tags.get("junction") in ("roundabout", "circular") or highway == "motorway"
    return FORWARD if implied else _BOTH_WAYS


def _bike_direction(tags: Mapping[str, str], highway: str) -> int:
    """Directions of bicycles, contraflow only where it is signed."""
    said = _DIRECTIONS.get(tags.get("oneway:bicycle", ""))
    if said is not None:
        return said
    if any(tags.get(key, "").startswith("opposite") for key in _CONTRAFLOW_KEYS):
        return _BOTH_WAYS
    return _vehicle_direction(tags, highway)


def _foot_direction(tags: Mapping[str, str]) -> int:
    """Directions of walkers: both, but for `oneway:foot` and moving stairways."""
    said = _DIRECTIONS.get(tags.get("oneway:foot", ""))
    if said is not None:
        return said
    conveying = tags.get("conveying", "no")
    if conveying in ("forward", "backward"):
        return _DIRECTIONS[conveying]
    if conveying == "yes":  # moves, and only `oneway` can tell which way
        return _DIRECTIONS.get(tags.get("oneway", ""), _BOTH_WAYS)
    return _BOTH_WAYS


def _flags(tags: Mapping[str, str], highway: str) -> int:
    """Tell what the line is; "no" is the only value that denies a bridge or tunnel."""
    bridge = tags.get("bridge", "no")
    flags = 0
    if bridge != "no":
        flags |= BRIDGE
    if bridge == _VIADUCT:
        flags |= ELEVATED
    if tags.get("tunnel", "no") not in ("no", "culvert"):  # a culvert runs under the street
        flags |= TUNNEL
    if highway in _STAIRS:
        flags |= STEPS
    return flags
