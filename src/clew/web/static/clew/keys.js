// Single keys. They can be switched off, and they rest while somebody types or composes.

const SWITCH = "clew.keys"; // "off" or nothing: a preference, no personal data

const isTyping = (target) => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

/** Call `act(key, event)` for single keys; it answers true where the key meant something. */
export function onKey(act) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.repeat && event.key === "Enter") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (localStorage.getItem(SWITCH) === "off") return;
    if (act(event.key, event)) event.preventDefault();
  });
}

/** Make the help dialog open on "?" and its switch work. */
export function help() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const box = dialog.querySelector("[data-keys-switch]");
  const hints = document.getElementById("hints");
  const show = () => {
    const isOff = localStorage.getItem(SWITCH) === "off";
    box.checked = !isOff;
    hints?.classList.toggle("c-off", isOff);
  };
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(SWITCH);
    else localStorage.setItem(SWITCH, "off");
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
