// My day: the list keeps itself up to date, the preview follows the selection, keys do the work.

import { tick } from "./clocks.js";
import { help, onKey } from "./keys.js";
import { listen } from "./live.js";

const list = document.getElementById("day");
const preview = document.getElementById("preview");
const news = document.getElementById("news");
const NOBODY = "00000000-0000-0000-0000-000000000000";
const FRAGMENT = { headers: { "X-Fragment": "1" } };
let selected = preview.querySelector("[data-preview]")?.dataset.preview ?? null;
const isWide = matchMedia("(min-width: 1181px)");

const rows = () => [...list.querySelectorAll(".c-q")];
const rowOf = (lead) => document.getElementById(`r-${lead}`);
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

async function fetchText(url) {
  const answer = await fetch(url, FRAGMENT);
  if (answer.status === 401 || answer.redirected) location.reload();
  if (answer.status === 204 || answer.status === 404) return ""; // not here, or no longer ours
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

// ---- rows, keyed by lead: re-delivery or another order cannot double one --------------------------

function put(fresh) {
  const lead = fresh.dataset.lead;
  const old = rowOf(lead);
  const section = list.querySelector(`[data-section="${fresh.dataset.group}"]`);
  const isOther = list.dataset.part !== "" && list.dataset.part !== fresh.dataset.group;
  if (isOther || !section) { old?.remove(); return false; }
  if (old && old.dataset.order === fresh.dataset.order && old.dataset.html === fresh.innerHTML) return false;
  fresh.dataset.html = fresh.innerHTML;
  const order = Number(fresh.dataset.order);
  const after = [...section.querySelectorAll(".c-q")].find((row) => row !== old && (Number(row.dataset.order) > order
    || Number(row.dataset.order) === order && row.dataset.lead > lead));
  const hadFocus = old?.contains(document.activeElement);
  if (!old) fresh.classList.add("c-fresh");
  old?.remove();
  section.querySelector("ol").insertBefore(fresh, after ?? null);
  if (hadFocus) fresh.querySelector("a").focus();
  return !old;
}

function tidy() {
  let total = 0;
  for (const section of list.querySelectorAll("[data-section]")) {
    const count = section.querySelectorAll(".c-q").length;
    total += count;
    section.hidden = count === 0;
    section.querySelector("[data-count]").textContent = count;
    if (list.dataset.part === "") document.querySelector(`[data-total="${section.dataset.section}"]`).textContent = count;
  }
  if (list.dataset.part === "") document.querySelector('[data-total=""]').textContent = total;
  list.querySelector("[data-empty]").hidden = total > 0;
  mark();
}

let unsaid = 0;
let saying = 0;
function announce(count) {
  unsaid += count;
  if (!unsaid || saying) return;
  saying = setTimeout(() => {
    news.textContent = unsaid === 1 ? list.dataset.newOne : list.dataset.newMany.replace("{n}", unsaid);
    unsaid = 0;
    saying = 0;
  }, 2000);
}

async function one(lead) {
  const html = await fetchText(list.dataset.row.replace(NOBODY, lead));
  const fresh = html && parse(html).querySelector(".c-q");
  if (fresh) announce(put(document.adoptNode(fresh)) ? 1 : 0);
  else rowOf(lead)?.remove();
  tidy();
  if (lead === selected) show(lead);
}

async function all() {
  const page = parse(await fetchText(`${list.dataset.url}?part=${list.dataset.part}`));
  const fresh = [...page.querySelectorAll(".c-q")];
  const kept = new Set(fresh.map((row) => row.dataset.lead));
  for (const row of rows()) if (!kept.has(row.dataset.lead)) row.remove();
  let added = 0;
  for (const row of fresh) added += put(document.adoptNode(row)) ? 1 : 0;
  list.querySelector("[data-empty]").replaceChildren(...page.querySelector("[data-empty]").childNodes);
  announce(added);
  tidy();
}

// ---- selection and preview ---------------------------------------------------------------------

function mark() {
  const all = rows();
  if (!selected || !rowOf(selected)) {
    const first = all[0]?.dataset.lead ?? null;
    if (first !== selected) { selected = first; if (first) show(first); else preview.replaceChildren(); }
  }
  for (const row of all) {
    const isIt = row.dataset.lead === selected;
    row.classList.toggle("c-sel", isIt);
    if (isIt) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
  }
}

let showing = 0;
function show(lead) {
  if (!isWide.matches) return;
  clearTimeout(showing);
  showing = setTimeout(async () => {
    const html = await fetchText(list.dataset.preview.replace(NOBODY, lead)).catch(() => "");
    if (lead === selected && html) preview.replaceChildren(...parse(html).body.childNodes);
  }, 80);
}

function select(lead) {
  selected = lead;
  history.replaceState(null, "", `#r-${lead}`); // so that Back comes to the same row
  mark();
  rowOf(lead)?.scrollIntoView({ block: "nearest" });
  show(lead);
}

list.addEventListener("click", (event) => {
  const row = event.target.closest(".c-q");
  if (!row || event.target.closest(".c-acts") || !isWide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (row.dataset.lead === selected) return; // the second click opens
  event.preventDefault();
  select(row.dataset.lead);
});

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.dataset.lead === selected);
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  if (next) select(next.dataset.lead);
}

onKey((key, event) => {
  if (key === "j" || key === "ArrowDown") { step(1); return true; }
  if (key === "k" || key === "ArrowUp") { step(-1); return true; }
  const row = selected && rowOf(selected);
  if (!row) return false;
  if (key === "Enter" && !event.target.closest("a, button, summary")) { row.querySelector(".c-hit").click(); return true; }
  if (key === "c") { row.querySelector(".c-acts a").click(); return true; }
  if (/^[1-6]$/.test(key)) {
    const call = row.querySelector(".c-acts .c-opt").href;
    location.href = `${call}?result=${["answered", "no_answer", "bad_number", "refused", "wechat_added", "blocked"][key - 1]}`;
    return true;
  }
  return false;
});

// ---- clocks ---------------------------------------------------------------------------------------

tick((clock) => {
  const row = clock.closest(".c-q");
  if (row) live.want(row.dataset.lead);
});
setInterval(() => { if (!document.hidden) live.wantAll(); }, 60000);

const live = listen(list.dataset.stream, {
  kinds: ["own"],
  one,
  all,
  lost: (isLost) => {
    document.getElementById("lost").hidden = !isLost;
    list.toggleAttribute("data-live", !isLost);
  },
});
const back = location.hash.slice(3);
if (back && rowOf(back)) select(back);
else mark();
help();
