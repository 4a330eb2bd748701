// The operator's pages: copy a text, and ask before something ends.

import "./copy.js";

const ask = document.getElementById("ask");
if (ask) {
  let asking = null;
  document.addEventListener("submit", (event) => {
    const words = event.target.dataset.ask;
    if (!words || asking === event.target) return;
    event.preventDefault();
    event.stopPropagation();
    asking = event.target;
    ask.submitter = event.submitter;
    ask.querySelector("[data-words]").textContent = words;
    ask.showModal();
  }, true);
  ask.addEventListener("close", () => {
    const form = asking;
    if (form && ask.returnValue === "yes") form.requestSubmit(ask.submitter);
    asking = null;
    ask.returnValue = "";
  });
}

for (const all of document.querySelectorAll("[data-tick-all]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of all.form.querySelectorAll("input[type=checkbox][name]")) box.checked = all.checked;
  });
}
