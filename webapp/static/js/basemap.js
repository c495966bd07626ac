// The ground of a map: the city's own streets and waters, drawn from one file by protomaps-leaflet
// with the fonts of the device; or approved tiles of others, where the settings say so.
//
// The drawing is pale, so that stations and routes stand out, and its classes differ in width and
// lightness rather than in colour: it reads the same in grey.
"use strict";

(function (locator) {
  const PAPER = "#f6f6f3";
  const WATER = "#c8dbe3";
  const FONT = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif';
  // Levels of geodata/tile_layers.py, from the least to the greatest: what is painted later lies on top.
  // Widths in pixels at zooms; a street of 0 px is not shown there.
  const LEVELS = [
    { name: "path", from: 15, fill: "#c9c8c1", casing: null, width: [[15, 0.8], [18, 2]] },
    { name: "service", from: 15, fill: "#ffffff", casing: "#dcdbd5", width: [[15, 1.2], [16, 2.5], [18, 7]] },
    { name: "minor", from: 13, fill: "#ffffff", casing: "#d9d8d1", width: [[13, 0.6], [14, 1.6], [16, 5], [18, 12]] },
    { name: "tertiary", from: 12, fill: "#ffffff", casing: "#c4c3bb", width: [[12, 1.2], [14, 3], [16, 7], [18, 16]] },
    { name: "secondary", from: 10, fill: "#fdfbf2", casing: "#b7b5aa", width: [[10, 1], [12, 2], [14, 4.5], [16, 9], [18, 20]] },
    { name: "primary", from: 8, fill: "#fbf3d9", casing: "#a9a594", width: [[8, 1], [11, 2], [14, 5.5], [16, 11], [18, 24]] },
    { name: "trunk", from: 5, fill: "#f5e6bd", casing: "#96917d", width: [[5, 0.8], [9, 1.6], [11, 2.6], [14, 6], [16, 12], [18, 26]] },
  ];
  const LABELS = {
    path: { from: 17, size: 10 },
    service: { from: 17, size: 10 },
    minor: { from: 16, size: 11 },
    tertiary: { from: 14, size: 11 },
    secondary: { from: 13, size: 12 },
    primary: { from: 12, size: 12 },
    trunk: { from: 11, size: 12 },
  };
  const INK = "#46525a";
  const HAN = /[\u3400-\u9fff]/;
  const BEND = 2.5; // pixels by which a name may leave the middle of its street
  const LONG = 50; // points in a straight stretch: more are another stretch
  const REPEAT = 300; // pixels from one name of a street to its next
  const DISTRICTS_TO = 13; // the last zoom at which a district's name helps
  const WATER_INK = "#3d6373";

  // Straight between the stops, level beyond them.
  function between(stops, zoom) {
    const after = stops.findIndex(([at]) => at >= zoom);
    if (after === 0) return stops[0][1];
    if (after < 0) return stops[stops.length - 1][1];
    const [[z0, w0], [z1, w1]] = [stops[after - 1], stops[after]];
    return w0 + ((w1 - w0) * (zoom - z0)) / (z1 - z0);
  }

  function paintRules() {
    const { LineSymbolizer, PolygonSymbolizer } = protomapsL;
    const isArea = (zoom, feature) => feature.geomType === 3;
    const isLine = (zoom, feature) => feature.geomType === 2;
    const round = { lineCap: "round", lineJoin: "round" };
    const rules = [
      { dataLayer: "water", filter: isArea, symbolizer: new PolygonSymbolizer({ fill: WATER }) },
      {
        dataLayer: "water",
        filter: isLine,
        symbolizer: new LineSymbolizer({ color: WATER, width: (zoom) => between([[9, 0.8], [13, 2], [17, 6]], zoom), ...round }),
      },
    ];
    const add = (of, color, width) =>
      rules.push({
        dataLayer: "streets",
        minzoom: of.from,
        filter: (zoom, feature) => feature.props.kind === of.name,
        symbolizer: new LineSymbolizer({ color, width, ...round }),
      });
    // All casings first, so that streets that meet are open to each other.
    for (const of of LEVELS) {
      if (of.casing) add(of, of.casing, (zoom) => between(of.width, zoom) + (zoom < 13 ? 0.6 : 1.6));
    }
    for (const of of LEVELS) {
      // Seen from afar a casing is all there is room for.
      add(of, of.casing ? (zoom) => (zoom < of.from + 1 ? of.casing : of.fill) : of.fill, (zoom) => between(of.width, zoom));
    }
    return rules;
  }

  // A water's name in the widest place of what is seen of it.
  const waterLabels = {
    place: function (layout, geom, feature) {
      const name = feature.props.name;
      if (!name || feature.geomType !== 3) return undefined;
      const font = `italic 12px ${FONT}`;
      layout.scratch.font = font;
      const width = layout.scratch.measureText(name).width;
      const spot = widest(geom);
      if (!spot || spot.width < width + 16) return undefined;
      const anchor = Object.assign(geom[0][0].clone(), { x: spot.x, y: spot.y });
      const box = { minX: spot.x - width / 2, maxX: spot.x + width / 2, minY: spot.y - 8, maxY: spot.y + 8 };
      return [
        {
          anchor: anchor,
          bboxes: [box],
          deduplicationKey: name,
          deduplicationDistance: 400,
          draw: function (context) {
            context.font = font;
            context.textAlign = "center";
            context.textBaseline = "middle";
            context.fillStyle = WATER_INK;
            context.fillText(name, 0, 0);
          },
        },
      ];
    },
  };

  // The longest level stretch inside rings of points, tried at a few heights.
  function widest(rings) {
    let [top, bottom] = [Infinity, -Infinity];
    for (const ring of rings) for (const { y } of ring) [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    let best = null;
    for (let i = 1; i < 8; i++) {
      const y = top + ((bottom - top) * i) / 8;
      const crossings = [];
      for (const ring of rings) {
        for (let j = 0; j + 1 < ring.length; j++) {
          const [a, b] = [ring[j], ring[j + 1]];
          if (a.y > y !== b.y > y) crossings.push(a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y));
        }
      }
      crossings.sort((a, b) => a - b);
      for (let j = 0; j + 1 < crossings.length; j += 2) {
        const width = crossings[j + 1] - crossings[j];
        if (!best || width > best.width) best = { x: crossings[j] + width / 2, y, width };
      }
    }
    return best;
  }

  // How far a line's points between two of them lie from the straight way.
  function strays(line, i, j) {
    const [dx, dy] = [line[j].x - line[i].x, line[j].y - line[i].y];
    const length = Math.hypot(dx, dy) || 1;
    let most = 0;
    for (let k = i + 1; k < j; k++) {
      const [x, y] = [line[k].x - line[i].x, line[k].y - line[i].y];
      if (x * dx + y * dy < 0) return Infinity;
      most = Math.max(most, Math.abs(x * dy - y * dx) / length);
    }
    return most;
  }

  // Straight stretches of a line that have room, as [from, to].
  function stretches(line, least) {
    const found = [];
    for (let i = 0, j; i + 1 < line.length; i = j) {
      j = i + 1;
      while (j + 1 < line.length && j - i < LONG && strays(line, i, j + 1) <= BEND) j++;
      if (Math.hypot(line[j].x - line[i].x, line[j].y - line[i].y) >= least) found.push([line[i], line[j]]);
    }
    return found;
  }

  // Upright whichever way the line runs: signs along it, or below each other where it is steep.
  function writer(name, size, dx, dy) {
    // Beyond 45 degrees Chinese stands sign below sign, as on a street sign.
    const stacked = HAN.test(name) && Math.abs(dy) > Math.abs(dx);
    const on = (stacked ? dy : dx) < 0 ? -1 : 1;
    const turn = Math.atan2(on * dy, on * dx) - (stacked ? Math.PI / 2 : 0);
    const signs = stacked ? [...name] : [name];
    return function (context) {
      context.font = `${size}px ${FONT}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = 3;
      context.strokeStyle = "#ffffff";
      context.fillStyle = INK;
      context.rotate(turn);
      const at = (i) => (i - (signs.length - 1) / 2) * size * 1.1;
      signs.forEach((sign, i) => context.strokeText(sign, 0, at(i)));
      signs.forEach((sign, i) => context.fillText(sign, 0, at(i)));
    };
  }

  // A street's name in the middle of its straight stretches, and again where they are long.
  const streetLabels = (size) => ({
    place: function (layout, geom, feature) {
      const name = feature.props.name;
      if (!name) return undefined;
      layout.scratch.font = `${size}px ${FONT}`;
      const width = Math.max(layout.scratch.measureText(name).width, [...name].length * size * 1.1);
      const repeat = REPEAT * (layout.overzoom > 4 ? 1 << (layout.overzoom - 4) : 1);
      const labels = [];
      for (const line of geom) {
        for (const [from, to] of stretches(line, width + 2 * size)) {
          const length = Math.hypot(to.x - from.x, to.y - from.y);
          const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
          const times = 1 + Math.floor((length - width - 2 * size) / repeat);
          for (let i = 0; i < times; i++) {
            const way = (length - (times - 1) * repeat) / 2 + i * repeat;
            const middle = Object.assign(from.clone(), { x: from.x + way * ux, y: from.y + way * uy });
            labels.push(streetLabel(name, size, width, middle, [ux, uy]));
          }
        }
      }
      return labels.length ? labels : undefined;
    },
  });

  // What a name covers is told in squares along it.
  function streetLabel(name, size, width, middle, [ux, uy]) {
    const half = 0.75 * size;
    const bboxes = [];
    const squares = 2 * Math.ceil((width - size) / 2 / size) + 1;
    for (let i = 0; i < squares; i++) {
      const way = ((i + 0.5) / squares - 0.5) * width;
      const [x, y] = [middle.x + way * ux, middle.y + way * uy];
      bboxes.push({ minX: x - half, minY: y - half, maxX: x + half, maxY: y + half });
    }
    return {
      anchor: middle,
      bboxes,
      deduplicationKey: name,
      deduplicationDistance: REPEAT / 2,
      draw: writer(name, size, ux, uy),
    };
  }

  function labelRules() {
    const rules = [{ dataLayer: "water", minzoom: 9, symbolizer: waterLabels }];
    for (const { name } of LEVELS.slice().reverse()) {
      rules.push({
        dataLayer: "streets",
        minzoom: LABELS[name].from,
        filter: (zoom, feature) => feature.props.kind === name,
        symbolizer: streetLabels(LABELS[name].size),
      });
    }
    return rules;
  }

  // Where a name may stand instead: so many pixels aside, the nearest first.
  const ASIDE = [[0, 0]];
  for (let away = 12; away <= 84; away += 8) {
    for (let i = 0; i < 16; i++) ASIDE.push([away * Math.sin((i * Math.PI) / 8), away * Math.cos((i * Math.PI) / 8)]);
  }
  const CLEAR = 2; // pixels between a name and a station

  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

  function touches(box, { point, radius }) {
    const dx = Math.max(box.left - point.x, 0, point.x - box.right);
    const dy = Math.max(box.top - point.y, 0, point.y - box.bottom);
    return Math.hypot(dx, dy) < radius + CLEAR;
  }

  // The nearest place aside of `point` where a name is clear of stations and other names, or null.
  function placeName(point, width, height, spots, taken) {
    for (const [x, y] of ASIDE) {
      const [left, top] = [point.x + x - width / 2, point.y + y - height / 2];
      const box = { left, top, right: left + width, bottom: top + height };
      if (taken.some((other) => overlap(box, other)) || spots.some((spot) => touches(box, spot))) continue;
      return { x, y, box };
    }
    return null;
  }

  // Names of districts, seen from afar: as text of the page, clear of all marks. What finds no room
  // waits for the next zoom.
  function addDistricts(map, districts) {
    map.createPane("districts").style.zIndex = 350; // over the ground, under routes and stations
    const labels = districts.map(([name, lon, lat]) => {
      const html = locator.element("span", {}, name);
      const icon = L.divIcon({ className: "map-district", html, iconSize: null });
      const marker = L.marker([lat, lon], { icon, pane: "districts", interactive: false, keyboard: false });
      return { text: html, marker: marker.addTo(map) };
    });
    function choose() {
      const taken = [];
      const spots = locator.stations ? locator.stations.spots() : [];
      for (const { text } of labels) text.hidden = map.getZoom() > DISTRICTS_TO;
      const seen = labels.filter(({ text }) => !text.hidden);
      // Once, and before any is moved: the browser would lay the page out anew for each.
      for (const label of seen) label.size ??= [label.text.offsetWidth, label.text.offsetHeight];
      for (const { text, marker, size } of seen) {
        const point = map.latLngToLayerPoint(marker.getLatLng());
        const place = placeName(point, ...size, spots, taken);
        text.hidden = !place;
        if (!place) continue;
        taken.push(place.box);
        text.style.left = `${place.x}px`;
        text.style.top = `${place.y}px`;
      }
    }
    map.on("zoomend viewreset stations", choose);
    choose();
  }

  // A tile that did not come is no fault of the page: without a network js/sketch.js lays a ground.
  // The file is begun anew then, for its reader keeps a first failure for good.
  function fileOf(url) {
    const begin = () => new protomapsL.PmtilesSource(url, true).p;
    let file = begin();
    return {
      getZxy: async function (...where) {
        const asked = file;
        try {
          return await asked.getZxy(...where);
        } catch (error) {
          if (file === asked && error.name !== "AbortError") file = begin();
          throw new DOMException(error.message, "AbortError"); // which the drawing takes quietly
        }
      },
    };
  }

  function drawing(options) {
    return protomapsL.leafletLayer({
      url: fileOf(options.url),
      maxDataZoom: options.maxDataZoom,
      paintRules: paintRules(),
      labelRules: labelRules(),
      backgroundColor: PAPER,
      devicePixelRatio: Math.min(window.devicePixelRatio || 1, 2),
      lang: "zh",
      attribution: "", // by our own control, as text
      className: "ground",
      updateWhenZooming: false,
    });
  }

  // Approved tiles come from their provider's host, which the policy then admits.
  async function approved(map, options) {
    const told = await locator.ask(options.source);
    for (const url of told.layers) {
      L.tileLayer(url, { maxNativeZoom: told.maxZoom, maxZoom: map.getMaxZoom(), className: "ground" })
        .on("load", () => loaded(map))
        .addTo(map);
    }
  }

  function loaded(map) {
    map.getContainer().dataset.ground = "loaded";
  }

  // Who made what is seen, as text: it may come from a file.
  function addCredit(map, options) {
    const told = [options.maker, options.attribution, options.approval && "审图号：" + options.approval];
    if (options.sample) told.push("示例数据 SAMPLE");
    const text = told.filter((part) => part).join("　");
    if (!text) return;
    const Credit = L.Control.extend({
      options: { position: "bottomright" },
      onAdd: () => locator.element("div", { class: "leaflet-control-attribution map-credit-line" }, text),
    });
    new Credit().addTo(map);
  }

  // Called by the map's script, which Folium writes.
  locator.addBasemap = function (map, options) {
    map.fitBounds(options.bounds);
    L.control.scale({ imperial: false }).addTo(map);
    addCredit(map, options);
    if (options.source) {
      approved(map, options).catch(() => undefined);
    } else if (options.url && window.protomapsL) {
      locator.ground = drawing(options).on("load", () => loaded(map)).addTo(map);
      addDistricts(map, options.districts || []);
    }
  };
})(window.locator);
