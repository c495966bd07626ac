// The finder in a frame: the page around it scrolls with one finger or the wheel, the map moves
// with two fingers or with Ctrl and the wheel. The page that holds the frame is told how high the
// frame would like to be: nothing else, and nobody but that page.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const HINT_MS = 1500;

  // Called by the map's script, which Folium writes.
  locator.addFrame = function (map) {
    const box = map.getContainer();
    const hint = document.getElementById("gesture");
    let hiding = null;

    function explain(text) {
      hint.textContent = text;
      hint.classList.add("shown");
      clearTimeout(hiding);
      hiding = setTimeout(() => hint.classList.remove("shown"), HINT_MS);
    }

    map.dragging.disable();
    map.scrollWheelZoom.disable();
    // A mouse drags as ever: it does not scroll the page with that.
    box.addEventListener(
      "pointerdown",
      function (event) {
        if (event.pointerType === "mouse") map.dragging.enable();
      },
      true,
    );
    window.addEventListener("pointerup", () => setTimeout(() => map.dragging.disable(), 0));
    box.addEventListener(
      "touchmove",
      function (event) {
        if (event.touches.length === 1) explain(_("用两个手指移动地图"));
      },
      { passive: true },
    );
    box.addEventListener(
      "wheel",
      function (event) {
        if (!event.ctrlKey && !event.metaKey) {
          explain(_("按住 Ctrl 键再滚，放大缩小地图"));
          return;
        }
        event.preventDefault();
        const step = event.deltaY < 0 ? 1 : -1;
        map.setZoomAround(map.mouseEventToContainerPoint(event), map.getZoom() + step);
      },
      { passive: false },
    );
    box.addEventListener("keydown", function (event) {
      if (event.key === "Escape") document.getElementById("after-map").focus();
    });
  };

  // A page that did not write allow="geolocation" will never get one: then nobody is asked.
  function explainPosition() {
    const policy = document.permissionsPolicy || document.featurePolicy;
    if (!policy || policy.allowsFeature("geolocation")) return;
    document.getElementById("locate").hidden = true;
    document.getElementById("privacy").textContent = _("这个网页不允许用位置。请选地方，或打开完整地图。");
    document.getElementById("place-fold").open = true;
  }

  // {type: "station-locator:height", height}
  function tellHeight() {
    const around = holder();
    if (window.parent === window || around === null) return;
    let told = 0;
    new ResizeObserver(function () {
      const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
      if (height === told) return;
      told = height;
      window.parent.postMessage({ type: "station-locator:height", height: height }, around);
    }).observe(document.documentElement);
  }

  // Origin of the page that holds the frame; null where the browser keeps it to itself: a message
  // to "*" could reach another page that took its place.
  function holder() {
    const list = window.location.ancestorOrigins;
    if (list && list.length) return list[0] === "null" ? null : list[0];
    try {
      return new URL(document.referrer).origin;
    } catch (error) {
      return null;
    }
  }

  explainPosition();
  tellHeight();
})(window.locator);
