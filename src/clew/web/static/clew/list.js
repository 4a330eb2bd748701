// The list of leads: rows are ticked by mouse, with Shift over a stretch, or by keys; the filter opens in place.
// Everything works without this module too: the boxes, the filter by its link, the bar at the end.

import { help, onKey } from "./keys.js";

const bar = document.getElementById("bulk");
const rows = [...document.querySelectorAll("[data-row]")];
const boxes = rows.map((row) => row.querySelector("input[name=lead]"));
const pageBox = document.querySelector("[data-page-box]");
const filter = document.getElementById("filter");
let at = -1;
let last = -1;

const number = (n) => n.toLocaleString(document.documentElement.lang);

function tell() {
  if (!bar) return;
  const count = boxes.filter((box) => box.checked).length;
  const every = bar.elements.namedItem("all");
  if (!count) every.checked = false;
  bar.hidden = !count;
  bar.querySelector("[data-said]").textContent = bar.dataset.chosen.replace("{n}", number(count));
  pageBox.checked = count === boxes.length;
  pageBox.indeterminate = count > 0 && count < boxes.length;
  every.closest("label").hidden = !every.checked && (count < boxes.length || !document.querySelector("[rel=next]"));
}

// How many fit is asked only once somebody has chosen a whole page.
async function whole() {
  const words = bar.querySelector("[data-all]");
  if (words.dataset.known) return;
  words.dataset.known = "1";
  try {
    const answer = await fetch(bar.dataset.count);
    if (!answer.ok) return;
    const count = await answer.text();
    words.textContent = count ? bar.dataset.whole.replace("{n}", number(Number(count))) : bar.dataset.beyond;
    bar.elements.namedItem("all").disabled = !count;
  } catch { words.dataset.known = ""; }
}

function stretch(from, to, checked) {
  const [first, end] = from < to ? [from, to] : [to, from];
  for (const box of boxes.slice(first, end + 1)) box.checked = checked;
}

function tick(number, isStretch) {
  if (isStretch && last >= 0) stretch(last, number, boxes[number].checked);
  last = number;
  tell();
}

function show(number) {
  at = Math.max(0, Math.min(rows.length - 1, number));
  for (const row of rows) row.classList.toggle("c-here", row === rows[at]);
  rows[at].querySelector("[data-open]").focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

boxes.forEach((box, number) => box.addEventListener("click", (event) => tick(number, event.shiftKey)));
if (pageBox) {
  pageBox.hidden = false;
  pageBox.addEventListener("change", () => {
    stretch(0, boxes.length - 1, pageBox.checked);
    tell();
    if (pageBox.checked) whole();
  });
  tell();
  addEventListener("pageshow", tell);
}

function toggle(isOpen = !filter.classList.contains("c-open")) {
  filter.classList.toggle("c-open", isOpen);
  filter.classList.toggle("c-shut", !isOpen);
  document.querySelector("[data-filter]").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) filter.querySelector("select").focus();
}

const opener = document.querySelector("[data-filter]");
opener.setAttribute("aria-expanded", "false");
opener.setAttribute("aria-controls", "filter");
opener.addEventListener("click", (event) => { event.preventDefault(); toggle(); });
filter.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  toggle(false);
  opener.focus();
});

// What is empty need not stand in the address that somebody passes on; all empty still means all leads.
for (const form of document.querySelectorAll("[data-brief]")) {
  form.addEventListener("submit", () => {
    const filled = [...form.elements].filter((field) => field.name && field.value);
    for (const field of form.elements) if (field.name && !field.value && filled.length) field.disabled = true;
    setTimeout(() => { for (const field of form.elements) field.disabled = false; });
  });
}

help();
onKey((key, event) => {
  if (key === "/") { document.getElementById("q").focus(); return true; }
  if (key === "f") { toggle(); return true; }
  if (!rows.length) return false;
  if (key === "j" || key === "k") { show(at + (key === "j" ? 1 : -1)); return true; }
  if ((key === "x" || key === "X") && at >= 0) {
    if (!event.shiftKey || last < 0) boxes[at].checked = !boxes[at].checked;
    else boxes[at].checked = boxes[last].checked;
    tick(at, event.shiftKey);
    return true;
  }
  if (key === "e" && !bar.hidden) { bar.querySelector("button").focus(); return true; }
  return false;
});
