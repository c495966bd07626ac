// One station in words, as webapp/cards.py writes it on pages that the server makes: the same
// sentences, held equal by a test. Text reaches the page through text nodes alone.
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const element = locator.element;
  const english = document.documentElement.lang === "en";
  const CLOSING_S = 15 * 60;
  const SHOWN_FACILITIES = 8;

  const word = (name) => {
    const found = document.querySelector(`#words [data-word="${CSS.escape(name)}"]`);
    return found ? found.textContent : "";
  };

  function doorOf(row) {
    if (row.open === null || row.open === undefined) return "unknown";
    if (!row.open) return "closed";
    return row.closes_in_s === null || row.closes_in_s >= CLOSING_S ? "open" : "closing";
  }

  function doorWord(door) {
    if (door === "open") return _("开着");
    if (door === "closing") return _("快关了");
    return door === "closed" ? _("关着") : _("没核实");
  }

  // Python rounds a half to the even side.
  function round(value) {
    const low = Math.floor(value);
    if (value - low !== 0.5) return Math.round(value);
    return low % 2 ? low + 1 : low;
  }

  function metres(distance) {
    const tens = round(distance / 10) * 10;
    if (tens < 1000) return Math.max(tens, 10) + (english ? " m" : "米");
    return kilometres(distance) + (english ? " km" : "公里");
  }

  function kilometres(distance) {
    if (distance >= 100000) return String(round(distance / 1000));
    const text = (distance / 1000).toFixed(1);
    return text.endsWith(".0") ? text.slice(0, -2) : text;
  }

  function duration(seconds) {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    if (!hours) return _("%(n)s分钟", { n: rest });
    if (!rest) return _("%(n)s小时", { n: hours });
    return _("%(hours)s小时%(minutes)s分钟", { hours, minutes: rest });
  }

  // Times of the city as the server writes them, "2026-07-04T06:00": never read in the phone's zone.
  function clock(text, left) {
    const [day, time] = text.split("T");
    const [hour, minute] = time.split(":");
    const shown = { time: `${Number(hour)}:${minute}` };
    const date = Date.parse(day + "T00:00Z");
    const days = Math.round((date - Date.parse(left.split("T")[0] + "T00:00Z")) / 86400000);
    if (days === 0) return shown.time;
    if (days === 1) return _("明天%(time)s", shown);
    if (days < 7) return weekday(new Date(date).getUTCDay()) + shown.time;
    const [, month, number] = day.split("-").map(Number);
    return _("%(month)s月%(day)s日%(time)s", { month, day: number, time: shown.time });
  }

  function weekday(day) {
    return [_("周日"), _("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六")][day];
  }

  function wayTime(seconds, uses) {
    const time = _("%(n)s分钟", { n: Math.max(1, Math.ceil(seconds / 60)) });
    if (uses === "bike") return _("骑车%(time)s", { time });
    return uses === "motor" ? _("开车%(time)s", { time }) : _("走%(time)s", { time });
  }

  function wayWords(distance, uses) {
    const way = metres(distance);
    if (uses === "bike") return _("沿街骑车%(way)s", { way });
    return uses === "motor" ? _("沿街开车%(way)s", { way }) : _("沿街走%(way)s", { way });
  }

  function sentence(row, door, walk, at, uses) {
    if (row.disputed) return _("有工友说没开门，正在核实。");
    if (door === "open") {
      if (row.closes_in_s === null) return _("开着，%(walk)s；24小时开放。", { walk });
      return _("开着，%(walk)s；到后还开%(left)s。", { walk, left: duration(row.closes_in_s) });
    }
    if (door === "closing") {
      const verb = uses === "bike" ? _("骑车") : uses === "motor" ? _("开车") : _("走");
      return _("%(verb)s到时只剩%(left)s。", { verb, left: duration(row.closes_in_s) });
    }
    if (door === "closed") {
      if (!row.opens_at || !at) return _("关着，%(walk)s。", { walk });
      return _("关着，%(walk)s；%(when)s开。", { walk, when: clock(row.opens_at, at) });
    }
    if (row.phone) return _("开放时间没核实，先打电话。");
    return _("开放时间没核实。没有电话，看下一个。");
  }

  function wayIn(scope, mode) {
    const who = {
      workers_first: _("户外劳动者优先。"),
      members: _("只对工会会员开放。"),
      staff: _("只对本单位职工开放。"),
      booking: _("要预约。"),
    }[scope];
    const free = scope === "public" || scope === "workers_first";
    const how = {
      walk_in: free ? _("直接进，不用办会员。") : _("直接进。"),
      qr: _("要扫码，登记手机号。"),
      face: _("刷脸进，要先登记。"),
      key: _("找前台拿钥匙。"),
      register: _("要在前台登记。"),
    }[mode];
    return [how, who].filter(Boolean).join(english ? " " : "");
  }

  // The server lists what is there; the phone knows of each facility "1", "0" or nothing.
  const offered = (told) => (Array.isArray(told) ? told : Object.keys(told || {}).filter((code) => told[code] === "1"));

  // Codes come with the base services first, as the names do in #words.
  function facilityWords(codes) {
    const order = Array.from(document.querySelectorAll('#words [data-word^="facility."]'));
    const names = order
      .filter((item) => codes.includes(item.dataset.word.slice("facility.".length)))
      .map((item) => item.textContent);
    const shown = names.slice(0, SHOWN_FACILITIES).join(_("、"));
    if (names.length <= SHOWN_FACILITIES) return shown;
    return _("%(names)s等%(count)s项", { names: shown, count: names.length });
  }

  function checkedWords(verified, at) {
    if (!verified) return _("从没核对过。");
    if (!at) return _("%(day)s核对过。", { day: verified });
    const today = Date.parse(at.split("T")[0] + "T00:00Z");
    const days = Math.round((today - Date.parse(verified + "T00:00Z")) / 86400000);
    if (days <= 0) return _("今天核对过。");
    if (days === 1) return _("昨天核对过。");
    if (days < 60) return _("%(days)s天前核对过。", { days });
    return _("%(months)s个月前核对过。", { months: Math.floor(days / 30) });
  }

  // What a card says, as webapp.cards.Card.
  function cardWords(row, at, uses) {
    const door = doorOf(row);
    return {
      door,
      word: doorWord(door),
      sentence: sentence(row, door, wayTime(row.time_s, uses), at, uses),
      way: wayWords(row.distance_m, uses),
      warning: row.detour ? row.detour[english ? "en" : "zh"] : "",
      way_in: row.access_scope === undefined ? row.way_in || "" : wayIn(row.access_scope, row.access_mode),
      facilities: facilityWords(offered(row.facilities)),
      hours: locator.hourWords(row),
      address: row.address || "",
      phone: row.phone || "",
      checked: checkedWords(row.verified_on, at),
    };
  }

  function doorIcon(door) {
    const icons = document.getElementById("door-marks").content;
    return icons.querySelector(`[data-door-mark="${door}"] svg`).cloneNode(true);
  }

  const line = (name, text, before) =>
    text ? element("p", { class: name }, before ? before + text : text) : null;

  function kindLine(row) {
    return element("p", { class: "meta kind" }, locator.markIcon(row.kind), " ", word("kind." + row.kind));
  }

  // The lines of a card, in the order of the macro card_body.
  function cardBody(row, at, uses) {
    const said = cardWords(row, at, uses);
    const door = element("p", { class: "door " + said.door, "data-door": said.door, "data-told": Date.now() });
    door.append(doorIcon(said.door), " ", element("strong", {}, said.word));
    return [
      door,
      line("say", said.sentence),
      // the warning tells the way too
      said.warning ? line("warning", said.warning) : line("way", said.way),
      kindLine(row),
      line("way-in", said.way_in, _("进门：")),
      line("facilities", said.facilities, _("有：")),
      line("meta hours", said.hours || _("未知"), _("开放时间：")),
      line("meta address", said.address),
      line("meta checked", said.checked),
      row.sample ? line("sample-tag", "示例数据 SAMPLE") : null,
    ].filter(Boolean);
  }

  function stationAddress(code, more) {
    const lang = new URLSearchParams(location.search).get("lang");
    return "/s/" + encodeURIComponent(code) + (more || "") + (lang ? "?lang=" + encodeURIComponent(lang) : "");
  }

  function steps(row) {
    const found = (row.route && row.route.steps) || [];
    if (!found.length) return null;
    return element("ol", { class: "steps" }, ...found.map((step) => element("li", {}, step[english ? "en" : "zh"])));
  }

  // Each map app is reached by an address of ours, which knows its datum; geo: needs no network.
  function apps(row) {
    const inWechat = /micromessenger/i.test(navigator.userAgent);
    const items = [
      ["amap", _("高德地图")],
      ["baidu", _("百度地图")],
      ["tencent", _("腾讯地图")],
      ["apple", _("苹果地图")],
    ].map(([app, name]) => [app, name, stationAddress(row.code, "/to/" + app)]);
    if (!inWechat) {
      const place = `${row.lat.toFixed(6)},${row.lon.toFixed(6)}`;
      items.push(["geo", _("其他地图"), `geo:${place}?q=${place}(${encodeURIComponent(row.name.replace(/[()]/g, ""))})`]);
    }
    const links = items.map(([app, name, url]) =>
      element("li", {}, element("a", { class: "button second", "data-app": app, href: url, rel: "noreferrer noopener" }, name)),
    );
    return element(
      "div",
      { class: "hand-over" },
      inWechat ? line("message", _("微信里打不开地图软件，下面打开的是它们的网页。")) : null,
      line("meta", _("用地图软件带路：")),
      element("ul", { class: "apps" }, locator.wechatItem ? locator.wechatItem(row.code) : null, ...links),
      row.address
        ? element(
            "p",
            { class: "copy" },
            _("地址："),
            element("span", { class: "address-text" }, row.address),
            " ",
            element("button", { type: "button", class: "second", "data-copy": true, hidden: true }, _("复制地址")),
          )
        : null,
    );
  }

  function reportForm(code) {
    const buttons = [
      ["open", _("开着")],
      ["locked", _("锁着")],
      ["broken", _("东西坏了")],
      ["wrong_place", _("找不到")],
    ].map(([what, name]) => element("button", { type: "submit", class: "second", name: "what", value: what }, name));
    return element(
      "form",
      { class: "report", method: "post", action: stationAddress(code, "/report") },
      element("p", {}, element("strong", {}, _("门开了吗？"))),
      element("div", { class: "report-buttons" }, ...buttons),
      element("p", { class: "report-said", role: "status" }),
    );
  }

  function callButton(phone) {
    const digits = phone.replace(/[^\d+*#,-]/g, "");
    return element("p", {}, element("a", { class: "button second", href: "tel:" + digits }, _("打电话")));
  }

  // The whole card of an answer: its lines, the way there, and the telephone.
  function card(row, number, at, uses) {
    const words = cardWords(row, at, uses);
    const go = element(
      "details",
      { class: "go" },
      element("summary", { class: "button", "aria-label": _("去这里：%(name)s", { name: row.name }) }, _("去这里")),
      steps(row),
      words.way_in ? element("p", {}, _("进门：") + words.way_in) : null,
      apps(row),
      reportForm(row.code),
    );
    const name = element(
      "h3",
      { class: "name" },
      element("span", { class: "number", "aria-hidden": "true" }, String(number)),
      " ",
      element("a", { href: stationAddress(row.code) }, row.name),
    );
    const body = cardBody(row, at, uses);
    const next = [go, words.phone ? callButton(words.phone) : null].filter(Boolean);
    // what is done next comes before what is read at leisure: on one screen with the sentence,
    // in large type too
    const leisure = body.findIndex((part) => part.matches(".kind"));
    body.splice(leisure, 0, ...next);
    const item = element("li", { class: "card", "data-code": row.code }, name, ...body);
    locator.wake(item);
    return item;
  }

  Object.assign(locator, { card, cardWords, stationAddress, clock, duration, metres, doorOf });
})(window.locator);
