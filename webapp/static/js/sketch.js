// A light street picture of the city from the phone's own files, on a canvas: no tiles, no network.
//
//   locator.sketch.draw(canvas, {lon, lat, radius_m, stations, route})
//
// Draws waters, streets, stations (a square each, numbered as in the list) and a route. A picture
// says nothing that the list does not say too: give the canvas a label that says so.
"use strict";

(function (locator) {
  const COLOURS = { ground: "#f7f5f0", water: "#a9cbe3", street: "#8a8a8a", route: "#14406b", station: "#7a1f00" };
  const DM = 10;

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
    pen.lineWidth = Math.max(1, view.scale * 30);
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

  locator.sketch = { draw };
})((globalThis.locator = globalThis.locator || {}));
