// The nearest stations from where you are, from a click, from the map's centre or from a place.
// A position goes to the server by POST, for this one answer, and is kept nowhere.
"use strict";

(function (locator) {
  const WAIT_MS = 5000;
  const ROUGH_M = 200; // beyond this the answer says how far off it may be
  const TEXT = {
    asking: "正在找最近的站点…",
    locating: "正在取位置…",
    refused: "没拿到位置。请选街道或输入路名。",
    slow: "定位太慢，先选个地方。",
    none: "这台设备没有定位。请选街道或输入路名。",
  };
  const element = locator.element;

  locator.addFinder = function (map, options) {
    const marks = new Map(options.marks.map((mark) => [mark.kind, mark]));
    const form = document.getElementById("place-form");
    const answer = document.getElementById("answer");
    const drawn = L.layerGroup().addTo(map);
    let running = null;
    let last = null; // where the answer on the page starts from; kept in this page alone

    function show(...children) {
      answer.replaceChildren(...children.filter((child) => child !== null));
    }

    function say(text, next) {
      show(element("p", { class: "message" }, text), next ? element("p", {}, next) : null);
    }
    locator.say = say;

    function choices() {
      const body = { kind: form.elements.kind.value, mode: form.elements.mode.value };
      if (!body.kind) delete body.kind;
      return body;
    }

    // origin: {lon, lat} or {district, street}; extra: {note, k}
    async function find(origin, extra) {
      if (running) running.abort();
      const mine = (running = new AbortController());
      last = { origin, extra };
      say(TEXT.asking);
      try {
        const body = Object.assign(choices(), origin, extra && extra.k ? { k: extra.k } : {});
        const found = await locator.post(options.url, body, mine.signal);
        render(found, found.from || origin, extra && extra.note);
      } catch (error) {
        if (error.name !== "AbortError") say(error.message);
      } finally {
        if (running === mine) running = null;
      }
    }

    function render(found, origin, note) {
      drawn.clearLayers();
      map.closePopup();
      // Where the street beside you leads nowhere, the answer starts from the nearest that does.
      const results = found.connected ? found.connected.results : found.results;
      const items = results.map((result, row) => card(result, row));
      const parts = [];
      if (note) parts.push(element("p", { class: "message" }, note));
      if (found.message) parts.push(element("p", { class: "message" }, found.message));
      if (found.next_step) parts.push(element("p", {}, found.next_step));
      if (items.length) parts.push(element("ol", { class: "cards" }, ...items));
      show(...parts);
      answer.dataset.outcome = found.outcome;
      if (results.length) {
        document.getElementById("list-fold").open = false;
        results.forEach((result, row) => drawNumber(result, row));
        choose(results[0], items[0], origin);
      } else if (found.outcome !== "outside") {
        map.setView([origin.lat, origin.lon], Math.max(map.getZoom(), 14));
      }
      drawOrigin(origin);
    }

    function card(result, row) {
      const mark = marks.get(result.kind);
      const button = element("button", { type: "button", class: "quiet" }, "看路线 Route");
      const item = element(
        "li",
        { class: "card" },
        element(
          "h3",
          {},
          element("span", { class: "number", "aria-hidden": "true" }, String(row + 1)),
          result.name,
        ),
        element("p", { class: "kind" }, locator.markIcon(mark.kind), " ", mark.zh),
        element("p", { class: "way" }, result.text),
        result.note ? element("p", { class: "warning" }, result.note) : null,
        element("p", {}, "开放时间：" + (result.hours || "未知")),
        result.way_in ? element("p", {}, "进门：" + result.way_in) : null,
        result.sample ? element("p", { class: "sample-tag" }, "示例数据 SAMPLE") : null,
        button,
      );
      button.addEventListener("click", () => {
        choose(result, item, null);
        map.getContainer().scrollIntoView({ block: "nearest" });
      });
      return item;
    }

    let route = L.layerGroup().addTo(drawn);

    // Draw one result's route and mark its card.
    function choose(result, item, origin) {
      for (const other of answer.querySelectorAll(".card")) {
        other.classList.toggle("chosen", other === item);
        other.querySelector("button").setAttribute("aria-pressed", String(other === item));
      }
      route.remove();
      const latlngs = result.route.coordinates.map(([lon, lat]) => [lat, lon]);
      route = L.layerGroup([
        L.polyline(latlngs, { color: "#fff", weight: 9, opacity: 0.9, interactive: false }),
        L.polyline(latlngs, { className: "route", color: "#14406b", weight: 5, interactive: false }),
      ]).addTo(drawn);
      const bounds = L.latLngBounds(latlngs).extend([result.lat, result.lon]);
      if (origin) bounds.extend([origin.lat, origin.lon]);
      map.fitBounds(bounds.pad(0.15), { maxZoom: 17 });
    }

    function drawOrigin(origin) {
      L.circleMarker([origin.lat, origin.lon], {
        className: "origin",
        radius: 8,
        color: "#fff",
        weight: 3,
        fillColor: "#14406b",
        fillOpacity: 1,
        interactive: false,
      }).addTo(drawn);
    }

    function drawNumber(result, row) {
      const label = element("span", {}, String(row + 1));
      L.marker([result.lat, result.lon], {
        icon: L.divIcon({ html: label, className: "number-pin", iconSize: [28, 36], iconAnchor: [14, 44] }),
        zIndexOffset: -10 * row, // the nearest on top
        interactive: false,
        keyboard: false,
      }).addTo(drawn);
    }

    function locate() {
      if (!navigator.geolocation) {
        say(TEXT.none);
        return;
      }
      say(TEXT.locating);
      let settled = false;
      const clock = setTimeout(() => settled || say(TEXT.slow), WAIT_MS);
      navigator.geolocation.getCurrentPosition(
        function (position) {
          settled = true;
          clearTimeout(clock);
          const { longitude, latitude, accuracy } = position.coords;
          const rough = accuracy > ROUGH_M;
          find(
            { lon: longitude, lat: latitude },
            rough ? { k: 2, note: `位置可能差${Math.round(accuracy / 10) * 10}米，先看这两个。` } : {},
          );
        },
        function (error) {
          settled = true;
          clearTimeout(clock);
          say(error.code === error.PERMISSION_DENIED ? TEXT.refused : TEXT.slow);
          document.getElementById("place-fold").open = true;
          form.elements.street.focus();
        },
        { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 60000 },
      );
    }

    function fromMap(latlng) {
      const place = latlng.wrap();
      find({ lon: place.lng, lat: place.lat });
    }

    document.getElementById("locate").addEventListener("click", locate);
    document
      .getElementById("use-centre")
      .addEventListener("click", () => fromMap(map.getCenter()));
    map.on("click", function (event) {
      if (!locator.openStationAt(event.containerPoint)) fromMap(event.latlng);
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const origin = {};
      for (const name of ["district", "street", "lon", "lat"]) {
        const text = form.elements[name] ? form.elements[name].value.trim() : "";
        if (text) origin[name] = name === "lon" || name === "lat" ? Number(text) : text;
      }
      find(origin);
    });
    // Another kind or mode is another question: the old answer would be wrong.
    for (const name of ["kind", "mode"]) {
      form.elements[name].addEventListener("change", function () {
        if (last) find(last.origin, last.extra);
      });
    }
    for (const button of document.querySelectorAll("[data-needs-script]")) button.hidden = false;
    for (const row of document.querySelectorAll("li[data-code]")) addShowButton(row);

    function addShowButton(row) {
      const button = element("button", { type: "button", class: "quiet" }, "在地图上看 Map");
      button.addEventListener("click", function () {
        const station = locator.stations.find(row.dataset.code);
        if (!station) return;
        map.setView(station.latlng, 16);
        locator.showStation(station);
        map.getContainer().scrollIntoView({ block: "nearest" });
      });
      row.append(button);
    }
  };
})(window.locator);
