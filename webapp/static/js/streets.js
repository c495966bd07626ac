// All streets on canvas tiles, by what the chosen limit reaches. The binary format is
// described in webapp/street_tiles.py.
"use strict";

(function (locator) {
  const UNITS = 1024;
  const GROUPS = 6; // state x importance
  // Told apart in grey too: covered is light and thin, uncovered dark and wide, unreachable
  // broken.
  const STYLES = [
    { colour: "#6aa6b8", width: 1, dash: null },
    { colour: "#b3400f", width: 1.45, dash: null },
    { colour: "#5a4a86", width: 1.5, dash: [5, 3] },
  ];
  const PLAIN = { colour: "#9aa5ad", width: 1, dash: null };

  function baseWidth(zoom) {
    if (zoom <= 10) return 0.7;
    if (zoom <= 11) return 0.8;
    if (zoom <= 12) return 1;
    if (zoom <= 13) return 1.2;
    if (zoom <= 14) return 1.5;
    if (zoom <= 15) return 2;
    if (zoom <= 16) return 2.6;
    return 3.6;
  }

  function decode(buffer) {
    const head = new Uint32Array(buffer, 0, 2 * GROUPS);
    const lines = head.subarray(0, GROUPS).reduce((sum, n) => sum + n, 0);
    const sizes = new Uint16Array(buffer, 8 * GROUPS, lines);
    const xy = new Int16Array(buffer, 8 * GROUPS + 2 * lines);
    return { head, sizes, xy };
  }

  const StreetLayer = L.GridLayer.extend({
    options: { tileSize: 256, keepBuffer: 2, updateWhenZooming: false, className: "streets" },

    initialize: function (options) {
      L.GridLayer.prototype.initialize.call(this, options);
      this._query = null;
      this._coverageShown = true;
      this.on("tileunload", (event) => event.tile.abort && event.tile.abort.abort());
    },

    // query: the parameters of the tiles' address
    setQuery: function (query) {
      this._query = new URLSearchParams(query).toString();
      if (this._map) this.redraw();
    },

    showCoverage: function (shown) {
      this._coverageShown = shown;
      for (const key of Object.keys(this._tiles || {})) {
        const { el, coords } = this._tiles[key];
        if (el.data) this._draw(el, coords.z);
      }
    },

    createTile: function (coords, done) {
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const size = this.getTileSize();
      const tile = locator.element("canvas", {
        width: Math.round(size.x * ratio),
        height: Math.round(size.y * ratio),
      });
      tile.abort = new AbortController();
      const url = `${this.options.url}/${coords.z}/${coords.x}/${coords.y}?${this._query}`;
      fetch(url, { signal: tile.abort.signal })
        .then((response) => {
          if (!response.ok) throw new Error(String(response.status));
          return response.arrayBuffer();
        })
        .then((buffer) => {
          tile.data = decode(buffer);
          this._draw(tile, coords.z);
          done(null, tile);
        })
        .catch((error) => error.name === "AbortError" || done(error, tile));
      return tile;
    },

    _draw: function (tile, zoom) {
      const context = tile.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, tile.width, tile.height);
      const scale = tile.width / UNITS;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.lineCap = "butt";
      context.lineJoin = "round";
      const pixel = UNITS / this.getTileSize().x;
      const { head, sizes, xy } = tile.data;
      const starts = this._starts(tile.data);
      // What there is least of comes last, on top: seen from afar neither state hides the other.
      const order = [0, 1, 2, 3, 4, 5].sort((a, b) => head[GROUPS + b] - head[GROUPS + a]);
      for (const group of order) {
        const style = this._coverageShown ? STYLES[group >> 1] : PLAIN;
        let { line, at } = starts[group];
        context.beginPath();
        for (const end = line + head[group]; line < end; line++) {
          context.moveTo(xy[at], xy[at + 1]);
          for (const last = at + 2 * sizes[line]; (at += 2) < last; ) {
            context.lineTo(xy[at], xy[at + 1]);
          }
        }
        const importance = group % 2 ? 1.5 : 1;
        context.strokeStyle = style.colour;
        context.lineWidth = pixel * baseWidth(zoom) * style.width * importance;
        context.setLineDash(style.dash && zoom >= 12 ? style.dash.map((n) => n * pixel) : []);
        context.stroke();
      }
    },

    // Where each group's lines and coordinates begin.
    _starts: function ({ head }) {
      const starts = [];
      let line = 0;
      let at = 0;
      for (let group = 0; group < GROUPS; group++) {
        starts.push({ line, at });
        line += head[group];
        at += 2 * head[GROUPS + group];
      }
      return starts;
    },
  });

  // Called by the map's script, which Folium writes.
  locator.addStreets = function (map, options) {
    const Layer = locator.layOnMap ? locator.layOnMap(StreetLayer) : StreetLayer;
    const layer = new Layer({ url: options.url });
    layer.on("load", () => (map.getContainer().dataset.streets = "loaded"));
    layer.on("loading", () => (map.getContainer().dataset.streets = "loading"));
    locator.streets = layer;
    // What the tiles show is chosen in the coverage panel: nothing is asked for before.
    locator.showStreets = function (query) {
      layer.setQuery(query);
      if (!map.hasLayer(layer)) layer.addTo(map);
    };
  };
})(window.locator);
