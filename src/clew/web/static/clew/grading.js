// The form of a grading rule: what fits the chosen fact is fetched at once, without leaving the page.
// Everything works without this module too, a button and a page later.

const form = document.getElementById("rule");
form.classList.add("c-scripted");
let asked = 0;

// What was typed while the answer was on its way stays as it was typed.
function keepTyped(sent, before, fresh) {
  for (const field of before.querySelectorAll("input:not([type=checkbox]):not([type=hidden])")) {
    if (field.value === sent.get(field.name)) continue;
    const again = fresh.querySelector(`input[name="${CSS.escape(field.name)}"]`);
    if (again) again.value = field.value;
  }
}

async function look(wish) {
  const turn = ++asked;
  const sent = new FormData(form);
  sent.set("do", wish);
  const answer = await fetch(form.action, { method: "POST", body: sent });
  if (turn !== asked) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-part]");
  if (answer.redirected || !answer.ok || !fresh) { form.requestSubmit(form.querySelector("[value=look]")); return; }
  const before = form.querySelector("[data-part]");
  const { name, value } = document.activeElement;
  if (wish === "look") keepTyped(sent, before, fresh);
  before.replaceWith(fresh);
  const rows = form.querySelectorAll(".c-condition-row");
  const same = name === "do" ? form.querySelector("[value=add]") : [...form.elements].find((f) => f.name === name && (f.type !== "checkbox" || f.value === value));
  (wish === "add" ? rows[rows.length - 1].querySelector("select") : same)?.focus();
}

form.addEventListener("change", (event) => {
  if (event.target.matches("[data-look], [data-check]")) look("look");
});
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-part-of]");
  if (!button) return;
  event.preventDefault();
  look(button.value);
});
