// The team as it stands keeps itself up to date: on every hint about its people or its pool, and each minute for the clocks.

import { listen } from "./live.js";

const shift = document.getElementById("shift");
const MINUTE = 60000;

async function all() {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const isBusy = shift.contains(document.activeElement) || shift.querySelector("details[open], [data-sent]");
  if (!isBusy) shift.replaceChildren(...page.body.childNodes);
}

const { wantAll } = listen(shift.dataset.stream, {
  kinds: ["team", "pool", "own"],
  all,
  lost: (isLost) => { document.getElementById("lost").hidden = !isLost; },
});
setInterval(() => { if (!document.hidden) wantAll(); }, MINUTE);
