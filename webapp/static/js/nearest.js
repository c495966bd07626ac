// The nearest stations, asked and answered in the page: the document of POST /api/v1/nearest.
//
// The position is used here and goes nowhere. What is the same as on the server and why: selection
// (locator/needs.py), order (locator/nearest.py, locator/open_nearest.py), words (locator/advice.py,
// locator/directions.py). Costs are decimetres inside, metres in the answer.
"use strict";

(function (locator) {
  const { network: net, hours, words } = locator;
  const DM = net.DM;
  const RANK = { [hours.OPEN]: 0, [hours.UNKNOWN]: 1, [hours.CLOSED]: 2 };
  const TRUTH = { [hours.OPEN]: true, [hours.UNKNOWN]: null, [hours.CLOSED]: false };
  const YES = "1";
  const NO = "0";
  const PUBLIC_SCOPES = new Set(["public", "workers_first"]);
  const DEFAULTS = { k: 3, mode: "walk", datum: "wgs84", open: false, stay: 0, need: [], routes: true };
  const FIRST = 8;
  const GROWTH = 4;

  class QuestionError extends Error {
    constructor(field, message) {
      super(message);
      this.field = field;
    }
  }

  const wholeMm = (metres) => (Number.isFinite(metres) ? words.roundEven(metres * 1000) / 1000 : null);
  const wholeS = (seconds) => (Number.isFinite(seconds) ? words.roundEven(seconds * 1000) / 1000 : null);
  const degrees6 = (value) => words.roundEven(value * 1e6) / 1e6;

  // -- what is asked -----------------------------------------------------------------------------

  function readQuestion(data, sent, nowMs) {
    const asked = { ...DEFAULTS };
    for (const [name, value] of Object.entries(sent)) {
      if (value !== null && value !== undefined && value !== "") asked[name] = value;
    }
    const mode = data.index.modes.find((one) => one.code === asked.mode);
    if (!mode) throw new QuestionError("mode", "only the server answers for this mode");
    if (asked.datum !== "wgs84") throw new QuestionError("datum", "only the server takes other datums");
    if (!(asked.k >= 1 && asked.k <= 20)) throw new QuestionError("k", "expected 1 to 20");
    const ranked = asked.at !== undefined || asked.open || asked.stay !== 0;
    const leaving = hours.findMoment(asked.at, data.index.zone, nowMs);
    if (leaving === null) throw new QuestionError("at", "expected now, a calendar date and a time, or a day and a time");
    const limit = readLimit(asked.within, mode);
    return {
      ...asked, mode, ranked, leaving, ...limit,
      moment: hours.sinceWindow(leaving, data.index),
      needs: readNeeds(data.index, asked.need),
      timed: limit.minutes || (asked.within === undefined && ranked),
    }; // prettier-ignore
  }

  function readLimit(within, mode) {
    if (within === undefined) return { limit: Infinity, minutes: false };
    const found = /^([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(m|km|min|分钟|米|公里)?$/.exec(
      String(within).trim().toLowerCase(),
    );
    if (!found || !(Number(found[1]) > 0)) throw new QuestionError("within", "expected metres or minutes");
    const minutes = found[2] === "min" || found[2] === "分钟";
    const unit = minutes ? 60 * mode.speed_mps : found[2] === "km" || found[2] === "公里" ? 1000 : 1;
    const metres = Number(found[1]) * unit;
    return { limit: minutes ? words.roundEven(metres * 1e6) / 1e6 : metres, minutes };
  }

  function readNeeds(index, listed) {
    const needs = { groups: [], kinds: [], free_entry: false, public: false, staff: false, night: false };
    const list = typeof listed === "string" ? listed.split(/[;；\s]+/).filter((word) => word) : listed;
    for (const one of list) {
      const word = one.trim().toLowerCase();
      const trade = index.trades.find(
        ({ code, zh, en }) =>
          [code, zh.toLowerCase(), en.toLowerCase()].includes(word) || zh.split("、").includes(one.trim()),
      );
      if (["free_entry", "public", "staff", "night"].includes(word)) needs[word] = true;
      else if (trade) {
        needs.groups.push(...trade.must);
        needs.kinds.push(...trade.kinds);
      } else needs.groups.push(one.split(/[|,，/]/).map((part) => facility(index, part)));
    }
    return needs;
  }

  function facility(index, word) {
    const plain = word.trim().toLowerCase();
    const found = index.facilities.find(({ code, zh, en }) =>
      [code.toLowerCase(), zh.toLowerCase(), en.toLowerCase()].includes(plain),
    );
    if (!found) throw new QuestionError("need", "expected facilities, trades, free_entry, public, staff or night");
    return found.code;
  }

  // -- which stations ----------------------------------------------------------------------------

  function tellGroup(station, group) {
    const told = group.map((code) => station.facilities[code] ?? "?");
    return told.includes(YES) ? YES : told.includes("?") ? "?" : NO;
  }

  function tellNeeds(station, needs) {
    const told = needs.groups.map((group) => tellGroup(station, group));
    if (needs.free_entry) told.push(station.free_entry);
    if (needs.night) told.push(station.night);
    if (needs.public) {
      const scope = station.access_scope;
      told.push(!scope ? "?" : PUBLIC_SCOPES.has(scope) ? YES : NO);
    }
    return told.includes(NO) ? NO : told.includes("?") ? "?" : YES;
  }

  function choose(data, { kind, needs }) {
    const chosen = { stations: [], ofKind: 0, left_out: { unknown: 0, no: 0, staff_only: 0 } };
    for (const station of data.stations) {
      if (kind && station.kind !== kind) continue;
      chosen.ofKind++;
      if (needs.kinds.length && !needs.kinds.includes(station.kind)) continue;
      if (!needs.staff && station.access_scope === "staff") {
        chosen.left_out.staff_only++;
        continue;
      }
      const told = tellNeeds(station, needs);
      if (told === YES) chosen.stations.push(station);
      else chosen.left_out[told === NO ? "no" : "unknown"]++;
    }
    return chosen;
  }

  // Selections are few and asked again and again.
  function placedFor(data, question) {
    const key = JSON.stringify([question.kind, question.needs]);
    if (!data.placed.has(key)) {
      if (data.placed.size > 20) data.placed.clear();
      const chosen = choose(data, question);
      data.placed.set(key, { ...chosen, placed: net.placeStations(data.network, chosen.stations) });
    }
    return data.placed.get(key);
  }

  // -- the order ---------------------------------------------------------------------------------

  // Rows within the limit by cost, with metres and seconds; and what the search knows of the ways.
  function nearestRows(data, task, wanted, limit) {
    const { network } = data;
    const { question, place, placed, timed } = task;
    const stairs = timed ? question.mode.stairs : 1;
    const searched = net.search(network, place, placed, { wanted, limit: limit * DM, stairs });
    const rows = net.inOrder(searched.found).slice(0, wanted).map((found) => {
      const station = placed.stations[found.i];
      const row = { station, found, cost: found.cost / DM };
      row.legs = () => (row.way ??= net.trace(network, place, placed, searched, found));
      row.metres = row.cost;
      let timeM = row.cost;
      if (network.hasStairs) {
        const walked = (legs) => legs.reduce((sum, leg) => sum + Math.abs(leg.to - leg.from), 0) / DM;
        const steps = row.legs().filter((leg) => network.travel[leg.street] & net.STAIRS);
        const more = (question.mode.stairs - 1) * walked(steps);
        if (timed) row.metres = row.cost - more;
        else timeM += more;
      }
      row.seconds = timeM / question.mode.speed_mps;
      return row;
    }); // prettier-ignore
    return rows;
  }

  function withDoors(data, question, rows) {
    for (const row of rows) {
      row.doors = hours.judge(
        hoursOf(data, row.station),
        question.moment + Math.round(row.seconds * hours.MICRO),
        question.stay,
        row.station.disputed,
      );
    }
    return rows;
  }

  function hoursOf(data, station) {
    const key = `${station.part.part}/${station.opening}`;
    if (!data.hours.has(key)) data.hours.set(key, hours.layOut(station.part, station.opening, data.index));
    return data.hours.get(key);
  }

  function whyNone(data, task, limit) {
    if (limit === Infinity) return "unreachable";
    return nearestRows(data, task, 1, Infinity).length ? "none_within" : "unreachable";
  }

  // Rows and outcome of one question from one place on the streets.
  function find(data, task) {
    const { question } = task;
    if (task.ranked) return findVisited(data, task, question.k, question.limit);
    const rows = withDoors(data, question, nearestRows(data, task, question.k, question.limit));
    return { rows, outcome: rows.length ? "found" : whyNone(data, task, question.limit) };
  }

  // The first k of all stations in reach by group (open, unknown, closed), then time, then code.
  function findVisited(data, task, k, limit) {
    const { question, placed } = task;
    const byTime = task.timed || !data.network.hasStairs;
    const every = Math.max(placed.stations.length, 1); // more are waited for all over the city
    let wanted = byTime ? Math.min(Math.max(GROWTH * k, FIRST), every) : every;
    let rows;
    for (;;) {
      rows = withDoors(data, question, nearestRows(data, task, wanted, limit));
      const fits = rows.filter((row) => row.doors.enough === hours.OPEN).length;
      if (fits >= k || rows.length < wanted || wanted >= every) break;
      wanted = Math.min(GROWTH * wanted, every);
    }
    const order = rows.map((row, i) => ({ row, at: byTime ? i : Math.round(row.seconds * 1000) }));
    order.sort((a, b) => RANK[a.row.doors.enough] - RANK[b.row.doors.enough] || a.at - b.at);
    let chosen = order.slice(0, k).map(({ row }) => row);
    if (question.open) chosen = chosen.filter((row) => row.doors.enough === hours.OPEN);
    if (chosen.length) return { rows: chosen, outcome: "found" };
    if (!rows.length) return { rows: [], outcome: whyNone(data, task, limit) };
    if (limit === Infinity) return { rows: [], outcome: "unreachable" };
    const anywhere = findVisited(data, task, 1, Infinity).outcome;
    return { rows: [], outcome: anywhere === "found" ? "none_within" : "unreachable" };
  }

  // -- the document ------------------------------------------------------------------------------

  // data: {index, network, stations, placed: Map, hours: Map, water}; nowMs: the right time.
  function findNearest(data, sent, nowMs) {
    const question = readQuestion(data, sent, nowMs);
    const origin = findOrigin(data, question);
    const chosen = placedFor(data, question);
    const snapLimit = data.index.person_snap_m;
    const place = net.snap(data.network, origin.lon, origin.lat, snapLimit);
    const task = {
      question, place, placed: chosen.placed, timed: question.timed, ranked: question.ranked,
    }; // prettier-ignore
    const point = net.toPlane(data.network, origin.lon, origin.lat);
    const found = place ? find(data, task) : { rows: [], outcome: "outside" };
    const connected =
      found.outcome === "unreachable" && chosen.stations.length
        ? findConnected(data, task, origin, point)
        : null;
    const below = place ? findBelow(data, task, point, found) : [];
    const advice = adviceFor(data, question, origin, { chosen, found, below, connected });
    const document = {
      outcome: found.outcome,
      snap_m: place ? wholeMm(place.away / DM) : null,
      results: found.rows.map((row) => rowDocument(data, question, point, row, question.routes)),
      below,
      connected,
      stations: chosen.stations.length,
      left_out: { ...chosen.left_out },
      at: hours.isoOf(question.leaving, true),
      advice,
      message: advice ? advice.zh : "",
      next_step: advice ? advice.next_zh : "",
      from: origin.place,
      also_meant: [], // a text that may mean several places is not read here
      sample: data.index.sample,
      attribution: data.index.attribution,
      version: data.index.city_version,
      source: "phone",
    };
    if (question.accuracy !== undefined && locator.circle) {
      document.circle = locator.circle.circleDocument(data, task, point, question.accuracy, (offM) =>
        place ? openStations(data, task, point, offM * DM) : [],
      );
    }
    return document;
  }

  // Stations open for whoever walks there now, so far off at most, as the crow flies.
  function openStations(data, task, point, off) {
    const { network } = data;
    const islands = (network.islands ??= net.findIslands(network));
    const here = islands[network.from[task.place.street]];
    const near = task.placed.stations.filter((station) => {
      const [x, y] = stationPlane(data, station);
      const joined = station.street >= 0 && islands[network.from[station.street]] === here;
      return joined && Math.hypot(x - point[0], y - point[1]) <= off;
    });
    if (!near.length) return [];
    const question = { ...task.question, open: true };
    const every = { ...task, placed: net.placeStations(network, near), timed: true, question };
    return findVisited(data, every, near.length, Infinity).rows.map((row) => row.station);
  }

  function findBelow(data, task, point, found) {
    if (!task.ranked) return [];
    const plain = { ...task, timed: task.question.within === undefined || task.question.minutes };
    const rows = withDoors(data, task.question, nearestRows(data, plain, task.question.k, task.question.limit));
    const taken = new Set(found.rows.map((row) => row.station));
    return rows
      .filter((row) => !taken.has(row.station))
      .map((row) => rowDocument(data, task.question, point, row, false));
  }

  // The nearest street that leads to a station, and what can be reached from there.
  function findConnected(data, task, origin, point) {
    const { network, index } = data;
    const { cost } = net.sweep(network, task.placed, 1);
    const leading = new Uint8Array(network.streets);
    for (let s = 0; s < network.streets; s++) {
      const ahead = network.travel[s] & net.FORWARD && cost[network.to[s]] < Infinity;
      const back = network.travel[s] & net.BACKWARD && cost[network.from[s]] < Infinity;
      leading[s] = ahead || back ? 1 : 0;
    }
    const place = net.snap(network, origin.lon, origin.lat, index.person_snap_m, leading);
    if (!place) return null;
    const { rows, outcome } = find(data, { ...task, place });
    const corner = net.cut(network, { street: place.street, from: place.offset, to: place.offset })[0];
    const [lon, lat] = net.toDegrees(network, ...corner);
    const there = { ...task.question };
    return {
      lon,
      lat,
      street: nameOf(network, place.street),
      snap_m: wholeMm(place.away / DM),
      outcome,
      results: rows.map((row) => rowDocument(data, there, point, row, there.routes)),
    };
  }

  const nameOf = (network, s) => network.head.names[network.name[s]];

  function rowDocument(data, question, point, row, withRoute) {
    const { station, doors } = row;
    const [x, y] = stationPlane(data, station);
    const straight = Math.hypot(x - point[0], y - point[1]) / DM;
    const opensIn = wholeS(doors.opens_in_s);
    const leaves = question.leaving + (row.seconds + doors.opens_in_s) * 1000;
    const note = words.detourNote(data.index.words, straight, row.metres);
    const minutes = Math.max(1, Math.ceil(row.seconds / 60));
    const document = {
      code: station.code,
      name: station.name,
      kind: station.kind,
      lon: station.lon,
      lat: station.lat,
      distance_m: wholeMm(row.metres),
      time_s: wholeS(row.seconds),
      straight_m: wholeMm(straight),
      snap_m: wholeMm(station.snap_dm / DM),
      open: TRUTH[doors.state],
      closes_in_s: wholeS(doors.closes_in_s),
      opens_in_s: opensIn,
      opens_at: opensIn === null ? null : hours.isoOf(Math.floor((leaves + 30000) / 60000) * 60000, false),
      long_enough: TRUTH[doors.enough],
      phone: station.phone,
      disputed: station.disputed,
      sample: station.sample,
      detour: note && {
        ratio: straight > 0 ? words.roundEven((row.metres / straight) * 100) / 100 : null,
        ...note,
        water: locator.water ? locator.water.between(data, point, [x, y]) : null,
      },
      hours: station.hours,
      hours_en: station.hours_en,
      hours_problem: station.hours_problem,
      address: station.address,
      access_scope: station.access_scope,
      access_mode: station.access_mode,
      way_in: station.way_in,
      text: `${data.index.words.verbs[0]}${words.metresZh(row.metres)}，约${minutes}分钟`,
      note: note ? note.zh : null,
      facilities: station.facilities,
      verified_on: station.verified_on,
    };
    if (withRoute) document.route = routeDocument(data, point, row, [x, y]);
    return document;
  }

  function stationPlane(data, station) {
    return (station.plane ??= net.toPlane(data.network, station.lon, station.lat));
  }

  function routeDocument(data, point, row, end) {
    const { network, index } = data;
    const legs = row.legs().map((leg) => ({
      name: nameOf(network, leg.street),
      metres: Math.abs(leg.to - leg.from) / DM,
      plane: net.cut(network, leg),
    }));
    const plane = [point];
    legs.forEach((leg, i) => plane.push(...(i ? leg.plane.slice(1) : leg.plane)));
    plane.push(end);
    const metres = (xy) => [xy[0] / DM, xy[1] / DM];
    for (const leg of legs) leg.line = leg.plane.map(metres);
    const steps = words.describeRoute(index.words, legs, plane.map(metres), row.station.name);
    const place = (xy) => net.toDegrees(network, ...xy).map(degrees6);
    const names = legs.map((leg) => leg.name).filter((name) => name);
    return {
      coordinates: plane.map(place),
      streets: names.filter((name, i) => i === 0 || name !== names[i - 1]),
      steps: steps.map(({ zh, en, turn, street, metres: length, xy }) => {
        const [lon, lat] = place([xy[0] * DM, xy[1] * DM]);
        return { zh, en, turn, street, length_m: wholeMm(length), lon, lat };
      }),
    };
  }

  function adviceFor(data, question, origin, { chosen, found, below, connected }) {
    const { index } = data;
    const [west, south, east, north] = index.bounds_deg;
    const opens = below.map((row) => row.opens_at).filter((at) => at);
    const way = connected && connected.results.length ? [connected.street, connected.snap_m] : null;
    return words.advise(found.outcome, {
      city: index.city,
      verb: index.words.verbs[0],
      limit: question.within ?? "inf",
      stations: chosen.ofKind,
      fitting: chosen.stations.length,
      unknown: chosen.left_out.unknown,
      shut: below.length > 0,
      opensAt: opens.length ? clock(opens.sort()[0], question.leaving) : "",
      inside: west <= origin.lon && origin.lon <= east && south <= origin.lat && origin.lat <= north,
      snapLimit: index.person_snap_m,
      wayOn: way,
    });
  }

  // An ISO time as a clock time, with its day where that is not the day of leaving.
  function clock(iso, leaving) {
    const [day, time] = iso.split("T");
    const [hour, minute] = time.split(":");
    const shown = `${Number(hour)}:${minute}`;
    if (hours.isoOf(leaving, false).startsWith(day)) return shown;
    const [, month, date] = day.split("-").map(Number);
    return `${month}/${date} ${shown}`;
  }

  // -- where from --------------------------------------------------------------------------------

  function findOrigin(data, question) {
    const { lon, lat, district, street } = question;
    if (typeof lon === "number" && typeof lat === "number") return { lon, lat, place: null };
    if (district === undefined && street === undefined) throw new QuestionError("body", "give lon and lat, or a district or street");
    const { network } = data;
    let rows = Array.from({ length: network.streets }, (_, s) => s);
    if (street !== undefined) rows = named(network, street);
    const middles = rows.map((s) => {
      const half = network.length[s] / 2;
      return net.cut(network, { street: s, from: half, to: half })[0];
    });
    const aim = district === undefined ? mean(middles) : districtPlane(data, district);
    let best = 0;
    middles.forEach(([x, y], i) => {
      const away = Math.hypot(x - aim[0], y - aim[1]);
      if (away < Math.hypot(middles[best][0] - aim[0], middles[best][1] - aim[1])) best = i;
    });
    const [atLon, atLat] = net.toDegrees(network, ...middles[best]);
    return { lon: atLon, lat: atLat, place: { lon: degrees6(atLon), lat: degrees6(atLat) } };
  }

  function mean(points) {
    return [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
  }

  function districtPlane(data, code) {
    const found = data.index.districts.find((one) => one.code === code);
    if (!found) throw new QuestionError("district", "没有这个区县 (no district of that code)");
    return net.toPlane(data.network, found.lon, found.lat);
  }

  // Streets of that name; else of the longest name that begins with it, or holds it.
  function named(network, street) {
    const wanted = street.trim().toLowerCase();
    const names = network.head.names.map((name) => name.toLowerCase());
    const metres = new Float64Array(names.length);
    for (let s = 0; s < network.streets; s++) metres[network.name[s]] += network.length[s];
    const rules = [(name) => name === wanted, (name) => name.startsWith(wanted), (name) => name.includes(wanted)];
    for (const fits of rules) {
      const codes = names.flatMap((name, code) => (name && fits(name) ? [code] : []));
      if (!codes.length) continue;
      const most = codes.reduce((best, code) => (metres[code] > metres[best] ? code : best));
      const rows = [];
      for (let s = 0; s < network.streets; s++) if (network.name[s] === most) rows.push(s);
      return rows;
    }
    throw new QuestionError("street", "没有这条路 (no street of that name in this city)");
  }

  // -- data --------------------------------------------------------------------------------------

  // From the files as they were loaded: the index, the street file, the parts.
  function readData(index, streets, parts, water) {
    const network = net.readNetwork(streets);
    const stations = [];
    for (const part of parts) {
      if (part.format !== index.format || part.streets !== network.head.version) {
        throw new net.StreetFileError("a station file for other streets, or of another format");
      }
      part.code.forEach((_, i) => stations.push(readStation(part, i)));
    }
    stations.sort((a, b) => (a.code < b.code ? -1 : 1));
    return { index, network, stations, placed: new Map(), hours: new Map(), water: water || null };
  }

  const COLUMNS = [
    "code", "name", "kind", "address", "phone", "access_scope", "access_mode", "hours", "district",
    "lon", "lat", "street", "offset_dm", "snap_dm", "at", "verified_on", "way_in", "free_entry",
    "opening",
  ]; // prettier-ignore

  function readStation(part, i) {
    const station = { part };
    for (const name of COLUMNS) station[name] = part[name][i];
    // older files say neither
    station.hours_en = part.hours_en ? part.hours_en[i] : station.hours;
    station.hours_problem = part.hours_problem ? part.hours_problem[i] : "";
    station.sample = part.sample[i] === 1;
    station.disputed = part.disputed[i] === 1;
    station.night = part.night ? part.night[i] : "?"; // older files do not say
    station.facilities = {};
    part.facility_codes.forEach((code, k) => {
      if (part.facilities[i][k] !== "?") station.facilities[code] = part.facilities[i][k];
    });
    return station;
  }

  // What is found at one station's door at a moment: for lists.
  function doorsOf(data, station, leaving) {
    const moment = hours.sinceWindow(leaving, data.index);
    const doors = hours.judge(hoursOf(data, station), moment, 0, station.disputed);
    const opensIn = wholeS(doors.opens_in_s);
    return {
      open: TRUTH[doors.state],
      closes_in_s: wholeS(doors.closes_in_s),
      opens_in_s: opensIn,
      opens_at: opensIn === null ? null : hours.isoOf(Math.floor((leaving + opensIn * 1000 + 30000) / 60000) * 60000, false),
    };
  }

  locator.nearest = { readData, findNearest, doorsOf, hoursOf, wholeMm, QuestionError };
})((globalThis.locator = globalThis.locator || {}));
