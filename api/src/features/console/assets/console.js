// What every page does by script: asks before what can't be undone, and sends a form once, also by who comes back.
"use strict";

document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  const queue = document.getElementById("queue");
  const leaves = /\/sign-out/.test(event.target.getAttribute("action") ?? "");
  // What waits stays in this browser, and goes nowhere until its own account signs in here again.
  const waits = leaves && queue && Number(queue.dataset.n ?? 0) > 0 ? queue.dataset.leaving.replace("{n}", queue.dataset.n) : "";
  const ask = [waits, button?.dataset.ask ?? ""].filter(Boolean).join("\n");
  if (ask && !window.confirm(ask)) {
    event.preventDefault();
    return;
  }
  if (event.target.method === "post") {
    // After the form was read.
    setTimeout(() => { for (const b of event.target.querySelectorAll("button")) b.disabled = true; });
  }
});

// A page that comes back from the browser's memory has its buttons again.
window.addEventListener("pageshow", () => {
  for (const b of document.querySelectorAll("form button:disabled")) b.disabled = false;
});

// The word that makes a form one request is of the visit to the page: who goes back finds what was typed, and the
// word under which it was sent, not the new one of the page that is asked for anew.
const counts = {};
const words = [...document.querySelectorAll('form input[name="once"]')].map((field) => {
  const action = field.form.getAttribute("action");
  counts[action] = (counts[action] ?? 0) + 1;
  return [`${action} ${counts[action]}`, field];
});
const [visit] = performance.getEntriesByType("navigation");
const former = visit?.type === "back_forward" ? history.state?.once ?? {} : {};
for (const [name, field] of words) field.value = former[name] ?? field.value;
if (words.length) {
  history.replaceState({ ...history.state, once: Object.fromEntries(words.map(([name, field]) => [name, field.value])) }, "");
}

// What only some pages need.
if (document.getElementById("work")) {
  import("/console/progress.js");
}
if (document.getElementById("queue")) {
  import("/console/waiting.js");
}
