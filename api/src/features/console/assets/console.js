// What every page does by script: asks before what can't be undone, and sends a form once.
"use strict";

document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  const ask = button?.dataset.ask;
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

// What only some pages need.
if (document.getElementById("work")) {
  import("/console/progress.js");
}
