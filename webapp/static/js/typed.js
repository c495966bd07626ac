// A place that was typed, read on the phone while there is no network: as the server reads it, or
// with a word that this needs the network.
//
//   locator.typed.read({place, district, ...})   {asked: the body for phone.nearest, name}
//   locator.typed.position(text)                 {lon, lat} where it is two numbers, else null
"use strict";

(function (locator) {
  const _ = locator.gettext;
  const NUMBER = "\\s*([+-]?\\d+(?:\\.\\d*)?(?:e[+-]?\\d+)?)\\s*";
  const PAIR = new RegExp(`^${NUMBER}[,，]${NUMBER}$`);

  // As locator/starts.py is_position: what may be where somebody stands, however it is written.
  const DEGREES = "\\s*([+-]?\\d+(?:\\.\\d*)?(?:e[+-]?\\d+)?)\\s*[°º度]?\\s*[NSEW]?\\s*";
  const POSITION = new RegExp(`^${DEGREES}[,，、;；\\s]${DEGREES}$`, "i");

  function position(text) {
    const found = POSITION.exec(text.normalize("NFKC"));
    return found && { lon: Number(found[1]), lat: Number(found[2]) };
  }

  function matches(text) {
    try {
      return locator.gazetteer.find(locator.phone.data(), text);
    } catch (error) {
      if (!(error instanceof locator.gazetteer.UnsureError)) throw error;
      throw new locator.AnswerError(_("“%(place)s”要联网才认得准。换成路名、站名或区县，或联网再试。", { place: text }));
    }
  }

  function read({ place, district, ...rest }) {
    const area = locator.phone.data().index.districts.find(({ code }) => code === district);
    const pair = area ? null : PAIR.exec(place);
    if (pair) return { asked: { ...rest, lon: Number(pair[1]), lat: Number(pair[2]) }, name: "" };
    const [best] = matches(area ? `${area.name} ${place}` : place);
    if (!best) {
      throw new locator.AnswerError(_("没有“%(place)s”这个地方。换个写法，或只选区县。", { place }));
    }
    if (best.kind === "district") return { asked: { ...rest, district: best.code }, name: best.name };
    return { asked: { ...rest, lon: best.lon, lat: best.lat }, name: best.name };
  }

  locator.typed = { position, read };
})((globalThis.locator = globalThis.locator || {}));
