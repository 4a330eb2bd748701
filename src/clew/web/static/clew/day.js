// My day: the list keeps itself up to date, the preview follows the selection, keys do the work.

import { tick } from "./clocks.js";
import { help, onKey } from "./keys.js";
import { listen } from "./live.js";
import { begin, isAble, isReached, keep as seal, waiting } from "./outbox.js";
import { renew } from "./renew.js";

const list = document.getElementById("day");
const preview = document.getElementById("preview");
const news = document.getElementById("news");
const NOBODY = "00000000-0000-0000-0000-000000000000";
const RESULTS = ["answered", "no_answer", "bad_number", "refused", "wechat_added", "blocked"];
const FRAGMENT = { headers: { "X-Fragment": "1" } };
let selected = preview.querySelector("[data-preview]")?.dataset.preview ?? null;
const isWide = matchMedia("(min-width: 1181px)");

const rows = () => [...list.querySelectorAll(".c-q")];
const rowOf = (lead) => document.getElementById(`r-${lead}`);
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

async function fetchText(url) {
  const answer = await fetch(url, FRAGMENT);
  if (answer.status === 401 || answer.redirected) renew();
  if (answer.status === 204 || answer.status === 404) return ""; // not here, or no longer ours
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

// ---- rows, keyed by lead: re-delivery or another order cannot double one --------------------------

const MARGIN = 1.5; // as the server has it: a row passes another only where waiting costs so many times as much
const boxOf = (row) => row.querySelector("[name=lead]");
const cost = (row) => Number(row.dataset.cost);
const sectionOf = (row) => list.querySelector(`section[data-section="${row.dataset.section}"]`);
const isElsewhere = (row) => list.dataset.part !== "" && list.dataset.part !== row.dataset.group;

/** Put a row into its place, or leave it in the one it has. Says "new", "moved" (it should move) or nothing. */
function put(fresh) {
  const old = rowOf(fresh.dataset.lead);
  const section = sectionOf(fresh);
  if (isElsewhere(fresh) || !section) { old?.remove(); return ""; }
  if (old && old.dataset.section === fresh.dataset.section) {
    const times = cost(fresh) / cost(old);
    const isMoved = fresh.dataset.section === "1" ? times !== 1 : times > MARGIN;
    replace(old, fresh);
    return isMoved ? "moved" : "";
  }
  const after = [...section.querySelectorAll(".c-q")].find((row) => cost(row) < cost(fresh));
  if (!old) fresh.classList.add("c-fresh");
  old?.remove();
  section.querySelector("ol").insertBefore(fresh, after ?? null);
  return old ? "" : "new";
}

function replace(old, fresh) {
  if (old.dataset.html === fresh.innerHTML) { old.dataset.cost = fresh.dataset.cost; return; }
  const hadFocus = old.contains(document.activeElement);
  boxOf(fresh).checked = boxOf(old).checked;
  fresh.dataset.html = fresh.innerHTML;
  old.replaceWith(fresh);
  if (hadFocus) fresh.querySelector("a").focus();
}

/** Follow the server's order. A row that stays where it is keeps its focus. */
function arrange(fresh) {
  for (const section of list.querySelectorAll("section[data-section]")) {
    const wanted = fresh.filter((row) => sectionOf(row) === section).map((row) => rowOf(row.dataset.lead) ?? row);
    const column = section.querySelector("ol");
    const focus = column.contains(document.activeElement) ? document.activeElement : null;
    wanted.forEach((row, at) => { if (column.children[at] !== row) column.insertBefore(row, column.children[at] ?? null); });
    if (focus && document.activeElement !== focus) focus.focus();
  }
}

let keeping = 0;
let isKept = "";
/** Tell the server in which order the rows stand, so that they stay so on every page and device. */
function keep() {
  if (list.dataset.part !== "") return;
  const order = rows().filter((row) => row.dataset.section === "0").map((row) => row.dataset.lead);
  if (order.join() === isKept) return;
  clearTimeout(keeping);
  keeping = setTimeout(async () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const lead of order) body.append("lead", lead);
    const answer = await fetch(list.dataset.keep, { method: "POST", body, keepalive: order.length < 100 }).catch(() => null);
    if (answer?.ok) isKept = order.join();
  }, 500);
}

function tidy() {
  let total = 0;
  const counts = {};
  for (const section of list.querySelectorAll("section[data-section]")) {
    const found = section.querySelectorAll(".c-q");
    for (const row of found) counts[row.dataset.group] = (counts[row.dataset.group] ?? 0) + 1;
    total += found.length;
    section.hidden = !found.length;
    section.querySelector("[data-count]").textContent = found.length;
  }
  if (list.dataset.part === "") {
    for (const tab of document.querySelectorAll("[data-total]")) {
      tab.textContent = tab.dataset.total === "" ? total : counts[tab.dataset.total] ?? 0;
    }
  }
  list.querySelector("[data-empty]").hidden = total > 0;
  mark();
  keep();
  markWaiting();
  count();
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
  const what = fresh ? put(document.adoptNode(fresh)) : "";
  if (!fresh) rowOf(lead)?.remove();
  announce(what === "new" ? 1 : 0);
  if (what === "moved") live.wantAll();
  tidy();
  if (lead === selected) show(lead);
}

async function all() {
  const page = parse(await fetchText(`${list.dataset.url}?part=${list.dataset.part}`));
  const fresh = [...page.querySelectorAll(".c-q")].map((row) => document.adoptNode(row));
  const kept = new Set(fresh.map((row) => row.dataset.lead));
  for (const row of rows()) if (!kept.has(row.dataset.lead)) row.remove();
  let added = 0;
  for (const row of fresh) added += put(row) === "new" ? 1 : 0;
  arrange(fresh);
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
  if (!row || event.target.closest(".c-acts, .c-tickbox") || !isWide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
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
  if (key === "s") { putOff(row); return true; }
  if (key === "x") { boxOf(row).click(); return true; }
  if (key === "c") { row.querySelector(".c-acts a").click(); return true; }
  if (/^[1-6]$/.test(key)) {
    log(row.dataset.lead, row.querySelector(".c-acts .c-opt").href, RESULTS[key - 1]);
    return true;
  }
  return false;
});

// ---- putting off, and several at once ---------------------------------------------------------------

const snooze = document.getElementById("snooze");
function putOff(row) {
  document.getElementById("snooze-form").action = snooze.dataset.plan.replace(NOBODY, row.dataset.lead);
  snooze.querySelector("[data-title]").textContent = row.querySelector(".c-hit").textContent;
  snooze.showModal();
}
list.addEventListener("click", (event) => {
  const link = event.target.closest("[data-snooze]");
  if (!link) return;
  event.preventDefault();
  putOff(link.closest(".c-q"));
});

const bulk = document.getElementById("bulk");
const pick = document.querySelector("[data-pick]");
function count() {
  const chosen = list.querySelectorAll("[name=lead]:checked").length;
  bulk.hidden = !chosen;
  bulk.querySelector("[data-said]").textContent = bulk.dataset.chosen.replace("{n}", chosen);
  list.classList.toggle("c-picking", chosen > 0 || pick.getAttribute("aria-pressed") === "true");
}
list.addEventListener("change", (event) => { if (event.target.name === "lead") count(); });
bulk.addEventListener("reset", () => setTimeout(count));
pick.addEventListener("click", () => {
  const isOn = pick.getAttribute("aria-pressed") !== "true";
  pick.setAttribute("aria-pressed", String(isOn));
  if (!isOn) bulk.reset();
  count();
});
addEventListener("pageshow", count);

// ---- results without network: a sheet that is here already, and what waits to be sent -------------

const quick = document.getElementById("quick");
const form = document.getElementById("quick-form");
const suggestions = JSON.parse(form.dataset.suggestions);
const isAway = () => isAble && (!list.hasAttribute("data-live") || navigator.onLine === false);
let about = "";

/** Open the call sheet, or the one of this page where the server cannot be reached. */
async function log(lead, address, result = "") {
  if (!isAway() || await isReached()) { location.href = result ? `${address}?result=${result}` : address; return; }
  about = lead;
  form.reset();
  form.elements.call_id.value = crypto.randomUUID();
  form.elements.result.value = result;
  suggest();
  quick.querySelector("[data-title]").textContent = rowOf(lead).querySelector(".c-hit").textContent;
  quick.showModal();
}

function suggest() {
  if (form.elements.result.value) form.elements.next.value = suggestions[`${form.elements.result.value}:`] ?? "";
}

form.addEventListener("change", (event) => { if (event.target.name === "result") suggest(); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isKept = await seal(about, form);
  quick.close();
  document.getElementById("held").hidden = isKept;
  markWaiting();
});

list.addEventListener("click", (event) => {
  const link = event.target.closest(".c-acts a:not([data-snooze])");
  if (!link || !isAway()) return;
  event.preventDefault();
  log(link.closest(".c-q").dataset.lead, link.href);
});
preview.addEventListener("click", (event) => {
  const link = event.target.closest("[data-result]");
  if (!link || !isAway()) return;
  event.preventDefault();
  log(selected, link.href.split("?")[0], new URL(link.href).searchParams.get("result"));
});

/** Mark the rows whose results wait to be sent. */
async function markWaiting() {
  const leads = await waiting();
  for (const row of rows()) {
    const tag = row.querySelector("[data-to-send]");
    if (!leads.has(row.dataset.lead)) { tag?.remove(); continue; }
    if (tag) continue;
    const mark = Object.assign(document.createElement("span"), { className: "c-tag", textContent: list.dataset.waiting });
    mark.dataset.toSend = "";
    row.querySelector(".c-who").append(mark);
  }
}

begin(renew); // what could not be logged stands on the page

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
