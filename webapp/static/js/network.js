// The streets of a city in the page, and the nearest stations along them, without a server.
//
// Reads the file that locator/phone.py writes (all about the format is there). A position is
// turned into metres, put on the nearest street, and a search by distance runs from there until
// the stations it met cannot be beaten. Distances are in decimetres inside, in metres outside.
"use strict";

(function (locator) {
  const MAGIC = "SLP1";
  const SECTIONS = ["x", "y", "from", "to", "travel", "length", "vertices", "shape", "name"];
  const DM = 10;
  const CELL_DM = 1500; // of the grid that finds the nearest street
  const FORWARD = 1;
  const BACKWARD = 2;
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
      name: addUp(sections.name),
      projection: makeProjection(head.projection),
    };
    for (let s = 0; s < count; s++) {
      const u = network.from[s];
      const v = (network.to[s] = u + sections.to[s]);
      const straight = Math.hypot(network.x[v] - network.x[u], network.y[v] - network.y[u]);
      network.length[s] = Math.floor(straight) + sections.length[s];
      network.first[s + 1] = network.first[s] + sections.vertices[s];
      let x = network.x[u];
      let y = network.y[u];
      for (let p = network.first[s]; p < network.first[s + 1]; p++) {
        network.shape[2 * p] = x += network.shape[2 * p];
        network.shape[2 * p + 1] = y += network.shape[2 * p + 1];
      }
    }
    network.arcs = listArcs(network);
    network.grid = makeGrid(network);
    return network;
  }

  // Arcs that leave each node: node v has first[v] .. first[v + 1].
  function listArcs(network) {
    const first = new Int32Array(network.nodes + 1);
    for (let s = 0; s < network.streets; s++) {
      if (network.travel[s] & FORWARD) first[network.from[s] + 1]++;
      if (network.travel[s] & BACKWARD) first[network.to[s] + 1]++;
    }
    addUp(first);
    const next = first.slice();
    const node = new Int32Array(first[network.nodes]);
    const street = new Int32Array(first[network.nodes]);
    for (let s = 0; s < network.streets; s++) {
      const add = (u, v) => {
        node[next[u]] = v;
        street[next[u]++] = s;
      };
      if (network.travel[s] & FORWARD) add(network.from[s], network.to[s]);
      if (network.travel[s] & BACKWARD) add(network.to[s], network.from[s]);
    }
    return { first, node, street };
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

  // The nearest street within a limit in metres, or null; equal ones: the lower street.
  function snap(network, lon, lat, limitM) {
    const [xm, ym] = network.projection.toXy(lon, lat);
    const x = xm * DM - network.head.origin_dm[0];
    const y = ym * DM - network.head.origin_dm[1];
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

  // A heap of nodes by distance; entries that were beaten since are skipped when they come up.
  class Heap {
    constructor() {
      this.key = [];
      this.node = [];
    }

    push(key, node) {
      let i = this.key.length;
      this.key.push(key);
      this.node.push(node);
      while (i > 0) {
        const up = (i - 1) >> 1;
        if (this.key[up] <= key) break;
        this.key[i] = this.key[up];
        this.node[i] = this.node[up];
        i = up;
      }
      this.key[i] = key;
      this.node[i] = node;
    }

    pop() {
      const top = [this.key[0], this.node[0]];
      const key = this.key.pop();
      const node = this.node.pop();
      const size = this.key.length;
      if (size > 0) {
        let i = 0;
        for (let child = 1; child < size; child = 2 * i + 1) {
          if (child + 1 < size && this.key[child + 1] < this.key[child]) child++;
          if (this.key[child] >= key) break;
          this.key[i] = this.key[child];
          this.node[i] = this.node[child];
          i = child;
        }
        this.key[i] = key;
        this.node[i] = node;
      }
      return top;
    }
  }

  // How far a station is from a node at the beginning of an arc along its street.
  function along(network, station, node) {
    const s = station.street;
    return node === network.from[s]
      ? station.offset_dm
      : network.length[s] - station.offset_dm;
  }

  // The k nearest of some stations ({code, street, offset_dm, snap_dm}, street in this file).
  // Returns [{code, distance_m, ...}] by whole millimetre, then code, as the server does.
  function findNearest(network, place, stations, k, withinM) {
    const onStreet = new Map();
    for (const station of stations) {
      if (station.street < 0) continue;
      if (!onStreet.has(station.street)) onStreet.set(station.street, []);
      onStreet.get(station.street).push(station);
    }
    const limit = (withinM ?? Infinity) * DM + TOLERANCE_DM;
    const cost = new Float64Array(network.nodes).fill(Infinity);
    const came = new Int32Array(network.nodes).fill(-1); // the arc by which a node is reached
    const heap = new Heap();
    const met = new Map();
    let bound = Infinity; // the k-th of what was met: nothing farther can matter
    const meet = (station, distance, node) => {
      const whole = distance + station.snap_dm;
      if (whole > limit || (met.has(station) && met.get(station).distance <= whole)) return;
      met.set(station, { distance: whole, node });
      if (met.size >= k) bound = kth(met, k);
    };
    const s = place.street;
    const ahead = network.length[s] - place.offset;
    const walk = (node, key, arc) => {
      if (key < cost[node]) {
        cost[node] = key;
        came[node] = arc;
        heap.push(key, node);
      }
    };
    for (const station of onStreet.get(s) || []) {
      const way = station.offset_dm - place.offset;
      if (network.travel[s] & (way >= 0 ? FORWARD : BACKWARD) || way === 0) {
        meet(station, place.away + Math.abs(way), -1);
      }
    }
    if (network.travel[s] & FORWARD) walk(network.to[s], place.away + ahead, -1);
    if (network.travel[s] & BACKWARD) walk(network.from[s], place.away + place.offset, -1);
    const arcs = network.arcs;
    while (heap.key.length > 0) {
      const [key, node] = heap.pop();
      if (key > limit || key > bound) break;
      if (key > cost[node]) continue;
      for (let a = arcs.first[node]; a < arcs.first[node + 1]; a++) {
        const street = arcs.street[a];
        for (const station of onStreet.get(street) || []) {
          const way =
            network.from[street] === network.to[street]
              ? loopWay(network, station)
              : along(network, station, node);
          meet(station, key + way, node);
        }
        walk(arcs.node[a], key + network.length[street], a);
      }
    }
    const found = [...met].map(([station, { distance, node }]) => ({
      station,
      code: station.code,
      distance_m: distance / DM,
      node,
    }));
    const mm = (row) => Math.round(row.distance_m * 1000);
    found.sort((a, b) => mm(a) - mm(b) || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
    return { found: found.slice(0, k), came, cost };
  }

  // On a street that ends where it begins, the shorter way round that may be walked.
  function loopWay(network, station) {
    const s = station.street;
    const ahead = network.travel[s] & FORWARD ? station.offset_dm : Infinity;
    const back = network.travel[s] & BACKWARD ? network.length[s] - station.offset_dm : Infinity;
    return Math.min(ahead, back);
  }

  function kth(met, k) {
    const all = [...met.values()].map((row) => row.distance).sort((a, b) => a - b);
    return all[k - 1];
  }

  locator.network = { readNetwork, readNumbers, snap, findNearest, StreetFileError };
})((globalThis.locator = globalThis.locator || {}));
