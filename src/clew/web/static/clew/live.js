// Hints from the event stream. A hint names a lead; the page fetches what it may see.
// However many hints come, at most one fetch per lead is waiting and at most FEW run at once.

const FEW = 4;
const MANY = 40; // beyond so many waiting leads the whole list is cheaper
const UNSEEN = 30000;
const PATIENCE = 3000; // a connection that is back within this time was never lost for the reader

let isOpen = false;

/** Whether this page has its stream already; it needs no second one. */
export const isListening = () => isOpen;

/**
 * Listen at `url` for hints of `kinds` ("own", "pool", and "team" for those whom one leads). `one(lead)` and `all()` fetch and return
 * promises (without `one`, every hint fetches all); `lost(isLost)` shows the banner. Every `ready` fetches everything, so nothing is missed
 * between the page and the stream, nor while the connection was away. The document hears of notices: `clew:notice`.
 */
export function listen(url, { kinds, one, all, lost }) {
  isOpen = true;
  const waiting = new Set();
  const fetching = new Set(); // a lead is fetched by one request at a time, so answers cannot overtake
  let running = 0;
  let isAllWanted = false;
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
      if (fetching.has(lead)) continue;
      waiting.delete(lead);
      fetching.add(lead);
      run(one(lead).finally(() => fetching.delete(lead)));
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
  const tellOfNotices = () => document.dispatchEvent(new Event("clew:notice"));

  let source = null;
  let watch = 0;
  const hear = () => { // the server beats every 15 seconds
    clearTimeout(watch);
    watch = setTimeout(again, 40000);
    clearTimeout(timer);
    timer = 0;
    pause = 1000;
    lost(false);
  };
  const again = () => {
    source?.close();
    clearTimeout(watch);
    timer ||= setTimeout(() => lost(true), PATIENCE);
    watch = setTimeout(connect, pause);
    pause = Math.min(pause * 2, 15000);
  };
  const rest = () => {
    source?.close();
    source = null;
    clearTimeout(watch);
    clearTimeout(timer);
    timer = 0;
  };
  const connect = () => {
    source?.close();
    source = new EventSource(url);
    source.addEventListener("ready", () => { hear(); wantAll(); tellOfNotices(); });
    source.addEventListener("notice", () => { hear(); tellOfNotices(); });
    source.addEventListener("beat", hear);
    source.addEventListener("hint", (event) => {
      hear();
      const { lead, kind } = JSON.parse(event.data);
      if (kinds.includes(kind)) (one ? want(lead) : wantAll());
    });
    source.addEventListener("bye", () => { rest(); location.reload(); });
    source.addEventListener("elsewhere", rest); // until somebody looks at this page again
    source.addEventListener("error", again);
  };
  // A browser opens six connections to a server at most, so a page nobody looks at gives its own back.
  let unseen = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(rest, UNSEEN);
    else if (!source) connect();
  });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
  return { want, wantAll };
}
