"""What tags let people do."""

from __future__ import annotations

import pytest

from geodata.access import RULE_KEYS, read_rule, strictest_rule
from geodata.lines import (
    BACKWARD,
    BIKE,
    BIKE_BACKWARD,
    BIKE_FORWARD,
    BRIDGE,
    ELEVATED,
    FOOT,
    FOOT_BACKWARD,
    FOOT_FORWARD,
    FORWARD,
    MOTOR,
    MOTOR_BACKWARD,
    MOTOR_FORWARD,
    STEPS,
    TUNNEL,
)

ALL = FOOT | BIKE | MOTOR


def tags(text: str) -> dict[str, str]:
    """Tags of "key=value key=value"; the first is the highway class where it has no key."""
    pairs = [part if "=" in part else f"highway={part}" for part in text.split()]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize(
    ("text", "access"),
    [
        # classes
        ("", ALL),
        ("residential", ALL),
        ("something_new", ALL),
        ("service", ALL),
        ("track", ALL),
        ("living_street", ALL),
        ("path", FOOT | BIKE),
        ("cycleway", FOOT | BIKE),
        ("footway", FOOT),
        ("pedestrian", FOOT),
        ("steps", FOOT),
        ("corridor", FOOT),
        ("platform", FOOT),
        ("motorway", MOTOR_FORWARD),
        ("motorway_link", MOTOR),
        ("trunk", MOTOR),
        ("trunk_link", MOTOR),
        ("raceway", 0),
        ("proposed", 0),
        ("construction", 0),
        ("abandoned", 0),
        ("razed", 0),
        ("pedestrian area=yes", 0),
        # the tag that names the traveller wins
        ("trunk foot=yes", FOOT | MOTOR),
        ("trunk bicycle=yes", BIKE | MOTOR),
        ("trunk access=yes", MOTOR),
        ("primary motorroad=yes", MOTOR),
        ("primary motorroad=yes foot=designated", FOOT | MOTOR),
        ("footway bicycle=yes", FOOT | BIKE),
        ("footway access=yes", FOOT),
        ("pedestrian motor_vehicle=delivery", FOOT | MOTOR),
        ("residential foot=no", BIKE | MOTOR),
        ("residential vehicle=no", FOOT),
        ("residential vehicle=no bicycle=yes", FOOT | BIKE),
        ("residential motor_vehicle=no motorcar=yes", ALL),
        ("residential bicycle=dismount", FOOT | MOTOR),
        ("residential bicycle=use_sidepath", FOOT | MOTOR),
        # e-bikes stay off elevated roads
        ("primary bridge=viaduct", FOOT | MOTOR),
        ("primary bridge=viaduct bicycle=yes", ALL),
        ("primary bridge=yes", ALL),
        ("cycleway bridge=viaduct", FOOT | BIKE),
        # access
        ("service access=private", 0),
        ("service access=no", 0),
        ("service access=private foot=yes", FOOT),
        ("service access=no foot=permissive bicycle=yes", FOOT | BIKE),
        ("service access=destination", ALL),
        ("service access=customers", ALL),
        ("service access=delivery", ALL),
        ("service access=permissive", ALL),
        ("service access=nonsense", ALL),
        ("service access=agricultural;forestry", 0),
        ("residential foot=nonsense access=no", 0),
        ("residential bicycle=no;yes", ALL),
    ],
)
def test_access_from_class_and_permission_is_who_may_pass(text: str, access: int) -> None:
    assert read_rule(tags(text)).access == access


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("primary oneway=yes", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary oneway=true", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary oneway=1", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary oneway=True", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary oneway=-1", FOOT | BIKE_BACKWARD | MOTOR_BACKWARD),
        ("primary oneway=reverse", FOOT | BIKE_BACKWARD | MOTOR_BACKWARD),
        ("primary oneway=no", ALL),
        ("primary oneway=False", ALL),
        ("primary oneway=reversible", ALL),
        ("primary oneway=maybe", ALL),
        ("primary junction=roundabout", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary junction=roundabout oneway=no", ALL),
        ("motorway oneway=no", MOTOR),
        # contraflow only where it is signed
        ("primary oneway=yes oneway:bicycle=no", FOOT | BIKE | MOTOR_FORWARD),
        ("primary oneway=yes cycleway=opposite", FOOT | BIKE | MOTOR_FORWARD),
        ("primary oneway=yes cycleway:left=opposite_lane", FOOT | BIKE | MOTOR_FORWARD),
        ("primary oneway=yes cycleway:left=lane", FOOT | BIKE_FORWARD | MOTOR_FORWARD),
        ("primary oneway:bicycle=yes", FOOT | BIKE_FORWARD | MOTOR),
        ("primary oneway=yes oneway:bicycle=-1", FOOT | BIKE_BACKWARD | MOTOR_FORWARD),
        # walkers
        ("footway oneway=yes", FOOT),
        ("footway oneway:foot=yes", FOOT_FORWARD),
        ("footway oneway:foot=-1", FOOT_BACKWARD),
        ("steps conveying=forward", FOOT_FORWARD),
        ("steps conveying=backward", FOOT_BACKWARD),
        ("steps conveying=reversible", FOOT),
        ("steps conveying=yes", FOOT),
        ("steps conveying=yes oneway=-1", FOOT_BACKWARD),
        ("steps conveying=no oneway=yes", FOOT),
    ],
)
def test_access_of_one_ways_binds_vehicles_and_not_walkers(text: str, access: int) -> None:
    assert read_rule(tags(text)).access == access


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("residential", 0),
        ("residential bridge=yes", BRIDGE),
        ("residential bridge=no tunnel=no", 0),
        ("trunk bridge=viaduct", BRIDGE | ELEVATED),
        ("residential tunnel=yes", TUNNEL),
        ("residential tunnel=building_passage", TUNNEL),
        ("residential tunnel=culvert", 0),
        ("steps bridge=boardwalk", STEPS | BRIDGE),
        ("proposed bridge=yes", 0),
    ],
)
def test_flags_tell_what_the_line_is(text: str, flags: int) -> None:
    assert read_rule(tags(text)).flags == flags


def test_access_read_backwards_is_access_with_oneway_turned() -> None:
    forward = read_rule(tags("primary oneway=yes")).access
    backward = read_rule(tags("primary oneway=-1")).access
    assert (forward & FORWARD & ~FOOT) << 1 == backward & BACKWARD & ~FOOT


def values(**tags_of_line: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tags_of_line.get(key, ()) for key in RULE_KEYS)


def test_strictest_rule_single_values_is_the_plain_rule() -> None:
    for text in ("primary oneway=yes", "steps bridge=yes", "service access=private", ""):
        single = {key: (value,) for key, value in tags(text).items()}
        assert strictest_rule(values(**single)) == read_rule(tags(text))


def test_strictest_rule_two_classes_lets_pass_only_who_may_on_both() -> None:
    assert strictest_rule(values(highway=("residential", "steps"))) == (FOOT, STEPS)
    assert strictest_rule(values(highway=("motorway_link", "footway"))) == (0, 0)
    both_ways = strictest_rule(values(highway=("primary",), oneway=("no", "yes")))
    assert both_ways.access == FOOT | BIKE_FORWARD | MOTOR_FORWARD


def test_strictest_rule_endless_combinations_is_closed() -> None:
    many = tuple(f"class_{number}" for number in range(40))
    assert strictest_rule(values(highway=many, access=many)) == (0, 0)
