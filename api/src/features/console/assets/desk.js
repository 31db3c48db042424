// The desk's pages by themselves: the living part is asked for again while the page is seen and nobody is typing.
const live = document.getElementById("live");

// What waited has been done: the page shows it.
document.addEventListener("queue", ({ detail: { said } }) => { if (said.good || said.bad) refresh(); });

// Something is half done: an open drawer, a field that was changed, the keyboard in a field.
function busy() {
  const at = document.activeElement;
  if (at && live.contains(at) && at.matches("input, select, textarea")) return true;
  if (live.querySelector(".visit details[open]")) return true;
  return [...live.querySelectorAll("input:not([type=hidden]), textarea")].some((field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
}

// What had the keyboard, to give it back: a button of a form, or a link.
function held() {
  const at = document.activeElement;
  if (!at || !live.contains(at)) return null;
  if (at.form) return (root) => root.querySelector(`form[action="${CSS.escape(at.form.getAttribute("action"))}"] button`);
  if (at.matches("a[href]")) return (root) => root.querySelector(`a[href="${CSS.escape(at.getAttribute("href"))}"]`);
  return null;
}

// `byItself`: nobody did anything, so the sign-in ends as if the page hadn't asked.
export async function refresh(byItself = false) {
  if (!live?.isConnected || document.hidden) return;
  const here = new URL(location.href);
  here.searchParams.delete("done");
  let page;
  try {
    const headers = byItself ? { "X-Refresh": "1" } : {};
    const answer = await fetch(here, { headers, redirect: "manual", signal: AbortSignal.timeout(10000) });
    if (answer.type === "opaqueredirect") return signedOut();
    if (!answer.ok) return;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return; // Without a network the page stays as it is.
  }
  const fresh = page.getElementById("live");
  // Nobody loses what is half done; the end of the sign-in is told above in any case.
  if (!fresh || busy()) return;
  const [open, focus] = [[...live.querySelectorAll(":scope > details")].map((d) => d.open), held()];
  live.replaceChildren(...fresh.childNodes);
  [...live.querySelectorAll(":scope > details")].forEach((d, i) => { d.open = open[i] ?? false; });
  focus?.(live)?.focus();
  live.dataset.refreshed = String(Number(live.dataset.refreshed ?? 0) + 1);
}

// The sign-in has ended: children's names don't stay on the wall. The scanner keeps what waits and says so.
function signedOut() {
  const way = document.getElementById("signed-out");
  if (way) way.hidden = false;
  else location.reload();
}

if (live?.dataset.refresh) {
  const again = () => refresh(true);
  setInterval(again, Number(live.dataset.refresh) * 1000);
  document.addEventListener("visibilitychange", again);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
