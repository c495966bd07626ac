"""The shape of the house: who may import whom, how long things are, and what stays out of it.

Read from the source with `ast`, so an import inside a function counts like one at the top.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("geodata", "locator", "webapp")

# From the ground up: a module imports only what stands above it in this list, so there can be no
# cycle. A package (its __init__) stands after the modules that it gathers.
ORDER = [
    "geodata",
    "geodata.cells",
    "geodata.degrees",
    "geodata.errors",
    "geodata.calendar",
    "geodata.datum",
    "geodata.projection",
    "geodata.areas",
    "geodata.formats",
    "geodata.guarding",
    "geodata.lines",
    "geodata.access",
    "geodata.extract",
    "geodata.joining",
    "geodata.line_table",
    "geodata.graphml",
    "geodata.opl",
    "geodata.osm",
    "geodata.sample_city.bend",
    "geodata.sphere",
    "geodata.tile_layers",
    "geodata.tiles",
    "geodata.vectors",
    "geodata.vocabulary",
    "geodata.checklists",
    "geodata.columns",
    "geodata.districts",
    "geodata.equipment",
    "geodata.fields",
    "geodata.platforms",
    "geodata.positions",
    "geodata.headings",
    "geodata.delimited",
    "geodata.documents",
    "geodata.layers",
    "geodata.sample_city.plan",
    "geodata.sample_city.ground",
    "geodata.sample_city.areas",
    "geodata.sample_city.fabric",
    "geodata.sample_city.names",
    "geodata.sample_city.styles",
    "geodata.sample_city.ways",
    "geodata.sample_city.special",
    "geodata.sample_city.water",
    "geodata.sample_city.streets",
    "geodata.sample_city.stations",
    "geodata.workbook",
    "geodata.sheets",
    "geodata.tables",
    "geodata.pois",
    "geodata.sample_city",
    "geodata.workbook_writing",
    "geodata.writing",
    "locator.certainty",
    "locator.errors",
    "locator.arrays",
    "locator.mapped",
    "locator.crews",
    "locator.curve",
    "locator.pinyin",
    "locator.gazetteer",
    "locator.hours.rules",
    "locator.hours.clauses",
    "locator.hours.compiled",
    "locator.hours.times",
    "locator.hours.lexing",
    "locator.hours.osm",
    "locator.hours.statements",
    "locator.hours.reading",
    "locator.hours.timetable",
    "locator.arrival",
    "locator.hours.writing",
    "locator.hours.telling",
    "locator.hours",
    "locator.kernels.library",
    "locator.kernels.compiler",
    "locator.kernels",
    "locator.kernels.__main__",
    "locator.kernels.cover_dominance",
    "locator.kernels.cover_prices",
    "locator.kernels.cover_tree",
    "locator.kernels.geometry",
    "locator.kernels.heap",
    "locator.kernels.intervals",
    "locator.kernels.gaps",
    "locator.kernels.lengths",
    "locator.kernels.losses",
    "locator.kernels.reach",
    "locator.kernels.search",
    "locator.kernels.siting_search",
    "locator.kernels.cover_search",
    "locator.kernels.limited_state",
    "locator.kernels.limited_search",
    "locator.kernels.siting_bound",
    "locator.kernels.siting_reach",
    "locator.kernels.limited_prices",
    "locator.kernels.stands",
    "locator.kernels.sweeps",
    "locator.kernels.trips",
    "locator.kernels.whatif",
    "locator.limits",
    "locator.modes",
    "locator.moments",
    "locator.overlay",
    "locator.keeping",
    "locator.registry.ages",
    "locator.registry.codes",
    "locator.registry.entries",
    "locator.registry.documents",
    "locator.registry.checklists",
    "locator.registry.completeness",
    "locator.registry.lifecycle",
    "locator.registry.likeness",
    "locator.registry.alike",
    "locator.registry.matching",
    "locator.registry.migrations",
    "locator.registry.migrations.versions",
    "locator.registry.migrations.versions.v0001_first",
    "locator.registry.migrations.versions.v0002_schedules",
    "locator.registry.models",
    "locator.registry.database",
    "locator.registry.migrations.env",
    "locator.registry.pois",
    "locator.registry.pairing",
    "locator.registry.reconcile",
    "locator.registry.remarks",
    "locator.registry.schedules",
    "locator.registry.records",
    "locator.registry.history",
    "locator.registry.undo",
    "locator.registry.batches",
    "locator.registry.disclosures",
    "locator.registry.sealing",
    "locator.registry.exchange",
    "locator.registry.personal",
    "locator.registry.private_fields",
    "locator.registry.row_places",
    "locator.registry.reading",
    "locator.registry.template_rows",
    "locator.registry.template_columns",
    "locator.registry.template",
    "locator.registry.uploads",
    "locator.registry.verification",
    "locator.registry.wording",
    "locator.registry.imports",
    "locator.segments",
    "locator.siting.matrices",
    "locator.siting.measures",
    "locator.siting.conditions",
    "locator.siting.certificate",
    "locator.siting.merging",
    "locator.siting.problem",
    "locator.siting.dominance",
    "locator.siting.cover_cases",
    "locator.siting.cover_prices",
    "locator.siting.gains",
    "locator.siting.bounds",
    "locator.siting.row_weighting",
    "locator.siting.search",
    "locator.siting.branch",
    "locator.siting.limited_choice",
    "locator.siting.limited_cases",
    "locator.siting.solution",
    "locator.siting.duel",
    "locator.siting.conclusion",
    "locator.siting.cover_duel",
    "locator.siting.limited_plan",
    "locator.siting.median",
    "locator.siting.center",
    "locator.siting.set_cover",
    "locator.siting.solving",
    "locator.siting",
    "locator.siting.alternatives",
    "locator.siting.ordering",
    "locator.siting.packing",
    "locator.siting.decay",
    "locator.spans",
    "locator.stations",
    "locator.needs",
    "locator.registry.watch",
    "locator.registry.snapshots",
    "locator.registry.store",
    "locator.registry",
    "locator.registry.inspections",
    "locator.registry.tasks",
    "locator.registry.disputes",
    "locator.registry.visits",
    "locator.registry.witnesses",
    "locator.registry.reports",
    "locator.registry.promises",
    "locator.situations",
    "locator.streets",
    "locator.street_building",
    "locator.pieces",
    "locator.snapping",
    "locator.network",
    "locator.siting.candidates",
    "locator.siting.spots",
    "locator.counted",
    "locator.area_table",
    "locator.areas_on_streets",
    "locator.phone",
    "locator.placement",
    "locator.phone_stations",
    "locator.phone_water",
    "locator.circle",
    "locator.parking",
    "locator.street_match",
    "locator.street_names",
    "locator.sweep",
    "locator.alone",
    "locator.gaps",
    "locator.coverage",
    "locator.islands",
    "locator.health",
    "locator.reach",
    "locator.reach_area",
    "locator.rest",
    "locator.spread",
    "locator.siting.stretches",
    "locator.siting.distance_rows",
    "locator.fairness",
    "locator.timing",
    "locator.footing",
    "locator.ways",
    "locator.nearest",
    "locator.directions",
    "locator.whereabouts",
    "locator.advice",
    "locator.open_nearest",
    "locator.detour",
    "locator.whatif",
    "locator.word_options",
    "locator.question_options",
    "locator.workspace",
    "locator.siting.plan_document",
    "locator.area_layers",
    "locator.barriers",
    "locator.barrier_files",
    "locator.cuts",
    "locator.barred",
    "locator.demand",
    "locator.demand_on_streets",
    "locator.demand_tables",
    "locator.street_store",
    "locator.version_like",
    "locator.siting.reaching",
    "locator.siting.candidate_worth",
    "locator.siting.street_gain",
    "locator.siting.candidate_edges",
    "locator.siting.candidate_sets",
    "locator.siting.cover_rows",
    "locator.counting",
    "locator.placing",
    "locator.planned",
    "locator.siting.candidate_places",
    "locator.version",
    "locator.siting.candidate_rooms",
    "locator.basemap",
    "locator.border",
    "locator.city_places",
    "locator.phone_places",
    "locator.ground",
    "locator.map_files",
    "locator.nearest_question",
    "locator.openings",
    "locator.gates",
    "locator.siting.question",
    "locator.siting.today",
    "locator.siting.city_problem",
    "locator.siting.build_order",
    "locator.siting.distance_problem",
    "locator.siting.posing",
    "locator.siting.unreached",
    "locator.siting.verification",
    "locator.siting.plan",
    "locator.siting.planning",
    "locator.siting.plan_studies",
    "locator.siting.actions",
    "locator.siting.hour_classes",
    "locator.siting.action_question",
    "locator.siting.exclusion",
    "locator.siting.action_problem",
    "locator.siting.action_plan",
    "locator.siting.action_check",
    "locator.losses",
    "locator.place_checks",
    "locator.sights",
    "locator.datum_check",
    "locator.week",
    "locator.week_measuring",
    "locator.view",
    "locator.area_answers",
    "locator.circle_answers",
    "locator.nearest_answers",
    "locator.batch_nearest",
    "locator.detour_answers",
    "locator.open_coverage",
    "locator.scenarios",
    "locator.siting.explanation",
    "locator.screening",
    "locator.siting.candidate_partners",
    "locator.extent",
    "locator.street_import",
    "locator.city",
    "locator.closures",
    "locator.checks",
    "locator.doctor_texts",
    "locator.publication",
    "locator.doctor",
    "locator.dossier",
    "locator.intake",
    "locator.sample",
    "locator.sensitivity",
    "locator.situation_coverage",
    "locator.slider",
    "locator.staff_rooms",
    "locator.registered",
    "locator.answers",
    "locator.scenario_report",
    "locator.starts",
    "locator.task_kinds",
    "locator.tasks",
    "locator.batch_table",
    "locator.batch",
    "locator.terminal",
    "locator.barrier_commands",
    "locator.layer_commands",
    "locator.nearest_texts",
    "locator.nearest_commands",
    "locator.station_texts",
    "locator.care_texts",
    "locator.planner_texts",
    "locator.coverage_commands",
    "locator.loss_texts",
    "locator.reach_commands",
    "locator.scenario_texts",
    "locator.scenario_commands",
    "locator.history_commands",
    "locator.station_commands",
    "locator.care_commands",
    "locator.week_texts",
    "locator.week_commands",
    "locator.plan_texts",
    "locator.explanation_texts",
    "locator.action_texts",
    "locator.candidate_options",
    "locator.action_options",
    "locator.plan_commands",
    "locator.explanation_commands",
    "locator.cli",
    "locator",
    "webapp.handover",
    "webapp.headers",
    "webapp.hosts",
    "webapp.map_parts",
    "webapp.maps",
    "webapp.logs",
    "webapp.marks",
    "webapp.packing",
    "webapp.problems",
    "webapp.param_types",
    "webapp.params",
    "webapp.bodies",
    "webapp.answer_types",
    "webapp.answer_types_coverage",
    "webapp.answer_types_nearest",
    "webapp.openapi_words",
    "webapp.listing",
    "webapp.languages",
    "webapp.places",
    "webapp.street_tiles",
    "webapp.openapi",
    "webapp.vendor",
    "webapp.assets",
    "webapp.wechat_tickets",
    "webapp.settings",
    "webapp.workers",
    "webapp.memory",
    "webapp.tile_sources",
    "webapp.state",
    "webapp.errors",
    "webapp.throttle",
    "webapp.basemap",
    "webapp.cards",
    "webapp.page_context",
    "webapp.wording",
    "webapp.finding",
    "webapp.api",
    "webapp.pages",
    "webapp.phone_files",
    "webapp.origins",
    "webapp.station_facts",
    "webapp.embed",
    "webapp.station_pages",
    "webapp.wechat",
    "webapp.warming",
    "webapp",
    "webapp.cli",
]

# Packages that one place alone may import; a name ending in a dot means all modules below it.
HOMES: Mapping[str, tuple[str, ...]] = {
    "flask": ("webapp", "webapp."),
    "werkzeug": ("webapp", "webapp."),
    "waitress": ("webapp.cli",),
    "flask_babel": ("webapp.languages",),
    "babel": ("webapp.languages",),
    "segno": ("webapp.station_pages",),
    "folium": ("webapp.maps",),
    "branca": ("webapp.maps",),
    "pyproj": ("geodata.projection",),
    "osmium": ("geodata.osm",),
    "mapbox_vector_tile": ("geodata.tiles",),
    "pmtiles": ("geodata.tiles",),
    "numba": ("locator.kernels.",),
    "sqlalchemy": ("locator.registry.",),
    "alembic": ("locator.registry.",),
    "cryptography": ("locator.registry.sealing",),
    "openpyxl": ("locator.registry.template",),
    "pypinyin": ("locator.pinyin",),
    "rapidfuzz": ("locator.gazetteer",),
    "distributed": ("locator.crews",),
}
FUNCTION_LINES = 50  # without the docstring
MODULE_LINES = 500


def module_files() -> dict[str, Path]:
    """Return the file of each module of the three floors."""
    files = {}
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return files


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Every module, parsed."""
    files = module_files()
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in files.items()}


def imports(name: str, tree: ast.AST, known: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield what a module imports and where; `from a import b` is a.b where that is a module."""
    package = name.split(".") if _is_package(name, known) else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = f"{base}.{alias.name}"
                yield (inside if inside in known else base), node.lineno


def _is_package(name: str, known: Sequence[str]) -> bool:
    return any(other.startswith(f"{name}.") for other in known)


def upward(trees: Mapping[str, ast.AST], order: Sequence[str]) -> list[str]:
    """Return each import of a module that does not stand before its importer."""
    rank = {name: place for place, name in enumerate(order)}
    return [
        f"{name}:{line} imports {target}"
        for name, tree in trees.items()
        for target, line in imports(name, tree, order)
        if target.split(".")[0] in FLOORS
        and target != name
        and rank.get(target, len(rank)) >= rank.get(name, -1)
    ]


def strangers(trees: Mapping[str, ast.AST], homes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return each import of a package outside its home."""
    return [
        f"{name}:{line} imports {target}"
        for name, tree in trees.items()
        for target, line in imports(name, tree, list(trees))
        for package in [target.split(".")[0]]
        if package in homes
        and not any(
            name == home or (home.endswith(".") and name.startswith(home))
            for home in homes[package]
        )
    ]


def long_functions(tree: ast.AST, limit: int) -> list[tuple[str, int]]:
    """Return the functions with more than `limit` lines of body, docstring left out."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            size = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if size > limit:
                found.append((node.name, size))
    return found


def test_modules_on_disk_are_the_ordered_list() -> None:
    on_disk = set(module_files())
    assert len(ORDER) == len(set(ORDER))
    assert sorted(on_disk - set(ORDER)) == [], "put these modules in ORDER"
    assert sorted(set(ORDER) - on_disk) == [], "these modules of ORDER are gone"


def test_imports_point_down_only(trees: dict[str, ast.Module]) -> None:
    assert upward(trees, ORDER) == []


def test_upward_import_planted_is_found() -> None:
    order = ["geodata.errors", "geodata.osm", "locator.city", "locator"]
    trees = {
        "geodata.errors": ast.parse("def f():\n    from geodata import osm"),
        "geodata.osm": ast.parse("from .errors import X\nimport locator.city"),
        "locator.city": ast.parse("import webapp\nfrom geodata.osm import read"),
        "locator": ast.parse("from .city import City\nfrom locator.nowhere import X"),
    }
    assert upward(trees, order) == [
        "geodata.errors:2 imports geodata.osm",
        "geodata.osm:2 imports locator.city",
        "locator.city:1 imports webapp",
        "locator:2 imports locator.nowhere",
    ]


def test_packages_stay_in_their_homes(trees: dict[str, ast.Module]) -> None:
    assert strangers(trees, HOMES) == []


def test_package_away_from_home_planted_is_found() -> None:
    planted = {
        "webapp.pages": ast.parse("import flask, folium.plugins"),
        "locator.city": ast.parse("def f():\n    from flask import Flask"),
    }
    assert strangers(planted, HOMES) == [
        "webapp.pages:1 imports folium.plugins",
        "locator.city:2 imports flask",
    ]


def test_imported_packages_are_the_declared_dependencies(trees: dict[str, ast.Module]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=~! ]", text)[0] for text in project["dependencies"]}
    imported = {
        target.split(".")[0]
        for name, tree in trees.items()
        for target, _ in imports(name, tree, [])
    }
    outside = imported - set(sys.stdlib_module_names) - set(FLOORS)
    assert {name.replace("_", "-") for name in outside} == declared


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-bench.lock"])
def test_lock_pins_each_declared_dependency(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["build"], *extras["test"]]
    wanted += extras["bench"] if "bench" in lock else []
    pinned = set(
        re.findall(r"^([\w-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {re.split(r"[<>=~! ]", text)[0] for text in wanted} - pinned == set(), "run make lock"


def test_webapp_cli_imports_only_click_at_its_top(trees: dict[str, ast.Module]) -> None:
    # `locator --help` loads every command, and must not load Flask.
    top = ast.Module(
        [n for n in trees["webapp.cli"].body if not isinstance(n, ast.FunctionDef | ast.If)], []
    )
    roots = {target.split(".")[0] for target, _ in imports("webapp.cli", top, ORDER)}
    assert roots - set(sys.stdlib_module_names) == {"click"}


def test_functions_are_short(trees: dict[str, ast.Module]) -> None:
    assert {
        name: found
        for name, tree in trees.items()
        if ".migrations.versions." not in name  # tables written out, never to change again
        and (found := long_functions(tree, FUNCTION_LINES))
    } == {}


def test_long_function_planted_is_found() -> None:
    text = "class C:\n  def f(self):\n    '''Two\n    lines.'''\n    a = 1\n\n    b = 2"
    assert long_functions(ast.parse(text), 2) == [("f", 3)]
    assert long_functions(ast.parse(text), 3) == []


def test_modules_are_short() -> None:
    lines = {
        name: path.read_text(encoding="utf-8").count("\n") for name, path in module_files().items()
    }
    assert {name: n for name, n in lines.items() if n > MODULE_LINES} == {}


@pytest.fixture(scope="module")
def texts(project_files: list[Path]) -> dict[str, str]:
    """The text of each file of the project, by its path."""
    if not project_files:
        pytest.skip("not a git checkout: there is no list of the project's files")
    found = {}
    for path in project_files:
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or a file just deleted
    return found


# Written so that this file does not match itself.
FORBIDDEN = {
    "an address of a package index": re.compile(
        r'"resolved": *"https?:|--(?:extra-)?index-url[ =]|--find-links[ =]'
        r"|pypi\.(?:org)|python(?:hosted)\.org|registry\.(?:npm)"
    ),
    # Below the homes of people and programs, and wherever this checkout and what is beside it lie.
    "a path of one machine": re.compile(
        r"(?<![\w.>~$)}*\]-])(?:/(?:home|Users|root|opt)"
        + "".join(f"|{re.escape(str(place))}" for place in (ROOT, ROOT.parent) if place.name)
        + r")/\w"
    ),
}
FOREIGN = re.compile(
    r"jsdelivr\.(?:net)|unpkg\.(?:com)|cdnjs\.(?:cloudflare)|code\.(?:jquery)"
    r"|fonts\.(?:googleapis|gstatic)|bootstrapcdn\.(?:com)|tile\.(?:openstreetmap)"
    r"|(?:src|srcset|action|data)\s*=\s*[\"']?(?:https?:)?//"
    r"|<link[^>]+href\s*=\s*[\"']?(?:https?:)?//"
    r"|(?:url|fetch|import|importScripts)\(\s*[\"'`]?(?:https?:)?//",
    re.IGNORECASE,
)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_files_hold_nothing_of_one_machine(what: str, texts: dict[str, str]) -> None:
    assert [
        f"{name}: {match.group()!r} is {what}"
        for name, text in texts.items()
        for match in FORBIDDEN[what].finditer(text)
    ] == []


def test_product_names_no_foreign_host(texts: dict[str, str]) -> None:
    assert [
        f"{name}: {match.group()!r}"
        for name, text in texts.items()
        if name.split("/")[0] in FLOORS
        for match in FOREIGN.finditer(text)
    ] == []


@pytest.mark.parametrize(
    ("what", "planted"),
    [
        ("an address of a package index", 'index = "https://py' + 'pi.org/simple"'),
        ("an address of a package index", '"resolved"' + ': "https://example.com/x.tgz"'),
        ("an address of a package index", "pip install --index" + "-url https://example.com"),
        ("a path of one machine", 'open("/ho' + 'me/me/city")'),
        ("a path of one machine", f"cd {ROOT}/tests"),
        ("a path of one machine", f"see {ROOT.parent / 'other'}/notes.md"),
    ],
)
def test_trace_of_one_machine_planted_is_found(what: str, planted: str) -> None:
    assert FORBIDDEN[what].search(planted)


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://example.com/x.js">',
        "<link rel=stylesheet href='//example.com/x.css'>",
        "fetch(`https://example.com`)",
        "background: url(//example.com/x.png)",
        "https://cdn.jsdelivr" + ".net/npm/x",
    ],
)
def test_foreign_host_planted_is_found(planted: str) -> None:
    assert FOREIGN.search(planted)


@pytest.mark.parametrize("fine", ['<a href="https://example.com/licence">', "url(/static/a.png)"])
def test_link_to_elsewhere_is_allowed(fine: str) -> None:
    assert not FOREIGN.search(fine)


def test_paths_named_in_documents_exist(texts: dict[str, str]) -> None:
    # Paths in backticks and links; what set-up builds is not in a fresh clone.
    built = ("webapp/static/vendor", "node_modules", ".venv", "city")
    named = re.compile(
        r"(?<![\w/.-])((?:\.ci|docs|notebooks|tests|geodata|locator|webapp)/[\w./-]*\w(?![\w<*]))"
    )
    documents = [n for n in texts if n.endswith(".md") or n in {"Makefile", ".ci/run"}]
    assert [
        f"{document} names {path}"
        for document in documents
        for path in dict.fromkeys(named.findall(texts[document]))
        if not path.startswith(built) and not (ROOT / path).exists()
    ] == []


def test_every_dependency_is_told_why(texts: dict[str, str]) -> None:
    made = tomllib.loads(texts["pyproject.toml"])
    asked = [
        *made["project"]["dependencies"],
        *(one for extra in made["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in made["dependency-groups"].values() for one in group),
    ]
    wanted = {re.split(r"[\[<>=~; ]", one, maxsplit=1)[0] for one in asked}
    packages = json.loads(texts["package.json"])
    wanted |= {*packages["dependencies"], *packages["devDependencies"]}
    told = set(re.findall(r"[\w.-]+", texts["CHANGELOG.md"].partition("### Dependencies")[2]))
    assert wanted - told == set()


def test_make_targets_named_in_documents_exist(texts: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", texts["Makefile"], re.MULTILINE))
    assert [
        f"{document} names make {target}"
        for document, text in texts.items()
        if document.endswith(".md") or document == ".ci/run"
        for target in re.findall(r"(?:`|^ *|\$ )make ([a-z]+)", text, re.MULTILINE)
        if target not in targets
    ] == []
