// The service worker: the page itself, for when there is no network. What it knows of the city is
// kept by store.js; this keeps the first page, visited station pages, and the files they name.
// Questions, positions and forms are never kept, nor addresses that ask for more than a language.
"use strict";

const KEPT = "pages-1";
const WAIT_MS = 4000; // a network that is there but says nothing counts as none: for a plain page
const PAGES = [/^\/$/, /^\/s\/[A-Za-z0-9-]+$/];
const FILES = [/^\/static\//, /^\/map\/[0-9a-f]+\.js$/, /^\/site\.webmanifest$/];
const PLAIN = ["lang", "here"]; // what an address may say beside its path, to be kept
const LINKS = /\b(?:href|src)="(\/(?:static|map)\/[^"]+|\/site\.webmanifest)"/g;

const matches = (rules, path) => rules.some((rule) => rule.test(path));

self.addEventListener("install", (event) => {
  event.waitUntil(keepFirstPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (matches(FILES, url.pathname)) event.respondWith(fileFirst(request, url));
  else if (request.mode === "navigate" && matches(PAGES, url.pathname)) {
    event.respondWith(networkFirst(event, request, url));
  }
});

async function keepFirstPage() {
  const response = await fetch("/", { cache: "no-cache" });
  if (response.ok) await keepPage("/", response);
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
}

// Under which address a page is kept; null where it is none that is kept.
function keyOf(url) {
  if (!matches(PAGES, url.pathname)) return null;
  if ([...url.searchParams.keys()].some((name) => !PLAIN.includes(name))) return null;
  return url.pathname + langOf(url);
}

function langOf(url) {
  const lang = url.searchParams.get("lang");
  return lang ? "?lang=" + encodeURIComponent(lang) : "";
}

// Every file of ours that a page names, and last the page: where that breaks off, the page of before
// stays with its own files. Files of no page any more go.
async function keepPage(key, response) {
  const cache = await caches.open(KEPT);
  const text = await response.clone().text();
  await Promise.all(
    linksOf(text).map(async (link) => {
      if (await cache.match(link)) return;
      const file = await fetch(link);
      if (!file.ok) throw new Error(`${file.status} ${link}`);
      await cache.put(link, file);
    }),
  );
  await cache.put(key, response);
  if (key.split("?")[0] === "/") await dropUnnamed(cache);
}

// The page of a code on a door says "you are here": what is kept is the one that does not.
async function keepAsked(key, url, response) {
  if (!url.searchParams.has("here")) return keepPage(key, response);
  const plain = await fetch(key);
  if (plain.ok && !plain.redirected) await keepPage(key, plain);
}

function linksOf(text) {
  const links = [...text.matchAll(LINKS)].map((found) => found[1].replace(/&amp;/g, "&"));
  return [...new Set(links)];
}

async function dropUnnamed(cache) {
  const requests = await cache.keys();
  const pages = requests.filter((one) => matches(PAGES, new URL(one.url).pathname));
  const named = new Set();
  for (const page of pages) {
    const text = await (await cache.match(page)).text();
    for (const link of linksOf(text)) named.add(link);
  }
  for (const one of requests) {
    const url = new URL(one.url);
    const link = url.pathname + url.search;
    // what a script asks for by itself is named nowhere: keep it while it is the latest
    if (url.search.startsWith("?v=") && !named.has(link)) {
      const newer = [...named].some((other) => other.split("?")[0] === url.pathname);
      if (newer) await cache.delete(one);
    }
  }
}

// A file's address changes with its content, so what is kept is right.
async function fileFirst(request, url) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(request);
  if (found) return found;
  try {
    const response = await fetch(request);
    if (response.ok && response.status === 200 && (url.search.startsWith("?v=") || !url.search)) {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const older = await cache.match(request, { ignoreSearch: true });
    if (older) return older;
    throw error;
  }
}

async function networkFirst(event, request, url) {
  const cache = await caches.open(KEPT);
  const key = keyOf(url);
  try {
    // A question is waited for: a kept page in its stead would drop it without a word.
    const response = await (key === null ? fetch(request) : within(WAIT_MS, fetch(request)));
    if (response.ok && !response.redirected && key !== null) {
      event.waitUntil(keepAsked(key, url, response.clone()).catch(() => {}));
    }
    return response;
  } catch (error) {
    // The language that was asked for before any; js/kept.js says what the page is not.
    for (const path of [url.pathname, "/"]) {
      const found = (await cache.match(path + langOf(url))) || (await cache.match(path));
      if (found) return marked(found);
    }
    throw error;
  }
}

// A kept page knows that it is one: what it says of doors was true when it was written (doors.js).
async function marked(found) {
  const headers = new Headers(found.headers);
  headers.delete("Content-Encoding"); // what is kept is unpacked
  headers.delete("Content-Length");
  const text = await found.text();
  return new Response(text.replace("<html ", "<html data-kept "), { status: 200, headers });
}

function within(ms, promise) {
  return Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), ms)),
  ]);
}
