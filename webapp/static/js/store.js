// The city's files on the phone: loaded once, kept, renewed by what changed, used without a network.
//
//   locator.phone.start()            reads what is kept, then asks the server; never throws
//   await locator.phone.ready()      {saved_at, version, stale, offline, text}, or a PhoneError
//   await locator.phone.nearest(q)   the document of POST /api/v1/nearest, made here
//   addEventListener                 ready, updated, offline, online, clock, storage, old_page
//
// docs/phone.md tells all of it. Nothing but the files' own addresses is ever sent from here.
"use strict";

(function (locator) {
  // As on any page; alone, the texts stay Chinese.
  const _ =
    locator.gettext ||
    ((text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => String(values[name])));
  const INDEX = "/phone/index.json";
  const FORMAT = 2; // of index and stations; another one belongs to another page
  const NAME = "station-locator";
  const CLOCK_OFF_MS = 120000; // less may be the way of the answer
  const HEAR_MS = 4000; // a question waits so long for the right time
  const STALE_DAYS = 7;
  const DAY_MS = 86400000;
  const AGAIN_MS = 60000; // while nothing answers, though the phone says that it has a network
  const TEXT = {
    no_network: _("没网，也没存过资料。联网后再试。"),
    damaged: _("资料没下载完整。请再试一次。"),
    busy: _("服务出了问题。请稍后再试。"),
    old_page: _("页面旧了。请刷新再试。"),
    unsupported: _("这个浏览器太旧，只能联网查。"),
    cannot: _("这样找要联网。联网后再试。"),
    not_kept: _("这台手机存不了资料，没网时用不了。"),
    no_worker: _("这个浏览器存不了页面，没网时别关掉这一页。"),
  };

  class PhoneError extends Error {
    constructor(reason, cause) {
      super(TEXT[reason]);
      this.reason = reason;
      if (cause) this.cause = cause;
    }
  }

  const phone = new EventTarget();
  const tell = (type, detail) => phone.dispatchEvent(new CustomEvent(type, { detail }));
  let data = null; // what answers are made from
  let kept = null; // {index, saved_at}
  let offline = false;
  let clockOffMs = 0; // what the server's clock is ahead of this phone's
  let clockHeard = false; // whether this page has heard of the server's clock
  let ticked = 0; // what the phone's clock was ahead of the page's own count of time when it heard
  let refreshing = null;
  let started = null;

  // -- keeping -----------------------------------------------------------------------------------

  function openStore() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME, 1);
      opening.onupgradeneeded = () => {
        for (const name of ["files", "state"]) opening.result.createObjectStore(name);
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
      opening.onblocked = () => reject(new Error("blocked"));
    });
  }

  // Act on the store in one transaction; the value is what `act` returned, if it was a request.
  async function inStore(mode, act) {
    const store = await openStore();
    try {
      return await new Promise((resolve, reject) => {
        const going = store.transaction(["files", "state"], mode);
        const asked = act(going.objectStore("files"), going.objectStore("state"));
        going.oncomplete = () => resolve(asked instanceof IDBRequest ? asked.result : asked);
        going.onerror = going.onabort = () => reject(going.error || new Error("refused"));
      });
    } finally {
      store.close();
    }
  }

  const filesOf = (index) => [index.streets, index.water, index.places, ...index.parts];
  const namesOf = (index) => filesOf(index).map((file) => file.mark);

  async function readKept() {
    const state = await inStore("readonly", (_files, all) => all.get("city"));
    if (!state || state.index.format !== FORMAT) return null;
    const found = await readFiles(namesOf(state.index));
    return found.every((bytes) => bytes) ? { ...state, files: found } : null;
  }

  async function readFiles(marks) {
    const asked = [];
    await inStore("readonly", (files) => {
      for (const mark of marks) asked.push(files.get(mark));
    });
    return asked.map((request) => request.result);
  }

  // Index and files go in together, so that what is kept always fits; old files go out.
  async function keep(state, files) {
    const { index, saved_at } = state;
    const wanted = new Map(namesOf(index).map((mark, i) => [mark, files[i]]));
    await inStore("readwrite", (all, states) => {
      for (const [mark, bytes] of wanted) all.put(bytes, mark);
      const listing = all.getAllKeys();
      listing.onsuccess = () => {
        for (const mark of listing.result) if (!wanted.has(mark)) all.delete(mark);
      };
      states.put({ index, saved_at }, "city");
    });
  }

  // -- loading -----------------------------------------------------------------------------------

  async function load(url) {
    const sent = performance.now();
    let response;
    try {
      response = await fetch(url, { credentials: "same-origin", cache: "no-cache" });
    } catch (error) {
      throw new PhoneError("no_network", error);
    }
    setOffline(false); // whatever the server says: it is there
    if (!response.ok) throw new PhoneError("busy", new Error(`${response.status}`));
    const received = performance.now();
    return { response, took: received - sent, ticked: Date.now() - received, received };
  }

  // What the server's clock says against ours, in ms; null where it says none. The header is in whole
  // seconds.
  function setClock({ response, took, received, ticked: tickedThen }) {
    const there = Date.parse(response.headers.get("Date") || "");
    if (!Number.isFinite(there)) return null;
    const off = there + 500 - (tickedThen + received - took / 2);
    const was = clockOffMs;
    clockHeard = true;
    ticked = tickedThen; // as it was then: the clock may have been set since
    clockOffMs = Math.abs(off) > CLOCK_OFF_MS ? off : 0;
    if (clockOffMs && !was) tell("clock", { off_s: Math.round(off / 1000), text: clockText(off) });
    return there;
  }

  function clockText(off) {
    const minutes = Math.round(Math.abs(off) / 60000);
    const n = minutes < 120 ? minutes : Math.round(minutes / (minutes < 2880 ? 60 : 1440));
    const far = minutes < 120 ? _("%(n)s分钟", { n }) : minutes < 2880 ? _("%(n)s小时", { n }) : _("%(n)s天", { n });
    return off > 0
      ? _("手机时间慢了%(far)s，这里按服务器的时间算。", { far })
      : _("手机时间快了%(far)s，这里按服务器的时间算。", { far });
  }

  // Somebody set the clock, or the phone slept: what was heard of it holds no more.
  const clockJumped = () => clockHeard && Math.abs(Date.now() - performance.now() - ticked) > CLOCK_OFF_MS;

  function clockOff() {
    if (clockJumped()) {
      clockHeard = false;
      clockOffMs = 0;
      phone.refresh().catch(() => {});
    }
    return clockOffMs;
  }

  const now = () => Date.now() + clockOff();

  // No phone can be earlier than what it has kept.
  const isBehind = () => !clockHeard && kept !== null && now() < kept.saved_at - CLOCK_OFF_MS;

  async function markOf(bytes) {
    if (!globalThis.crypto || !crypto.subtle) return null; // without HTTPS there is none
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function loadFile(file) {
    let response;
    try {
      response = await fetch(file.url, { credentials: "same-origin" });
    } catch (error) {
      throw new PhoneError("no_network", error);
    }
    if (!response.ok) {
      const error = new PhoneError("damaged", new Error(`${response.status} ${file.url}`));
      throw Object.assign(error, { gone: response.status === 404 });
    }
    const bytes = await response.arrayBuffer();
    const mark = await markOf(bytes);
    if (bytes.byteLength !== file.bytes || (mark !== null && mark !== file.mark)) {
      throw new PhoneError("damaged");
    }
    return bytes;
  }

  // The city may have changed between its index and a file of it, or another of the server's processes
  // may have answered: what is gone stands in no newer index.
  const refreshTwice = () =>
    refresh().catch((error) => {
      if (!error.gone) throw error;
      return refresh();
    });

  // Ask for the index; fetch what is not here yet; take it over.
  async function refresh() {
    const answer = await load(INDEX);
    const there = setClock(answer);
    const index = await answer.response.json();
    if (index.format !== FORMAT) {
      tell("old_page", { text: TEXT.old_page });
      if (data) return;
      throw new PhoneError("old_page");
    }
    const saved_at = there ?? now(); // whatever has been set on the phone since it was asked
    if (kept && data && kept.index.version === index.version) {
      kept = { ...kept, saved_at };
      inStore("readwrite", (_files, all) => {
        all.put({ index: kept.index, saved_at }, "city");
      }).catch(() => {});
      return;
    }
    const old = kept ? new Map(namesOf(kept.index).map((mark, i) => [mark, kept.files[i]])) : new Map();
    const files = await Promise.all(
      filesOf(index).map((file) => old.get(file.mark) || loadFile(file)),
    );
    take({ index, saved_at, files });
    try {
      await keep(kept, files);
    } catch (error) {
      tell("storage", { text: TEXT.not_kept });
    }
    tell("updated", { version: index.version });
  }

  function take(state) {
    const text = new TextDecoder();
    const [streets, ...rest] = state.files;
    const [water, places, ...parts] = rest.map((bytes) => JSON.parse(text.decode(bytes)));
    data = { ...locator.nearest.readData(state.index, streets, parts, water), places };
    kept = state;
    tell("ready", describe());
  }

  function setOffline(value) {
    if (offline === value) return;
    offline = value;
    tell(value ? "offline" : "online", value ? { text: phone.savedText() } : {});
  }

  // -- what pages call ---------------------------------------------------------------------------

  function agoText(ms) {
    const minutes = Math.max(0, Math.floor(ms / 60000));
    if (minutes < 2) return _("刚才");
    if (minutes < 60) return _("%(n)s分钟前", { n: minutes });
    if (minutes < 1440) return _("%(n)s小时前", { n: Math.floor(minutes / 60) });
    return _("%(days)s天前", { days: Math.floor(minutes / 1440) });
  }

  // {saved_at, version, stale, offline, text} of what answers are made from.
  function describe() {
    const day = Math.floor(locator.hours.localMs(kept.index.zone, now()) / DAY_MS) + locator.hours.EPOCH_DAY;
    const over = day >= kept.index.first_day + kept.index.days || day < kept.index.first_day;
    return {
      saved_at: new Date(kept.saved_at).toISOString(),
      version: kept.index.version,
      stale: over || now() - kept.saved_at > STALE_DAYS * DAY_MS,
      offline,
      text: phone.savedText(),
    };
  }

  phone.savedText = function () {
    if (!offline) return "";
    return kept ? _("没网。这是%(age)s的资料。", { age: agoText(now() - kept.saved_at) }) : TEXT.no_network;
  };

  // By a clock that is known to be wrong nothing is known of doors, but for a date that was asked.
  const knowsTime = (at) => !isBehind() || /^\s*\d{4}-/.test(at || "");
  const NO_DOORS = { open: null, closes_in_s: null, opens_in_s: null, opens_at: null };

  // Which clock answers go by, where it is not plainly the right one; "" where it is.
  phone.clockText = function () {
    if (clockOff()) return clockText(clockOff());
    if (isBehind()) return _("手机时间不对，请先校准。");
    if (clockHeard || !kept) return "";
    const date = new Date(locator.hours.localMs(kept.index.zone, now()));
    return _("开没开按手机的时间算：%(year)s年%(month)s月%(day)s日%(hour)s:%(minute)s。", {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: String(date.getUTCMinutes()).padStart(2, "0"),
    });
  };

  phone.refresh = function () {
    refreshing ??= refreshTwice()
      .catch((error) => {
        if (error.reason === "no_network") setOffline(true);
        if (!data) throw error instanceof PhoneError ? error : new PhoneError("damaged", error);
      })
      .finally(() => (refreshing = null));
    return refreshing;
  };

  async function begin() {
    try {
      const found = await readKept();
      if (found) {
        take(found);
        if (isBehind()) tell("clock", { text: phone.clockText() });
      }
    } catch (error) {
      data = kept = null; // what is kept cannot be read: as if it were not there
      tell("storage", { text: TEXT.not_kept });
    }
    startWorker();
    const asked = phone.refresh();
    if (!data) await asked;
    else asked.catch(() => {});
  }

  function startWorker() {
    if (!navigator.serviceWorker) {
      tell("storage", { text: TEXT.no_worker });
      return;
    }
    navigator.serviceWorker.register("/sw.js").catch(() => tell("storage", { text: TEXT.no_worker }));
  }

  phone.start = function () {
    started ??= begin();
    started.catch(() => {});
    return phone;
  };

  phone.ready = async function () {
    phone.start();
    try {
      await started;
    } catch (error) {
      started = null; // the next call asks again
      throw error;
    }
    return describe();
  };

  phone.nearest = async function (asked) {
    await phone.ready();
    if (clockJumped()) {
      now();
      await Promise.race([phone.refresh().catch(() => {}), new Promise((done) => setTimeout(done, HEAR_MS))]);
    }
    try {
      const found = locator.nearest.findNearest(data, asked, now());
      if (knowsTime(asked.at)) return found;
      const rows = [found.results, found.below, (found.connected || {}).results].flat();
      for (const row of rows) if (row) Object.assign(row, NO_DOORS, { long_enough: null });
      return found;
    } catch (error) {
      if (!(error instanceof locator.nearest.QuestionError)) throw error;
      if (["mode", "datum", "need"].includes(error.field)) throw new PhoneError("cannot", error);
      throw error;
    }
  };

  phone.stations = () => (data ? data.stations : []);
  phone.data = () => data;
  phone.isOffline = () => offline;
  phone.now = now;
  phone.doors = function (code, at) {
    const station = data && data.stations.find((one) => one.code === code);
    if (!station) return null;
    if (!knowsTime(at)) return { ...NO_DOORS };
    const moment = locator.hours.findMoment(at, data.index.zone, now());
    return locator.nearest.doorsOf(data, station, moment);
  };
  phone.PhoneError = PhoneError;

  // Forget everything: for "delete what is saved", and for tests.
  phone.forget = async function () {
    await inStore("readwrite", (files, all) => {
      files.clear();
      all.clear();
    });
  };

  // A server that was down comes back without the phone's network having changed.
  setInterval(() => {
    if (offline && !globalThis.document?.hidden && navigator.onLine !== false) phone.refresh().catch(() => {});
  }, AGAIN_MS);
  globalThis.addEventListener("online", () => phone.refresh().catch(() => {}));
  globalThis.addEventListener("offline", () => setOffline(true));
  locator.phone = phone;
})((globalThis.locator = globalThis.locator || {}));
