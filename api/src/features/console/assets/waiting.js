// What waits for the network, on every page of the desk: redemptions, and forms that were sent. Each is kept in
// this browser under its own word (`request_id`, `Idempotency-Key`, `once`) until the server has answered, and the server answers the
// same word once: sent again, nothing is done twice. What became of it stands in a list of its own, which touches
// nothing else on the page; what was refused stays there until somebody has read it and taps it away.
// Kept: a code (good for a minute or so), the child's name as the page masks it, a form's fields, who confirmed it.
const box = document.getElementById("queue");
const say = box.dataset;
const KEY = "quanxiangtuo.waiting";
const AGAIN_MS = 3000;
const GIVE_UP_MS = 10000;
const READ_MS = 10 * 60_000; // What went well doesn't stand there for ever.
const MOST_LINES = 30;
const LATE_MS = 2 * 60_000; // What came so late came by another time than that of its tap.

// ---- kept

let memory = null; // Where the browser keeps nothing.

function all() {
  if (memory) return memory;
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => one?.id) : [];
  } catch {
    return [];
  }
}

function keep(those) {
  try {
    if (those.length) localStorage.setItem(KEY, JSON.stringify(those));
    else localStorage.removeItem(KEY);
    memory = null;
  } catch {
    memory = those;
  }
  draw();
}

// A tablet lent to another centre doesn't redeem there what was scanned here.
const here = () => all().filter((one) => one.centre === say.centre);
// What somebody else confirmed isn't sent under this name unasked.
const mine = () => here().filter((one) => one.staff === say.staff);
const waits = (one) => one.state === "waiting";
const change = (id, what) => keep(all().map((one) => (one.id === id ? { ...one, ...what } : one)));
export const forget = (id) => keep(all().filter((one) => one.id !== id));

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Keeps something before it is sent: a page that is closed now sends it when a page is opened again.
export function add(one) {
  // A code that waits already waits once.
  const same = one.text && mine().find((entry) => waits(entry) && entry.kind === one.kind && entry.text === one.text);
  if (same) return same;
  const entry = { id: newId(), state: "waiting", centre: say.centre, staff: say.staff, at: Date.now(), ...one };
  keep([...all(), entry]);
  return entry;
}

// ---- shown

const clock = (ms) => new Date(ms).toLocaleTimeString("zh-CN", { hour12: false });

// Nothing is redeemed by it.
const deedOf = (one) => one.kind === "form" || one.kind === "check-in";

function line(one) {
  const words = [];
  if (waits(one) && one.staff !== say.staff) words.push(say.others);
  else if (waits(one) && deedOf(one)) words.push(say.form);
  else if (waits(one) && one.kind === "offline") words.push(say.offlineWaits);
  else if (waits(one)) words.push(one.until > Date.now() ? say.waits.replace("{t}", clock(one.until)) : say.lapsed);
  else words.push(one.said ?? "");
  if (one.state === "good" && deedOf(one) && one.read - one.at > LATE_MS) words.push(say.lateTime);
  // What an offline code stands against is the bureau's to decide.
  if (one.state === "bad" && one.kind === "redeem" && one.code === "VOUCHER_CODE_EXPIRED") words.push(say.late);
  const sign = { good: `✓ ${deedOf(one) ? say.sent : say.good}`, bad: `✗ ${deedOf(one) ? say.notSent : say.bad}` };
  return { head: `${clock(one.at).slice(0, 5)} ${one.who}`, sign: sign[one.state] ?? "…", words: words.join(" ") };
}

let drawn = "";

function draw() {
  const shown = here().filter((one) => one.state !== "sending" && (one.id !== quiet || !waits(one) || one.tried)).slice(-MOST_LINES);
  box.dataset.n = String(mine().filter((one) => waits(one) || one.state === "sending").length);
  const lines = shown.map((one) => ({ one, ...line(one) }));
  const next = JSON.stringify([memory !== null && lines.length, out, ...lines]);
  if (next === drawn) return;
  drawn = next;
  box.hidden = !lines.length && !out;
  const make = (tag, text, kind = "") => Object.assign(document.createElement(tag), { textContent: text, className: kind });
  const list = document.createElement("ul");
  for (const { one, head, sign, words } of lines) {
    const item = make("li", "", one.state);
    item.append(make("strong", `${sign} ${head}`), make("span", words));
    const button = (text, kind, deed) => {
      const made = make("button", text, kind);
      made.type = "button";
      made.append(make("span", ` ${head}`, "hear"));
      made.addEventListener("click", deed);
      item.append(made);
    };
    if (waits(one) && one.staff !== say.staff) {
      button(say.take, "second", () => { change(one.id, { staff: say.staff }); send(); });
      button(say.drop, "second", () => { if (confirm(say.dropAsk)) forget(one.id); });
    } else if (!waits(one)) {
      button(say.read, "second", () => forget(one.id));
    }
    list.append(item);
  }
  box.replaceChildren(make("h2", say.title), list);
  if (memory && lines.length) box.append(make("p", say.unsaved, "wrong"));
  if (out) {
    const way = Object.assign(make("a", say.signIn, "button"), { href: say.signInAt });
    const told = make("p", `${say.signedOut} `);
    told.append(way);
    box.append(told);
  }
}

// ---- sent

// A refusal of ours is an answer: not a gateway's page, not a request to come again.
const later = (status) => [408, 425, 429, 502, 503, 504].includes(status);
const after = (response) => Math.max(AGAIN_MS, 1000 * Number(response.headers.get("Retry-After") ?? 0));

// What the API said: {good} or {bad}; {signedOut}; or nothing, when it is to be tried again (`after` ms).
// `of`: what an answer of ours has in it.
export async function ask(path, body, of = "voucher_id", key = newId()) {
  let response, said;
  try {
    response = await fetch(`/api/v1/desk${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang, "X-CSRF-Token": document.body.dataset.csrf, "Idempotency-Key": key },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    said = await response.json();
  } catch {
    return { after: AGAIN_MS };
  }
  if (response.ok) return said?.[of] ? { good: said } : { after: AGAIN_MS };
  if (response.status === 401) return { signedOut: true };
  if (response.status >= 500 || later(response.status) || !said?.code) return { after: after(response) };
  return { bad: said };
}

// What a page said to a form.
export async function post(action, body) {
  const fields = new URLSearchParams(body);
  fields.set("csrf", document.body.dataset.csrf);
  try {
    const response = await fetch(action, { method: "POST", body: fields, signal: AbortSignal.timeout(GIVE_UP_MS) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.status === 401) return { signedOut: true };
    // Only a page of ours is an answer.
    if (response.status >= 500 || later(response.status) || !page.getElementById("main")) return { after: after(response) };
    return { page, url: response.url, good: response.ok && response.redirected, ok: response.ok };
  } catch {
    return { after: AGAIN_MS };
  }
}

// Why a page says no: field by field where it does.
export function why(page) {
  const told = [...page.querySelectorAll("#main > .wrong + ul li")];
  return (told.length ? told : [...page.querySelectorAll("#main > .wrong, #main form .wrong")]).map((part) => part.textContent.trim()).join(" ");
}

async function answerTo(one) {
  if (one.kind === "form") {
    const said = await post(one.action, one.body);
    if (said.good) return { good: { message: "" } };
    // Done, with more to be told than that: a page that refuses nothing.
    if (said.ok && !said.page.querySelector("#main .wrong")) return { good: { message: said.page.querySelector("h1")?.textContent } };
    if (said.page) return { bad: { detail: why(said.page) || said.page.querySelector("h1")?.textContent } };
    return said;
  }
  if (one.kind === "check-in") return ask("/check-ins", { code: one.text }, "booking_id", one.id);
  if (one.kind !== "offline") return ask("/redemptions", { code: one.text, request_id: one.id });
  const scan = { code: one.text, scanned_at: new Date(one.at).toISOString(), request_id: one.id };
  const said = await ask("/redemptions/offline", { scans: [scan] }, "results");
  const result = said.good?.results[0];
  if (!result) return said;
  return result.outcome === "redeemed" ? { good: { ...result.redemption, message: result.message } } : { bad: { code: result.reason, detail: result.message } };
}

// Whoever shows something of it: `queue` with the entry, and what was said.
const tell = (entry, said) => document.dispatchEvent(new CustomEvent("queue", { detail: { entry, said } }));

// What the page itself shows, until it has been tried in vain.
let quiet = null;
export const hush = (id) => { quiet = id; draw(); };

let sending = false;
let out = false;
let timer;

export async function send() {
  clearTimeout(timer);
  timer = undefined;
  if (sending) return;
  sending = true;
  const passed = new Set();
  let wait = 0;
  try {
    // A form that is held up holds up those behind it, and nothing else does.
    const place = (entry) => (entry.kind === "form" ? "form" : entry.id);
    for (let one; (one = mine().find((entry) => waits(entry) && !passed.has(place(entry)))); ) {
      const said = await answerTo(one);
      if (said.signedOut) {
        out = true;
        draw();
        tell(one, said);
        return;
      }
      out = false;
      if (said.after) {
        wait = Math.max(wait, said.after);
        passed.add(place(one));
        if (!one.tried) change(one.id, { tried: true });
      } else {
        const state = said.good ? "good" : "bad";
        const told = (said.good ?? said.bad).message ?? said.bad?.detail ?? "";
        change(one.id, { state, said: told, code: said.bad?.code, read: Date.now(), text: undefined, body: undefined });
        if (one.kind === "form") release(one.action, said.bad && told);
      }
      tell(one, said);
    }
  } finally {
    sending = false;
    if (wait) timer = setTimeout(send, wait);
  }
}

// ---- forms

const main = () => document.getElementById("main");

function goTo(url) {
  if (url === location.href) location.reload();
  else location.assign(url);
}

// The answer is a page: in place of this one's.
function show({ page }) {
  document.title = page.title;
  main().replaceWith(document.adoptNode(page.getElementById("main")));
  main().setAttribute("tabindex", "-1");
  main().focus();
  scrollTo(0, 0);
}

const again = (form) => { for (const button of form.querySelectorAll("button")) button.disabled = false; };

// What was refused stays where it was typed, with the reason above it.
function refuse(form, text) {
  form.querySelector(".refused")?.remove();
  const told = Object.assign(document.createElement("p"), { className: "wrong refused", textContent: text });
  told.setAttribute("role", "alert");
  form.prepend(told);
  again(form);
  told.scrollIntoView({ block: "center" });
}

// A form that waited can be sent anew, and what was typed corrected, where its page still stands.
function release(action, wrong) {
  for (const form of document.forms) {
    if (form.getAttribute("action") !== action) continue;
    if (wrong && typed(form)) refuse(form, wrong);
    else again(form);
  }
}

const typed = (form) => [...form.elements].some((field) => field.matches("input:not([type=hidden]), select, textarea"));

// A form's fields without the word of the page that it was drawn on.
function bare(body) {
  const fields = new URLSearchParams(body);
  fields.delete("once");
  return fields.toString();
}

async function deed(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  data.delete("csrf");
  if (!data.get("once")) data.set("once", newId());
  const body = new URLSearchParams(data).toString();
  const action = form.getAttribute("action");
  const button = (submitter ?? form.querySelector("button")).textContent.trim().replace(/\s+/g, " ");
  const label = typed(form) ? `${document.querySelector("h1")?.textContent ?? ""} ${button}` : button;
  // One button, tapped on a page that was loaded anew while it waits: it waits already.
  const same = (one) => one.kind === "form" && waits(one) && one.action === action && bare(one.body) === bare(body);
  if (!typed(form) && mine().some(same)) return again(form);
  const kept = "now" in form.dataset ? null : add({ kind: "form", who: label, action, body, state: "sending" });
  if (kept) quiet = kept.id;
  const said = mine().some((one) => one.kind === "form" && waits(one)) ? { after: 1 } : await post(action, body);
  quiet = null;
  if (said.after || said.signedOut) {
    if (!kept) return refuse(form, said.after ? say.notNow : say.signedOut);
    change(kept.id, { state: "waiting", tried: true });
    return send();
  }
  if (kept) forget(kept.id);
  if (said.good) return goTo(said.url);
  if (said.ok) return show(said);
  const text = why(said.page);
  if (typed(form)) return refuse(form, text);
  again(form);
  const entry = add({ kind: "form", state: "bad", who: label, said: text });
  return tell(entry, { bad: text });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const action = form.getAttribute("action") ?? "";
  const ours = form.method === "post" && form.enctype === "application/x-www-form-urlencoded" && action.startsWith("/desk/");
  if (event.defaultPrevented || !ours || action.startsWith("/desk/sign-")) return;
  event.preventDefault();
  deed(form, event.submitter);
});

// ---- by itself

const fresh = (one) => one.state !== "good" || Date.now() - one.read < READ_MS;

function tidy() {
  const those = all();
  // What was being sent when its page was closed.
  const lost = (one) => one.state === "sending" && Date.now() - one.at > 2 * GIVE_UP_MS;
  if (those.some((one) => !fresh(one) || lost(one))) {
    keep(those.filter(fresh).map((one) => (lost(one) ? { ...one, state: "waiting", tried: true } : one)));
  }
  draw();
}

window.addEventListener("online", send);
window.addEventListener("storage", draw);
setInterval(() => { tidy(); if (!timer && mine().some(waits)) send(); }, AGAIN_MS);
tidy();
send();
