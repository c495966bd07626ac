// 门开了吗？ One tap tells; the page stays, and says where the next open door is.
"use strict";

(function (locator) {
  const _ = locator.gettext;

  async function send(form, what) {
    const code = form.closest("[data-code]").dataset.code;
    const said = form.querySelector(".report-said");
    const next = locator.nextOpen ? locator.nextOpen(code) : null;
    try {
      const answer = await locator.ask(form.action, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ what }),
      });
      said.replaceChildren(...(what === "locked" && next ? withNext(next) : [answer.text]));
    } catch (error) {
      said.textContent = error.message;
    }
  }

  // The page knows where one stands, and the server does not: so the next one is named here.
  function withNext(next) {
    const minutes = Math.max(1, Math.ceil(next.time_s / 60));
    const link = locator.element("a", { href: locator.stationAddress(next.code) }, next.name);
    link.addEventListener("click", function (event) {
      event.preventDefault(); // its card is on this page, with the way
      next.go();
    });
    const gap = "\n"; // no name holds one
    const [before, after] = _("收到，正在核实。下一个开门的：%(name)s，走%(minutes)s分钟。", { name: gap, minutes }).split(gap);
    return [before, link, after];
  }

  // Let the buttons of a part of the page work in place: reports, and copying an address.
  locator.wake = function (part) {
    for (const form of part.querySelectorAll("form.report")) {
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        send(form, event.submitter ? event.submitter.value : "open");
      });
    }
    for (const button of part.querySelectorAll("button[data-copy]")) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      button.addEventListener("click", function () {
        const text = button.closest(".copy").querySelector(".address-text").textContent;
        navigator.clipboard.writeText(text).then(
          () => (button.textContent = _("已复制")),
          () => (button.textContent = _("请长按地址复制")),
        );
      });
    }
  };
  locator.wake(document);
})(window.locator);
