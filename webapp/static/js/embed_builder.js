// The builder's preview and code follow the choices; without a script the form's button does that.
"use strict";

(function (locator) {
  const form = document.getElementById("builder");
  const code = document.getElementById("code");
  const preview = document.getElementById("preview");
  const copy = document.getElementById("copy");
  const copied = document.getElementById("copied");
  const DEFAULTS = { size: "medium", list: "on" };
  const _ = locator.gettext;
  const WAIT_MS = 400; // after the last key
  let waiting = null;
  let running = null;

  function chosen() {
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const text = String(value).trim();
      if (text && DEFAULTS[name] !== text) values.set(name, text);
    }
    return values.size ? form.dataset.frame + "?" + values : form.dataset.frame;
  }

  async function update() {
    if (running) running.abort();
    const mine = (running = new AbortController());
    const address = chosen();
    const asked = new URLSearchParams({ url: new URL(address, location.href).href });
    copied.textContent = "";
    try {
      const answer = await fetch(form.dataset.oembed + "?" + asked, { signal: mine.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      code.value = told.html;
      preview.height = told.height;
      preview.src = address;
    } catch (error) {
      if (error.name !== "AbortError") copied.textContent = _("这几项不能同时选，请改一项。");
    }
  }

  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(update, WAIT_MS);
  });
  copy.hidden = false;
  copy.addEventListener("click", async function () {
    code.select();
    try {
      await navigator.clipboard.writeText(code.value);
      copied.textContent = _("复制好了。");
    } catch (error) {
      copied.textContent = _("代码已选中，请按 Ctrl+C 复制。");
    }
  });
})(window.locator);
