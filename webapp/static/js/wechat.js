// WeChat's own map: a button among the map apps that shows once WeChat has taken our signature.
// Until then, and wherever WeChat says no, the plain links and the address to copy stay as they are.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const element = locator.element;
  const wx = window.wx;
  if (!wx) return; // the SDK's file did not load

  // The address that was opened: the finder changes it later, and WeChat checks the first.
  const opened = location.href.split("#")[0];

  async function configure() {
    const told = await locator.post("/wechat/signature", { page: opened });
    wx.ready(() => document.documentElement.classList.add("wechat-ready"));
    wx.error(() => document.documentElement.classList.remove("wechat-ready"));
    wx.config(Object.assign({ debug: false, jsApiList: ["openLocation"] }, told));
  }

  async function open(code, button) {
    const failed = () => (button.textContent = _("微信地图没打开，请用别的地图或复制地址"));
    try {
      const place = await locator.ask("/s/" + encodeURIComponent(code) + "/wechat.json");
      wx.openLocation(Object.assign(place, { fail: failed }));
    } catch (error) {
      failed();
    }
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-wechat]");
    if (button) open(button.dataset.wechat, button);
  });

  // For cards that the phone writes, as the macro hand_over writes the server's.
  locator.wechatItem = (code) =>
    element(
      "li",
      { class: "wechat" },
      element("button", { type: "button", "data-wechat": code }, _("微信地图")),
    );

  configure().catch(() => {}); // no ticket, no network: plain links
})(window.locator);
