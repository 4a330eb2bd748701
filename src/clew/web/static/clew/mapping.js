// Saying what the columns are: every choice shows at once what the first rows become. A chip dragged onto
// a column chooses from its menu; the menu does the same without a mouse.

const form = document.querySelector("form[data-mapping]");
const part = form.querySelector("[data-part]");
const source = form.elements.source;
const fresh = form.querySelector("[data-new-source]");
let asking = null;
const touched = form.elements.touched; // somebody has chosen a meaning by hand

async function show() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(form.dataset.mapping, { method: "POST", body: new FormData(form), signal: asking.signal });
    if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
  } catch { /* a later choice overtook it, or the connection is away: the page stays as it is */ }
}

function ask(value) {
  const button = document.createElement("button");
  Object.assign(button, { name: "do", value, formNoValidate: true, hidden: true });
  form.append(button);
  form.requestSubmit(button);
}

function settleSource() {
  if (!fresh) return;
  const isNew = source.value === "+";
  fresh.hidden = !isNew;
  form.elements.new_name.required = isNew;
}

form.addEventListener("change", (event) => {
  const field = event.target;
  if (field.name === "kind") ask("again");
  else if (field === source) {
    settleSource();
    if (source.value === "+") form.elements.new_name.focus();
    else if (source.value && !touched.value) ask("saved");
  }
  else if (/^(r|t|k|must)\d+$/.test(field.name) || field.name === "day_first" || field.name === "country") {
    touched.value = "1";
    show();
  }
});
settleSource();

// Enter in a field checks the file; it must not press the first button of the form.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[value=settle]"));
});

let dragged = null;
for (const chip of form.querySelectorAll("[data-target]")) {
  chip.addEventListener("dragstart", (event) => {
    dragged = chip.dataset.target;
    event.dataTransfer.setData("text/plain", chip.textContent);
    event.dataTransfer.effectAllowed = "copy";
    form.classList.add("c-dragging");
  });
  chip.addEventListener("dragend", () => { dragged = null; form.classList.remove("c-dragging"); });
}
for (const row of form.querySelectorAll("[data-row]")) {
  row.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    row.classList.add("c-over");
  });
  row.addEventListener("dragleave", (event) => { if (!row.contains(event.relatedTarget)) row.classList.remove("c-over"); });
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    row.classList.remove("c-over");
    if (!dragged) return;
    const menu = row.querySelector("select");
    menu.value = dragged;
    menu.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
