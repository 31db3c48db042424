// How far a table is that was sent, and calling it off. Without script the browser waits for the answer.
"use strict";

const shown = document.getElementById("work");
const bar = shown.querySelector("progress");
const said = shown.querySelector("span");
const stop = shown.querySelector("button");

function at(word, method) {
  return fetch(`/api/v1/bureau/progress/${word}`, {
    method,
    headers: { "Accept-Language": document.documentElement.lang, "X-CSRF-Token": document.body.dataset.csrf },
    signal: AbortSignal.timeout(5000),
  });
}

async function look(word) {
  try {
    const answer = await at(word, "GET");
    if (answer.ok) {
      const { done, total } = await answer.json();
      if (total > 0) {
        bar.max = total;
        bar.value = done;
        said.textContent = shown.dataset.so.replace("{done}", done).replace("{total}", total);
      }
    }
  } catch {
    // It goes on; the next look may tell more.
  }
  setTimeout(look, 400, word);
}

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector('input[name="work"]');
  if (!field || event.defaultPrevented) {
    return;
  }
  // A word for each time it is sent: what was called off stays called off under its word.
  const word = Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
  field.value = word;
  said.textContent = shown.dataset.sent;
  shown.hidden = false;
  stop.disabled = false;
  stop.onclick = async () => {
    stop.disabled = true;
    try {
      // What has ended by now can't be called off; the page that comes says how.
      await at(word, "DELETE");
    } catch {
      stop.disabled = false;
    }
  };
  setTimeout(look, 400, word);
});

window.addEventListener("pageshow", () => { shown.hidden = true; });
