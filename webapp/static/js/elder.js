// The view with large type. It is remembered on this phone alone; put in before anything is drawn,
// so that the page never jumps.
"use strict";

(function () {
  const KEY = "locator.elder";
  const root = document.documentElement;

  // Storage may be shut (private windows, strict browsers): then the choice lasts for this page.
  function read() {
    try {
      return localStorage.getItem(KEY) === "1";
    } catch (error) {
      return false;
    }
  }

  function keep(on) {
    try {
      if (on) localStorage.setItem(KEY, "1");
      else localStorage.removeItem(KEY);
    } catch (error) {
      return;
    }
  }

  function show(on) {
    root.classList.toggle("elder", on);
    const button = document.getElementById("elder");
    if (button) button.setAttribute("aria-pressed", String(on));
  }

  show(read());
  document.addEventListener("DOMContentLoaded", function () {
    const button = document.getElementById("elder");
    if (!button) return;
    button.hidden = false;
    show(root.classList.contains("elder"));
    button.addEventListener("click", function () {
      const on = !root.classList.contains("elder");
      keep(on);
      show(on);
      window.dispatchEvent(new Event("resize")); // a map beside it has another size now
    });
  });
})();
