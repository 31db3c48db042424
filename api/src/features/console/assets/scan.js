// The scanner: look at a code, redeem it, and never twice. A redemption is kept in this browser under its
// request_id until the server has answered; the server answers the same request_id once. What is kept: the
// code (good for a minute), the request_id and the centre it is for; nothing about a child.
import { refresh } from "./desk.js";

const page = document.getElementById("scan");
const say = page.dataset;
const part = (id) => document.getElementById(id);
const [answer, redeemButton, nextButton, codeField, video] = ["answer", "redeem", "next", "code", "video"].map(part);
const AGAIN_MS = 3000;
const GIVE_UP_MS = 10000;

// ---- what waits to be sent

const KEY = "quanxiangtuo.waiting";

function waiting() {
  try {
    const all = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

function keep(all) {
  if (all.length) localStorage.setItem(KEY, JSON.stringify(all));
  else localStorage.removeItem(KEY);
  showWaiting();
}

// A tablet lent to another centre doesn't redeem there what was scanned here.
const ours = () => waiting().filter((one) => one.centre === say.centre);
const forget = (id) => keep(waiting().filter((one) => one.request_id !== id));

function showWaiting() {
  const n = ours().length;
  part("waiting").hidden = n === 0;
  part("waiting").textContent = n ? say.waiting.replace("{n}", n) : "";
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---- talking to the API

// What the server said: {good} or {bad}; {signedOut}; or nothing, when it is to be tried again (`after` ms).
// `of`: what an answer of ours has in it.
async function ask(path, body, of = "voucher_id", key = newId()) {
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
  // Only a refusal of ours is an answer: not a gateway's page, not a request to come again.
  const later = response.status >= 500 || [408, 425, 429].includes(response.status);
  if (later || !said?.code) return { after: Math.max(AGAIN_MS, 1000 * Number(response.headers.get("Retry-After") ?? 0)) };
  return { bad: said };
}

// ---- what is shown

function show(state, word, units, ...lines) {
  answer.className = state;
  const line = (text, kind) => Object.assign(document.createElement("p"), { textContent: text, className: kind });
  const left = units === null ? [] : [line(say.left.replace("{n}", units), "units")];
  answer.replaceChildren(line(word, "word"), ...left, ...lines.filter(Boolean).map((text) => line(text, "")));
}

let sounds;
function sound(good) {
  if (!part("sound").checked) return;
  sounds ??= new AudioContext();
  const tone = sounds.createOscillator();
  tone.frequency.value = good ? 880 : 220;
  tone.connect(sounds.destination);
  tone.start();
  tone.stop(sounds.currentTime + (good ? 0.15 : 0.5));
}

function signedOut() {
  show("bad", say.bad, null, say.signedOut);
  part("signed-out").hidden = false;
}

// ---- looking and redeeming

let looked = null; // the code on show
let turn = 0; // a later code overtakes an earlier one

// Asks until there is an answer; nothing, if it is no, or a later code came.
async function answerTo(...question) {
  const mine = ++turn;
  looked = null;
  redeemButton.hidden = true;
  nextButton.hidden = false;
  show("may", say.looking, null);
  for (;;) {
    const said = await ask(...question);
    if (mine !== turn) return null;
    if (said.signedOut) signedOut();
    if (said.bad) {
      show("bad", `✗ ${say.bad}`, null, said.bad.detail);
      sound(false);
    }
    if (said.signedOut || said.bad) return null;
    if (said.good) return said.good;
    show("wait", say.offline, null);
    await new Promise((done) => setTimeout(done, said.after));
    if (mine !== turn) return null;
  }
}

// A visit's own code checks the child in; a voucher's is looked at.
const VISIT = /^T.{40,}$/i;

async function look(code) {
  if (VISIT.test(code)) {
    if (await answerTo("/check-ins", { code }, "booking_id", newId())) {
      show("good", `✓ ${say.in}`, null);
      sound(true);
      refresh();
    }
    return;
  }
  const good = await answerTo("/redemptions/preview", { code });
  if (!good) return;
  show("may", say.may, good.units_left, good.message, good.campaign_name);
  looked = code;
  redeemButton.hidden = false;
}

function redeem() {
  if (!looked) return;
  turn += 1;
  redeemButton.hidden = true;
  // Kept before it is sent: a page that is closed now sends it when it is opened again.
  keep([...waiting(), { request_id: newId(), code: looked, centre: say.centre }]);
  looked = null;
  show("wait", say.looking, null);
  send();
}

let sending = false;
let timer;

async function send() {
  clearTimeout(timer);
  if (sending) return;
  sending = true;
  let after = 0;
  try {
    for (let one; after === 0 && (one = ours()[0]); ) {
      const said = await ask("/redemptions", { code: one.code, request_id: one.request_id });
      if (said.signedOut) return signedOut();
      if (said.good || said.bad) {
        forget(one.request_id);
        turn += 1;
        nextButton.hidden = false;
        if (said.good) show("good", `✓ ${say.good}`, said.good.units_left, said.good.message);
        else show("bad", `✗ ${say.bad}`, null, said.bad.detail);
        sound(Boolean(said.good));
        refresh();
      } else {
        after = said.after;
        show("wait", say.offline, null);
      }
    }
  } finally {
    sending = false;
    if (after) timer = setTimeout(send, after);
  }
}

function next() {
  turn += 1;
  looked = null;
  redeemButton.hidden = nextButton.hidden = true;
  answer.className = "";
  answer.replaceChildren();
  codeField.value = "";
  codeField.focus();
}

redeemButton.addEventListener("click", redeem);
nextButton.addEventListener("click", next);
window.addEventListener("online", send);
window.addEventListener("storage", showWaiting);
// A hand scanner types and ends with Enter.
part("type").addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  const code = codeField.value.trim();
  codeField.value = "";
  if (code) look(code);
});

// ---- the camera

// The browser's own reader where it has one, else ours.
async function reader() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats().catch(() => [])).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video).catch(() => []))[0]?.rawValue;
  }
  const { decodeQR } = await import("./qr/decode.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const scale = Math.min(1, 800 / video.videoWidth);
    [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale].map(Math.round);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return undefined; // No code in sight.
    }
  };
}

async function watch() {
  const button = part("camera");
  button.disabled = true;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    await video.play();
  } catch {
    button.disabled = false;
    part("hint").textContent = say.cameraOff;
    return;
  }
  [video.hidden, button.hidden] = [false, true];
  part("hint").textContent = say.cameraOn;
  const read = await reader();
  const seen = new Set(); // A code that stays before the camera is looked at once.
  for (;;) {
    await new Promise((done) => setTimeout(done, 150));
    if (document.hidden || !video.videoWidth || answer.childElementCount) continue;
    const code = await read();
    if (code && !seen.has(code)) {
      seen.add(code);
      look(code);
    }
  }
}

if (navigator.mediaDevices?.getUserMedia) {
  part("camera").hidden = false;
  part("camera").addEventListener("click", watch);
}
if ("AudioContext" in window) {
  const box = part("sound");
  part("sound-label").hidden = false;
  box.checked = localStorage.getItem("quanxiangtuo.sound") === "on";
  box.addEventListener("change", () => localStorage.setItem("quanxiangtuo.sound", box.checked ? "on" : "off"));
}
showWaiting();
send();
