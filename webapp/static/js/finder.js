// The finder: where am I, which door is open. One step at a time, and each one leads on.
//
// A position is used by the phone's own search (phone.js) and by nothing else. Where the phone has
// not saved the city, the server is asked about a place rounded to about a hundred metres.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const element = locator.element;
  const english = document.documentElement.lang === "en";
  const WAIT_MS = 5000;
  const CLOCK_MS = 1500;
  const FRESH_MS = 5000; // whoever taps again wants to know where the phone is now
  const ROUGH_M = 200; // beyond this the answer says how far off it may be
  const NEAR_S = 900; // a quarter of an hour, the limit of the federation's 15 minutes
  const ROUNDED = 1000; // parts of a degree that a position is rounded to before it leaves
  const EVERY_MS = 60000; // a door may open or close while the answer lies open
  const LAST = "locator.place"; // kept on this phone alone
  const PLACES = ["place", "district"];
  const CHOICES = ["kind", "trade", "mode", "at", "situation", "open", "staff"];

  const form = document.getElementById("place-form");
  const status = document.getElementById("status");
  const answer = document.getElementById("answer");
  const fold = document.getElementById("place-fold");
  if (!form || !answer) return;

  let running = null;
  let drawing = null;
  let last = null; // the question on the page; a position in it lives as long as the page
  let shown = null; // what is answered on the page
  let starts = 0; // how often somebody said where to start: a position that comes later is not wanted

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const said = (document, name) => document[(name ? name + "_" : "") + (english ? "en" : "zh")] || "";

  function say(text, next) {
    status.replaceChildren(
      ...(text ? [element("p", { class: "message" }, text)] : []),
      ...(next ? [element("p", {}, next)] : []),
    );
  }
  locator.say = say;

  // ---- what is asked -------------------------------------------------------------------------

  const chosen = (name) => form.elements[name].selectedOptions[0];

  function choices() {
    const trade = chosen("trade");
    const need = [];
    if (trade.value) need.push(trade.value);
    need.push(...(chosen("situation").dataset.needs || "").split(" ").filter(Boolean));
    if (form.elements.staff.checked) need.push("staff");
    const body = {
      mode: form.elements.mode.value || trade.dataset.mode || "walk",
      at: form.elements.at.value || "now",
      k: 3,
    };
    if (form.elements.kind.value) body.kind = form.elements.kind.value;
    if (form.elements.open.checked) body.open = true;
    if (need.length) body.need = need;
    return body;
  }

  // The address says what is looked for, never where somebody stands. The history's mark says only
  // that it was the phone that knew where: whoever comes back is then answered anew.
  function keepInAddress(place) {
    const kept = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (!value || (PLACES.includes(name) && !place)) continue;
      if (name === "place" && locator.typed.position(value)) continue; // degrees that were typed
      kept.set(name, value);
    }
    const query = kept.toString();
    const located = Boolean(last && last.extra && last.extra.located);
    const mark = Object.assign({}, history.state, { located });
    // the form's own page: this may be a kept one that stands in for another
    history.replaceState(mark, "", new URL(form.action).pathname + (query ? "?" + query : ""));
  }

  // What is asked stands in the form, and so in the address: the last place too.
  function writePlace(origin) {
    for (const name of PLACES) if (form.elements[name]) form.elements[name].value = origin[name] || "";
  }

  // The phone's own search where it has the city, else the server: about a place with a name, or
  // one rounded to about a hundred metres. A name is the server's, which reads pinyin and slips
  // too, as long as there is a network.
  async function search(body, signal) {
    const here = body.lon !== undefined;
    let reason = null;
    if (here || isOffline()) {
      try {
        return await searchHere(body);
      } catch (error) {
        if (error instanceof locator.AnswerError) throw error; // what was typed is not known here
        reason = error;
      }
    }
    const sent = Object.assign({}, body);
    if (here) {
      sent.lon = Math.round(sent.lon * ROUNDED) / ROUNDED;
      sent.lat = Math.round(sent.lat * ROUNDED) / ROUNDED;
    }
    try {
      return { found: await locator.post("/api/v1/nearest", sent, signal), rounded: here };
    } catch (error) {
      if (!error.unanswered) throw error;
      if (reason && reason.reason === "cannot") throw new locator.AnswerError(_("这样找要联网。出行方式选步行，没网也能找。"));
      if (reason || here) throw nothingSaved();
      return searchHere(body).catch((other) => {
        throw other instanceof locator.AnswerError ? other : nothingSaved();
      });
    }
  }

  const isOffline = () => Boolean(locator.phone) && locator.phone.isOffline();

  async function searchHere(body) {
    if (!locator.phone) throw nothingSaved();
    const saved = await locator.phone.ready();
    const { asked, name } = body.place === undefined ? { asked: body, name: "" } : locator.typed.read(body);
    const found = await locator.phone.nearest(asked);
    if (name) found.from = Object.assign({ lon: asked.lon, lat: asked.lat }, found.from, { name });
    return { found, saved };
  }

  const nothingSaved = () => new locator.AnswerError(_("没网，也没存过资料。联网后再试。"));

  const bodyOf = (origin, extra) => Object.assign(choices(), origin, extra && extra.k ? { k: extra.k } : {});

  // ---- one question --------------------------------------------------------------------------

  // origin: {lon, lat} or {place, district}; extra: {note, heading, k, located}
  async function find(origin, extra) {
    if (running) running.abort();
    const mine = (running = new AbortController());
    if (!last || origin !== last.origin) starts += 1;
    last = { origin, extra };
    say(_("正在找最近的站点…"));
    if (origin.lon === undefined) writePlace(origin);
    keepInAddress(origin.lon === undefined);
    try {
      const body = bodyOf(origin, extra);
      const { found, saved, rounded } = await search(body, mine.signal);
      if (mine !== running) return;
      show(found, found.from || origin, body, notes(extra, saved, rounded));
      if (origin.lon === undefined) keepLast(origin); // what is no place is none to come back to
    } catch (error) {
      if (error.name !== "AbortError") fail(error);
    } finally {
      if (running === mine) running = null;
    }
  }

  function notes(extra, saved, rounded) {
    const told = [];
    if (extra && extra.note) told.push(extra.note);
    if (saved && saved.offline) {
      told.push(_("没网。这是%(age)s的资料。", { age: age(saved.saved_at) }));
    }
    // the warning as the page opened is gone with the first answer
    if (saved && locator.phone.clockText()) told.push(locator.phone.clockText());
    if (rounded) told.push(_("这样找手机自己算不了：只把大概位置（100米以内）告诉了本站，不保存。"));
    return told;
  }

  function age(savedAt) {
    const days = Math.floor((locator.phone.now() - new Date(savedAt).getTime()) / 86400000);
    return days >= 1 ? _("%(days)s天前", { days }) : _("今天");
  }

  function fail(error) {
    say(error.message);
    openFold();
  }

  // The same question again while its answer lies open: a door that it calls open may have closed.
  // Without an answer the old one stays, and doors.js says after some minutes that it is not known.
  async function askAgain() {
    if (document.hidden || running || !last || !answer.querySelector(".card")) return;
    const mine = (running = new AbortController());
    const { origin, extra } = last;
    try {
      const body = bodyOf(origin, extra);
      const { found, saved, rounded } = await search(body, mine.signal);
      if (mine === running) renew(found, found.from || origin, body, notes(extra, saved, rounded));
    } catch (error) {
      return;
    } finally {
      if (running === mine) running = null;
    }
  }

  document.addEventListener("visibilitychange", askAgain);
  setInterval(askAgain, EVERY_MS);

  // ---- the answer ----------------------------------------------------------------------------

  const usesOf = (mode) => {
    const option = Array.from(form.elements.mode.options).find((one) => one.value === mode);
    return (option && option.dataset.uses) || "foot";
  };

  // Where only a far one is open, its card says so; these words are about those near by.
  function noneOpen(found, rows) {
    const near = rows.filter((row) => row.time_s <= NEAR_S);
    if (!rows.length || near.some((row) => row.open)) return "";
    const farOpen = rows.some((row) => row.open);
    const opens = (farOpen ? near : rows).filter((row) => row.opens_at);
    if (!opens.length || !found.at) {
      return farOpen ? _("15分钟以内没有确认开门的。") : _("附近没有确认开门的。");
    }
    const first = opens.reduce((best, row) => (row.opens_at < best.opens_at ? row : best));
    const told = { name: first.name, when: locator.clock(first.opens_at, found.at) };
    if (farOpen) return _("15分钟以内没有确认开门的。最早开的是%(name)s，%(when)s。", told);
    return _("附近没有确认开门的。最早开的是%(name)s，%(when)s。", told);
  }

  function leftOut(counts) {
    const words = {
      unknown: _("%(count)s个站点没登记有没有，未列入", { count: counts.unknown }),
      no: _("%(count)s个站点不具备，未列入", { count: counts.no }),
      staff_only: _("%(count)s个站点只对本单位职工开放，未列入", { count: counts.staff_only }),
    };
    return Object.keys(words).filter((name) => counts[name]).map((name) => element("p", { class: "hint" }, words[name]));
  }

  function show(found, origin, body, told) {
    say("");
    lay(found, origin, body, told);
    const listed = document.getElementById("list-fold");
    if (shown.all.length && listed) listed.open = false;
    if (!shown.all.length) openFold();
    if (drawing) draw();
    tellAloud();
    answer.scrollIntoView({ block: "start" }); // the first card and its button on one screen
  }

  // Whoever does not see the answer hears what it begins with.
  function tellAloud() {
    const first = answer.querySelector(".card");
    const told = Array.from(answer.querySelectorAll(first ? ":scope > h2" : ":scope > .message"), (part) => part.textContent);
    if (first) told.push(first.querySelector(".name a").textContent, first.querySelector(".say").textContent);
    status.replaceChildren(element("p", { class: "hidden" }, told.join(english ? " " : "　")));
  }

  // The answer anew, where it stands: the same stations keep their cards, and what is open in them.
  function renew(found, origin, body, told) {
    const cards = new Map(Array.from(answer.querySelectorAll(".card"), (card) => [card.dataset.code, card]));
    const before = shown && shown.outline;
    const focused = document.activeElement;
    lay(found, origin, body, told, cards);
    if (shown.outline === before) return;
    if (answer.contains(focused)) focused.focus({ preventScroll: true }); // lost where cards moved
    if (drawing) draw();
  }

  function retold(card, row, number, at, uses) {
    const { door, sentence } = locator.cardWords(row, at, uses);
    locator.writeDoor(card.querySelector("p.door"), door, sentence);
    card.querySelector(".number").textContent = String(number);
    return card;
  }

  // The server answers about a place that was typed without its name.
  function headingOf(origin) {
    if (last.extra && last.extra.heading) return last.extra.heading;
    const place = origin.name || last.origin.place;
    return place ? _("从%(place)s出发", { place }) : _("最近的站点");
  }

  // kept: cards that stay, by code
  function lay(found, origin, body, told, kept) {
    // Where the street beside you leads nowhere, the answer starts from the nearest that does.
    const results = found.connected ? found.connected.results : found.results;
    const below = found.below || [];
    const uses = usesOf(body.mode);
    const all = results.concat(below);
    const cards = all.map((row, place) => {
      const card = kept && kept.get(row.code);
      return card ? retold(card, row, place + 1, found.at, uses) : locator.card(row, place + 1, found.at, uses);
    });
    const advice = found.advice || {};
    const parts = [element("h2", {}, headingOf(origin))];
    if (form.elements.at.value) parts.push(element("p", { class: "hint hour" }, _("按%(time)s出发算。", { time: chosen("at").textContent })));
    for (const text of told) parts.push(element("p", { class: "message note" }, text));
    const message = noneOpen(found, all) || said(advice);
    if (message) parts.push(element("p", { class: "message" }, message));
    if (said(advice, "next")) parts.push(element("p", {}, said(advice, "next")));
    parts.push(cards.slice(0, results.length));
    if (below.length) {
      parts.push(element("h3", { class: "group" }, _("更近，但到时关门或没核实")));
      parts.push(cards.slice(results.length));
    }
    // Whoever is on the way somewhere keeps that way, though others are nearer or open by now.
    const going = Array.from(kept ? kept.values() : []).filter((card) => card.querySelector("details.go[open]") && !cards.includes(card));
    going.forEach(locator.tellDoor);
    if (going.length) parts.push(going);
    parts.push(...leftOut(found.left_out || {}));
    if (!all.length) parts.push(toPlaces());
    // Cards leave where they stand only if something else is to be read there now.
    const outline = parts.map((part) => (Array.isArray(part) ? part.map(({ dataset }) => dataset.code) : part.outerHTML)).join("|");
    if (!kept || !shown || shown.outline !== outline) {
      const whole = parts.map((part) => (Array.isArray(part) ? element("ol", { class: "cards" }, ...part) : part));
      answer.replaceChildren(...whole);
    }
    answer.hidden = false;
    answer.dataset.outcome = found.outcome;
    shown = { all, cards, origin, uses, at: found.at, outline };
  }

  // Where nothing was found the next step is a place, and the form lies above what is read.
  function toPlaces() {
    const button = element("button", { type: "button", class: "second" }, _("选地方"));
    button.addEventListener("click", () => lost(""));
    return button;
  }

  function draw() {
    if (!shown || shown.origin.lon === undefined) return;
    drawing.show(shown.all, shown.origin);
    if (shown.all.length) choose(0, true);
  }

  function choose(place, first) {
    shown.cards.forEach((card, other) => card.classList.toggle("chosen", other === place));
    if (drawing) drawing.choose(shown.all[place], first ? shown.origin : null);
  }

  // 去这里: the way in words opens in the card, and the line on the map. The phone's Back closes it:
  // one more entry of the history for all of them, of the same address.
  answer.addEventListener(
    "toggle",
    function ({ target: go }) {
      if (!go.matches("details.go")) return;
      if (!go.open) {
        if (isGoing() && !answer.querySelector("details.go[open]")) history.back();
        return;
      }
      if (!isGoing()) history.pushState(Object.assign({}, history.state, { going: true }), "");
      const place = shown ? shown.cards.indexOf(go.closest(".card")) : -1;
      if (place < 0) return;
      choose(place, false);
      if (drawing && shown.all[place].route) addToMap(go);
    },
    true, // this event does not bubble
  );

  const isGoing = () => Boolean(history.state && history.state.going);

  window.addEventListener("popstate", function () {
    if (isGoing()) return;
    const open = answer.querySelectorAll("details.go[open]");
    for (const go of open) go.open = false;
    if (open.length) open[0].closest(".card").scrollIntoView({ block: "nearest" });
    if (last) keepInAddress(last.origin.lon === undefined); // it may be another by now
  });

  // The map lies far below on a phone.
  function addToMap(go) {
    const map = document.getElementById("map");
    if (!map || go.querySelector(".to-map")) return;
    const link = element("a", { class: "button second to-map", href: "#map" }, _("在地图上看这条路"));
    link.addEventListener("click", function (event) {
      event.preventDefault(); // a step in the history would close the way
      map.scrollIntoView({ block: "start" });
      map.querySelector(".leaflet-container").focus({ preventScroll: true });
    });
    go.querySelector("summary").after(element("p", {}, link));
  }

  function openCard(card) {
    card.querySelector("details.go").open = true;
    card.scrollIntoView({ block: "start" });
    card.querySelector("summary").focus({ preventScroll: true });
  }

  // The next one that is known to be open, for whoever stands before a locked door.
  locator.nextOpen = function (code) {
    if (!shown) return null;
    const row = shown.all.find((one) => one.code !== code && one.open);
    if (!row) return null;
    const card = shown.cards[shown.all.indexOf(row)];
    return { code: row.code, name: row.name, time_s: row.time_s, go: () => openCard(card) };
  };

  // ---- where am I ----------------------------------------------------------------------------

  function openFold() {
    fold.open = true;
  }

  function lost(text) {
    say(text);
    openFold();
    form.elements.place.focus();
  }

  // Back from a station's page: a position is kept nowhere, so the phone is asked for it again, but
  // only where that asks nobody. Else the button stands ready.
  async function locateAgain() {
    if (!(history.state && history.state.located) || last) return;
    const before = starts;
    try {
      const { state } = await navigator.permissions.query({ name: "geolocation" });
      if (state !== "granted" || starts !== before) return;
      // The server's clock, if it can be heard soon: else the answer says that it goes by the phone's.
      if (locator.phone) await Promise.race([locator.phone.refresh().catch(() => {}), pause(CLOCK_MS)]);
      if (starts === before) locate(() => say(""));
    } catch (error) {
      return; // a browser that does not tell
    }
  }

  // unheard: what is done where no position comes, if not to lead to the places
  function locate(unheard) {
    const lose = unheard || lost;
    if (!window.isSecureContext) {
      lose(_("没有https，浏览器不给位置。请选街道或输入路名。"));
      return;
    }
    if (!navigator.geolocation) {
      lose(_("没拿到位置。请选街道或输入路名。"));
      return;
    }
    say(_("正在取位置…"));
    const mine = (starts += 1);
    const clock = setTimeout(function () {
      if (mine === starts) lose(_("定位太慢，先选个地方。"));
    }, WAIT_MS);
    navigator.geolocation.getCurrentPosition(
      function (position) {
        clearTimeout(clock);
        if (mine !== starts) return;
        const { longitude, latitude, accuracy } = position.coords;
        const place = { lon: longitude, lat: latitude };
        keepLast({ lon: Math.round(longitude * ROUNDED) / ROUNDED, lat: Math.round(latitude * ROUNDED) / ROUNDED });
        if (accuracy <= ROUGH_M) {
          find(place, { located: true });
          return;
        }
        const off = Math.round(accuracy / 10) * 10;
        find(place, { located: true, k: 2, note: _("位置可能差%(off)s米，先看这两个。", { off }) });
      },
      function (error) {
        clearTimeout(clock);
        if (mine === starts) lose(error.code === error.PERMISSION_DENIED ? _("没拿到位置。请选街道或输入路名。") : _("定位太慢，先选个地方。"));
      },
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: FRESH_MS },
    );
  }

  // Before the tap it is said what the tap tells: some ways of going the phone cannot search.
  const privacy = document.getElementById("privacy");
  const calm = privacy ? privacy.textContent : "";
  const telling = _("这样找手机自己算不了：会把大概位置（100米以内）告诉本站，不保存。");

  function tellPrivacy() {
    if (!privacy || ![calm, telling].includes(privacy.textContent)) return; // a frame has its own words
    privacy.textContent = usesOf(choices().mode) === "foot" ? calm : telling;
  }

  // ---- the last place, on this phone alone ---------------------------------------------------

  function keepLast(place) {
    try {
      localStorage.setItem(LAST, JSON.stringify(place));
    } catch (error) {
      return;
    }
    offerLast();
  }

  function readLast() {
    try {
      const place = JSON.parse(localStorage.getItem(LAST));
      if (place && (typeof place.place === "string" || typeof place.district === "string")) return place;
      return place && Number.isFinite(place.lon) && Number.isFinite(place.lat) ? place : null;
    } catch (error) {
      return null;
    }
  }

  function offerLast() {
    const button = document.getElementById("use-last");
    const place = readLast();
    if (!button || !place) return;
    button.textContent = place.place ? _("上次的地方：%(place)s", { place: place.place }) : _("上次的地方");
    button.hidden = false;
    button.onclick = () => find(readLast());
  }

  // ---- start ---------------------------------------------------------------------------------

  function placeOf() {
    const origin = {};
    for (const name of PLACES) {
      const text = form.elements[name] ? form.elements[name].value.trim() : "";
      if (text) origin[name] = text;
    }
    const position = origin.place ? locator.typed.position(origin.place) : null;
    if (position) return position; // asked as where one stands: in no address, and not kept
    return origin.place || origin.district ? origin : null;
  }

  form.addEventListener("submit", function (event) {
    const origin = placeOf();
    starts += 1;
    // Several places may be meant: the server asks which one, and the address stays honest.
    if (!origin || (origin.place && !isOffline())) return;
    event.preventDefault();
    find(origin);
  });

  // Another kind, trade or hour is another question: the old answer and list would be wrong.
  form.addEventListener("change", function (event) {
    if (!CHOICES.includes(event.target.name)) return;
    tellPrivacy();
    if (answer.dataset.outcome && !shown && placeOf() && !isOffline()) {
      form.requestSubmit();
      return;
    }
    if (last) find(last.origin, last.extra);
    else keepInAddress(true);
    if (locator.showList) locator.showList();
  });

  document.addEventListener("listed", function () {
    const told = document.querySelector("#list-fold > summary");
    if (told && !last) status.replaceChildren(element("p", { class: "hidden" }, told.textContent)); // else the answer is
  });

  // Without a network the page that was kept comes for every address: what is asked stands there.
  function answerAddress() {
    const asked = new URLSearchParams(location.search);
    if (answer.dataset.outcome || !(asked.get("place") || asked.get("district"))) return;
    for (const [name, value] of asked) {
      const field = form.elements[name];
      if (field && field.type === "checkbox") field.checked = true;
      else if (field) field.value = value;
    }
    if (placeOf()) find(placeOf());
  }

  const button = document.getElementById("locate");
  if (button) button.addEventListener("click", () => locate());
  for (const part of document.querySelectorAll("[data-needs-script]")) {
    if (part.id !== "use-centre") part.hidden = false;
  }
  offerLast();
  tellPrivacy();
  if (locator.phone) {
    locator.phone.addEventListener("clock", (event) => say(event.detail.text));
    locator.phone.start();
  }
  // The answer that the server wrote grows old too; it knows the name of what was typed.
  if (answer.querySelector(".card") && placeOf()) {
    last = { origin: placeOf(), extra: { heading: answer.querySelector("h2").textContent } };
    if (last.origin.lon === undefined) keepLast(last.origin);
  }
  answerAddress();
  locateAgain();

  locator.finder = {
    find,
    attach: function (parts) {
      drawing = parts;
      if (shown) draw();
      else if (last && answer.querySelector(".card")) find(last.origin, last.extra);
    },
  };
})(window.locator);
