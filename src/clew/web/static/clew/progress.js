// Follows a long piece of work: fetches how far it is every second, and opens the page anew when it has moved on.

const box = document.querySelector("[data-progress]");
const said = document.querySelector("[data-said]");
const samples = []; // [time, rows done], of the last quarter of a minute
const SPAN = 15000;
let told = -1;

const words = (text, n) => text.replace("{n}", n.toLocaleString(document.documentElement.lang));

function pace(part) {
  const now = performance.now();
  const done = Number(part.dataset.done);
  samples.push([now, done]);
  while (samples.length > 2 && now - samples[0][0] > SPAN) samples.shift();
  const [since, first] = samples[0];
  const rate = (done - first) / ((now - since) / 1000);
  if (!(Number(part.dataset.whole) > 0 && rate > 0)) return "";
  const left = (Number(part.dataset.whole) - done) / rate;
  const time = left < 90 ? words(box.dataset.seconds, Math.max(1, Math.round(left))) : words(box.dataset.minutes, Math.round(left / 60));
  return `${words(box.dataset.rate, Math.round(rate))} · ${time}`;
}

function tell(part) {
  const share = Math.floor((10 * Number(part.dataset.done)) / Math.max(1, Number(part.dataset.whole)));
  if (share === told) return;
  told = share;
  said.textContent = `${share * 10} %`;
}

async function look() {
  const answer = await fetch(box.dataset.progress);
  if (answer.redirected) return location.reload();
  if (!answer.ok) return answer.status < 500 ? location.reload() : undefined;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-state]");
  const part = box.querySelector("[data-state]");
  if (!fresh || fresh.dataset.state !== part.dataset.state) return location.reload();
  fresh.querySelector("[data-pace]").textContent = pace(fresh);
  part.replaceWith(fresh);
  tell(fresh);
}

async function follow() {
  for (;;) {
    await new Promise((done) => { setTimeout(done, document.hidden ? 5000 : 1000); });
    try { await look(); } catch { /* the connection is away: look again */ }
  }
}

pace(box.querySelector("[data-state]"));
follow();
