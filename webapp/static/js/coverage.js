// Totals and gaps for the chosen limit: the text twin of the streets' colours.
"use strict";

(function (locator) {
  const element = locator.element;

  locator.addCoverage = function (map, options) {
    const form = document.getElementById("coverage-form");
    const output = document.getElementById("coverage-answer");
    const shown = document.getElementById("coverage-shown");
    let running = null;

    function query() {
      const chosen = { within: form.elements.within.value, mode: form.elements.mode.value };
      if (form.elements.kind.value) chosen.kind = form.elements.kind.value;
      return chosen;
    }

    async function update() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const chosen = query();
      output.setAttribute("aria-busy", "true");
      try {
        const url = options.url + "?" + new URLSearchParams(chosen);
        const answer = await locator.ask(url, { signal: mine.signal });
        locator.showStreets(Object.assign({ v: answer.version }, chosen));
        output.replaceChildren(totals(answer), bar(answer), ...gaps(answer));
        output.dataset.within = chosen.within;
      } catch (error) {
        if (error.name === "AbortError") return;
        output.replaceChildren(element("p", { class: "message" }, error.message));
      }
      output.removeAttribute("aria-busy");
    }

    function totals(answer) {
      const rows = [
        ["covered", "覆盖到 Covered", answer.covered_m],
        ["uncovered", "够不着 Not covered", answer.uncovered_m],
        ["unreachable", "走不通 Unreachable", answer.unreachable_m],
        ["total", "街道总长 All streets", answer.total_m],
      ];
      const share = (part) =>
        answer.total_m > 0 ? ((100 * part) / answer.total_m).toFixed(1) + "%" : "—";
      return element(
        "table",
        { class: "totals" },
        element("caption", {}, answer.text),
        element(
          "tbody",
          {},
          ...rows.map(([state, label, metres]) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, element("span", { class: "swatch " + state }), label),
              element("td", {}, locator.kilometres(metres) + " 公里"),
              element("td", {}, share(metres)),
            ),
          ),
        ),
      );
    }

    function bar(answer) {
      const parts = ["covered", "uncovered", "unreachable"].map((state) => {
        const part = element("span", { class: "swatch " + state });
        part.style.flexGrow = String(answer[state + "_m"]);
        return part;
      });
      return element("div", { class: "share-bar", "aria-hidden": "true" }, ...parts);
    }

    function gaps(answer) {
      if (!answer.gaps.length) return [];
      const items = answer.gaps.map((gap, row) => {
        const button = element(
          "button",
          { type: "button", class: "gap" },
          element("span", { class: "gap-name" }, `${row + 1}. ${gap.title}`),
          element("span", { class: "gap-size" }, gap.text),
        );
        button.addEventListener("click", () => show(gap, button));
        return element("li", {}, button);
      });
      return [
        element("h3", {}, "最大的缺口 Worst gaps"),
        element("p", { class: "hint" }, answer.gaps_text),
        element("ol", { class: "gaps" }, ...items),
      ];
    }

    const pointed = L.layerGroup().addTo(map);

    function show(gap, button) {
      const [west, south, east, north] = gap.bounds_deg;
      pointed.clearLayers();
      L.circleMarker([gap.lat, gap.lon], {
        radius: 11,
        color: "#7a1f00",
        weight: 3,
        fill: false,
        interactive: false,
      }).addTo(pointed);
      for (const other of output.querySelectorAll("button.gap")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [24, 24] });
      map.getContainer().scrollIntoView({ block: "nearest" });
    }

    form.addEventListener("change", update);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      update();
    });
    shown.addEventListener("change", () => locator.streets.showCoverage(shown.checked));
    locator.streets.showCoverage(shown.checked);
    update();
  };
})(window.locator);
