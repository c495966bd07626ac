// Without a network a page that was kept stands in for every address (sw.js). This says so, with how
// old its data are, and shows what the address asked for from the phone's own data: the stations of a
// kind, a district or a name, or the one station whose page was not kept. Before doors.js, which then
// tells the doors of what is shown.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const { element, phone } = locator;
  const PAGE_LENGTH = 20; // as webapp/listing.py
  const LISTS = ["kind", "district", "q", "staff", "page", "lang"]; // what the phone can do for a list
  let asked = new URLSearchParams(location.search);
  const root = document.documentElement;
  const code = decodeURIComponent((/^\/s\/([^/]+)$/.exec(location.pathname) || ["", ""])[1]);
  const isKept = root.dataset.kept !== undefined;
  let isChosen = false; // whether the list is by a choice that was made without a network
  // Said in both languages: the one that was asked for is the one that is not here.
  const ONLY = {
    zh: "存下的页面只有中文。Kept in Chinese only: English needs the network.",
    en: "Kept in English only: Chinese needs the network. 存下的页面只有英文，中文要联网。",
  };

  const said = (name) => (asked.get(name) || "").trim();
  const means = (value) => !["", "0", "false", "off", "no"].includes(value.trim().toLowerCase());

  // What the list shows, as webapp.listing.listed.
  function fits(station) {
    if (code) return station.code === code;
    if (station.access_scope === "staff" && !means(said("staff"))) return false;
    if (said("kind") && station.kind !== said("kind")) return false;
    if (said("district") && station.district !== said("district")) return false;
    return `${station.name}\n${station.address}`.toLowerCase().includes(said("q").toLowerCase());
  }

  // The stations of this address's list and map, by kind and code.
  locator.keptStations = function () {
    const rank = new Map(phone.data().index.kinds.map((kind, place) => [kind.code, place]));
    const chosen = phone.stations().filter(fits);
    return chosen.sort((a, b) => rank.get(a.kind) - rank.get(b.kind) || (a.code < b.code ? -1 : 1));
  };

  // ---- the list ------------------------------------------------------------------------------

  // A card that starts from no place; its door is told by doors.js.
  function itemOf(station) {
    const { index } = phone.data();
    const at = locator.hours.isoOf(locator.hours.findMoment("now", index.zone, phone.now()), false);
    const row = Object.assign({}, station, phone.doors(station.code), { time_s: 0, distance_m: 0 });
    const item = locator.card(row, "", at, "foot");
    item.querySelector(".say").textContent = "";
    for (const part of item.querySelectorAll(code ? ".number, .way" : ".number, .way, .go, .button")) part.remove();
    return item;
  }

  function pager(page, pages) {
    const link = (rel, to, words) => {
      if (to < 1 || to > pages) return element("span", {});
      const query = new URLSearchParams(asked);
      query.set("page", to);
      return element("a", { rel, href: `/?${query}#list` }, words);
    };
    return element(
      "nav",
      { class: "pager", "aria-label": _("翻页") },
      link("prev", page - 1, _("上一页")),
      element("span", {}, _("第%(page)s页，共%(pages)s页", { page, pages })),
      link("next", page + 1, _("下一页")),
    );
  }

  function showList() {
    const fold = document.getElementById("list-fold");
    if (!fold) return;
    const rows = locator.keptStations();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_LENGTH));
    const page = Math.min(Math.max(1, Math.floor(Number(said("page"))) || 1), pages);
    const start = (page - 1) * PAGE_LENGTH;
    const list = fold.querySelector("ol.cards");
    list.start = start + 1;
    list.replaceChildren(...rows.slice(start, start + PAGE_LENGTH).map(itemOf));
    for (const part of fold.querySelectorAll(":scope > .hint, :scope > .message, :scope > .pager")) part.remove();
    if (!rows.length) list.before(element("p", { class: "message" }, _("没有符合的站点。换一类，或清空名称再找。")));
    if (pages > 1) list.after(pager(page, pages));
    fold.querySelector("summary").textContent = _("共%(count)s个站点", { count: rows.length });
    fold.open = true;
  }

  // The one station in the place of the list.
  function showStation() {
    showList();
    const [station] = locator.keptStations();
    if (!station) return;
    document.title = station.name;
    document.querySelector("#list form").hidden = true;
    document.getElementById("list-title").textContent = station.name;
    document.getElementById("list").scrollIntoView({ block: "start" });
  }

  // ---- what is said --------------------------------------------------------------------------

  function stationWords() {
    if (!phone.data()) return _("这个站点的页面没存过，没网时看不了。");
    if (!locator.keptStations().length) return _("手机里没有这个站点。联网后再试。");
    return _("这个站点的页面没存过。下面是手机里存的资料。");
  }

  function words() {
    const told = [];
    if (phone.isOffline() && phone.data()) told.push(phone.savedText(), phone.clockText());
    const language = root.lang === "en" ? "en" : "zh";
    if (isKept && code) told.push(stationWords());
    if (isKept && said("lang") && said("lang") !== language) told.push(ONLY[language]);
    if ((isKept || isChosen) && (said("trade") || said("situation"))) told.push(_("按工种、情形筛选列表要联网。"));
    return told;
  }

  const note = element("div", { class: "answer", id: "kept-note", role: "status" });

  function tell() {
    note.replaceChildren(...words().filter(Boolean).map((text) => element("p", { class: "message note" }, text)));
    const place = code && isKept ? document.getElementById("list-title") : null;
    if (place) place.after(note);
    else document.getElementById("status").before(note);
  }

  // The forms say what the address asks for, so that what is asked next goes by it too.
  function fillForms() {
    for (const form of document.querySelectorAll("#find form, #list form")) {
      for (const [name, value] of asked) {
        const field = form.elements[name];
        if (field && field.type === "checkbox") field.checked = means(value);
        else if (field instanceof HTMLElement) field.value = value;
      }
    }
  }

  function show() {
    if (!phone.data()) return;
    if (code) showStation();
    else if (LISTS.some((name) => name !== "lang" && said(name))) showList();
  }

  if (!phone || !document.getElementById("status")) return;

  // The list by what the address asks for now; false where the phone has nothing to list.
  locator.keptList = function () {
    asked = new URLSearchParams(location.search);
    isChosen = true;
    tell();
    if (!phone.data()) return false;
    if (!code) showList();
    return true;
  };

  document.addEventListener("listed", function ({ detail }) {
    if (!detail.byServer) return;
    asked = new URLSearchParams(location.search);
    isChosen = false;
    tell();
  });

  if (isKept) {
    fillForms();
    phone.addEventListener("ready", show);
    show();
  }
  for (const type of ["ready", "offline", "online", "clock"]) phone.addEventListener(type, tell);
  if (isKept) tell();
})(window.locator);
