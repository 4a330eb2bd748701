// Clocks that run out within minutes go on by the second; the server says everything else.

const SOON = 600;

/** Keep the clocks of the page running; `turned(clock)` is called once when one changes its state. */
export function tick(turned = () => {}) {
  setInterval(() => {
    for (const clock of document.querySelectorAll(".c-clock[data-due]")) {
      const left = Math.floor((Date.parse(clock.dataset.due) - Date.now()) / 1000);
      const isSoon = clock.classList.contains("c-is-soon");
      if (isSoon && left >= 0) {
        clock.lastElementChild.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
        const share = Math.round(100 * left / Number(clock.dataset.whole));
        clock.querySelector(".c-left")?.setAttribute("stroke-dasharray", `${share} 100`);
      }
      const isTurned = isSoon ? left < 0 : left <= SOON;
      if (!isTurned || clock.dataset.turned) continue;
      clock.dataset.turned = "1";
      turned(clock);
    }
  }, 1000);
}
