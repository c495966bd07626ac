// Stations on one canvas: a shape and colour per kind; close ones are counted together.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  // Stations in one cell of so many pixels are drawn as one count: fewer of them from afar.
  const cellAt = (zoom) => (zoom < 12 ? 44 : 16);
  const ALONE_FROM_ZOOM = 15; // from here on each station stands for itself
  const ROW = 4;
  const DOORS_FROM_ZOOM = 13;
  const DOORS_FOR_MS = 60000; // then a door may have opened or closed
  const REACH = 16; // pixels around a mark that a finger may miss by
  const INK = "#26323f";

  function spotOf(stations, sum) {
    return {
      stations: stations,
      sum: sum,
      point: sum.divideBy(stations.length),
      radius: stations.length > 1 ? 11 + Math.min(9, Math.log2(stations.length) * 1.5) : 9,
    };
  }

  // Spots that would lie on each other become one, the largest first.
  function apart(spots) {
    const kept = [];
    spots.sort((a, b) => b.stations.length - a.stations.length);
    for (let spot of spots) {
      for (let i = 0; i < kept.length; i++) {
        const other = kept[i];
        if (spot.point.distanceTo(other.point) > spot.radius + other.radius) continue;
        spot = spotOf(other.stations.concat(spot.stations), other.sum.add(spot.sum));
        kept.splice(i, 1);
        i = -1; // what has grown may now touch another
      }
      kept.push(spot);
    }
    return kept;
  }

  // Close by, the few stations of one house stand side by side.
  function inARow(spot) {
    const count = spot.stations.length;
    if (count === 1 || count > ROW) return [spot];
    return spot.stations.map((station, i) => {
      const point = spot.point.add([(i - (count - 1) / 2) * 22, 0]);
      return spotOf([station], point);
    });
  }

  // The marks of doors as the page's cards have them; none on pages without cards.
  function doorMarks() {
    const kept = document.getElementById("door-marks");
    const spans = kept ? Array.from(kept.content.querySelectorAll("[data-door-mark]")) : [];
    return new Map(
      spans.map(function (span) {
        const path = span.querySelector("path");
        const mark = { shape: new Path2D(path.getAttribute("d")), colour: path.getAttribute("fill") };
        return [span.dataset.doorMark, mark];
      }),
    );
  }

  const DOOR_WORDS = { open: _("开着"), closing: _("快关了"), closed: _("关着"), unknown: _("没核实") };

  // What the small marks mean, in words; closed on a small map until it is wanted.
  function addDoorLegend(map) {
    const { x: width, y: height } = map.getSize();
    const icons = document.getElementById("door-marks").content;
    const rows = Object.entries(DOOR_WORDS).map(function ([door, word]) {
      const icon = icons.querySelector(`[data-door-mark="${door}"] svg`).cloneNode(true);
      return locator.element("li", {}, icon, " ", word);
    });
    const Legend = L.Control.extend({
      options: { position: "bottomleft" },
      onAdd: function () {
        const box = locator.element(
          "details",
          { class: "map-legend", open: width > 600 && height > 480 },
          locator.element("summary", {}, _("图例")),
          locator.element("ul", {}, ...rows),
        );
        L.DomEvent.disableClickPropagation(box);
        return box;
      },
    });
    new Legend().addTo(map);
  }

  // Doors by station code: as the server knows them now; without a network, or at another hour that
  // the address says, as the phone does.
  async function findDoors(url) {
    const at = new URLSearchParams(location.search).get("at") || "now";
    try {
      if (at !== "now") throw new Error(at);
      const { code, open, closes_in_s } = (await locator.ask(url)).columns;
      return new Map(
        code.map((one, i) => [one, locator.doorOf({ open: open[i], closes_in_s: closes_in_s[i] })]),
      );
    } catch (error) {
      if (!locator.phone) throw error;
      await locator.phone.ready();
      const known = locator.phone.stations().map(({ code }) => [code, locator.phone.doors(code, at)]);
      return new Map(known.map(([code, found]) => [code, locator.doorOf(found)]));
    }
  }

  // On pages with cards, whose scripts come after the map's.
  function keepDoors(map, layer, url) {
    if (!locator.doorOf || !doorMarks().size) return;
    const look = () =>
      findDoors(url).then(
        function (doors) {
          if (!map.getContainer().dataset.doors) addDoorLegend(map);
          layer.showDoors(doors);
          map.getContainer().dataset.doors = String(doors.size);
        },
        () => layer.showDoors(new Map()), // the cards say what is wrong; the map does without
      );
    look();
    document.addEventListener("change", ({ target }) => target.name === "at" && look());
    setInterval(() => document.hidden || look(), DOORS_FOR_MS);
  }

  // L.Renderer brings a container that follows pans and zooms; it has no paths of its own.
  const StationLayer = L.Renderer.extend({
    options: { pane: "markerPane", padding: 0.2, marks: [] },

    initialize: function (options) {
      L.Renderer.prototype.initialize.call(this, options);
      this._rows = [];
      this._drawn = [];
      this._hidden = new Set();
      this._doorMarks = doorMarks();
      this._doors = new Map();
      this._marks = new Map(
        this.options.marks.map((mark) => [
          mark.kind,
          Object.assign({ shape: new Path2D(mark.path) }, mark),
        ]),
      );
    },

    // rows: [{code, name, kind, lon, lat, ...}]
    setStations: function (rows) {
      this._rows = rows.map((row) => Object.assign({ latlng: L.latLng(row.lat, row.lon) }, row));
      if (this._map) this._update();
    },

    showKind: function (kind, shown) {
      if (shown) this._hidden.delete(kind);
      else this._hidden.add(kind);
      if (this._map) this._update();
    },

    // doors: code -> "open", "closing", "closed" or "unknown"
    showDoors: function (doors) {
      this._doors = doors;
      if (this._map) this._update();
    },

    find: function (code) {
      return this._rows.find((row) => row.code === code) || null;
    },

    // What is drawn at a point of the map's container: {stations, point} or null.
    at: function (containerPoint) {
      const point = this._map.containerPointToLayerPoint(containerPoint);
      let best = null;
      let least = Infinity;
      for (const spot of this._drawn) {
        const away = spot.point.distanceTo(point) - spot.radius;
        if (away <= REACH - 8 && away < least) {
          best = spot;
          least = away;
        }
      }
      return best;
    },

    _initContainer: function () {
      this._container = locator.element("canvas", { class: "stations-canvas" });
      this._context = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      this._container.remove();
      delete this._container;
      delete this._context;
    },

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, this._bounds.min);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      this._context.scale(ratio, ratio);
      this._context.translate(-this._bounds.min.x, -this._bounds.min.y);
      this._draw();
    },

    _draw: function () {
      this._drawn = this._spots();
      for (const spot of this._drawn) {
        if (spot.stations.length > 1) this._drawCount(spot);
        else this._drawMark(spot);
      }
      this._map.fire("stations");
    },

    // What is drawn, in pixels of the map's layers: {stations, point, radius}.
    spots: function () {
      return this._drawn;
    },

    // Stations in sight, those of one cell of the world's pixels together.
    _spots: function () {
      const zoom = this._map.getZoom();
      const cell = cellAt(zoom);
      const cells = new Map();
      this._rows.forEach((station, row) => {
        if (this._hidden.has(station.kind)) return;
        const point = this._map.latLngToLayerPoint(station.latlng);
        if (!this._bounds.contains(point)) return;
        const pixel = this._map.project(station.latlng, zoom);
        const key =
          zoom >= ALONE_FROM_ZOOM
            ? row
            : Math.floor(pixel.x / cell) + ":" + Math.floor(pixel.y / cell);
        const spot = cells.get(key);
        if (spot) {
          spot.stations.push(station);
          spot.sum = spot.sum.add(point);
        } else {
          cells.set(key, { stations: [station], sum: point });
        }
      });
      const spots = Array.from(cells.values(), ({ stations, sum }) => spotOf(stations, sum));
      const separate = apart(spots);
      return zoom >= ALONE_FROM_ZOOM ? separate.flatMap(inARow) : separate;
    },

    _drawMark: function (spot) {
      const mark = this._marks.get(spot.stations[0].kind);
      const context = this._context;
      const scale = this._map.getZoom() >= ALONE_FROM_ZOOM ? 1.25 : 1;
      context.save();
      context.translate(spot.point.x - 8 * scale, spot.point.y - 8 * scale);
      context.scale(scale, scale);
      context.lineJoin = "round";
      context.lineWidth = 3.5;
      context.strokeStyle = "#fff";
      context.stroke(mark.shape);
      context.fillStyle = mark.colour;
      context.fill(mark.shape);
      context.restore();
      if (this._map.getZoom() >= DOORS_FROM_ZOOM) this._drawDoor(spot, scale);
    },

    // At the mark's lower right, small: shape and colour of the card's.
    _drawDoor: function (spot, scale) {
      const mark = this._doorMarks.get(this._doors.get(spot.stations[0].code));
      if (!mark) return;
      const context = this._context;
      context.save();
      context.translate(spot.point.x + 2 * scale, spot.point.y + 2 * scale);
      context.scale(0.75 * scale, 0.75 * scale);
      context.beginPath();
      context.arc(8, 8, 9.5, 0, 2 * Math.PI);
      context.fillStyle = "#fff";
      context.fill();
      context.fillStyle = mark.colour;
      context.fill(mark.shape, "evenodd");
      context.restore();
    },

    _drawCount: function (spot) {
      const context = this._context;
      const kinds = new Set(spot.stations.map((station) => station.kind));
      const only = kinds.size === 1 ? this._marks.get(spot.stations[0].kind) : null;
      context.beginPath();
      context.arc(spot.point.x, spot.point.y, spot.radius, 0, 2 * Math.PI);
      context.fillStyle = only ? only.colour : INK;
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = "#fff";
      context.stroke();
      context.fillStyle = "#fff";
      context.font = "600 13px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(spot.stations.length), spot.point.x, spot.point.y + 0.5);
    },
  });

  // Columns of the API as rows.
  function rowsOf(columns) {
    const names = Object.keys(columns);
    return columns.code.map((_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name][i]])),
    );
  }

  const keptStations = async function () {
    await locator.phone.ready();
    return locator.keptStations ? locator.keptStations() : locator.phone.stations();
  };

  function popupOf(station, mark) {
    const lines = [
      locator.element("strong", {}, station.name),
      locator.element("p", {}, locator.markIcon(mark.kind), " ", document.documentElement.lang === "en" ? mark.en : mark.zh),
      locator.element("p", {}, _("开放时间：") + (locator.hourWords(station) || _("未知"))),
    ];
    if (station.way_in) lines.push(locator.element("p", {}, _("进门：") + station.way_in));
    if (station.address) lines.push(locator.element("p", {}, station.address));
    if (station.sample) lines.push(locator.element("p", { class: "sample-tag" }, "示例数据 SAMPLE"));
    return locator.element("div", { class: "station-popup" }, ...lines);
  }

  // Called by the map's script, which Folium writes.
  locator.addStations = function (map, options) {
    const layer = new StationLayer({ marks: options.marks });
    const marks = new Map(options.marks.map((mark) => [mark.kind, mark]));
    layer.addTo(map);
    locator.stations = layer;
    document.addEventListener("DOMContentLoaded", () => keepDoors(map, layer, options.doors));
    function open(stations) {
      const parts = stations.map((station) => popupOf(station, marks.get(station.kind)));
      L.popup({ maxWidth: 260, maxHeight: 320 })
        .setLatLng(stations[0].latlng)
        .setContent(locator.element("div", {}, ...parts))
        .openOn(map);
    }
    locator.showStation = (station) => open([station]);
    // Returns true where the click was meant for a station.
    locator.openStationAt = function (containerPoint) {
      const spot = layer.at(containerPoint);
      if (!spot) return false;
      if (spot.stations.length === 1 || map.getZoom() === map.getMaxZoom()) {
        open(spot.stations);
      } else {
        const bounds = L.latLngBounds(spot.stations.map((station) => station.latlng));
        map.fitBounds(bounds.pad(0.2), { maxZoom: Math.max(map.getZoom() + 1, ALONE_FROM_ZOOM) });
      }
      return true;
    };
    map.on("mousemove", function (event) {
      map.getContainer().classList.toggle("over-station", layer.at(event.containerPoint) !== null);
    });
    let loads = 0;
    // The stations of the list beside the map, which are the same in words; anew with each list.
    async function load(event) {
      const mine = (loads += 1);
      const beside = document.getElementById("list") || document.getElementById("map");
      const url = (beside && beside.dataset.stations) || options.url;
      const askServer = async () => rowsOf((await locator.ask(url)).columns);
      const isKept = event && !event.detail.byServer;
      const rows = await (isKept ? keptStations() : askServer()).catch((error) =>
        // without a network the phone's own list will do
        keptStations().catch(() => locator.say && locator.say(error.message)),
      );
      if (!rows || mine !== loads) return;
      layer.setStations(rows);
      map.getContainer().dataset.stations = String(rows.length);
    }
    document.addEventListener("listed", load);
    load();
    document.querySelectorAll("input[data-kind]").forEach(function (box) {
      layer.showKind(box.dataset.kind, box.checked);
      box.addEventListener("change", () => layer.showKind(box.dataset.kind, box.checked));
    });
  };
})(window.locator);
