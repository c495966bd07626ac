// The map by keyboard and by thumb: what it is called, a mark in its middle that Enter asks from,
// a way out with Escape, and the page's own location button at hand.
"use strict";

(function (locator) {
  const element = locator.element;
  const _ = locator.gettext;

  function addCentreMark(map) {
    const box = map.getContainer();
    box.append(element("span", { class: "map-centre", "aria-hidden": "true" }));
    box.addEventListener("keydown", function (event) {
      if (event.target !== box || event.defaultPrevented) return;
      if (event.key === "Enter") {
        event.preventDefault();
        const latlng = map.getCenter();
        const containerPoint = map.latLngToContainerPoint(latlng);
        map.fire("click", { latlng, containerPoint, layerPoint: map.latLngToLayerPoint(latlng), originalEvent: event });
      } else if (event.key === "Escape" && !box.querySelector(".leaflet-popup")) {
        box.blur();
      }
    });
  }

  // The same as the page's large button, which a phone has scrolled away by then.
  function addLocate(map) {
    const wanted = document.getElementById("locate");
    if (!wanted) return;
    const Locate = L.Control.extend({
      options: { position: "topleft" },
      onAdd: function () {
        const button = element(
          "button",
          { type: "button", class: "map-locate", "aria-label": _("定位到我的位置"), title: _("定位到我的位置") },
          "◎",
        );
        button.addEventListener("click", () => wanted.click());
        const bar = element("div", { class: "leaflet-bar" }, button);
        L.DomEvent.disableClickPropagation(bar);
        return bar;
      },
    });
    new Locate().addTo(map);
  }

  // Called by the map's script, which Folium writes.
  locator.addHandling = function (map) {
    const box = map.getContainer();
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", _("地图。方向键移动，加减号缩放，回车从地图中间找，Esc 离开。"));
    addCentreMark(map);
    addLocate(map);
  };
})(window.locator);
