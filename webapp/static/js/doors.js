// Doors that the server wrote, told anew: a page that lies open, or that was kept for use without a
// network, must not go on saying what was true when it was written. The phone tells them of its own
// data each minute, and the finder its answer; what nobody told for some minutes is not known.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const EVERY_MS = 60000;
  const OLD_MS = 5 * EVERY_MS;
  const opened = Date.now();
  const askedAt = () => new URLSearchParams(location.search).get("at") || "now";

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
    line.dataset.told = String(Date.now());
  }

  const WORDS = { open: _("开着"), closing: _("快关了"), closed: _("关着"), unknown: _("没核实") };

  function tellList() {
    const { phone } = locator;
    if (document.hidden || !phone.data()) return;
    document.querySelectorAll("#list li[data-code]").forEach(tellDoor);
  }

  function tellDoor(item) {
    const at = askedAt();
    const { phone, hours } = locator;
    const moment = phone && phone.data() ? hours.findMoment(at, phone.data().index.zone, phone.now()) : null;
    const station = moment === null ? null : phone.stations().find(({ code }) => code === item.dataset.code);
    const line = item.querySelector("p.door");
    if (!station || !line) return;
    const found = phone.doors(station.code, at);
    const door = locator.doorOf(found);
    write(line, door, sentence(door, found, station, hours.isoOf(moment, false)));
  }

  // A station's page has no data of its own, and an answer may find no network to be asked again.
  function doubtOld() {
    if (document.hidden) return;
    const old = _("这一页开得久了，门开没开请刷新再看。");
    for (const line of document.querySelectorAll("main p.door")) {
      if (Math.abs(Date.now() - Number(line.dataset.told || opened)) > OLD_MS) write(line, "unknown", old);
    }
  }

  function tell() {
    if (locator.phone) tellList();
    doubtOld();
  }

  // The worker marks what it has kept: see sw.js.
  if (document.documentElement.dataset.kept !== undefined) {
    const unknown = _("这是存下的页面，门开没开要联网看。");
    for (const line of document.querySelectorAll("main p.door")) write(line, "unknown", unknown);
  }
  if (locator.phone) locator.phone.addEventListener("ready", tellList);
  document.addEventListener("listed", function ({ detail }) {
    for (const line of detail.byServer ? document.querySelectorAll("#list p.door") : []) line.dataset.told = String(Date.now());
    tell();
  });
  document.addEventListener("visibilitychange", tell);
  document.addEventListener("change", ({ target }) => target.name === "at" && tell());
  setInterval(tell, EVERY_MS);
  tell();
  Object.assign(locator, { writeDoor: write, tellDoor });
})(window.locator);
