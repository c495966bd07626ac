// The planner's slider: kilometres and share within any limit, read off the curve at once.
// The page is complete without it; the curve is fetched once and nothing is asked again.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const english = document.documentElement.lang === "en";
  const said = (row, name) => row[(name ? name + "_" : "") + (english ? "en" : "zh")] || row[(name ? name + "_" : "") + "zh"] || "";
  const element = locator.element;
  const panel = document.getElementById("reach");
  if (!panel) return;
  const range = document.getElementById("reach-limit");
  const output = document.getElementById("reach-answer");
  const buttons = document.getElementById("reach-presets");
  const note = document.getElementById("reach-note");

  // What the curve says at a limit: a straight line between its knots.
  function read(curve, limit) {
    const knots = curve.limit;
    if (limit <= knots[0]) return curve.value[0];
    let low = 0;
    let high = knots.length - 1;
    if (limit >= knots[high]) return curve.value[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (knots[middle] <= limit) low = middle;
      else high = middle;
    }
    const part = (limit - knots[low]) / (knots[high] - knots[low]);
    return curve.value[low] + part * (curve.value[high] - curve.value[low]);
  }

  function share(value, total) {
    return total > 0 ? ((100 * value) / total).toFixed(1) + "%" : "—";
  }

  function amount(answer, value) {
    if (answer.unit === "m") return locator.kilometres(value) + "公里";
    return Math.round(value).toLocaleString("zh-CN") + answer.unit;
  }

  function start(answer) {
    let label = "双15";
    for (const target of answer.targets) if (target.code === "double15") label = target.label_zh;

    function show(limit, words, timed) {
      const curves = (timed && answer.curves.time) || answer.curves.length;
      const [one, two] = curves.map((curve) => read(curve, limit));
      const rows = [
        [`${answer.mode_zh}${words}以内有站点`, one],
        [label, two],
        ["只靠1个站点", one - two],
      ];
      range.setAttribute("aria-valuetext", words);
      output.replaceChildren(
        element("strong", {}, words),
        ...rows.map(([text, value]) =>
          element("span", {}, `${text}：${amount(answer, value)}，${share(value, answer.total)}`),
        ),
      );
      output.dataset.limit = String(limit);
    }

    function choose(limit, words, timed, button, text) {
      range.value = String(limit);
      show(limit, words, timed);
      for (const other of buttons.querySelectorAll("button")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      note.textContent = text;
    }

    function add(name, limit, timed, text) {
      const words = timed || name.endsWith("分钟") ? name : `${limit}米`;
      const button = element("button", { type: "button", class: "second" }, name);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => choose(limit, words, timed, button, text()));
      buttons.append(button);
    }

    for (const preset of answer.presets) {
      add(preset.zh, preset.limit_m, preset.timed, () => `依据：${preset.source}（${preset.date}）`);
    }
    for (const target of answer.targets) {
      if (target.limit_m === null || target.mode !== answer.mode) continue;
      add(target.zh, target.limit_m, false, () => target.text_zh);
    }
    const missing = answer.targets.filter((target) => target.limit_m === null);
    const said = () => missing.map((target) => target.text_zh).join("");

    Object.assign(range, answer.slider);
    range.addEventListener("input", () =>
      choose(Number(range.value), `${range.value}米`, false, null, said()),
    );
    panel.hidden = false;
    const first = Math.min(Number(panel.dataset.limit), answer.slider.max);
    choose(first, `${first}米`, false, null, said());
  }

  locator.ask(panel.dataset.url).then(start, function (error) {
    panel.hidden = false;
    range.disabled = true;
    output.replaceChildren(element("span", { class: "message" }, error.message));
  });
})(window.locator);
