// Results that are given without network: sealed to the server's key, kept, and sent when it is back.
// What lies in the browser is open to nobody who has the device, not even to this page: it only holds the public key.

const chip = document.getElementById("outbox");
const STORE = "results";
const PATIENCE = 4000;
const AGAIN = 20000;
const AT_ONCE = 50;
const LETTER = new TextEncoder().encode("clew letter");
const unreadable = document.getElementById("unread");

/** Whether this browser can seal results: over http on a foreign host there is no cryptography. */
export const isAble = Boolean(chip && globalThis.isSecureContext && crypto.subtle);

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

async function store(mode) {
  const opening = indexedDB.open("clew", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  return (await asked(opening)).transaction(STORE, mode).objectStore(STORE);
}

const finished = (transaction) => new Promise((done, failed) => {
  transaction.oncomplete = done;
  transaction.onabort = () => failed(transaction.error);
});

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const text = (array) => btoa(Array.from(array, (byte) => String.fromCharCode(byte)).join(""));

async function seal(value) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", bytes(chip.dataset.seal), curve, false, []);
  const ours = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: LETTER };
  const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(`result:${chip.dataset.me}`);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, new TextEncoder().encode(JSON.stringify(value)));
  const point = await crypto.subtle.exportKey("raw", ours.publicKey);
  return text([...new Uint8Array(point), ...iv, ...new Uint8Array(sealed)]);
}

let held = []; // where the browser keeps nothing, as in a private window: as long as the page is open

async function mine() {
  const kept = await store("readonly").then((results) => asked(results.getAll())).catch(() => []);
  return [...kept, ...held].filter((one) => one.me === chip.dataset.me);
}

/** Say how many wait to be sent, and how many the server cannot read. */
async function tell() {
  const all = await mine();
  const odd = all.filter((one) => one.isUnread).length;
  chip.hidden = odd === all.length;
  chip.querySelector("[data-count]").textContent = all.length - odd;
  unreadable.hidden = !odd;
  unreadable.querySelector("[data-words]").textContent = odd === 1 ? unreadable.dataset.one : unreadable.dataset.many.replace("{n}", odd);
}

/** Whether the server can be reached right now. */
export async function isReached() {
  if (navigator.onLine === false) return false;
  const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  return Boolean(answer);
}

/** Keep a result: what the form of the call sheet holds, about a lead. Says whether it outlasts the page. */
export async function keep(lead, form) {
  const { call_id, result, said, next, date, note } = Object.fromEntries(new FormData(form));
  const value = { call_id, lead, at: Date.now(), result, said: said ?? "", next: next ?? "", date: date ?? "", note: note ?? "" };
  const one = { id: call_id, me: chip.dataset.me, lead, letter: await seal(value) };
  const isKept = await put([one]).then(() => true, () => false);
  if (!isKept) held.push(one);
  await tell();
  if (!isKept) flush();
  return isKept;
}

async function put(all) {
  const results = await store("readwrite");
  for (const one of all) results.put(one);
  await finished(results.transaction);
}

async function drop(ids) {
  held = held.filter((one) => !ids.has(one.id));
  const results = await store("readwrite").catch(() => null);
  if (!results) return;
  for (const id of ids) results.delete(id);
  await finished(results.transaction);
}

/** Keep what the server cannot read, beside the others: it is tried again with every page, and when somebody asks. */
async function setAside(unread) {
  const ids = new Set(unread.map((one) => one.id));
  const isHeld = new Set(held.map((one) => one.id));
  held = held.map((one) => ids.has(one.id) ? { ...one, isUnread: true } : one);
  const kept = unread.filter((one) => !isHeld.has(one.id));
  if (kept.length) await put(kept.map((one) => ({ ...one, isUnread: true })));
}

/** The leads whose results wait to be sent. */
export const waiting = async () => new Set(isAble ? (await mine()).map((one) => one.lead) : []);

let sending = null;
let sent = () => {};

/** Send what is kept, on demand also what could not be read so far. The server settles each once, however often it comes. */
export function flush(isAll = false) {
  sending ??= send(isAll).catch(() => {}).finally(() => { sending = null; });
  return sending;
}

async function send(isAll) {
  const found = await mine();
  const [read, odd] = [false, true].map((isUnread) => found.filter((one) => Boolean(one.isUnread) === isUnread));
  const all = (isAll ? [...read, ...odd] : read).slice(0, AT_ONCE);
  if (!all.length) { await tell(); return; }
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("now", Date.now());
  for (const one of all) body.append("letter", one.letter);
  const answer = await fetch(chip.dataset.url, { method: "POST", body, redirect: "error" });
  if (!answer.ok) return; // signed out, or another page's token: the next page sends them
  const { done, unread } = await answer.json();
  await drop(new Set(done.map((number) => all[number].id)));
  await setAside(unread.map((number) => all[number]));
  await tell();
  if (done.length) sent();
}

async function remove() {
  if (!confirm(unreadable.dataset.sure)) return;
  await drop(new Set((await mine()).filter((one) => one.isUnread).map((one) => one.id)));
  await tell();
}

/** Begin: send what is there, and again whenever the network may be back; `after` is called when something was sent. */
export function begin(after = () => {}) {
  if (!isAble) return;
  sent = after;
  chip.addEventListener("click", () => flush());
  unreadable.querySelector("[data-again]").addEventListener("click", () => flush(true));
  unreadable.querySelector("[data-remove]").addEventListener("click", remove);
  addEventListener("online", () => flush());
  addEventListener("focus", () => flush());
  addEventListener("beforeunload", (event) => { if (held.length) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  setInterval(() => { if (!chip.hidden) flush(); }, AGAIN);
  tell().then(() => flush(true));
}
