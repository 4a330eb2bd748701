// Single keys. They can be switched off, and they rest while somebody types or composes.

const root = document.documentElement;
const isTyping = (target) => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

/** Call `act(key, event)` for single keys; it answers true where the key meant something. */
export function onKey(act) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat && event.key === "Enter") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (root.dataset.keys === "off") return;
    if (act(event.key, event)) event.preventDefault();
  });
}

/** Make the help dialog open on "?" and its switch work. */
export function help() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const form = dialog.querySelector("[data-keys-form]");
  const box = form.querySelector("[data-keys-switch]");
  const hints = document.getElementById("hints");
  const show = () => hints?.classList.toggle("c-off", root.dataset.keys === "off");
  box.addEventListener("change", () => {
    const body = new FormData(form);
    body.set("shortcuts", box.checked ? "on" : "off");
    fetch(form.action, { method: "POST", body });
    root.dataset.keys = box.checked ? "on" : "off";
    show();
  });
  document.querySelector("[data-help]")?.addEventListener("click", () => dialog.showModal());
  onKey((key) => {
    if (key !== "?") return false;
    dialog.showModal();
    return true;
  });
  show();
}
