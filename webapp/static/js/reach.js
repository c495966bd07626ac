// The planner's slider: kilometres and share within any limit, read off the curve at once.
// The page is complete without it; the curve is fetched once and nothing is asked again.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const language = document.documentElement.lang === "en" ? "en" : "zh";
  // A name, or a text of that name, in the page's language.
  const named = (row, name) => row[name ? `${name}_${language}` : language];
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
    if (answer.unit === "m") return _("%(km)s公里", { km: locator.kilometres(value) });
    return `${Math.round(value).toLocaleString("zh-CN")} ${answer.unit}`;
  }

  function start(answer) {
    let label = _("双15");
    for (const target of answer.targets) {
      if (target.code === "double15") label = named(target, "label");
    }

    function show(limit, words, timed) {
      const curves = (timed && answer.curves.time) || answer.curves.length;
      const [one, two] = curves.map((curve) => read(curve, limit));
      const rows = [
        [_("%(mode)s%(limit)s以内有站点", { mode: named(answer, "mode"), limit: words }), one],
        [label, two],
        [_("只靠1个站点"), one - two],
      ];
      range.setAttribute("aria-valuetext", words);
      output.replaceChildren(
        element("strong", {}, words),
        ...rows.map(([text, value]) =>
          element(
            "span",
            {},
            _("%(what)s：%(amount)s，%(share)s", {
              what: text,
              amount: amount(answer, value),
              share: share(value, answer.total),
            }),
          ),
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

    const metres = (limit) => _("%(count)s米", { count: limit });

    function add(name, limit, timed, text, isTime = timed) {
      const words = isTime ? name : metres(limit);
      const button = element("button", { type: "button", class: "second" }, name);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => choose(limit, words, timed, button, text()));
      buttons.append(button);
    }

    for (const preset of answer.presets) {
      const since = { source: preset.source, date: preset.date };
      const timed = preset.code.endsWith("min");
      const text = () => _("依据：%(source)s（%(date)s）", since);
      add(named(preset), preset.limit_m, preset.timed, text, timed);
    }
    for (const target of answer.targets) {
      if (target.limit_m === null || target.mode !== answer.mode) continue;
      add(named(target), target.limit_m, false, () => named(target, "text"));
    }
    const missing = answer.targets.filter((target) => target.limit_m === null);
    const said = () => missing.map((target) => named(target, "text")).join(" ");

    Object.assign(range, answer.slider);
    range.addEventListener("input", () =>
      choose(Number(range.value), metres(range.value), false, null, said()),
    );
    panel.hidden = false;
    const first = Math.min(Number(panel.dataset.limit), answer.slider.max);
    choose(first, metres(first), false, null, said());
  }

  locator.ask(panel.dataset.url).then(start, function (error) {
    panel.hidden = false;
    range.disabled = true;
    output.replaceChildren(element("span", { class: "message" }, error.message));
  });
})(window.locator);
