// The pool keeps itself up to date: who looks at it should not reach for what is already taken.

import { listen } from "./live.js";

const pool = document.getElementById("pool");

async function all() {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!pool.contains(document.activeElement) && !pool.querySelector("[data-sent]")) pool.replaceChildren(...page.body.childNodes);
}

listen(pool.dataset.stream, {
  kinds: ["pool"],
  all,
  lost: (isLost) => { document.getElementById("lost").hidden = !isLost; },
});
