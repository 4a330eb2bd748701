// Buttons that copy a text of the page.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    await navigator.clipboard.writeText(text);
    button.classList.add("c-done");
    const words = button.dataset.copied;
    if (words) button.lastChild.textContent = words;
  });
}
