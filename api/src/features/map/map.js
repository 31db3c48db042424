// Draws the circle and the centres, and lists the same. Everything is WGS-84: that is what a browser's
// position is in, and without tiles nothing else has to match. The position stays in this page; it goes
// to this server's own API only, and is not kept in the address.
"use strict";

const english = document.documentElement.lang === "en";
const word = (zh, en) => (english ? en : zh);
const at = (id) => document.getElementById(id);
const svg = at("map");
const MODES = {
  walk: ["步行", "on foot"],
  pushchair: ["推婴儿车步行", "on foot with a pushchair"],
  cycle: ["骑自行车", "by bicycle"],
  e_bike: ["骑电动车", "by e-bike"],
  drive: ["驾车", "by car"],
};
const UNITS = { day: ["天", "day"], half_day: ["半天", "half day"], hour: ["小时", "hour"], month: ["月", "month"] };
const KINDS = {
  party_neighbourhood: "Neighbourhood centre",
  community: "Community",
  employer: "Employer",
  kindergarten: "Kindergarten",
  private: "Private",
  public: "Public",
  family: "Family",
};
const STEP = 100; // metres, of an arrow key
const PAGES = 50; // of a hundred centres, at most

let origin = null; // { lng, lat }
let places = []; // centres known without a circle
let circle = null;
let chosen = null; // id of a centre
let zoom = 1;
let running = null; // the request that is under way

if (english) {
  document.title = "Quanxiangtuo · 15-minute care circle";
  for (const node of document.querySelectorAll("[data-en]")) node.textContent = node.dataset.en;
  for (const node of document.querySelectorAll("[data-en-label]")) node.setAttribute("aria-label", node.dataset.enLabel);
}

async function read(path, signal) {
  const headers = { "Accept-Language": document.documentElement.lang };
  const answer = await fetch(path, { headers, signal, credentials: "omit" });
  const body = await answer.json();
  if (!answer.ok) throw new Error((body.errors && body.errors[0] && body.errors[0].detail) || body.detail || body.title);
  return body;
}

function say(text) {
  at("status").textContent = text;
}

function setting() {
  const mode = at("mode").value;
  const minutes = Number(document.querySelector("input[name=minutes]:checked").value);
  const travel = mode === "pushchair" ? "mode=walk&pushchair=true" : `mode=${mode}`;
  return { mode, minutes, travel };
}

/* The drawing: metres east and south of the origin, so that a length is a length. */

const DEGREE = 111195;
const plane = (lng, lat) => [(lng - origin.lng) * DEGREE * Math.cos((origin.lat * Math.PI) / 180), (origin.lat - lat) * DEGREE];
const earth = (x, y) => ({ lng: origin.lng + x / (DEGREE * Math.cos((origin.lat * Math.PI) / 180)), lat: origin.lat - y / DEGREE });

function add(name, attributes, into = svg) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  into.append(node);
  return node;
}

function rings(geometry) {
  const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
  return polygons.flat();
}

function draw() {
  svg.replaceChildren();
  if (!circle) return;
  const of = (role) => circle.features.filter((feature) => feature.properties.role === role);
  const areas = of("area");
  const drawn = areas.map((area) => rings(area.geometry).map((ring) => ring.map(([lng, lat]) => plane(lng, lat))));
  const far = Math.max(150, ...drawn.flat(2).map(([x, y]) => Math.max(Math.abs(x), Math.abs(y))));
  const half = (far * 1.15) / zoom;
  svg.setAttribute("viewBox", `${-half} ${-half} ${2 * half} ${2 * half}`);
  // A screen pixel in metres, whatever the shape of the box.
  const box = svg.getBoundingClientRect();
  const pixel = (2 * half) / Math.max(1, Math.min(box.width, box.height));
  drawn.forEach((area, i) => {
    const d = area.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`).join("");
    const node = add("path", { class: `area a${i}`, d, "data-minutes": areas[i].properties.minutes });
    add("title", {}, node).textContent = word(`${areas[i].properties.minutes}分钟`, `${areas[i].properties.minutes} minutes`);
  });
  drawn.forEach((area, i) => {
    const top = Math.min(...area.flat().map(([, y]) => y));
    if (area.length) text(0, top + 14 * pixel, word(`${areas[i].properties.minutes}分钟`, `${areas[i].properties.minutes} min`), pixel, "middle");
  });
  const inside = new Map(of("centre").map((centre) => [centre.id, centre]));
  // What lies beyond the drawing at any shape of the box needs no dot.
  const view = half * Math.max(1, box.width / Math.max(1, box.height), box.height / Math.max(1, box.width));
  const seen = ({ lng, lat }) => plane(lng, lat).every((metres) => Math.abs(metres) <= view);
  for (const place of places) {
    if (!inside.has(place.id) && seen(place.location)) dot(place.id, place.name, place.location.lng, place.location.lat, "dot", 5 * pixel);
  }
  const few = inside.size <= 12 && box.width >= 600;
  for (const [id, centre] of inside) {
    const [lng, lat] = centre.geometry.coordinates;
    dot(id, centre.properties.name, lng, lat, "dot in", 7 * pixel);
    const [x, y] = plane(lng, lat);
    if (few || id === chosen) text(x, y - 11 * pixel, short(centre.properties.name), pixel, "middle");
  }
  add("circle", { class: "origin", cx: 0, cy: 0, r: 9 * pixel });
  add("path", { class: "origin", d: `M${-14 * pixel} 0H${14 * pixel}M0 ${-14 * pixel}V${14 * pixel}` });
  scale(box, half, pixel);
}

// By whole characters, and never nothing: a name may be all in brackets.
const short = (name) => [...(name.replace(/[（(].*?[）)]/g, "").trim() || name)].slice(0, 14).join("");

function text(x, y, content, pixel, anchor) {
  add("text", { class: "word", x, y, "font-size": 13 * pixel, "text-anchor": anchor }).textContent = content;
}

function dot(id, name, lng, lat, kind, r) {
  const [cx, cy] = plane(lng, lat);
  const node = add("circle", { class: id === chosen ? `${kind} chosen` : kind, cx, cy, r, "data-id": id });
  add("title", {}, node).textContent = name;
}

// A round length near a quarter of the drawing, at its lower left.
function scale(box, half, pixel) {
  const wide = half * Math.max(1, box.width / box.height);
  const high = half * Math.max(1, box.height / box.width);
  const about = Math.min(wide, half) / 2;
  const power = 10 ** Math.floor(Math.log10(about));
  const length = [5, 2, 1].map((n) => n * power).find((n) => n <= about) || power;
  const [x, y] = [-wide + 14 * pixel, high - 14 * pixel];
  add("path", { class: "scale", d: `M${x} ${y - 5 * pixel}V${y}H${x + length}V${y - 5 * pixel}` });
  text(x + length / 2, y - 8 * pixel, length >= 1000 ? `${length / 1000} km` : `${length} m`, pixel, "middle");
  text(wide - 14 * pixel, -high + 22 * pixel, word("北 ↑", "N ↑"), pixel, "end");
}

/* The list */

function price(fen, unit) {
  if (fen === null || fen === undefined) return "";
  const yuan = fen % 100 ? (fen / 100).toFixed(2) : String(fen / 100);
  return word(` · ${yuan}元/${UNITS[unit][0]}起`, ` · from ${yuan} yuan a ${UNITS[unit][1]}`);
}

function entry(centre) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = centre.id === chosen ? "centre chosen" : "centre";
  button.dataset.id = centre.id;
  button.setAttribute("aria-pressed", String(centre.id === chosen));
  const name = document.createElement("strong");
  name.textContent = centre.name;
  if (centre.inclusive) {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = word("普惠", "inclusive");
    name.append(mark);
  }
  const about = document.createElement("span");
  const kind = word(centre.kindLabel, KINDS[centre.kind] || centre.kind);
  const straight = centre.straight >= 1000 ? [`${(centre.straight / 1000).toFixed(1)}公里`, `${(centre.straight / 1000).toFixed(1)} km`] : [`${centre.straight}米`, `${centre.straight} m`];
  const way = centre.way
    ? word(`约${centre.way.minutes}分钟，${centre.way.distance_m}米`, `${centre.way.minutes} min, ${centre.way.distance_m} m`)
    : word(`直线距离${straight[0]}`, `${straight[1]} as the crow flies`);
  about.textContent = (kind ? `${kind} · ` : "") + way + price(centre.fen, centre.unit);
  button.append(name, about);
  button.addEventListener("click", () => choose(centre.id));
  item.append(button);
  return item;
}

function choose(id) {
  chosen = chosen === id ? null : id;
  for (const button of document.querySelectorAll(".centre")) {
    const is = button.dataset.id === chosen;
    button.classList.toggle("chosen", is);
    button.setAttribute("aria-pressed", String(is));
    if (is) button.scrollIntoView({ block: "nearest" });
  }
  draw();
}

function list(near) {
  const inside = circle.features.filter((feature) => feature.properties.role === "centre");
  at("centres").replaceChildren(
    ...inside.map(({ id, properties: p }) =>
      entry({ id, name: p.name, kind: p.kind, kindLabel: p.kind_label, inclusive: p.inclusive, way: p, fen: p.price_from_fen, unit: p.price_unit })
    )
  );
  const others = (near && near.nearest) || [];
  at("none").hidden = at("nearest").hidden = !near;
  at("none").textContent = near ? near.message || "" : "";
  at("nearest").replaceChildren(
    ...others.map((c) =>
      entry({ id: c.id, name: c.name, kind: c.kind, kindLabel: "", inclusive: c.inclusive, way: c.walk, straight: c.straight_m, fen: c.price_from_fen, unit: c.price_unit })
    )
  );
  return inside.length;
}

/* Asking */

// How area and times were found. Inside they are found alike; those of the nearest are asked for by themselves.
function foundBy(near) {
  const by = (role) => circle.features.filter((feature) => feature.properties.role === role).map((feature) => feature.properties.method);
  const [area] = by("area");
  const others = ((near && near.nearest) || []).flatMap((centre) => (centre.walk ? [centre.walk.method] : []));
  const [times] = [...by("centre"), ...others, area];
  const of = (method) => (method === "network" ? word("按路网计算", "by the street network") : word("按直线距离估算", "estimated from the straight line"));
  if (area === times) return of(area);
  return word(`时间${of(times)}，范围${of(area)}`, `times ${of(times)}, area ${of(area)}`);
}

async function show() {
  if (!origin) return;
  if (running) running.abort();
  const mine = (running = new AbortController());
  const { mode, minutes, travel } = setting();
  const steps = minutes > 15 ? [10, 20, minutes] : [5, 10, 15].filter((n) => n <= minutes);
  const where = `lng=${origin.lng.toFixed(6)}&lat=${origin.lat.toFixed(6)}&coord=wgs84&${travel}`;
  document.body.setAttribute("aria-busy", "true");
  try {
    const found = await read(`/api/v1/circle?${where}&minutes=${steps.join(",")}`, mine.signal);
    const none = !found.features.some((feature) => feature.properties.role === "centre");
    const near = none ? await read(`/api/v1/centres?${where}&minutes=${minutes}&limit=1`, mine.signal) : null;
    circle = found;
    for (const c of (near && near.nearest) || []) if (!places.some((p) => p.id === c.id)) places.push(c);
    draw();
    const n = list(near);
    const how = foundBy(near);
    const count = found.more ? `${n}+` : n;
    say(word(`${MODES[mode][0]}${minutes}分钟内有${count}家托育机构（${how}）。`, `${count} centres within ${minutes} minutes ${MODES[mode][1]} (${how}).`));
    at("source").textContent = found.attribution || "";
    document.body.dataset.shown = String(Number(document.body.dataset.shown || 0) + 1);
  } catch (error) {
    if (error.name === "AbortError") return;
    say(word("暂时无法查询，请稍后再试：", "That didn't work; try again: ") + error.message);
  } finally {
    if (running === mine) {
      running = null;
      document.body.removeAttribute("aria-busy");
    }
  }
}

function start(point, place) {
  origin = { lng: Math.max(-180, Math.min(180, point.lng)), lat: Math.max(-85, Math.min(85, point.lat)) };
  if (!place) at("place").value = "";
  chosen = null;
  show();
}

function tapped(event) {
  if (!origin || !circle) return;
  const hit = event.target.closest("circle[data-id]");
  if (hit && hit.classList.contains("in")) return choose(hit.dataset.id);
  const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  start(earth(p.x, p.y));
}

function pressed(event) {
  const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const move = moves[event.key];
  if (move && origin) {
    event.preventDefault();
    start(earth(move[0] * STEP, move[1] * STEP));
  } else if (["+", "=", "-"].includes(event.key)) {
    event.preventDefault();
    zoom = Math.max(0.25, Math.min(8, event.key === "-" ? zoom / 1.5 : zoom * 1.5));
    draw();
  }
}

function locate() {
  if (!navigator.geolocation) return say(word("此浏览器不支持定位，请在地图上选择位置。", "This browser has no position; choose one on the map."));
  say(word("正在获取位置…", "Looking for your position…"));
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => start({ lng: coords.longitude, lat: coords.latitude }),
    () => say(word("没有获得位置，请检查定位权限，或在地图上选择位置。", "No position: check the permission, or choose one on the map.")),
    { timeout: 10000, maximumAge: 60000 }
  );
}

/* The places to start from are those of the centres, by township; the first is where most are near. */

function offer(centres) {
  for (const centre of centres) {
    const town = centre.township;
    let group = [...at("place").querySelectorAll("optgroup")].find((one) => one.label === town);
    if (!group) {
      group = document.createElement("optgroup");
      group.label = town;
      at("place").append(group);
    }
    const option = document.createElement("option");
    option.value = centre.id;
    option.textContent = `${town} · ${short(centre.name)}`;
    group.append(option);
  }
}

function busiest() {
  const near = (a, b) => Math.hypot((a.lng - b.lng) * Math.cos((a.lat * Math.PI) / 180), a.lat - b.lat) * DEGREE < 700;
  const neighbours = (centre) => places.filter((other) => near(centre.location, other.location)).length;
  return places.reduce((best, centre) => (!best || neighbours(centre) > neighbours(best) ? centre : best), null);
}

// The next centres, from a cursor on; where that is told, null on the last page.
async function more(cursor) {
  const page = await read(`/api/v1/centres?coord=wgs84&limit=100${cursor ? `&cursor=${cursor}` : ""}`);
  const news = page.items.filter((centre) => !places.some((place) => place.id === centre.id));
  places.push(...news);
  // One of them may be known from a circle, but not to choose from.
  offer(page.items);
  return page.next_cursor;
}

function placed() {
  const centre = places.find((place) => place.id === at("place").value);
  if (centre) start(centre.location, centre);
}

async function begin() {
  svg.addEventListener("click", tapped);
  svg.addEventListener("keydown", pressed);
  at("locate").addEventListener("click", locate);
  at("place").addEventListener("change", placed);
  at("mode").addEventListener("change", show);
  at("minutes").addEventListener("change", show);
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("resize", draw);
  let cursor;
  try {
    cursor = await more(null);
  } catch (error) {
    return say(word("暂时无法读取托育机构：", "The centres can't be read: ") + error.message);
  }
  const first = busiest();
  if (!first) return say(word("还没有托育机构。", "There are no centres yet."));
  at("place").value = first.id;
  placed();
  // The rest comes while the first circle is looked at; a page that fails ends it.
  try {
    for (let page = 1; cursor && page < PAGES; page++) cursor = await more(cursor);
  } catch {
    cursor = null;
  }
  draw();
}

begin();
