// GCJ-02, the shifted frame of some Chinese tiles: the formula of geodata/datum.py, and a map whose
// own projection applies it. What is drawn in WGS-84 then lies right on such tiles, clicks come
// back in WGS-84, and no other script converts anything: once, in one place.
"use strict";

(function (locator) {
  const [WEST, SOUTH, EAST, NORTH] = [72.004, 0.8293, 137.8347, 55.8271];
  const SEMI_MAJOR_M = 6378245;
  const ECCENTRICITY_SQUARED = 0.00669342162296594323;
  const TOLERANCE_DEG = 1e-12;
  const MAX_ROUNDS = 30;
  const degrees = (radians) => (radians * 180) / Math.PI;
  const sine = (turns) => Math.sin(turns * Math.PI);
  const inChina = (lon, lat) => lon >= WEST && lon <= EAST && lat >= SOUTH && lat <= NORTH;

  // How far GCJ-02 lies from a WGS-84 position, in degrees of longitude and latitude.
  function offset(lon, lat) {
    const x = lon - 105;
    const y = lat - 35;
    const root = Math.sqrt(Math.abs(x));
    const waves = 20 * sine(6 * x) + 20 * sine(2 * x);
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
    north += ((waves + 20 * sine(y) + 40 * sine(y / 3)) * 2) / 3;
    north += ((160 * sine(y / 12) + 320 * sine(y / 30)) * 2) / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
    east += ((waves + 20 * sine(x) + 40 * sine(x / 3)) * 2) / 3;
    east += ((150 * sine(x / 12) + 300 * sine(x / 30)) * 2) / 3;
    const phi = (lat * Math.PI) / 180;
    const flat = 1 - ECCENTRICITY_SQUARED * Math.sin(phi) ** 2;
    const meridian = (SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / (flat * Math.sqrt(flat));
    const parallel = (SEMI_MAJOR_M / Math.sqrt(flat)) * Math.cos(phi);
    return [degrees(east / parallel), degrees(north / meridian)];
  }

  locator.toGcj02 = function (lon, lat) {
    if (!inChina(lon, lat)) return [lon, lat];
    const [east, north] = offset(lon, lat);
    return [lon + east, lat + north];
  };

  locator.fromGcj02 = function (lon, lat) {
    if (!inChina(lon, lat)) return [lon, lat];
    let [x, y] = [lon, lat];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const [east, north] = offset(x, y);
      const [offX, offY] = [x + east - lon, y + north - lat];
      x -= offX;
      y -= offY;
      if (Math.abs(offX) < TOLERANCE_DEG && Math.abs(offY) < TOLERANCE_DEG) break;
    }
    return [x, y];
  };

  const plain = L.Projection.SphericalMercator;
  L.CRS.GCJ02 = L.extend({}, L.CRS.EPSG3857, {
    code: "GCJ02",
    projection: L.extend({}, plain, {
      project: function (latlng) {
        const [lon, lat] = locator.toGcj02(latlng.lng, latlng.lat);
        return plain.project(L.latLng(lat, lon));
      },
      unproject: function (point) {
        const found = plain.unproject(point);
        const [lon, lat] = locator.fromGcj02(found.lng, found.lat);
        return L.latLng(lat, lon);
      },
    }),
  });

  // Tiles whose grid is in WGS-84, laid where a map in another frame has their places. The offset
  // changes by less than a pixel over one tile.
  locator.layOnMap = function (Layer) {
    const shift = function (map, latlng, zoom) {
      const own = L.CRS.EPSG3857.latLngToPoint(latlng, zoom);
      return map.project(latlng, zoom).subtract(own);
    };
    return Layer.extend({
      _getTilePos: function (coords) {
        const size = this.getTileSize();
        const corner = L.CRS.EPSG3857.pointToLatLng(coords.scaleBy(size), coords.z);
        return Layer.prototype._getTilePos
          .call(this, coords)
          .add(shift(this._map, corner, coords.z))
          .round();
      },
      _getTiledPixelBounds: function (center) {
        const bounds = Layer.prototype._getTiledPixelBounds.call(this, center);
        const by = shift(this._map, center, this._tileZoom);
        return L.bounds(bounds.min.subtract(by), bounds.max.subtract(by));
      },
    });
  };
})(window.locator);
