// The lead page: numbers on record, and the drawer that tells why a lead went where it went.

import { tick } from "./clocks.js";
import "./copy.js";
import { onKey } from "./keys.js";
import { reveal } from "./reveal.js";

const ask = document.querySelector(".c-reveal");
reveal(document.getElementById("reveal"), document.getElementById("numbers"), () => { ask.hidden = true; });

document.querySelector(".c-path .c-now")?.scrollIntoView({ inline: "center", block: "nearest" });

const drawer = document.getElementById("drawer");
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) { location.href = link.href; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  drawer.replaceChildren(...page.body.childNodes);
  drawer.showModal();
});
drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });

onKey((key) => {
  const beside = { "[": "prev", "]": "next" }[key];
  if (beside) { document.querySelector(`[rel=${beside}]`)?.click(); return true; }
  if (key !== "c") return false;
  document.querySelector(".c-top .btn-primary")?.click();
  return true;
});

tick();
