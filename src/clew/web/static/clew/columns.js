// Columns are put in order without leaving the page.

const form = document.getElementById("columns");
const said = form.querySelector("[data-said]");

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[value*=':']");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  const isUp = button.value.startsWith("up:");
  const other = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (other) isUp ? other.before(item) : other.after(item);
  button.focus();
  const place = [...item.parentElement.children].indexOf(item) + 1;
  said.textContent = said.dataset.words.replace("{name}", item.textContent.trim().replace(/[↑↓\s]+$/, "")).replace("{n}", String(place));
});
