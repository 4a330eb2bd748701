// The bell of every page: how many notices wait to be read, and that those of an opened lead were.

import { isListening, listen } from "./live.js";

const bells = [...document.querySelectorAll("[data-bell]")];

async function look() {
  const answer = await fetch(bells[0].dataset.bell, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) return;
  const { unread } = await answer.json();
  for (const bell of bells) {
    bell.querySelector("[data-number]").textContent = unread > 99 ? "99+" : unread;
    bell.querySelector("[data-count]").hidden = unread === 0;
  }
}

// Who opens a lead has read what there was to say of it.
async function read() {
  const lead = location.pathname.match(/^\/leads\/([0-9a-f-]{36})(\/|$)/)?.[1];
  const isWaiting = bells.some((bell) => !bell.querySelector("[data-count]").hidden);
  if (!lead || !isWaiting || document.hidden) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ lead });
  await fetch(bells[0].dataset.seen, { method: "POST", body, headers: { "X-CSRFToken": token, "X-Fragment": "1" } });
}

const asFarAsReached = (work) => work.catch(() => {}); // the stream's next beginning asks again

if (bells.length) {
  document.addEventListener("clew:notice", () => asFarAsReached(look().then(read)));
  document.addEventListener("visibilitychange", () => asFarAsReached(read()));
  const begin = () => {
    asFarAsReached(read());
    if (!isListening()) listen(bells[0].dataset.stream, { kinds: [], all: async () => {}, lost: () => {} });
  };
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
}
