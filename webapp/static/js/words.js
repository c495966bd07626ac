// Answers in words, as the server says them: distances, steps of a way, what to do next.
// Tested against the server's own sentences (locator/directions.py, locator/advice.py).
"use strict";

(function (locator) {
  const LONG_M = 100000;
  const HEADING_M = 15; // what bends within so much of a corner belongs to the corner
  const BIT_M = 40; // a nameless bit shorter than that is no step of its own
  const LAST_BIT_M = 15; // but the last one leads to the door
  const DOOR_M = 10; // a door nearer than that stands at the street
  const STRAIGHT_DEG = 30;
  const SLIGHT_DEG = 60;
  const BACK_DEG = 150;
  const NEW_STEP_DEG = 60;
  const NAMELESS_STEP_DEG = 45;
  const DETOUR_RATIO = 2;
  const DETOUR_EXTRA_M = 300;

  // Halves go to the even neighbour, as Python rounds.
  function roundEven(value) {
    const low = Math.floor(value);
    if (value - low !== 0.5) return Math.round(value);
    return low % 2 === 0 ? low : low + 1;
  }

  function kilometres(metres) {
    return (metres / 1000).toFixed(metres >= LONG_M ? 0 : 1).replace(/\.0$/, "");
  }

  function metresZh(metres) {
    const tens = roundEven(metres / 10) * 10;
    return tens < 1000 ? `${Math.max(tens, 10)}米` : `${kilometres(metres)}公里`;
  }

  function metresEn(metres) {
    const tens = roundEven(metres / 10) * 10;
    return tens < 1000 ? `${Math.max(tens, 10)} m` : `${kilometres(metres)} km`;
  }

  // -- steps of a way ----------------------------------------------------------------------------

  const modulo = (value, by) => ((value % by) + by) % by;
  const turned = (angle) => modulo(angle + 180, 360) - 180;
  const degrees = (dx, dy) => (Math.atan2(dy, dx) * 180) / Math.PI;

  function nameTurn(angle) {
    const by = turned(angle);
    if (Math.abs(by) < STRAIGHT_DEG) return "straight";
    if (Math.abs(by) >= BACK_DEG) return "back";
    const side = by > 0 ? "left" : "right";
    return Math.abs(by) < SLIGHT_DEG ? `slight_${side}` : side;
  }

  // Degrees from east, counter-clockwise, from a line's start to the place HEADING_M on.
  function heading(line) {
    let left = HEADING_M;
    for (let i = 1; i < line.length; i++) {
      const [dx, dy] = [line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]];
      const run = Math.hypot(dx, dy);
      if (run >= left || i === line.length - 1) {
        const share = run > 0 ? Math.min(1, left / run) : 0;
        const x = line[i - 1][0] + share * dx;
        const y = line[i - 1][1] + share * dy;
        return degrees(x - line[0][0], y - line[0][1]);
      }
      left -= run;
    }
    return 0;
  }

  // legs: [{name, metres, line: [[x, y] in metres]}]; those without length are left out.
  function readBits(legs) {
    return legs
      .filter((leg) => leg.metres > 0)
      .map((leg) => ({
        name: leg.name,
        length: leg.metres,
        begin: heading(leg.line),
        end: heading([...leg.line].reverse()) + 180,
        xy: leg.line[0],
      }));
  }

  const isScrap = (bit, most) => !bit.name && bit.length < most;
  const added = (one, other) => ({ ...one, length: one.length + other.length, end: other.end });
  const led = (scrap, bit) => ({ ...bit, length: scrap.length + bit.length, xy: scrap.xy });

  function goesOn(one, other) {
    if (one.name !== other.name) return false;
    return Math.abs(turned(other.begin - one.end)) < (one.name ? NEW_STEP_DEG : NAMELESS_STEP_DEG);
  }

  function put(steps, bit) {
    const last = steps.length - 1;
    if (last >= 0 && goesOn(steps[last], bit)) steps[last] = added(steps[last], bit);
    else steps.push(bit);
  }

  function joinBits(bits) {
    const joined = [];
    for (const bit of bits) put(joined, bit);
    const kept = [];
    let scrap = null; // on its way to the next step
    joined.slice(0, -1).forEach((bit) => {
      if (isScrap(bit, BIT_M)) {
        scrap = scrap === null ? bit : added(scrap, bit);
      } else {
        put(kept, scrap === null ? bit : led(scrap, bit));
        scrap = null;
      }
    });
    for (const bit of joined.slice(-1)) {
      if (kept.length && scrap === null && isScrap(bit, LAST_BIT_M)) {
        const last = kept.length - 1;
        kept[last] = { ...kept[last], length: kept[last].length + bit.length };
      } else {
        put(kept, scrap === null ? bit : led(scrap, bit));
      }
    }
    return kept;
  }

  // The steps of a way on foot; words: the index's own table. line: of the whole way, in metres.
  function describeRoute(words, legs, line, station) {
    const bits = joinBits(readBits(legs));
    const steps = bits.map((bit, i) => (i ? nextStep(words, bits[i - 1], bit) : firstStep(words, bit)));
    return [...withApproach(steps, line), lastStep(line, bits, station)];
  }

  function firstStep(words, bit) {
    const [zh, en] = words.compass[modulo(roundEven(bit.begin / 45), 8)];
    const [verb, verbEn] = words.verbs;
    const along = bit.name ? [`沿${bit.name}`, ` along ${bit.name}`] : ["", ""];
    return {
      zh: `${along[0]}向${zh}${verb}${metresZh(bit.length)}`,
      en: `${verbEn} ${en}${along[1]} for ${metresEn(bit.length)}`,
      turn: "start",
      street: bit.name,
      metres: bit.length,
      xy: bit.xy,
    };
  }

  function nextStep(words, before, bit) {
    const turn = nameTurn(bit.begin - before.end);
    let [zh, en] = words.turns[turn];
    const verb = words.verbs[0];
    if (bit.name && bit.name === before.name) {
      [zh, en] = [`${zh}，继续沿${bit.name}${verb}`, `${en} to stay on ${bit.name}, `];
    } else if (bit.name) {
      [zh, en] = [`${zh}进入${bit.name}，${verb}`, `${en} into ${bit.name}, `];
    } else {
      [zh, en] = [`${zh}，${verb}`, `${en}, `];
    }
    zh += metresZh(bit.length);
    en += metresEn(bit.length);
    return { zh, en, turn, street: bit.name, metres: bit.length, xy: bit.xy };
  }

  function withApproach(steps, line) {
    const gap = line.length > 1 ? Math.hypot(line[1][0] - line[0][0], line[1][1] - line[0][1]) : 0;
    if (!steps.length || gap === 0) return steps;
    const first = { ...steps[0], metres: steps[0].metres + gap, xy: line[0] };
    if (gap >= DOOR_M) {
      first.zh = `先到${first.street || "路"}上（${metresZh(gap)}），${first.zh}`;
      first.en = `Go to ${first.street || "the street"} (${metresEn(gap)}). ${first.en}`;
    }
    return [first, ...steps.slice(1)];
  }

  function lastStep(line, bits, station) {
    const [corner, door] = line.slice(-2);
    let gap = Math.hypot(door[0] - corner[0], door[1] - corner[1]);
    if (!bits.length) gap += Math.hypot(corner[0] - line[0][0], corner[1] - line[0][1]);
    let side = ["", ""];
    if (bits.length && gap >= 1) {
      const turn = turned(degrees(door[0] - corner[0], door[1] - corner[1]) - bits[bits.length - 1].end);
      if (Math.abs(turn) < STRAIGHT_DEG || Math.abs(turn) >= BACK_DEG) side = ["，就在路边", ", right there"];
      else side = turn > 0 ? ["，在左侧", ", on your left"] : ["，在右侧", ", on your right"];
    }
    const far = gap >= DOOR_M ? [`，离路${metresZh(gap)}`, `, ${metresEn(gap)} from the street`] : ["", ""];
    return {
      zh: `到${station}${side[0]}${far[0]}`,
      en: `${station}${side[1]}${far[1]}`,
      turn: "arrive",
      street: "",
      metres: gap,
      xy: corner,
    };
  }

  // Words where a way is far longer than it looks; null where it is not.
  function detourNote(words, straight, metres) {
    if (metres < DETOUR_RATIO * straight || metres < straight + DETOUR_EXTRA_M) return null;
    const [verb, , how] = words.verbs;
    return {
      zh: `直线${metresZh(straight)}，实际${verb}${metresZh(metres)}。`,
      en: `${metresEn(straight)} as the crow flies, ${metresEn(metres)} ${how}.`,
    };
  }

  // -- what to do next ---------------------------------------------------------------------------

  const UNITS = { "": ["米", "m"], m: ["米", "m"], km: ["公里", "km"], min: ["分钟", "min"] };

  function limitWords(within) {
    const found = /^\s*([\d.e+-]+)\s*(\D*?)\s*$/.exec(String(within));
    const [number, unit] = found ? [found[1].replace(/\.0$/, ""), found[2]] : [String(within), "?"];
    const [zh, en] = UNITS[unit] || [unit, ""];
    return { zh: number + zh, en: `${number} ${en}`.trim() };
  }

  const advice = (code, zh, en, nextZh, nextEn) => ({ code, zh, en, next_zh: nextZh, next_en: nextEn });

  // known: {city, limit, stations, fitting, unknown, shut, opensAt, inside, snapLimit, wayOn, verb}
  function advise(outcome, known) {
    if (outcome === "found") return null;
    if (outcome === "outside") return outside(known);
    if (!known.fitting) return known.stations ? noneFit(known) : noStations();
    if (known.shut) return noneOpen(known);
    return outcome === "none_within" ? noneWithin(known) : unreachable(known);
  }

  function outside(known) {
    const nexts = [
      "在地图上点一条街，或选区县、输入路名。",
      "Tap a street on the map, choose a district or type a street's name.",
    ];
    if (known.inside) {
      const away = roundEven(known.snapLimit);
      return advice(
        "beside_the_streets",
        `这里${away}米以内没有能${known.verb}的路。`,
        `There is no street for this mode within ${away} m.`,
        ...nexts,
      );
    }
    return advice(
      "outside",
      `你不在${known.city}，先选市内地点。`,
      `You are not in ${known.city}: choose a place in the city first.`,
      ...nexts,
    );
  }

  function noStations() {
    return advice("no_stations", "没有这一类站点。", "There is no station of that kind.",
      "换一类站点再找。", "Look for another kind."); // prettier-ignore
  }

  function noneWithin(known) {
    const limit = limitWords(known.limit);
    return advice(
      "none_within",
      `步行${limit.zh}以内没有站点。`,
      `No station within ${limit.en}.`,
      "放宽距离，或换一类站点再找。",
      "Allow a longer way, or look for another kind.",
    );
  }

  function noneFit({ unknown }) {
    return advice(
      "none_fit",
      "没有确认符合要求的站点。",
      "No station is known to offer all that.",
      unknown ? `另有${unknown}个没有登记，可先打电话问。` : "少选一项再找。",
      unknown ? `Of ${unknown} it is not known: ring them first.` : "Ask for one thing less.",
    );
  }

  function noneOpen({ opensAt }) {
    return advice(
      "none_open",
      "附近没有确认开门的。" + (opensAt ? `最早${opensAt}开。` : ""),
      "Nothing near by is known to be open." + (opensAt ? ` The first one opens at ${opensAt}.` : ""),
      "看时间没核实的站点，先打电话。",
      "See the stations whose hours nobody checked, and ring them first.",
    );
  }

  function unreachable(known) {
    const zh = `从旁边的路${known.verb}不到任何站点。`;
    const en = "No way leads from this street to a station.";
    if (!known.wayOn) {
      return advice("unreachable", zh, en, "点另一条街，或换一种出行方式再找。",
        "Tap another street, or choose another mode."); // prettier-ignore
    }
    const [name, metres] = known.wayOn;
    return advice(
      "unreachable", zh, en,
      `最近能${known.verb}到站点的路是${name || "一条无名的路"}，直线${metresZh(metres)}。从那里算：`,
      `The nearest street that leads to one is ${name || "nameless"}, ${metresEn(metres)} away.`,
    ); // prettier-ignore
  }

  function circleWords(names, accuracy, same) {
    if (!names.length) return { zh: "", en: "" };
    const off = roundEven(accuracy);
    if (same) {
      return {
        zh: `位置可能差${off}米，最近的都是${names[0]}。`,
        en: `Your position may be off by ${off} m: ${names[0]} is nearest anyway.`,
      };
    }
    const count = { 1: "这", 2: "这两", 3: "这三" }[names.length] || `这${names.length}`;
    return {
      zh: `位置可能差${off}米，先看${count}个。`,
      en: `Your position may be off by ${off} m: look at ${names.slice(0, 5).join(" or ")} first.`,
    };
  }

  locator.words = {
    roundEven, metresZh, metresEn, nameTurn, describeRoute, detourNote, advise, circleWords,
  }; // prettier-ignore
})((globalThis.locator = globalThis.locator || {}));
