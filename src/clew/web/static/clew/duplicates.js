// Suspected duplicates by the keyboard: y merge, n two people, j and k along the list.

import { onKey } from "./keys.js";

const pairs = [...document.querySelectorAll("[data-pair]")];
let at = 0;

const show = (number) => {
  at = Math.max(0, Math.min(pairs.length - 1, number));
  for (const pair of pairs) pair.classList.toggle("c-here", pair === pairs[at]);
};

document.addEventListener("focusin", (event) => {
  const pair = event.target.closest("[data-pair]");
  if (pair) show(pairs.indexOf(pair));
});

onKey((key) => {
  if (!pairs.length) return false;
  if (key === "j" || key === "k") {
    show(at + (key === "j" ? 1 : -1));
    pairs[at].focus({ preventScroll: true });
    pairs[at].scrollIntoView({ block: "nearest" });
    return true;
  }
  const button = pairs[at].querySelector(`[data-key="${key}"]`);
  button?.click();
  return Boolean(button);
});

if (pairs.length) show(0);
