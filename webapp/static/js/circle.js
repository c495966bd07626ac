// Which stations may be the nearest when the position is only known to within a circle; exact, by
// the rule of locator/circle.py: along a street the distance to the nearest station is the least
// of a few straight lines.
"use strict";

(function (locator) {
  const { network: net, words } = locator;
  const DM = net.DM;
  const FIRST_M = 500; // beyond the circle, where stations are looked for first
  const FAR_M = 50000;
  const LEAST_M = 0.001; // what holds for less street than that is a tie, not an area

  // Parts of streets in a circle, a straight piece at a time: {street, from, to} in decimetres.
  function streetsIn(network, [cx, cy], radius) {
    const parts = [];
    const box = [cx - radius, cy - radius, cx + radius, cy + radius];
    for (const s of net.streetsNear(network, box)) {
      const points = net.pointsOf(network, s);
      let drawn = 0;
      const own = [];
      for (let i = 0; i + 3 < points.length; i += 2) {
        const [x, y] = [points[i] - cx, points[i + 1] - cy];
        const [dx, dy] = [points[i + 2] - points[i], points[i + 3] - points[i + 1]];
        const size = Math.hypot(dx, dy);
        const [a, b, c] = [dx * dx + dy * dy, x * dx + y * dy, x * x + y * y - radius * radius];
        const root = b * b - a * c;
        if (a > 0 && root > 0) {
          const half = Math.sqrt(root);
          const enter = Math.min(1, Math.max(0, (-b - half) / a));
          const leave = Math.min(1, Math.max(0, (-b + half) / a));
          if (leave > enter) own.push([drawn + enter * size, drawn + leave * size]);
        }
        drawn += size;
      }
      const scale = drawn > 0 ? network.length[s] / drawn : 1;
      for (const [from, to] of own) parts.push({ street: s, from: from * scale, to: to * scale });
    }
    return parts;
  }

  // All ways to a nearest station from places on one street: slope * x + base for x in low..high,
  // x and costs in the search's cost.
  function linesOf(network, { stations, onStreet, onNode }, labels, stairs, s) {
    const stretch = network.travel[s] & net.STAIRS ? stairs : 1;
    const run = network.length[s] * stretch;
    const [u, v] = [network.from[s], network.to[s]];
    const back = network.travel[s] & net.BACKWARD;
    const ahead = network.travel[s] & net.FORWARD;
    const lines = [];
    if (back && labels.cost[u] < Infinity) lines.push([0, run, 1, labels.cost[u], labels.row[u]]);
    if (ahead && labels.cost[v] < Infinity) lines.push([0, run, -1, labels.cost[v] + run, labels.row[v]]);
    const here = (onStreet.get(s) || []).map((i) => [i, stations[i].offset_dm * stretch]);
    for (const i of onNode.get(u) || []) here.push([i, 0]);
    for (const i of onNode.get(v) || []) here.push([i, run]);
    for (const [i, y] of here) {
      const snap = stations[i].snap_dm;
      if (ahead) lines.push([0, y, -1, y + snap, i]);
      if (back) lines.push([y, run, 1, snap - y, i]);
    }
    return lines;
  }

  // Share one part of a street between the stations; returns what is lost, in decimetres, and the
  // most that a way from there costs.
  function share(lines, start, end, scale, held) {
    const cuts = new Set([start, end]);
    for (const [low, high, slope, base] of lines) {
      cuts.add(low).add(high);
      for (const other of lines) {
        if (other[2] !== slope) cuts.add((other[3] - base) / (slope - other[2]));
      }
    }
    const places = [...cuts].filter((cut) => start <= cut && cut <= end).sort((a, b) => a - b);
    let [lost, most] = [0, 0];
    for (let p = 1; p < places.length; p++) {
      const [a, b] = [places[p - 1], places[p]];
      const x = (a + b) / 2;
      let best = null;
      for (const [low, high, slope, base, row] of lines) {
        if (x < low || x > high) continue;
        const cost = slope * x + base;
        if (best === null || cost < best.cost || (cost === best.cost && row < best.row)) best = { cost, row };
      }
      if (best) held[best.row] += (b - a) / scale;
      else lost += (b - a) / scale;
      most = Math.max(most, best ? best.cost + (b - a) / 2 : Infinity);
    }
    return { lost, most };
  }

  // The nodes of these streets that may lead to a station, and how far from all of them another is
  // at least, as the crow flies; a little less, since lengths are whole decimetres.
  function towardsStreets(network, { stations }, [cx, cy], parts) {
    const { x, y, from, to } = network;
    const islands = (network.islands ??= net.findIslands(network));
    const settled = new Set(stations.flatMap(({ street }) => (street < 0 ? [] : [islands[from[street]]])));
    const wanted = new Uint8Array(network.nodes);
    let [count, reach] = [0, 0];
    const want = (node) => {
      if (wanted[node] || !settled.has(islands[node])) return;
      wanted[node] = 1;
      count++;
      reach = Math.max(reach, Math.hypot(x[node] - cx, y[node] - cy));
    };
    for (const { street } of parts) {
      want(from[street]);
      want(to[street]);
    }
    const away = (node) => Math.max(0, 0.99 * (Math.hypot(x[node] - cx, y[node] - cy) - reach));
    return { wanted, count, away };
  }

  function findInCircle(network, placed, point, radiusM, stairs) {
    const parts = streetsIn(network, point, radiusM * DM);
    const labels = net.sweep(network, placed, stairs, towardsStreets(network, placed, point, parts));
    const held = new Float64Array(placed.stations.length);
    let [lost, total, most] = [0, 0, 0];
    for (const { street: s, from, to } of parts) {
      const stretch = network.travel[s] & net.STAIRS ? stairs : 1;
      const lines = linesOf(network, placed, labels, stairs, s);
      const shared = share(lines, from * stretch, to * stretch, stretch, held);
      lost += shared.lost;
      most = Math.max(most, shared.most);
      total += to - from;
    }
    const metres = Array.from(held, (dm) => dm / DM);
    const rows = metres.flatMap((length, i) => (length > LEAST_M ? [i] : []));
    rows.sort((a, b) => Math.round(metres[b] * 1000) - Math.round(metres[a] * 1000) || a - b);
    return { rows, metres, unreachable_m: lost / DM, street_m: total / DM, most_m: most / DM };
  }

  // Among the open ones alone. Who is open is told by a search for each, so it is asked of those
  // near by, and of more as long as one farther off, as the crow flies, may be as near as these.
  function findOpenInCircle(network, point, radiusM, stairs, openStations) {
    for (let off = FIRST_M + radiusM; ; off = off < FAR_M ? 4 * off : Infinity) {
      const placed = net.placeStations(network, inOrder(openStations(off)));
      const found = findInCircle(network, placed, point, radiusM, stairs);
      if (off === Infinity || found.most_m < 0.99 * (off - radiusM)) return { placed, found };
    }
  }

  // As locator/circle_answers.py says it; `openStations(offM)`, those so far off at most, where the answer goes by opening.
  function circleDocument(data, task, point, accuracy, openStations) {
    const { network } = data;
    const stairs = task.timed ? task.question.mode.stairs : 1;
    const { placed, found } = task.ranked
      ? findOpenInCircle(network, point, accuracy, stairs, openStations)
      : { placed: task.placed, found: findInCircle(network, task.placed, point, accuracy, stairs) };
    const same = found.rows.length === 1 && found.unreachable_m < LEAST_M;
    const named = found.rows.map((i) => placed.stations[i]);
    const whole = (metres) => words.roundEven(metres * 1000) / 1000;
    return {
      accuracy_m: accuracy,
      same,
      stations: found.rows.map((i) => ({
        code: placed.stations[i].code,
        name: placed.stations[i].name,
        street_m: whole(found.metres[i]),
      })),
      unreachable_m: whole(found.unreachable_m),
      street_m: whole(found.street_m),
      ...words.circleWords(named.map((station) => station.name), accuracy, same),
    };
  }

  const inOrder = (stations) => [...stations].sort((a, b) => (a.code < b.code ? -1 : 1));

  locator.circle = { findInCircle, circleDocument };
})((globalThis.locator = globalThis.locator || {}));
