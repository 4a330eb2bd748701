// The list of exports keeps itself up to date while something is being made.

const PAUSE = 1500;
const list = document.getElementById("exports");

async function look() {
  if (!list.querySelector("[data-under-way]")) return;
  const isBusy = document.hidden || document.querySelector("dialog[open]") || list.contains(document.activeElement);
  if (!isBusy) {
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        list.replaceChildren(...page.body.childNodes);
      }
    } catch { /* the connection is away; the next look finds it again */ }
  }
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
