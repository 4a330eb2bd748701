// Sends a file in pieces and goes on where it stopped: after a lost connection by itself, after a reload
// as soon as the same file is chosen again.

const form = document.querySelector("form[data-upload]");
const zone = form.querySelector("[data-zone]");
const input = form.querySelector("input[type=file]");
const sending = form.querySelector("[data-sending]");
const bar = sending.querySelector("progress");
const fault = form.querySelector("[data-fault]");
const words = { ...form.dataset, ...sending.dataset };
const PIECE = Number(words.pieceSize);
let to = words.piece ? { page: words.page, piece: words.piece, finish: words.finish, discard: words.discard } : null;
let isBusy = false;
let isCancelled = false;
let request = null;

class Refused extends Error {
  constructor(problem) {
    super(problem.detail || "");
    this.problem = problem;
  }
}

/** One request; resolves with its JSON. Rejects with Refused where the answer is a no that stays. */
function send(method, url, body, { type = "", progress = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
    if (type) request.setRequestHeader("Content-Type", type);
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page: try again */ }
      if (request.status < 300) resolve(answer);
      else if (request.status >= 500 || request.status === 429 || !answer.code) reject(new Error(String(request.status)));
      else reject(new Refused(answer));
    });
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => reject(new Error(end)));
    request.send(body);
  });
}

// crypto.randomUUID exists only over https
const nonce = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** Repeat until it works or is refused for good. */
async function persist(work) {
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15000)) {
    try {
      return await work();
    } catch (error) {
      if (isCancelled || error instanceof Refused) throw error;
      say(words.away);
      await wait(pause);
    }
  }
}

const say = (text) => {
  const status = sending.querySelector("[data-status]");
  if (status.textContent !== text) status.textContent = text;
};
const amount = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

function show(file, sent) {
  const share = file.size ? sent / file.size : 1;
  bar.value = share;
  sending.querySelector("[data-amount]").textContent = `${amount(sent)} / ${amount(file.size)} · ${Math.floor(share * 100)} %`;
}

async function sendAll(file) {
  to ??= await persist(() => {
    const body = new FormData();
    body.set("once", form.elements.once.value);
    body.set("name", file.name);
    body.set("size", String(file.size));
    return send("POST", words.begin, body);
  });
  history.replaceState(null, "", to.page);
  let { size: offset } = await persist(() => send("GET", to.piece));
  while (offset < file.size) {
    show(file, offset);
    say(words.sending);
    offset = await persist(() => sendPiece(file, offset));
  }
  show(file, file.size);
  const { page } = await persist(() => send("POST", to.finish));
  isBusy = false;
  location.href = page;
}

async function sendPiece(file, offset) {
  try {
    const piece = file.slice(offset, offset + PIECE);
    const options = { type: "application/octet-stream", progress: (n) => show(file, Math.min(offset + n, file.size)) };
    return (await send("POST", `${to.piece}?offset=${offset}`, piece, options)).size;
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "piece_out_of_turn") return error.problem.size;
    throw error;
  }
}

async function chosen(file) {
  if (!file || isBusy) return;
  if (words.fileSize && (file.name.slice(-200) !== words.fileName || file.size !== Number(words.fileSize))) {
    complain(words.other);
    return;
  }
  isBusy = true;
  isCancelled = false;
  fault.hidden = true;
  zone.hidden = true;
  sending.hidden = false;
  sending.querySelector("[data-name]").textContent = file.name;
  show(file, 0);
  try {
    await sendAll(file);
  } catch (error) {
    if (!isCancelled) complain(error.message || words.broken);
  }
}

function complain(text) {
  isBusy = false;
  input.value = "";
  fault.textContent = text;
  fault.hidden = false;
  zone.hidden = false;
  sending.hidden = true;
}

input.addEventListener("change", () => chosen(input.files[0]));
form.addEventListener("submit", (event) => { event.preventDefault(); chosen(input.files[0]); });
sending.querySelector("[data-cancel]").addEventListener("click", async () => {
  isCancelled = true;
  isBusy = false;
  request?.abort();
  if (to) {
    const body = new FormData();
    body.set("once", nonce());
    await send("POST", to.discard, body).catch(() => {});
  }
  location.href = words.list;
});

for (const kind of ["dragenter", "dragover"]) {
  zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("c-over"); });
}
zone.addEventListener("dragleave", (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("c-over"); });
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("c-over");
  chosen(event.dataTransfer.files[0]);
});
addEventListener("beforeunload", (event) => { if (isBusy) event.preventDefault(); });
