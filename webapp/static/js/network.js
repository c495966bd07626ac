// The streets of a city in the page, and the nearest stations along them, without a server.
//
// Reads the file that locator/phone.py writes (all about the format is there). A position is
// turned into metres, put on the nearest street, and a search by distance runs from there until
// the stations it met cannot be beaten. Distances are in decimetres inside, in metres outside.
"use strict";

(function (locator) {
  const MAGIC = "SLP3";
  const SECTIONS = ["x", "y", "from", "to", "travel", "length", "vertices", "shape", "name"];
  const DM = 10;
  const CELL_DM = 1500; // of the grid that finds the nearest street
  const FORWARD = 1;
  const BACKWARD = 2;
  const STAIRS = 4;
  const NEAR_DM = 0.01; // answers are told apart by whole millimetres
  const TOLERANCE_DM = 1e-5; // a limit holds its own value: 1e-6 m, as everywhere

  class StreetFileError extends Error {}

  // -- reading -----------------------------------------------------------------------------------

  // Whole numbers: 7 bits a byte, the highest bit says that more follow, the lowest is the sign.
  function readNumbers(bytes, most) {
    const values = new Int32Array(most === undefined ? bytes.length : most);
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      let folded = 0;
      let scale = 1;
      let byte;
      do {
        byte = bytes[at++];
        folded += (byte & 127) * scale; // beyond 32 bits a shift would lose what is above
        scale *= 128;
      } while (byte >= 128);
      values[count++] = folded % 2 ? -(folded + 1) / 2 : folded / 2;
    }
    return values.slice(0, count);
  }

  function addUp(values) {
    for (let i = 1; i < values.length; i++) values[i] += values[i - 1];
    return values;
  }

  function readSections(buffer) {
    const bytes = new Uint8Array(buffer);
    const view = new DataView(buffer);
    if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) {
      throw new StreetFileError("not a street file of this page's version");
    }
    let at = 8 + view.getUint32(4, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(8, at)));
    const sections = {};
    for (const name of SECTIONS) {
      const size = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
      if (at + 4 + size > bytes.length) throw new StreetFileError("the street file is cut short");
      sections[name] = readNumbers(bytes.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return { head, sections };
  }

  // -- degrees and metres ------------------------------------------------------------------------

  function polynomial(coefficients, degree, x, y) {
    let sum = 0;
    let k = 0;
    for (let i = 0, xi = 1; i <= degree; i++, xi *= x) {
      for (let j = 0, yj = 1; j <= degree - i; j++, yj *= y) sum += coefficients[k++] * xi * yj;
    }
    return sum;
  }

  // Both ways are polynomials in what is left of the middle, as shares of the half width.
  function makeProjection(fit) {
    const change = ([a0, b0, aHalf, bHalf], [c0, d0], [first, second]) => (a, b) => {
      const u = (a - a0) / aHalf;
      const v = (b - b0) / bHalf;
      return [c0 + polynomial(first, fit.degree, u, v), d0 + polynomial(second, fit.degree, u, v)];
    };
    return {
      toXy: change(fit.lonlat, fit.xy_m, fit.to_xy),
      toLonlat: change(fit.xy_m, fit.lonlat, fit.to_lonlat),
    };
  }

  // -- the network -------------------------------------------------------------------------------

  function readNetwork(buffer) {
    const { head, sections } = readSections(buffer);
    const count = head.streets;
    const network = {
      head,
      nodes: head.nodes,
      streets: count,
      x: addUp(sections.x),
      y: addUp(sections.y),
      from: addUp(sections.from),
      to: new Int32Array(count),
      travel: Uint8Array.from(sections.travel),
      length: new Int32Array(count),
      first: new Int32Array(count + 1), // inner vertices of street s: first[s] .. first[s + 1]
      shape: sections.shape, // x, y of each inner vertex, from the city's corner
      name: sections.name,
      projection: makeProjection(head.projection),
    };
    for (let s = 0; s < count; s++) {
      const u = network.from[s];
      const v = (network.to[s] = u + sections.to[s]);
      network.first[s + 1] = network.first[s] + sections.vertices[s];
      network.length[s] = readShape(network, s, network.x[v], network.y[v]) + sections.length[s];
    }
    readNames(network);
    network.hasStairs = network.travel.some((bits) => bits & STAIRS);
    network.arcs = listArcs(network, true);
    network.grid = makeGrid(network);
    return network;
  }

  // From what is told of a straight and even street to its vertices; returns the length as drawn, in
  // whole decimetres. Roots of whole numbers, added up in order: locator/phone.py does the same.
  function readShape({ from, first, shape, x: nodeX, y: nodeY }, s, endX, endY) {
    let [x, y] = [nodeX[from[s]], nodeY[from[s]]];
    let drawn = 0;
    for (let p = first[s], left = first[s + 1] - p + 1; left > 0; p++, left--) {
      const dx = Math.floor((endX - x) / left) + (left > 1 ? shape[2 * p] : 0);
      const dy = Math.floor((endY - y) / left) + (left > 1 ? shape[2 * p + 1] : 0);
      [x, y] = [x + dx, y + dy];
      if (left > 1) [shape[2 * p], shape[2 * p + 1]] = [x, y];
      drawn += Math.sqrt(dx * dx + dy * dy);
    }
    return Math.floor(drawn);
  }

  // Below 0: called as a street before, by the i-th last name that was met at its start.
  function readNames({ name, from, to, nodes }) {
    const met = new Array(nodes);
    for (let s = 0; s < name.length; s++) {
      if (name[s] < 0) name[s] = met[from[s]][-1 - name[s]];
      for (const node of from[s] === to[s] ? [from[s]] : [from[s], to[s]]) {
        const known = (met[node] ??= []);
        if (known[0] !== name[s]) met[node] = [name[s], ...known.filter((one) => one !== name[s])];
      }
    }
  }

  // Arcs that leave each node, or those that arrive: node v has first[v] .. first[v + 1].
  function listArcs(network, leaving) {
    const first = new Int32Array(network.nodes + 1);
    const each = (act) => {
      for (let s = 0; s < network.streets; s++) {
        if (network.travel[s] & FORWARD) act(s, network.from[s], network.to[s], 0);
        if (network.travel[s] & BACKWARD) act(s, network.to[s], network.from[s], 1);
      }
    };
    each((s, u, v) => first[(leaving ? u : v) + 1]++);
    addUp(first);
    const next = first.slice();
    const count = first[network.nodes];
    const arcs = {
      first,
      node: new Int32Array(count), // the other end
      tail: new Int32Array(count), // this end
      street: new Int32Array(count),
      backward: new Uint8Array(count),
    };
    each((s, u, v, backward) => {
      const [here, there] = leaving ? [u, v] : [v, u];
      const a = next[here]++;
      arcs.node[a] = there;
      arcs.tail[a] = here;
      arcs.street[a] = s;
      arcs.backward[a] = backward;
    });
    return arcs;
  }

  // Vertices of a street, in order: x, y, x, y ...
  function pointsOf(network, s) {
    const inner = network.shape.subarray(2 * network.first[s], 2 * network.first[s + 1]);
    const points = new Float64Array(inner.length + 4);
    points[0] = network.x[network.from[s]];
    points[1] = network.y[network.from[s]];
    points.set(inner, 2);
    points[points.length - 2] = network.x[network.to[s]];
    points[points.length - 1] = network.y[network.to[s]];
    return points;
  }

  // Streets by the cells that their boxes touch: a counting sort, twice over the streets.
  function makeGrid(network) {
    let width = 1;
    let height = 1;
    const boxes = new Int32Array(4 * network.streets);
    for (let s = 0; s < network.streets; s++) {
      const points = pointsOf(network, s);
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < points.length; i += 2) {
        box[0] = Math.min(box[0], points[i]);
        box[1] = Math.min(box[1], points[i + 1]);
        box[2] = Math.max(box[2], points[i]);
        box[3] = Math.max(box[3], points[i + 1]);
      }
      for (let k = 0; k < 4; k++) boxes[4 * s + k] = Math.floor(box[k] / CELL_DM);
      width = Math.max(width, boxes[4 * s + 2] + 1);
      height = Math.max(height, boxes[4 * s + 3] + 1);
    }
    // A shape may leave the box of all nodes by a little: what is below 0 belongs to cell 0.
    const clamp = (cell) => Math.max(cell, 0);
    const each = (s, act) => {
      for (let cx = clamp(boxes[4 * s]); cx <= clamp(boxes[4 * s + 2]); cx++) {
        for (let cy = clamp(boxes[4 * s + 1]); cy <= clamp(boxes[4 * s + 3]); cy++) {
          act(cy * width + cx);
        }
      }
    };
    const first = new Int32Array(width * height + 1);
    for (let s = 0; s < network.streets; s++) each(s, (cell) => first[cell + 1]++);
    addUp(first);
    const next = first.slice();
    const street = new Int32Array(first[width * height]);
    for (let s = 0; s < network.streets; s++) each(s, (cell) => (street[next[cell]++] = s));
    return { width, height, first, street };
  }

  // Streets whose boxes touch the cells of a box in the plane, each once, rising.
  function streetsNear({ grid }, [west, south, east, north]) {
    const cell = (value, count) => Math.min(count - 1, Math.max(0, Math.floor(value / CELL_DM)));
    const found = new Set();
    for (let cy = cell(south, grid.height); cy <= cell(north, grid.height); cy++) {
      for (let cx = cell(west, grid.width); cx <= cell(east, grid.width); cx++) {
        const at = cy * grid.width + cx;
        for (let e = grid.first[at]; e < grid.first[at + 1]; e++) found.add(grid.street[e]);
      }
    }
    return Int32Array.from(found).sort();
  }

  // The nearest place on one street: {street, offset, away}, offset along it from its start.
  function placeOn(network, s, x, y) {
    const points = pointsOf(network, s);
    let drawn = 0;
    let best = { street: s, offset: 0, away: Infinity };
    for (let i = 0; i + 3 < points.length; i += 2) {
      const dx = points[i + 2] - points[i];
      const dy = points[i + 3] - points[i + 1];
      const size = Math.hypot(dx, dy);
      let t = size > 0 ? ((x - points[i]) * dx + (y - points[i + 1]) * dy) / (size * size) : 0;
      t = Math.min(1, Math.max(0, t));
      const away = Math.hypot(points[i] + t * dx - x, points[i + 1] + t * dy - y);
      if (away < best.away) best = { street: s, offset: drawn + t * size, away };
      drawn += size;
    }
    // What is drawn is rounded at each vertex; the length is the true one.
    if (drawn > 0) best.offset *= network.length[s] / drawn;
    return best;
  }

  // Decimetres from the corner of all nodes, of a place in degrees, and back.
  function toPlane(network, lon, lat) {
    const [x, y] = network.projection.toXy(lon, lat);
    return [x * DM - network.head.origin_dm[0], y * DM - network.head.origin_dm[1]];
  }

  function toDegrees(network, x, y) {
    const [ox, oy] = network.head.origin_dm;
    return network.projection.toLonlat((x + ox) / DM, (y + oy) / DM);
  }

  // The nearest street within a limit in metres, or null; equal ones: the lower street. Only
  // streets with a mark in `allowed`, where given.
  function snap(network, lon, lat, limitM, allowed) {
    const [x, y] = toPlane(network, lon, lat);
    const limit = limitM * DM + TOLERANCE_DM;
    const grid = network.grid;
    const cx = Math.floor(x / CELL_DM);
    const cy = Math.floor(y / CELL_DM);
    let best = null;
    for (let ring = 0; (ring - 1) * CELL_DM <= Math.min(limit, best ? best.away : Infinity); ring++) {
      for (let gy = Math.max(cy - ring, 0); gy <= Math.min(cy + ring, grid.height - 1); gy++) {
        const edge = Math.abs(gy - cy) === ring;
        for (let gx = cx - ring; gx <= cx + ring; gx += edge ? 1 : Math.max(2 * ring, 1)) {
          if (gx < 0 || gx >= grid.width) continue;
          const cell = gy * grid.width + gx;
          for (let e = grid.first[cell]; e < grid.first[cell + 1]; e++) {
            if (allowed && !allowed[grid.street[e]]) continue;
            const place = placeOn(network, grid.street[e], x, y);
            if (
              best === null ||
              place.away < best.away ||
              (place.away === best.away && place.street < best.street)
            ) {
              best = place;
            }
          }
        }
      }
    }
    return best !== null && best.away <= limit ? best : null;
  }

  // -- the search --------------------------------------------------------------------------------

  // A heap of numbered things by distance; entries that were beaten since are skipped.
  class Heap {
    constructor() {
      this.size = 0;
      this.keys = new Float64Array(1024);
      this.ids = new Int32Array(1024);
    }

    push(key, id) {
      if (this.size === this.keys.length) {
        const [keys, ids] = [this.keys, this.ids];
        this.keys = new Float64Array(2 * this.size);
        this.ids = new Int32Array(2 * this.size);
        this.keys.set(keys);
        this.ids.set(ids);
      }
      let i = this.size++;
      while (i > 0) {
        const up = (i - 1) >> 1;
        if (this.keys[up] <= key) break;
        this.keys[i] = this.keys[up];
        this.ids[i] = this.ids[up];
        i = up;
      }
      this.keys[i] = key;
      this.ids[i] = id;
    }

    // The nearest; its distance is in `key`.
    pop() {
      const { keys, ids } = this;
      const top = ids[0];
      this.key = keys[0];
      const size = --this.size;
      const key = keys[size];
      const id = ids[size];
      let i = 0;
      for (let child = 1; child < size; child = 2 * i + 1) {
        if (child + 1 < size && keys[child + 1] < keys[child]) child++;
        if (keys[child] >= key) break;
        keys[i] = keys[child];
        ids[i] = ids[child];
        i = child;
      }
      keys[i] = key;
      ids[i] = id;
      return top;
    }
  }

  // Selected stations by street and, for those on a crossing, by node.
  // A station: {code, street (-1 for none), offset_dm, snap_dm, at: 0 between ends, 1 start, 2 end}.
  function placeStations(network, stations) {
    const onStreet = new Map();
    const onNode = new Map();
    const put = (map, key, i) => (map.has(key) ? map.get(key).push(i) : map.set(key, [i]));
    stations.forEach((station, i) => {
      const s = station.street;
      if (s < 0) return;
      if (station.at) put(onNode, station.at === 1 ? network.from[s] : network.to[s], i);
      else put(onStreet, s, i);
    });
    return { stations, onStreet, onNode };
  }

  // What a street costs with stairs so many times as dear as the level.
  function costOf(network, s, stairs) {
    return network.travel[s] & STAIRS ? network.length[s] * stairs : network.length[s];
  }

  // The nearest stations from a place, in order of cost, at least `wanted` of them where there are
  // so many within the limit. Costs are decimetres, those of stairs times `stairs`.
  // Each found: {i, cost, via}; via is how it was met, for `trace`.
  function search(network, place, placed, { wanted, limit = Infinity, stairs = 1 }) {
    const { stations, onStreet, onNode } = placed;
    const nodes = network.nodes;
    const arcs = network.arcs;
    const cost = new Float64Array(nodes + stations.length).fill(Infinity);
    const came = new Int32Array(nodes + stations.length).fill(-3);
    const heap = new Heap();
    const offer = (id, key, via) => {
      if (key >= cost[id]) return;
      cost[id] = key;
      came[id] = via;
      heap.push(key, id);
    };
    leave(network, place, placed, stairs, offer);
    const found = [];
    while (heap.size) {
      const id = heap.pop();
      const key = heap.key;
      if (key > limit + TOLERANCE_DM) break;
      if (found.length >= wanted && key > found[wanted - 1].cost + NEAR_DM) break;
      if (key > cost[id]) continue;
      if (id >= nodes) {
        found.push({ i: id - nodes, cost: key, via: came[id] });
        continue;
      }
      const here = onNode.get(id);
      if (here) for (const i of here) offer(nodes + i, key + stations[i].snap_dm, -10 - id);
      for (let a = arcs.first[id]; a < arcs.first[id + 1]; a++) {
        const s = arcs.street[a];
        const standing = onStreet.get(s);
        const stretch = network.travel[s] & STAIRS ? stairs : 1;
        if (standing) {
          for (const i of standing) {
            const y = stations[i].offset_dm;
            const way = arcs.backward[a] ? network.length[s] - y : y;
            offer(nodes + i, key + way * stretch + stations[i].snap_dm, a);
          }
        }
        offer(arcs.node[a], key + network.length[s] * stretch, a);
      }
    }
    return { found, came };
  }

  // From a place to both ends of its street and to the stations on it, as far as it may be walked.
  // At a crossing one stands on all its streets, whatever their direction.
  function leave(network, place, { stations, onStreet }, stairs, offer) {
    const s = place.street;
    const stretch = network.travel[s] & STAIRS ? stairs : 1;
    const ahead = network.length[s] - place.offset;
    for (const i of onStreet.get(s) || []) {
      const way = stations[i].offset_dm - place.offset;
      const allowed = way >= 0 ? FORWARD : BACKWARD;
      if (network.travel[s] & allowed || Math.abs(way) <= TOLERANCE_DM) {
        const walked = Math.abs(way) * stretch;
        offer(network.nodes + i, place.away + walked + stations[i].snap_dm, -3);
      }
    }
    if (network.travel[s] & BACKWARD || place.offset <= TOLERANCE_DM) {
      offer(network.from[s], place.away + place.offset * stretch, -1);
    }
    if (network.travel[s] & FORWARD || ahead <= TOLERANCE_DM) {
      offer(network.to[s], place.away + ahead * stretch, -2);
    }
  }

  // The way to one that was found: [{street, from, to}] in walking order, decimetres along them.
  function trace(network, place, placed, { came }, found) {
    const { arcs, length } = network;
    const station = placed.stations[found.i];
    const legs = [];
    let node;
    if (found.via === -3) {
      legs.push({ street: place.street, from: place.offset, to: station.offset_dm });
    } else if (found.via >= 0) {
      const s = arcs.street[found.via];
      const from = arcs.backward[found.via] ? length[s] : 0;
      legs.push({ street: s, from, to: station.offset_dm });
      node = arcs.tail[found.via];
    } else {
      node = -10 - found.via;
    }
    while (node !== undefined) {
      const a = came[node];
      if (a < 0) {
        legs.push({ street: place.street, from: place.offset, to: a === -1 ? 0 : length[place.street] });
        break;
      }
      const s = arcs.street[a];
      legs.push(
        arcs.backward[a] ? { street: s, from: length[s], to: 0 } : { street: s, from: 0, to: length[s] },
      );
      node = arcs.tail[a];
    }
    legs.reverse();
    const walked = legs.filter((leg) => leg.from !== leg.to);
    return walked.length ? walked : legs.slice(0, 1); // a station right here still has a place
  }

  // The line of a piece of street, x, y from the corner: it runs backward where to < from.
  function cut(network, { street, from, to }) {
    const points = pointsOf(network, street);
    const along = [0];
    for (let i = 2; i < points.length; i += 2) {
      const step = Math.hypot(points[i] - points[i - 2], points[i + 1] - points[i - 1]);
      along.push(along[along.length - 1] + step);
    }
    const drawn = along[along.length - 1];
    const scale = network.length[street] > 0 ? drawn / network.length[street] : 0;
    const [low, high] = [Math.min(from, to) * scale, Math.max(from, to) * scale];
    const at = (t) => {
      let i = 1;
      while (i < along.length - 1 && along[i] < t) i++;
      const run = along[i] - along[i - 1];
      const share = run > 0 ? Math.min(1, Math.max(0, (t - along[i - 1]) / run)) : 0;
      return [0, 1].map((k) => points[2 * i - 2 + k] + share * (points[2 * i + k] - points[2 * i - 2 + k]));
    };
    const line = [at(low)];
    along.forEach((t, i) => {
      if (t > low + TOLERANCE_DM && t < high - TOLERANCE_DM) line.push([points[2 * i], points[2 * i + 1]]);
    });
    line.push(at(high));
    return to < from ? line.reverse() : line;
  }

  // Cost from every node to the nearest of the selected stations, and which it is (-1: none).
  // With `towards`, {wanted: 1 for some nodes, count of them, away(node)}, only until those are
  // known, those first that lie towards them: `away` is never more than the way to any of them.
  function sweep(network, placed, stairs, towards) {
    if (!network.into) network.into = listArcs(network, false);
    const { stations, onStreet, onNode } = placed;
    const into = network.into;
    const cost = new Float64Array(network.nodes).fill(Infinity);
    const row = new Int32Array(network.nodes).fill(-1);
    const heap = new Heap();
    const offer = (node, key, i) => {
      if (key > cost[node] || (key === cost[node] && row[node] <= i)) return;
      cost[node] = key;
      row[node] = i;
      heap.push(towards ? key + towards.away(node) : key, node);
    };
    for (const [node, here] of onNode) for (const i of here) offer(node, stations[i].snap_dm, i);
    for (const [s, here] of onStreet) {
      const stretch = network.travel[s] & STAIRS ? stairs : 1;
      for (const i of here) {
        const { offset_dm: y, snap_dm: snap } = stations[i];
        if (network.travel[s] & FORWARD) offer(network.from[s], y * stretch + snap, i);
        if (network.travel[s] & BACKWARD) offer(network.to[s], (network.length[s] - y) * stretch + snap, i);
      }
    }
    const known = new Uint8Array(network.nodes);
    let left = towards ? towards.count : -1;
    while (heap.size && left !== 0) {
      const node = heap.pop();
      if (heap.key > (towards ? cost[node] + towards.away(node) : cost[node])) continue;
      if (towards && towards.wanted[node] && !known[node]) left--;
      known[node] = 1;
      for (let a = into.first[node]; a < into.first[node + 1]; a++) {
        offer(into.node[a], cost[node] + costOf(network, into.street[a], stairs), row[node]);
      }
    }
    return { cost, row };
  }

  // Nodes that streets join, whatever their direction, have the same mark.
  function findIslands(network) {
    const mark = Int32Array.from({ length: network.nodes }, (_, node) => node);
    const top = (node) => {
      while (mark[node] !== node) node = mark[node] = mark[mark[node]];
      return node;
    };
    for (let s = 0; s < network.streets; s++) mark[top(network.from[s])] = top(network.to[s]);
    return mark.map((_, node) => top(node));
  }

  // The k nearest of some stations, as {station, code, distance_m}: the plain question.
  function findNearest(network, place, stations, k, withinM) {
    const placed = placeStations(network, stations);
    const limit = (withinM ?? Infinity) * DM;
    const { found } = search(network, place, placed, { wanted: k, limit });
    return inOrder(found)
      .slice(0, k)
      .map(({ i, cost }) => ({ station: stations[i], code: stations[i].code, distance_m: cost / DM }));
  }

  // By whole millimetre, then code: stations come in the order of their codes.
  function inOrder(found) {
    const mm = (row) => Math.round(row.cost * 100);
    return found.sort((a, b) => mm(a) - mm(b) || a.i - b.i);
  }

  Object.assign(locator, {
    network: {
      DM, FORWARD, BACKWARD, STAIRS, TOLERANCE_DM, StreetFileError,
      readNetwork, readNumbers, snap, toPlane, toDegrees, pointsOf, streetsNear, cut, costOf,
      placeStations, search, inOrder, trace, sweep, findIslands, findNearest,
    }, // prettier-ignore
  });
})((globalThis.locator = globalThis.locator || {}));
