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

  // The mark of a kind, as the legend draws it.
  function markIcon(kind) {
    const icon = document.querySelector(`svg[data-mark="${CSS.escape(kind)}"]`).cloneNode(true);
    icon.removeAttribute("data-mark");
    return icon;
  }

  class AnswerError extends Error {}

  // JSON of our own API; an error carries the server's own sentence.
  async function ask(url, init) {
    let response;
    try {
      response = await fetch(url, Object.assign({ credentials: "same-origin" }, init));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new AnswerError("没网，或服务停了。请稍后再试。");
    }
    let body = null;
    try {
      body = await response.json();
    } catch (error) {
      if (error.name === "AbortError") throw error;
    }
    if (!response.ok || body === null) {
      const problem = body && body.error && body.error.message;
      throw new AnswerError("没有得到答案（" + response.status + "）。" + (problem || ""));
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

  return { element, markIcon, ask, post, kilometres, AnswerError };
})();
