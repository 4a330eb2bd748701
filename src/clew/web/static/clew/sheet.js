// The call sheet: suggests the next contact, keeps a draft on the server, saves once.
// The draft is not kept in the browser: what a customer said is personal data.

import { tick } from "./clocks.js";
import { onKey } from "./keys.js";
import { begin, isAble, isReached, keep as seal } from "./outbox.js";
import { reveal } from "./reveal.js";

const sheet = document.getElementById("sheet");
const shown = reveal(document.getElementById("reveal"), document.getElementById("numbers"), () => {
  document.getElementById("masked").hidden = true;
});

if (location.hash === "#dial") {
  history.replaceState(null, "", location.pathname + location.search);
  shown.now("call").then((number) => {
    if (number && matchMedia("(pointer: coarse)").matches) location.href = `tel:${number}`;
  });
}

if (sheet) {
  const suggestions = JSON.parse(sheet.dataset.suggestions);
  const hint = document.getElementById("suggested");
  let isChosen = Boolean(sheet.elements.next.value);
  let timer = 0;
  let isSent = false;

  const suggest = () => {
    const result = sheet.elements.result.value;
    if (isChosen || !result) return;
    const said = result === "answered" ? sheet.elements.said.value : "";
    sheet.elements.next.value = suggestions[`${result}:${said}`] ?? "";
    hint.textContent = hint.dataset.words;
  };
  const keep = async () => {
    clearTimeout(timer);
    timer = 0;
    if (isSent) return;
    const answer = await fetch(sheet.dataset.draft, { method: "POST", body: new FormData(sheet), keepalive: true }).catch(() => null);
    const kept = document.getElementById("kept");
    if (answer?.ok) kept.textContent = kept.dataset.words;
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(keep, 500); };

  sheet.addEventListener("change", (event) => {
    if (event.target.name === "next") isChosen = true;
    if (event.target.name === "said") event.target.parentElement.scrollIntoView({ inline: "nearest", block: "nearest" });
    suggest();
    later();
  });
  sheet.addEventListener("input", later);
  const away = document.getElementById("away");
  sheet.addEventListener("submit", async (event) => {
    if (isSent) { event.preventDefault(); return; }
    isSent = true;
    clearTimeout(timer);
    if (!isAble || sheet.dataset.reached) return;
    event.preventDefault();
    if (await isReached()) {
      isSent = false;
      sheet.dataset.reached = "1";
      sheet.requestSubmit(event.submitter);
      return;
    }
    if (!await seal(sheet.dataset.lead, sheet)) away.textContent = away.dataset.held;
    for (const field of sheet.elements) field.disabled = true;
    away.hidden = false;
    away.scrollIntoView({ block: "nearest" });
  });
  addEventListener("pagehide", () => { if (timer) keep(); });
  addEventListener("pageshow", () => { isSent = false; delete sheet.dataset.reached; });
  begin(() => { if (!away.hidden) away.textContent = away.dataset.sent; });

  const save = () => sheet.requestSubmit(sheet.querySelector("[data-main]"));
  onKey((key, event) => {
    if (/^[1-6]$/.test(key)) {
      const choice = sheet.querySelectorAll("[name=result]")[key - 1];
      choice.checked = true;
      choice.focus();
      choice.dispatchEvent(new Event("change", { bubbles: true }));
      return true;
    }
    if (key === "Enter" && event.target.matches("body, [type=radio]") && sheet.elements.result.value) { save(); return true; }
    return false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); save(); }
  });
  suggest();
  if (sheet.elements.result.value) sheet.querySelector("[data-main]").focus();
}

tick();
