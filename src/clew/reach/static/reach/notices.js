// The list of notices keeps itself up to date.

const list = document.getElementById("notices");

document.addEventListener("clew:notice", async () => {
  if (location.search) return; // an older page stays as it is
  const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
  if (!answer.ok || list.contains(document.activeElement)) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...page.body.childNodes);
});
