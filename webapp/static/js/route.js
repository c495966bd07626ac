// The answer on the map: numbers at the stations, the way to the chosen one, and a tap that asks.
"use strict";

(function (locator) {
  const element = locator.element;

  // Called by the map's script, which Folium writes.
  locator.addFinder = function (map) {
    const finder = locator.finder;
    const drawn = L.layerGroup().addTo(map);
    let route = L.layerGroup().addTo(drawn);

    // The streets are only ground here: what is within a limit is the planner's question.
    if (locator.streets && locator.showStreets) {
      locator.streets.showCoverage(false);
      locator.showStreets({ within: "1000" });
    }

    if (locator.sketch && locator.phone) locator.sketch.lay(map);

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

    function clear() {
      drawn.clearLayers();
      route = L.layerGroup().addTo(drawn);
      map.closePopup();
    }

    // results in the order of their numbers; origin {lon, lat}
    function show(results, origin) {
      clear();
      results.forEach(drawNumber);
      drawOrigin(origin);
      if (!results.length) map.setView([origin.lat, origin.lon], Math.max(map.getZoom(), 14));
    }

    function choose(result, origin) {
      route.remove();
      if (!result.route) return;
      const latlngs = result.route.coordinates.map(([lon, lat]) => [lat, lon]);
      route = L.layerGroup([
        L.polyline(latlngs, { color: "#fff", weight: 9, opacity: 0.9, interactive: false }),
        L.polyline(latlngs, { className: "route", color: "#14406b", weight: 5, interactive: false }),
      ]).addTo(drawn);
      const bounds = L.latLngBounds(latlngs).extend([result.lat, result.lon]);
      if (origin) bounds.extend([origin.lat, origin.lon]);
      map.fitBounds(bounds.pad(0.15), { maxZoom: 17 });
    }

    function fromMap(latlng) {
      const place = latlng.wrap();
      finder.find({ lon: place.lng, lat: place.lat });
    }

    map.on("click", function (event) {
      if (!locator.openStationAt || !locator.openStationAt(event.containerPoint)) fromMap(event.latlng);
    });
    const centre = document.getElementById("use-centre");
    if (centre) {
      centre.hidden = false;
      centre.addEventListener("click", () => fromMap(map.getCenter()));
    }
    const addShowButtons = () => document.querySelectorAll("#list li[data-code]").forEach(addShowButton);
    addShowButtons();
    document.addEventListener("listed", addShowButtons);

    function addShowButton(row) {
      if (row.querySelector("button.quiet")) return;
      const name = row.querySelector(".name a").textContent;
      const label = locator.gettext("在地图上看：%(name)s", { name });
      const button = element("button", { type: "button", class: "quiet", "aria-label": label }, locator.gettext("在地图上看"));
      button.addEventListener("click", function () {
        const station = locator.stations && locator.stations.find(row.dataset.code);
        if (!station) return;
        map.setView(station.latlng, 16);
        locator.showStation(station);
        map.getContainer().scrollIntoView({ block: "nearest" });
      });
      row.append(button);
    }

    finder.attach({ clear, show, choose });
  };
})(window.locator);
