// Totals and gaps for the chosen limit: the text twin of the streets' colours.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const element = locator.element;

  locator.addCoverage = function (map, options) {
    const form = document.getElementById("coverage-form");
    const output = document.getElementById("coverage-answer");
    const shown = document.getElementById("coverage-shown");
    const list = document.getElementById("gaps-list");
    let running = null;

    function query() {
      const chosen = { within: form.elements.within.value, mode: form.elements.mode.value };
      if (form.elements.kind.value) chosen.kind = form.elements.kind.value;
      return chosen;
    }

    // event: what was changed; none at first, when the address says it already
    async function update(event) {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const chosen = query();
      output.setAttribute("aria-busy", "true");
      try {
        const url = options.url + "?" + new URLSearchParams(chosen);
        const answer = await locator.ask(url, { signal: mine.signal });
        locator.showStreets(Object.assign({ v: answer.version }, chosen));
        output.replaceChildren(totals(answer), bar(answer));
        showGaps(answer);
        if (event) history.replaceState(null, "", location.pathname + address(chosen));
        output.dataset.within = chosen.within;
      } catch (error) {
        if (error.name === "AbortError") return;
        output.replaceChildren(element("p", { class: "message" }, error.message));
      }
      output.removeAttribute("aria-busy");
    }

    function totals(answer) {
      const rows = [
        ["covered", _("已覆盖"), answer.covered_m],
        ["uncovered", _("未覆盖"), answer.uncovered_m],
        ["unreachable", _("走不到"), answer.unreachable_m],
        ["total", _("街道总长"), answer.total_m],
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
              element("td", {}, locator.kilometres(metres) + " " + _("公里")),
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

    // What is chosen stands in the address, beside the language.
    function address(chosen) {
      const kept = new URLSearchParams(location.search);
      for (const name of ["within", "mode", "kind"]) kept.delete(name);
      for (const [name, value] of Object.entries(chosen)) kept.set(name, value);
      return "?" + kept;
    }

    function showGaps(answer) {
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
      document.getElementById("gaps-text").textContent = answer.gaps_text;
      list.replaceChildren(...items);
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
      for (const other of list.querySelectorAll("button.gap")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [24, 24] });
      map.getContainer().scrollIntoView({ block: "nearest" });
    }

    form.addEventListener("change", update);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      update(event);
    });
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    shown.addEventListener("change", () => locator.streets.showCoverage(shown.checked));
    locator.streets.showCoverage(shown.checked);
    update();
  };
})(window.locator);
