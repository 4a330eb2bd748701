// Hints from the event stream. A hint names a lead; the page fetches what it may see.
// However many hints come, at most one fetch per lead is waiting and at most FEW run at once.

const FEW = 4;
const MANY = 40; // beyond so many waiting leads the whole list is cheaper
const PATIENCE = 3000; // a connection that is back within this time was never lost for the reader

/**
 * Listen at `url`. `one(lead)` and `all()` fetch and return promises; `lost(isLost)` shows the banner.
 */
export function listen(url, { one, all, lost }) {
  const waiting = new Set();
  let running = 0;
  let isAllWanted = false;
  let hasOpened = false;
  let timer = 0;
  let pause = 1000;

  const next = () => {
    if (isAllWanted && running === 0) {
      isAllWanted = false;
      waiting.clear();
      run(all());
      return;
    }
    if (isAllWanted) return;
    for (const lead of waiting) {
      if (running >= FEW) return;
      waiting.delete(lead);
      run(one(lead));
    }
  };
  const run = (work) => {
    running += 1;
    work.catch(() => {}).finally(() => { running -= 1; next(); });
  };
  const want = (lead) => {
    waiting.add(lead);
    if (waiting.size > MANY) isAllWanted = true;
    next();
  };
  const wantAll = () => { isAllWanted = true; next(); };

  const connect = () => {
    const source = new EventSource(url);
    source.addEventListener("open", () => {
      clearTimeout(timer);
      timer = 0;
      pause = 1000;
      lost(false);
      if (hasOpened) wantAll();
      hasOpened = true;
    });
    source.addEventListener("ready", () => wantAll());
    source.addEventListener("hint", (event) => want(JSON.parse(event.data).lead));
    source.addEventListener("bye", () => { source.close(); location.reload(); });
    source.addEventListener("error", () => {
      timer ||= setTimeout(() => lost(true), PATIENCE);
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 30000);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
  return { want, wantAll };
}
