// Whether a river or a lake lies between two places: why the way is long.
"use strict";

(function (locator) {
  // Areas and lines of the water file in the plane of the streets, once.
  function readWater(data) {
    const origin = data.network.head.origin_dm;
    const line = (steps) => {
      const points = [];
      let [x, y] = [-origin[0], -origin[1]];
      for (let i = 0; i < steps.length; i += 2) points.push([(x += steps[i]), (y += steps[i + 1])]);
      return points;
    };
    return { areas: data.water.areas.map((rings) => rings.map(line)), lines: data.water.lines.map(line) };
  }

  const side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

  function crosses(a, b, line) {
    for (let i = 1; i < line.length; i++) {
      const [c, d] = [line[i - 1], line[i]];
      if (side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0) {
        const apart =
          Math.max(a[0], b[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(a[0], b[0]) ||
          Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1]); // prettier-ignore
        if (!apart) return true;
      }
    }
    return false;
  }

  function inside([x, y], rings) {
    let odd = false;
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i++) {
        const [[x0, y0], [x1, y1]] = [ring[i - 1], ring[i]];
        if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) odd = !odd;
      }
    }
    return odd;
  }

  // Whether the straight line between two places of the plane meets water; null where none is known.
  function between(data, a, b) {
    if (!data.water || !(data.water.areas.length + data.water.lines.length)) return null;
    const { areas, lines } = (data.waterPlane ??= readWater(data));
    return (
      lines.some((line) => crosses(a, b, line)) ||
      areas.some((rings) => inside(a, rings) || rings.some((ring) => crosses(a, b, ring)))
    );
  }

  locator.water = { between, readWater };
})((globalThis.locator = globalThis.locator || {}));
