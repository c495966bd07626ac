// A place that was typed, read on the phone while there is no network: a district, a station, or a
// street by its name. Pinyin, slips of the finger, crossings and house numbers are the server's.
//
//   locator.typed.read({place, district, ...})   {asked: the body for phone.nearest, name}
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const plain = (text) => text.trim().toLowerCase();

  function districtOf(text) {
    const rows = locator.phone.data().index.districts;
    const short = (name) => name.replace(/[区市县]$/, "");
    return rows.find(({ code, name }) => [plain(code), plain(name), short(plain(name))].includes(text));
  }

  // By code or by the whole name; else by a part of it that no other station's name has.
  function stationOf(text) {
    const rows = locator.phone.stations();
    const whole = rows.find(({ code, name }) => plain(code) === text || plain(name) === text);
    if (whole) return whole;
    const some = text.length > 1 ? rows.filter(({ name }) => plain(name).includes(text)) : [];
    return some.length === 1 ? some[0] : null;
  }

  const isStreet = (text) =>
    locator.phone.data().network.head.names.some((name) => name && plain(name).includes(text));

  function read({ place, ...rest }) {
    const text = plain(place);
    const district = districtOf(text);
    if (district) return { asked: { ...rest, district: district.code }, name: place };
    const station = stationOf(text);
    if (station && (plain(station.name) === text || plain(station.code) === text || !isStreet(text))) {
      const { district: _unused, ...others } = rest;
      return { asked: { ...others, lon: station.lon, lat: station.lat }, name: station.name };
    }
    if (isStreet(text)) return { asked: { ...rest, street: place }, name: place };
    throw new locator.AnswerError(
      _("没网时只认得路名、站名和区县。没找到“%(place)s”，换个写法，或联网再试。", { place }),
    );
  }

  locator.typed = { read };
})(window.locator);
