// Showing a number: asked for with a purpose, put on record by the server, never kept by the page.

/** Make `form` fill `box`; `then` runs when the numbers stand there. */
export function reveal(form, box, then) {
  const now = async (purpose) => {
    const body = new FormData(form);
    body.set("purpose", purpose);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "1" } });
    if (!answer.ok) { form.submit(); return ""; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    box.replaceChildren(...page.body.childNodes);
    then();
    return box.querySelector(".c-tel")?.getAttribute("href").slice(4) ?? "";
  };
  form?.addEventListener("submit", (event) => {
    if (!event.submitter?.value) return;
    event.preventDefault();
    now(event.submitter.value).then((number) => {
      if (number && event.submitter.value === "call" && matchMedia("(pointer: coarse)").matches) location.href = `tel:${number}`;
    });
  });
  return { now };
}
