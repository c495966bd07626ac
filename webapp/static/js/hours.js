// Opening hours in the page: what is found at a door at a moment, and when that changes.
//
// Reads the days that locator/phone_stations.py writes. Moments are local to the city, in whole
// microseconds since the midnight with which the file's window begins; beyond the window nothing
// is known, so nothing is told there. The rules are those of locator/arrival.py.
"use strict";

(function (locator) {
  const OPEN = 1;
  const CLOSED = 0;
  const UNKNOWN = -1;
  const HORIZON_S = 14 * 86400;
  const DAY_MIN = 1440;
  const DAY_MS = 86400000;
  const MICRO = 1000000;
  const MINUTE = 60 * MICRO;
  const DAY = 86400 * MICRO;
  const EPOCH_DAY = 719163; // 1 January 1970, counted as Python counts days

  // -- states ------------------------------------------------------------------------------------

  // Changes of one station's hours over the window: {minute, state}, neighbours differ in state;
  // the last one begins the unknown that follows.
  function layOut(part, own, window) {
    const week = part.weeks[own];
    const differing = new Map();
    const listed = part.exceptions[own];
    for (let i = 0; i < listed.length; i += 2) differing.set(listed[i], listed[i + 1]);
    const minute = [];
    const state = [];
    const add = (at, to) => {
      if (state.length && state[state.length - 1] === to) return;
      minute.push(at);
      state.push(to);
    };
    for (let d = 0; d < window.days; d++) {
      const day = window.first_day + d;
      const steps = part.days[differing.get(day) ?? week[(day + 6) % 7]]; // day 1 was a Monday
      for (let i = 0; i < steps.length; i += 2) add(d * DAY_MIN + steps[i], steps[i + 1]);
    }
    add(window.days * DAY_MIN, UNKNOWN);
    return { minute, state };
  }

  // The last change at or before a minute (a real number); -1 before the window.
  function lastChange(minutes, at) {
    let low = 0;
    let high = minutes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (minutes[middle] * MINUTE <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // What is found at a door at a moment: state and, for a stay, `enough`; seconds until it is no
  // longer known to be open (NaN where it is not) and until it is known to be open next (NaN where
  // it is); Infinity for not within two weeks. Of a station in dispute the door is not known.
  function judge({ minute, state }, moment, stayMin, disputed) {
    const now = lastChange(minute, moment);
    const found = now < 0 ? UNKNOWN : state[now];
    const wait = (wanted, from) => {
      let i = from;
      while (i < state.length && wanted !== null && state[i] !== wanted) i++;
      const seconds = i < minute.length ? (minute[i] * MINUTE - moment) / MICRO : Infinity;
      return seconds > HORIZON_S ? Infinity : seconds;
    };
    const ends = wait(null, now + 1);
    const closedIn = wait(CLOSED, Math.max(now, 0));
    const staySeconds = stayMin * 60;
    const shut = found === CLOSED || closedIn < staySeconds;
    const isOpen = found === OPEN;
    const doors = {
      state: found,
      enough: shut ? CLOSED : isOpen && ends >= staySeconds ? OPEN : UNKNOWN,
      closes_in_s: isOpen ? ends : NaN,
      opens_in_s: isOpen ? NaN : wait(OPEN, Math.max(now, 0)),
    };
    if (!disputed) return doors;
    return {
      state: UNKNOWN,
      enough: doors.enough === OPEN ? UNKNOWN : doors.enough,
      closes_in_s: NaN,
      opens_in_s: Infinity,
    };
  }

  // -- moments -----------------------------------------------------------------------------------

  const formats = new Map();

  // What clocks in a zone show at an instant, as milliseconds that read like UTC.
  function localMs(zone, instantMs) {
    if (!formats.has(zone)) {
      const shown = { year: "numeric", month: "numeric", day: "numeric" };
      Object.assign(shown, { hour: "numeric", minute: "numeric", second: "numeric" });
      formats.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...shown }));
    }
    const parts = {};
    for (const { type, value } of formats.get(zone).formatToParts(instantMs)) parts[type] = Number(value);
    const whole = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
    return whole + (((instantMs % 1000) + 1000) % 1000);
  }

  const WEEKLY =
    /^(?:(mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:周|星期|礼拜)([一二三四五六日天]))?\s*([01]?\d|2[0-3]):([0-5]\d)$/;
  const ISO =
    /^(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?(z|[+-]\d\d:?\d\d)?$/;
  const [FIRST_YEAR, LAST_YEAR] = [1900, 2200];
  const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  const ZH_DAYS = { 一: 0, 二: 1, 三: 2, 四: 3, 五: 4, 六: 5, 日: 6, 天: 6 };

  // A moment as it is asked (now, a calendar date and a time, a day and a time) in local milliseconds
  // that read like UTC; null where it is not understood. The rules are those of locator/moments.py.
  function findMoment(text, zone, nowMs) {
    const plain = (text ?? "now").normalize("NFKC").trim().toLowerCase();
    const start = localMs(zone, nowMs);
    if (plain === "now") return start;
    const weekly = WEEKLY.exec(plain);
    if (weekly) return nextWeekly(weekly, start);
    const iso = ISO.exec(plain);
    if (!iso) return null;
    const [year, month, day, hour, minute, second] = iso.slice(1, 7).map((part) => Number(part || 0));
    const ms = Date.UTC(year, month - 1, day, hour, minute, second, Number((iso[7] || "0").padEnd(3, "0").slice(0, 3)));
    const read = new Date(ms);
    if (read.getUTCFullYear() !== year || read.getUTCMonth() !== month - 1) return null;
    if (read.getUTCDate() !== day || read.getUTCHours() !== hour || minute > 59 || second > 59) return null;
    const found = iso[8] ? inZone(ms, iso[8], zone) : ms;
    if (found === null) return null;
    const local = new Date(found).getUTCFullYear();
    return local >= FIRST_YEAR && local <= LAST_YEAR ? found : null;
  }

  // A time with its offset (z, +08:00) in local milliseconds of a zone; null for no such offset.
  function inZone(ms, told, zone) {
    const [hours, minutes] = told === "z" ? [0, 0] : [Number(told.slice(1, 3)), Number(told.slice(-2))];
    if (hours > 23 || minutes > 59) return null;
    const offset = (hours * 60 + minutes) * 60000;
    return localMs(zone, told[0] === "-" ? ms + offset : ms - offset);
  }

  function nextWeekly([, english, chinese, hour, minute], start) {
    const midnight = Math.floor(start / DAY_MS) * DAY_MS;
    let wanted = midnight + (Number(hour) * 60 + Number(minute)) * 60000;
    let step = 1;
    if (english || chinese) {
      const day = english ? DAYS.indexOf(english) : ZH_DAYS[chinese];
      const today = (new Date(midnight).getUTCDay() + 6) % 7;
      wanted += ((day - today + 7) % 7) * DAY_MS;
      step = 7;
    }
    const thisMinute = Math.floor(start / 60000) * 60000;
    return wanted >= thisMinute ? wanted : wanted + step * DAY_MS;
  }

  // Local milliseconds as microseconds since the window's first midnight.
  function sinceWindow(ms, window) {
    return (ms - (window.first_day - EPOCH_DAY) * DAY_MS) * 1000;
  }

  const pad = (value) => String(value).padStart(2, "0");

  // Local milliseconds as an ISO time to the second or to the minute.
  function isoOf(ms, withSeconds) {
    const date = new Date(ms);
    const day = `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
    const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
    return `${day}T${clock}${withSeconds ? ":" + pad(date.getUTCSeconds()) : ""}`;
  }

  locator.hours = {
    OPEN, CLOSED, UNKNOWN, MICRO, DAY, DAY_MS, EPOCH_DAY,
    layOut, judge, findMoment, localMs, sinceWindow, isoOf,
  }; // prettier-ignore
})((globalThis.locator = globalThis.locator || {}));
