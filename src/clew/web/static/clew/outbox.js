// Results that are given without network: sealed to the server's key, kept, and sent when it is back.
// What lies in the browser is open to nobody who has the device, not even to this page: it only holds the public key.

const chip = document.getElementById("outbox");
const STORE = "results";
const PATIENCE = 4000;
const AGAIN = 20000;
const AT_ONCE = 50;
const LETTER = new TextEncoder().encode("clew letter");

/** Whether this browser can keep results: over http on a foreign host there is no cryptography. */
export const isAble = Boolean(chip && globalThis.isSecureContext && crypto.subtle && globalThis.indexedDB);

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

async function store(mode) {
  const opening = indexedDB.open("clew", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  return (await asked(opening)).transaction(STORE, mode).objectStore(STORE);
}

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

const mine = async () => (await asked((await store("readonly")).getAll())).filter((one) => one.me === chip.dataset.me);

async function tell() {
  const count = (await mine()).length;
  chip.hidden = !count;
  chip.querySelector("[data-count]").textContent = count;
}

/** Whether the server can be reached right now. */
export async function isReached() {
  if (navigator.onLine === false) return false;
  const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  return Boolean(answer);
}

/** Keep a result: what the form of the call sheet holds, about a lead. */
export async function keep(lead, form) {
  const { call_id, result, said, next, date, note } = Object.fromEntries(new FormData(form));
  const value = { call_id, lead, at: Date.now(), result, said: said ?? "", next: next ?? "", date: date ?? "", note: note ?? "" };
  const one = { id: call_id, me: chip.dataset.me, lead, letter: await seal(value) };
  await asked((await store("readwrite")).put(one));
  await tell();
}

/** The leads whose results wait to be sent. */
export const waiting = async () => new Set(isAble ? (await mine()).map((one) => one.lead) : []);

let sending = null;
let sent = () => {};

/** Send what is kept. The server settles each once, however often it comes. */
export function flush() {
  sending ??= send().catch(() => {}).finally(() => { sending = null; });
  return sending;
}

async function send() {
  const all = (await mine()).slice(0, AT_ONCE);
  if (!all.length) { await tell(); return; }
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("now", Date.now());
  for (const one of all) body.append("letter", one.letter);
  const answer = await fetch(chip.dataset.url, { method: "POST", body, redirect: "error" });
  if (!answer.ok) return; // signed out, or another page's token: the next page sends them
  const { done, unread } = await answer.json();
  const results = await store("readwrite");
  for (const number of [...done, ...unread]) results.delete(all[number].id);
  await tell();
  if (unread.length) document.dispatchEvent(new CustomEvent("clew:unread", { detail: chip.dataset.unread }));
  sent();
}

/** Begin: send what is there, and again whenever the network may be back; `after` is called when something was sent. */
export function begin(after = () => {}) {
  if (!isAble) return;
  sent = after;
  chip.addEventListener("click", flush);
  addEventListener("online", flush);
  addEventListener("focus", flush);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  setInterval(() => { if (!chip.hidden) flush(); }, AGAIN);
  tell().then(flush);
}
