// Places by what somebody types, on the phone: the rules of locator/gazetteer.py and
// locator/city_places.py over the phone's own files, so that the first match is the server's.
//
//   locator.gazetteer.find(data, text)   [{kind, name, code, district, lon, lat, score, how}], best first
//
// Where it cannot be sure to come to the server's answer it throws an UnsureError: a crossing of two
// streets, or a match by sound alone of a word whose sound depends on the word.
"use strict";

(function (locator) {
  const net = locator.network;
  const MOST = 8;
  const MOST_CHARACTERS = 60;
  const LEAST_SLIP = 65;
  const LEAST_SOUND = 80;
  const MOST_SLIPS = 50;
  const SHORT = 2;
  const SURE = 75; // the most that a sound alone is worth
  const AREA_NAMED = 95;
  const CELL_M = 1000;
  const SAME_M = 1; // as near the middle as the nearest: the first is taken
  const AREA_SUFFIX = /(?:自治县|新区|开发区|[市区县旗镇])$/;
  const QUARTER = /[东西南北中]/g;
  const HAN = /[\u3007\u3400-\u9fff\uf900-\ufaff]/;
  const PARTS = /[\u3007\u3400-\u9fff\uf900-\ufaff]|[^\u3007\u3400-\u9fff\uf900-\ufaff]+/g;
  const BETWEEN = /[与和及&×+]/;
  const AT_CROSSING = /(?:路口|交叉口|交汇处|十字路口)$/;

  class UnsureError extends Error {}

  const plain = (text) =>
    text.normalize("NFKC").toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]/gu, "");

  // -- what there is -----------------------------------------------------------------------------

  function inside(rings, lon, lat) {
    let odd = false;
    for (const ring of rings) {
      for (let i = 0; i + 3 < ring.length; i += 2) {
        const [x0, y0, x1, y1] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
        if (y0 > lat !== y1 > lat && lon < x0 + ((lat - y0) / (y1 - y0)) * (x1 - x0)) odd = !odd;
      }
    }
    return odd;
  }

  function readAreas(areas) {
    return areas.map(({ code, name, rings }) => ({
      code,
      name,
      rings: rings.map((steps) => {
        const at = [0, 0];
        return steps.map((step, i) => (at[i % 2] += step) / 1e7);
      }),
    }));
  }

  // Names with what bears them: streets by their number, and places that have one position.
  function build(data) {
    const { network, stations, places } = data;
    const areas = readAreas(places.areas);
    const areaAt = (lon, lat) => (areas.find(({ rings }) => inside(rings, lon, lat)) || { name: "" }).name;
    const names = new Map();
    const at = (name) => {
      if (!names.has(name)) names.set(name, { name, plain: plain(name), places: [], street: -1 });
      return names.get(name);
    };
    network.head.names.forEach((name, number) => name && (at(name).street = number));
    const byCode = new Map(data.index.districts.map(({ code, name }) => [code, name]));
    for (const { code, name, lon, lat, district } of stations) {
      if (name) at(name).places.push({ kind: "station", name, code, district: byCode.get(district) || "", lon, lat });
    }
    for (const { code, name } of areas) at(name).places.push({ kind: "district", name, code, district: name });
    for (const [name, lon, lat] of places.pois || []) {
      at(name).places.push({ kind: "poi", name, code: "", district: areaAt(lon, lat), lon, lat });
    }
    const rows = [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const sounds = readSounds(places);
    for (const row of rows) [row.sound, row.initials] = sounds.of(row.plain);
    const words = districtWords(rows.flatMap((row) => row.places.filter(({ kind }) => kind === "district")));
    return { rows, words, sounds, areaAt, streets: listStreets(network), plains: new Set(rows.map((row) => row.plain)) };
  }

  function districtWords(districts) {
    const words = new Map();
    for (const { name } of districts) {
      const own = plain(name);
      words.set(own, name);
      const short = own.replace(AREA_SUFFIX, "");
      if (short.length >= SHORT && !words.has(short)) words.set(short, name);
    }
    return words;
  }

  function readSounds({ signs, odd, names }) {
    const read = new Map();
    for (const group of signs.split(" ")) {
      const sound = /^[a-z]*/.exec(group)[0];
      for (const sign of group.slice(sound.length)) read.set(sign, sound);
    }
    const known = new Map(names.map(([name, sound, initials]) => [name, [sound, initials]]));
    function of(name) {
      if (known.has(name)) return known.get(name);
      // eslint-disable-next-line no-control-regex
      if (/^[\x00-\x7f]*$/.test(name)) return [name, name.slice(0, 1)];
      const syllables = name.match(PARTS).map((part) => (HAN.test(part) ? (read.get(part) ?? part) : part));
      return [syllables.join(""), syllables.map((one) => one.slice(0, 1)).join("")];
    }
    const isSure = (name) =>
      known.has(name) ||
      ([...name].every((sign) => !HAN.test(sign) || read.has(sign)) && !odd.some((word) => name.includes(word)));
    return { of, isSure };
  }

  // Streets of each name, in order: name n has street[first[n]] .. street[first[n + 1] - 1].
  function listStreets({ name, streets, head }) {
    const first = new Int32Array(head.names.length + 1);
    for (let s = 0; s < streets; s++) first[name[s] + 1]++;
    for (let n = 0; n < head.names.length; n++) first[n + 1] += first[n];
    const next = first.slice();
    const street = new Int32Array(streets);
    for (let s = 0; s < streets; s++) street[next[name[s]]++] = s;
    return { first, street };
  }

  // A place for each stretch of streets of one name that lies together: the middle of the street
  // that is nearest to the middle of them all.
  function stretchesOf(data, made, number) {
    const { network } = data;
    const own = made.streets.street.subarray(made.streets.first[number], made.streets.first[number + 1]);
    const cells = new Map();
    for (const s of own) {
      const half = network.length[s] / 2;
      const [x, y] = net.cut(network, { street: s, from: half, to: half })[0];
      const metres = [(x + network.head.origin_dm[0]) / net.DM, (y + network.head.origin_dm[1]) / net.DM];
      const cell = metres.map((value) => Math.floor(value / CELL_M));
      const key = cell.join();
      if (!cells.has(key)) cells.set(key, { cell, parts: [], seen: false });
      cells.get(key).parts.push({ s, at: [x, y], metres, weight: Math.max(network.length[s] / net.DM, 1e-3) });
    }
    const found = [];
    for (const begun of cells.values()) {
      if (!begun.seen) found.push(nearestToMiddle(together(cells, begun)));
    }
    return found.map(({ at, size }) => {
      const [lon, lat] = net.toDegrees(network, ...at);
      const name = network.head.names[number];
      return { kind: "street", name, code: "", district: made.areaAt(lon, lat), lon, lat, size };
    });
  }

  // Parts in cells that touch, one cell's corners too.
  function together(cells, begun) {
    const parts = [];
    const left = [begun];
    begun.seen = true;
    while (left.length) {
      const { cell, parts: own } = left.pop();
      parts.push(...own);
      for (const dx of [-1, 0, 1]) {
        for (const dy of [-1, 0, 1]) {
          const other = cells.get([cell[0] + dx, cell[1] + dy].join());
          if (!other || other.seen) continue;
          other.seen = true;
          left.push(other);
        }
      }
    }
    return parts.sort((a, b) => a.s - b.s);
  }

  function nearestToMiddle(parts) {
    const size = parts.reduce((sum, { weight }) => sum + weight, 0);
    const [x, y] = [0, 1].map((k) => parts.reduce((sum, part) => sum + part.weight * part.metres[k], 0) / size);
    const away = parts.map(({ metres }) => Math.hypot(metres[0] - x, metres[1] - y));
    const least = away.reduce((best, one) => Math.min(best, one), Infinity);
    return { at: parts[away.findIndex((one) => one <= least + SAME_M)].at, size };
  }

  // -- how well a name fits ----------------------------------------------------------------------

  function compare(word, name) {
    if (word === name) return [100, "name"];
    if (name.includes(word)) return [(name.startsWith(word) ? 80 : 70) + (10 * word.length) / name.length, "part"];
    if (word.length > SHORT && name.replace(QUARTER, "") === word.replace(QUARTER, "")) return [80, "part"];
    return null;
  }

  function compareSounds(word, { sound, initials }, typed) {
    if (word === sound) return typed ? [95, "pinyin"] : [75, "sound"];
    if (!typed) return null;
    if (word === initials) return [85, "initials"];
    if (sound.startsWith(word)) return [75 + (10 * word.length) / sound.length, "pinyin"];
    if (initials.startsWith(word)) return [60 + (10 * word.length) / initials.length, "initials"];
    return null;
  }

  // Twice the longest common subsequence as a share of both lengths, per cent.
  function ratio(a, b) {
    let above = new Uint16Array(b.length + 1);
    let row = new Uint16Array(b.length + 1);
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) {
        row[j + 1] = a[i] === b[j] ? above[j] + 1 : Math.max(above[j + 1], row[j]);
      }
      [above, row] = [row, above];
    }
    return (200 * above[b.length]) / (a.length + b.length);
  }

  // The places that are most alike, as the server counts them: so many places, not names.
  function alike(made, text, of, least, placesOf) {
    const near = made.rows
      .map((row) => ({ row, share: ratio(text, of(row)) }))
      .filter(({ share }) => share >= least - 1e-9)
      .sort((a, b) => b.share - a.share);
    const found = [];
    for (const { row, share } of near) {
      for (const place of placesOf(row)) {
        if (found.length === MOST_SLIPS) return found;
        found.push([place, Math.round(700 * share) / 1000]);
      }
    }
    return found;
  }

  // Score and way of each place that fits a plain word: by name, then the slips by place.
  function score(made, word, placesOf) {
    const [sound] = made.sounds.of(word);
    const typed = /^[a-z0-9]+$/.test(word);
    const byName = new Map();
    for (const row of made.rows) {
      const best =
        compare(word, row.plain) ||
        (word.length >= SHORT ? compareSounds(typed ? word : sound, row, typed) : null);
      if (best) byName.set(row, best);
    }
    const area = made.words.get(word); // a district without its last word, or with it
    for (const row of area ? made.rows : []) {
      if (row.name === area && !(byName.has(row) && byName.get(row)[0] > AREA_NAMED)) byName.set(row, [AREA_NAMED, "name"]);
    }
    const byPlace = new Map();
    if (word.length >= SHORT) {
      const slips = alike(made, word, (row) => row.plain, LEAST_SLIP, placesOf);
      const sounds = alike(made, sound, (row) => row.sound, LEAST_SOUND, placesOf);
      for (const [all, how] of [[slips, "slip"], [sounds, "sound"]]) {
        for (const [place, value] of all) {
          if (byName.has(place.row)) continue;
          if (!byPlace.has(place) || value > byPlace.get(place)[0]) byPlace.set(place, [value, how]);
        }
      }
    } // prettier-ignore
    return { byName, byPlace };
  }

  // -- the search --------------------------------------------------------------------------------

  function split(made, text) {
    const words = text.trim().split(/\s+/);
    if (words.length > 1) {
      for (const at of [0, words.length - 1]) {
        const name = made.words.get(plain(words[at]));
        if (name) return [plain(words.filter((_, i) => i !== at).join("")), name];
      }
    }
    const word = plain(text);
    if (!made.plains.has(word)) {
      for (const short of [...made.words.keys()].sort((a, b) => b.length - a.length)) {
        if (word.startsWith(short) && word.length > short.length + 1) return [word.slice(short.length), made.words.get(short)];
      }
    }
    return [word, ""];
  }

  const ORDER = ["kind", "code", "lon", "lat"];
  function inOrder(a, b) {
    const key = ORDER.find((name) => a[name] !== b[name]);
    return key === undefined ? 0 : a[key] < b[key] ? -1 : 1;
  }

  function search(data, made, text) {
    const listed = new Map(); // places of a name are made once a search
    const placesOf = (row) => {
      if (!listed.has(row)) {
        const streets = row.street >= 0 ? stretchesOf(data, made, row.street) : [];
        listed.set(row, [...streets, ...row.places].sort(inOrder));
        for (const place of listed.get(row)) place.row = row;
      }
      return listed.get(row);
    };
    const [word, district] = split(made, text);
    if (!word) return { word, found: [] };
    const { byName, byPlace } = score(made, word, placesOf);
    const names = [...byName].sort((a, b) => b[1][0] - a[1][0]);
    const all = [...byPlace].map(([place, [value, how]]) => ({ ...place, score: value, how }));
    let inDistrict = all.some((one) => one.district === district) ? 1 : 0;
    let [least, counted] = [-Infinity, 0];
    for (const [row, [value, how]] of names) {
      if (value < least) break;
      for (const place of placesOf(row)) {
        all.push({ ...place, score: value, how });
        if (!district || place.district === district) counted++;
        inDistrict += place.district === district ? 1 : 0;
      }
      if (counted >= MOST) least = Math.max(least, value);
    }
    const kept = district && inDistrict ? all.filter((one) => one.district === district) : all;
    const whole = (place) => -Math.round(place.size || 0);
    const before = (a, b) => (a.row === b.row ? inOrder(a, b) : a.name < b.name ? -1 : 1);
    kept.sort((a, b) => b.score - a.score || whole(a) - whole(b) || before(a, b));
    return { word, found: kept.slice(0, MOST) };
  }

  function find(data, text) {
    const code = text.trim().toLowerCase();
    const station = data.stations.find((one) => one.name && one.code.toLowerCase() === code);
    if (station) return [{ kind: "station", ...station, score: 100, how: "code" }];
    const made = (data.gazetteer ??= build(data));
    const { word, found } = search(data, made, text.slice(0, MOST_CHARACTERS));
    const first = found[0];
    if (first && first.how === "name") return found;
    if (namesCrossing(made, text)) throw new UnsureError("a crossing");
    if (data.places.pois === null) throw new UnsureError("not all places are here");
    const byText = first && first.how === "part" && first.score > SURE;
    if (!byText && !/^[a-z0-9]*$/.test(word) && !made.sounds.isSure(word)) throw new UnsureError("a sound");
    return found;
  }

  function namesCrossing(made, text) {
    const parts = text.trim().replace(AT_CROSSING, "").split(BETWEEN).map(plain);
    return parts.length === 2 && parts.every((part) => part) && parts.some((part) => made.plains.has(part));
  }

  locator.gazetteer = { find, plain, UnsureError };
})((globalThis.locator = globalThis.locator || {}));
