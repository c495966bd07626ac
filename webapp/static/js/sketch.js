// A light street picture of the city from the phone's own files, on a canvas: no tiles, no network.
//
//   locator.sketch.draw(canvas, {lon, lat, radius_m, stations, route})
//   locator.sketch.lay(map)   the ground of a Leaflet map for as long as there is no network
//
// Draws waters, streets, stations (a square each, numbered as in the list) and a route. A picture
// says nothing that the list does not say too: give the canvas a label that says so.
"use strict";

(function (locator) {
  const COLOURS = { ground: "#f7f5f0", water: "#a9cbe3", street: "#8a8a8a", route: "#14406b", station: "#7a1f00" };
  const DM = 10;
  const STREET_DM = 30; // a street's width
  const FAR = 0.6; // pixels of a street seen from afar, where streets would grow together

  // The transform from the plane of the streets to the canvas's pixels.
  function viewOf(canvas, data, { lon, lat, radius_m = 600 }) {
    const [cx, cy] = locator.network.toPlane(data.network, lon, lat);
    const scale = Math.min(canvas.width, canvas.height) / (2 * radius_m * DM);
    return {
      scale,
      at: ([x, y]) => [canvas.width / 2 + (x - cx) * scale, canvas.height / 2 - (y - cy) * scale],
      box: [cx - canvas.width / 2 / scale, cy - canvas.height / 2 / scale,
            cx + canvas.width / 2 / scale, cy + canvas.height / 2 / scale],
    }; // prettier-ignore
  }

  function path(pen, view, points) {
    points.forEach((point, i) => {
      const [x, y] = view.at(point);
      if (i) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    });
  }

  function drawWater(pen, view, data) {
    if (!data.water) return;
    const { areas, lines } = (data.waterPlane ??= locator.water.readWater(data));
    pen.fillStyle = pen.strokeStyle = COLOURS.water;
    pen.lineWidth = 3;
    pen.beginPath();
    for (const rings of areas) for (const ring of rings) path(pen, view, ring);
    pen.fill("evenodd");
    pen.beginPath();
    for (const line of lines) path(pen, view, line);
    pen.stroke();
  }

  function drawStreets(pen, view, { network }) {
    pen.strokeStyle = COLOURS.street;
    pen.lineWidth = Math.max(view.least || 1, view.scale * STREET_DM);
    pen.beginPath();
    for (const s of locator.network.streetsNear(network, view.box)) {
      const points = locator.network.pointsOf(network, s);
      const pairs = [];
      for (let i = 0; i < points.length; i += 2) pairs.push([points[i], points[i + 1]]);
      path(pen, view, pairs);
    }
    pen.stroke();
  }

  function drawStations(pen, view, data, stations) {
    pen.font = "bold 14px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    stations.forEach((station, i) => {
      const [x, y] = view.at(locator.network.toPlane(data.network, station.lon, station.lat));
      pen.fillStyle = COLOURS.station;
      pen.fillRect(x - 11, y - 11, 22, 22);
      pen.fillStyle = "#fff";
      pen.fillText(String(i + 1), x, y);
    });
  }

  function drawRoute(pen, view, data, route) {
    pen.strokeStyle = COLOURS.route;
    pen.lineWidth = 5;
    pen.beginPath();
    path(pen, view, route.coordinates.map(([lon, lat]) => locator.network.toPlane(data.network, lon, lat)));
    pen.stroke();
  }

  // Returns whether there was anything to draw from.
  function draw(canvas, options) {
    const data = options.data || locator.phone.data();
    if (!data) return false;
    const pen = canvas.getContext("2d");
    const view = viewOf(canvas, data, options);
    pen.fillStyle = COLOURS.ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    drawWater(pen, view, data);
    drawStreets(pen, view, data);
    if (options.route) drawRoute(pen, view, data, options.route);
    drawStations(pen, view, data, options.stations || []);
    return true;
  }

  // ---- the ground of a map --------------------------------------------------------------------

  // The transform to a tile's pixels, straight between three of its corners: on a tile's width
  // the plane of the streets and that of the map bend against each other by less than a pixel.
  function tileView(map, data, coords, size, width) {
    const corner = (right, down) => {
      const at = map.unproject(coords.add([right, down]).scaleBy(size), coords.z);
      return locator.network.toPlane(data.network, at.lng, at.lat);
    };
    const [origin, east, south] = [corner(0, 0), corner(1, 0), corner(0, 1)];
    const [ax, ay] = [east[0] - origin[0], east[1] - origin[1]];
    const [bx, by] = [south[0] - origin[0], south[1] - origin[1]];
    const whole = ax * by - ay * bx;
    const corners = [origin, east, south, corner(1, 1)];
    const side = (k, pick) => pick(...corners.map((one) => one[k]));
    return {
      scale: width / Math.hypot(ax, ay),
      least: (width / size.x) * (coords.z < 14 ? FAR : 1),
      at: ([x, y]) => {
        const [dx, dy] = [x - origin[0], y - origin[1]];
        return [(width * (dx * by - dy * bx)) / whole, (width * (ax * dy - ay * dx)) / whole];
      },
      box: [side(0, Math.min), side(1, Math.min), side(0, Math.max), side(1, Math.max)],
    };
  }

  function drawTile(map, tile, coords, size) {
    const data = locator.phone.data();
    if (!data) return;
    const pen = tile.getContext("2d");
    const view = tileView(map, data, coords, size, tile.width);
    pen.fillStyle = COLOURS.ground;
    pen.fillRect(0, 0, tile.width, tile.height);
    drawWater(pen, view, data);
    drawStreets(pen, view, data);
  }

  function makeGround(map) {
    const Ground = L.GridLayer.extend({
      options: { className: "ground sketch", zIndex: 2, updateWhenZooming: false },
      createTile: function (coords, done) {
        const size = this.getTileSize();
        const width = Math.round(size.x * Math.min(window.devicePixelRatio || 1, 2));
        const tile = locator.element("canvas", { width, height: width });
        setTimeout(function () {
          drawTile(map, tile, coords, size);
          done(null, tile);
        });
        return tile;
      },
    });
    const ground = new Ground();
    return ground.on("load", () => (map.getContainer().dataset.sketch = "drawn"));
  }

  // Over the usual ground, which may have holes, while the phone has no network but has the city.
  function lay(map) {
    const { phone } = locator;
    let ground = null;
    function change() {
      const wanted = phone.isOffline() && phone.data() !== null;
      if (wanted && !ground) ground = makeGround(map).addTo(map);
      if (wanted || !ground) return;
      ground.remove();
      ground = null;
      delete map.getContainer().dataset.sketch;
      if (locator.ground) locator.ground.redraw();
    }
    for (const type of ["offline", "online", "ready"]) phone.addEventListener(type, change);
    change();
  }

  locator.sketch = { draw, lay };
})((globalThis.locator = globalThis.locator || {}));
