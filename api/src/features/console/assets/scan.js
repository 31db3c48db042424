// The scanner: look at a code, redeem it, and never twice. What was confirmed is kept and sent by `waiting.js`, which
// has a list of its own: here stands what is looked at now, and nothing that waited ever takes its place.
import "./desk.js";
import { add, ask, forget, hush, send } from "./waiting.js";

const page = document.getElementById("scan");
const say = page.dataset;
const part = (id) => document.getElementById(id);
const [answer, redeemButton, nextButton, codeField, video] = ["answer", "redeem", "next", "code", "video"].map(part);

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
let confirmed = null; // the redemption on show
let turn = 0; // a later code overtakes an earlier one

// Something else is on show now.
function clear() {
  turn += 1;
  looked = confirmed = null;
  hush(null);
  redeemButton.hidden = true;
}

// Asks until there is an answer; nothing, if it is no, or a later code came.
async function answerTo(...question) {
  clear();
  const mine = turn;
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
    show("wait", say.offline, null, say.offlineLook);
    await new Promise((done) => setTimeout(done, said.after));
    if (mine !== turn) return null;
  }
}

// A visit's own code checks the child in; a voucher's is looked at; one for a desk without network is good for a day,
// and is looked at when it is sent.
const VISIT = /^T.{40,}$/i;
const OFFLINE = /^O.{120,}$/i;

async function look(code) {
  if (VISIT.test(code)) {
    looked = { kind: "check-in", text: code, who: `${say.checkIn} ${end(code)}` };
    return redeem();
  }
  if (OFFLINE.test(code)) {
    clear();
    show("may", say.offlineCode, null, say.offlineMay);
    looked = { kind: "offline", text: code, who: end(code) };
    redeemButton.hidden = nextButton.hidden = false;
    return;
  }
  const good = await answerTo("/redemptions/preview", { code });
  if (!good) return;
  show("may", say.may, good.units_left, good.message, good.campaign_name);
  looked = { kind: "redeem", text: code, who: good.child.name || end(code), until: Date.now() + 1000 * good.code_good_s };
  redeemButton.hidden = false;
}

const end = (code) => `…${code.slice(-4)}`;

// Does what was looked at, and tells of it here as long as nothing else is.
function redeem() {
  if (!looked) return;
  const what = looked;
  clear();
  show("wait", say.looking, null);
  nextButton.hidden = false;
  const entry = add(what);
  confirmed = entry.id;
  hush(entry.id);
  send();
}

// What became of what is on show; the list tells of the rest.
document.addEventListener("queue", ({ detail: { entry, said } }) => {
  if (entry?.id !== confirmed || !confirmed) {
    if (said.good || said.bad) sound(Boolean(said.good));
    return;
  }
  if (said.signedOut) return signedOut();
  nextButton.hidden = false;
  if (!said.good && !said.bad) return show("wait", say.offline, null, say.offlineKept);
  if (said.good) {
    if (entry.kind === "check-in") show("good", `✓ ${say.in}`, null);
    else show("good", `✓ ${say.good}`, said.good.units_left, said.good.message);
    forget(entry.id);
  } else show("bad", `✗ ${say.bad}`, null, said.bad.detail);
  sound(Boolean(said.good));
});

function next() {
  clear();
  nextButton.hidden = true;
  answer.className = "";
  answer.replaceChildren();
  codeField.value = "";
  codeField.focus();
}

// A hand scanner types whatever has the focus: unless that is another field, what it types is a code.
document.addEventListener("keydown", (event) => {
  const other = document.activeElement?.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (other || event.key.length !== 1 || event.key === " " || event.ctrlKey || event.altKey || event.metaKey) return;
  codeField.value = "";
  codeField.focus();
});

redeemButton.addEventListener("click", redeem);
nextButton.addEventListener("click", next);
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
