// The board: a card is dragged, or lifted with Space and carried with the arrows; its menu does the same.
// A move is shown at once and put back where the server refuses it.

import { onKey } from "./keys.js";
import { listen } from "./live.js";

const board = document.getElementById("board");
const said = document.getElementById("said");
const toast = document.getElementById("toast");
const FRAGMENT = { "X-Fragment": "1", Accept: "application/json" };
let held = null; // { card, over }
let asked = 0; // how often this board was asked for; an answer that was overtaken is not shown
let isBehind = false; // news came while somebody had a card or a menu in hand

const columnOf = (node) => node.closest(".c-col");
const columns = () => [...board.querySelectorAll(".c-col")];
const say = (words) => { said.textContent = words; };
const cards = (column) => column.querySelector(".c-cards");

function complain(words) {
  toast.textContent = words;
  toast.hidden = false;
  setTimeout(() => { toast.hidden = true; }, 6000);
}

function count(column, by) {
  const shown = column.querySelector("[data-count]");
  shown.textContent = Number(shown.textContent) + by;
}

function place(card, from, to) {
  cards(to).prepend(card);
  count(from, -1);
  count(to, 1);
}

async function move(card, to) {
  const from = columnOf(card);
  if (to === from) return;
  if ("winning" in to.dataset) { location.href = card.dataset.finish; return; }
  const next = card.nextSibling;
  asked += 1;
  const body = new FormData(card.querySelector("form"));
  body.set("stage", to.dataset.stage);
  place(card, from, to);
  card.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(card.dataset.move, { method: "POST", body, headers: FRAGMENT });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    say(board.dataset.put.replace("%s", to.dataset.name));
    await all().catch(() => {}); // what is missed here comes with the next news
  } catch (error) {
    place(card, to, from);
    cards(from).insertBefore(card, next);
    complain(error instanceof TypeError ? board.dataset.failed : error.message);
    isBehind = true; // by whatever answer this overtook
  }
  card.removeAttribute("aria-busy");
}

// ---- dragging -------------------------------------------------------------------------------------

const show = (over) => columns().forEach((column) => column.classList.toggle("c-over", column === over));

function release() {
  held.card.classList.remove("c-held");
  held = null;
  show(null);
}

board.addEventListener("dragstart", (event) => {
  const card = event.target.closest(".c-kard");
  if (!card) return;
  held = { card };
  card.classList.add("c-held");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.lead);
});
board.addEventListener("dragover", (event) => {
  const column = held && columnOf(event.target);
  if (!column) return;
  event.preventDefault();
  show(column);
});
board.addEventListener("drop", (event) => {
  const column = held && columnOf(event.target);
  if (!column) return;
  event.preventDefault();
  move(held.card, column);
});
board.addEventListener("dragend", () => {
  if (held) release();
  catchUp();
});

// ---- keys -----------------------------------------------------------------------------------------

function drop(isKept) {
  const { card, over } = held;
  release();
  if (isKept) move(card, over).then(() => document.getElementById(card.id)?.focus());
  else { say(board.dataset.left); catchUp(); }
}

function walk(card, key) {
  if (key === "ArrowDown" || key === "ArrowUp") {
    const other = key === "ArrowDown" ? card.nextElementSibling : card.previousElementSibling;
    other?.focus();
    return true;
  }
  const all = columns();
  const beside = all[all.indexOf(columnOf(card)) + (key === "ArrowRight" ? 1 : -1)];
  beside?.querySelector(".c-kard")?.focus();
  return true;
}

onKey((key, event) => {
  const card = event.target.closest?.(".c-kard");
  if (!card || event.target !== card) return false;
  if (held) {
    if (key === "Escape") { drop(false); return true; }
    if (key === " " || key === "Enter") { drop(true); return true; }
    const all = columns();
    const over = all[all.indexOf(held.over) + { ArrowRight: 1, ArrowLeft: -1 }[key]];
    if (!over) return key.startsWith("Arrow");
    held.over = over;
    show(over);
    over.scrollIntoView({ inline: "nearest", block: "nearest" });
    say(board.dataset.over.replace("%s", over.dataset.name));
    return true;
  }
  if (key === " ") {
    held = { card, over: columnOf(card) };
    card.classList.add("c-held");
    show(held.over);
    say(board.dataset.lifted);
    return true;
  }
  if (key === "Enter") { card.querySelector("a").click(); return true; }
  return key.startsWith("Arrow") && walk(card, key);
});

// ---- news -----------------------------------------------------------------------------------------

async function all() {
  asked += 1;
  const turn = asked;
  const answer = await fetch(location.pathname + board.dataset.here, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (turn !== asked) return;
  isBehind = Boolean(held || board.querySelector("details[open], .c-kard:active"));
  if (isBehind) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  document.getElementById("sum").replaceWith(page.getElementById("sum"));
  const focused = document.activeElement?.id;
  const left = board.querySelector(".c-board").scrollLeft;
  board.replaceChildren(...page.body.childNodes);
  board.querySelector(".c-board").scrollLeft = left;
  if (focused) document.getElementById(focused)?.focus();
}

function catchUp() {
  if (isBehind && !board.querySelector("[aria-busy]")) wantAll();
}

addEventListener("pointerup", () => setTimeout(catchUp)); // no longer :active by then
board.addEventListener("toggle", catchUp, { capture: true });

const holder = document.getElementById("holder");
if (holder) {
  holder.form.querySelector("button").hidden = true;
  holder.addEventListener("change", () => holder.form.requestSubmit());
}
const { wantAll } = listen(board.dataset.stream, {
  kinds: ["own", "pool"],
  all,
  lost: (isLost) => { document.getElementById("lost").hidden = !isLost; },
});
