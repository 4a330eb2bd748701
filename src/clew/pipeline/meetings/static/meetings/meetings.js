// A meeting's pages: the ready text is copied with one tap, also where the browser has no clipboard for plain http.

import { onKey } from "../clew/keys.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    const chosen = getSelection();
    chosen.selectAllChildren(text);
    if (navigator.clipboard) await navigator.clipboard.writeText(text.textContent);
    else document.execCommand("copy");
    chosen.removeAllRanges();
    button.lastElementChild.textContent = button.dataset.copied;
  });
}

const today = document.querySelector("[data-today]");
if (today) {
  onKey((key) => {
    if (key !== "t") return false;
    today.click();
    return true;
  });
}
