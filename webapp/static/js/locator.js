// The page's own namespace, and the two things every part needs: elements and answers.
// Text reaches the page through text nodes alone; nothing here ever takes markup.
"use strict";

window.locator = (function () {
  // element("p", {class: "note"}, "text", child, ...)
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) {
        made.setAttribute(name, value === true ? "" : String(value));
      }
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  // A text in the page's language; texts are Chinese, english.js brings the others.
  const words = window.locatorWords || {};
  function gettext(text, values) {
    const said = words[text] || text;
    return values ? said.replace(/%\((\w+)\)s/g, (_all, name) => String(values[name])) : said;
  }
  const _ = gettext;

  // The mark of a kind, as the legend draws it.
  function markIcon(kind) {
    const icon = document.querySelector(`svg[data-mark="${CSS.escape(kind)}"]`).cloneNode(true);
    icon.removeAttribute("data-mark");
    return icon;
  }

  // Posted hours; where nothing is known from them they stand as a quotation, and say so.
  function hourWords(row) {
    const posted = row.hours || "";
    if (row.hours_problem === "undated") return _("写着“%(hours)s”，哪天开始不清楚", { hours: posted });
    if (row.hours_problem === "unread") return _("写着“%(hours)s”，没核实", { hours: posted });
    return document.documentElement.lang === "en" ? row.hours_en || "" : posted;
  }

  class AnswerError extends Error {}

  // What to do about a field that the server could not use.
  const WRONG = {
    place: _("没有这个地方。换个写法，或只选区县。"),
    street: _("没有这条路。请换个路名，或只选区县。"),
    district: _("没有这个区县。请重新选。"),
    lon: _("经纬度不对：先经度，如120.86；再纬度，如32.01。"),
    lat: _("经纬度不对：先经度，如120.86；再纬度，如32.01。"),
    within: _("这个距离用不了。请重新选。"),
    body: _("请填路名、选区县，或填经纬度。"),
  };

  // What the server says of fields that have no sentence of the page's own.
  function fields(wrong) {
    const [told, is, next] = document.documentElement.lang === "en" ? ["en", ": ", "; "] : ["zh", "：", "；"];
    const known = wrong.filter((row) => row[told] && row.code !== "invalid");
    return known.map((row) => row.field + is + row[told]).join(next);
  }

  // JSON of our own API; an error carries the server's own sentence.
  async function ask(url, init) {
    let response;
    try {
      const language = { "Accept-Language": document.documentElement.lang };
      const headers = Object.assign(language, init && init.headers);
      response = await fetch(url, Object.assign({ credentials: "same-origin" }, init, { headers }));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw Object.assign(new AnswerError(_("没网，或服务停了。请稍后再试。")), { unanswered: true });
    }
    let body = null;
    try {
      body = await response.json();
    } catch (error) {
      if (error.name === "AbortError") throw error;
    }
    if (!response.ok || body === null) {
      const wrong = (body && body.error && body.error.fields) || [];
      const said = wrong.map((row) => WRONG[row.field]).find((text) => text);
      const fault = response.status === 422 ? WRONG.body : _("服务出了问题。请稍后再试。");
      throw new AnswerError(said || fields(wrong) || fault);
    }
    return body;
  }

  function post(url, body, signal) {
    return ask(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: signal,
    });
  }

  function kilometres(metres) {
    const km = metres / 1000;
    return km.toLocaleString("zh-CN", {
      minimumFractionDigits: km < 100 ? 1 : 0,
      maximumFractionDigits: km < 100 ? 1 : 0,
    });
  }

  return { element, gettext, markIcon, hourWords, ask, post, kilometres, AnswerError };
})();
