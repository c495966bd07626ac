// Another choice shows other stations: the list as the server writes it for that choice, put in
// place of the old one, so that whoever is choosing keeps the focus and the place on the page. The
// map follows the list. Where the server cannot be asked the phone lists what it can (kept.js).
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const list = document.getElementById("list"); // none where a frame is told to show the map alone
  const map = document.getElementById("map");
  if (!list && !map) return;
  let running = null;

  // The page of this address; a place in it changes nothing about the list.
  async function fetchPage(signal) {
    const query = new URLSearchParams(location.search);
    query.delete("place");
    const headers = { "Accept-Language": document.documentElement.lang };
    const response = await fetch(`${location.pathname}?${query}`, { credentials: "same-origin", headers, signal });
    if (!response.ok) throw new locator.AnswerError(_("服务出了问题。请稍后再试。"));
    return new DOMParser().parseFromString(await response.text(), "text/html");
  }

  const isOfList = (part) => !part.matches("summary, form");

  function layList(page) {
    const [fold, fresh] = [document, page].map((one) => one.getElementById("list-fold"));
    fold.querySelector("summary").textContent = fresh.querySelector("summary").textContent;
    for (const field of fold.querySelectorAll("form [name]")) {
      const other = fresh.querySelector(`form [name="${field.name}"]`);
      if (other && field !== document.activeElement) field.value = other.value;
    }
    Array.from(fold.children).filter(isOfList).forEach((part) => part.remove());
    fold.append(...Array.from(fresh.children).filter(isOfList));
  }

  // A frame's legend says the kind of its address.
  function layMap(page) {
    (list || map).dataset.stations = page.getElementById("list").dataset.stations;
    for (const box of document.querySelectorAll("input[data-kind]")) {
      const other = page.querySelector(`input[data-kind="${CSS.escape(box.dataset.kind)}"]`);
      if (!other || other.defaultChecked === box.defaultChecked) continue;
      box.checked = box.defaultChecked = other.defaultChecked;
      box.dispatchEvent(new Event("change"));
    }
  }

  // Show the list of this address; "listed" is told when it is there.
  locator.showList = async function () {
    if (running) running.abort();
    const mine = (running = new AbortController());
    let byServer = true;
    try {
      const page = await fetchPage(mine.signal);
      if (mine !== running) return;
      if (list) layList(page);
      layMap(page);
    } catch (error) {
      if (mine !== running) return;
      if (error instanceof locator.AnswerError) {
        locator.say(error.message);
        return;
      }
      byServer = false;
      if (!locator.keptList || !locator.keptList()) {
        locator.say(_("没网，也没存过资料。联网后再试。"));
        return;
      }
    }
    document.dispatchEvent(new CustomEvent("listed", { detail: { byServer } }));
  };
})(window.locator);
