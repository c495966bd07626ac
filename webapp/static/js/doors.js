// Doors that the server wrote, told anew: a page that lies open, or that was kept for use without a
// network, must not go on saying what was true when it was written. The phone tells them of its own
// data each minute; where it has none, a kept page says that it does not know.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const EVERY_MS = 60000;
  const at = new URLSearchParams(location.search).get("at") || "now";

  // What a list says of a door now, as webapp/cards.py does for lists that start from no place.
  function sentence(door, found, station, now) {
    if (station.disputed) return _("有工友说没开门，正在核实。");
    if (door === "unknown") {
      return station.phone ? _("开放时间没核实，先打电话。") : _("开放时间没核实。没有电话，看下一个。");
    }
    if (door === "closed") {
      return found.opens_at ? _("关着，%(when)s开。", { when: locator.clock(found.opens_at, now) }) : _("关着。");
    }
    if (found.closes_in_s === null) return _("开着，24小时开放。");
    const left = { left: locator.duration(found.closes_in_s) };
    return door === "open" ? _("开着，还开%(left)s。", left) : _("再过%(left)s就关。", left);
  }

  function write(line, door, text) {
    const say = line.parentElement.querySelector(".say");
    if (line.dataset.door !== door) {
      const icon = document.getElementById("door-marks").content.querySelector(`[data-door-mark="${door}"] svg`);
      line.className = "door " + door;
      line.dataset.door = door;
      line.replaceChildren(icon.cloneNode(true), " ", locator.element("strong", {}, WORDS[door]));
    }
    if (say && say.textContent !== text) say.textContent = text;
  }

  const WORDS = { open: _("开着"), closing: _("快关了"), closed: _("关着"), unknown: _("没核实") };

  function tellList() {
    const { phone, hours } = locator;
    if (document.hidden || !phone.data()) return;
    const moment = hours.findMoment(at, phone.data().index.zone, phone.now());
    if (moment === null) return;
    const stations = new Map(phone.stations().map((station) => [station.code, station]));
    for (const item of document.querySelectorAll("#list li[data-code]")) {
      const station = stations.get(item.dataset.code);
      const line = item.querySelector("p.door");
      if (!station || !line) continue;
      const found = phone.doors(station.code, at);
      const door = locator.doorOf(found);
      write(line, door, sentence(door, found, station, hours.isoOf(moment, false)));
    }
  }

  // The worker marks what it has kept: see sw.js.
  if (document.documentElement.dataset.kept !== undefined) {
    const unknown = _("这是存下的页面，门开没开要联网看。");
    for (const line of document.querySelectorAll("main p.door")) write(line, "unknown", unknown);
  }
  if (locator.phone) {
    locator.phone.addEventListener("ready", tellList);
    document.addEventListener("visibilitychange", tellList);
    setInterval(tellList, EVERY_MS);
    tellList();
  }
})(window.locator);
