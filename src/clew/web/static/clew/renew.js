// Loading a page anew, without taking out of somebody's hands what they are about to write.

const AGAIN = 1000;
const WRITTEN = "input:not([type=radio]):not([type=checkbox]), textarea, select";
let timer = 0;

const isBusy = () => Boolean(document.querySelector("dialog[open]") ?? document.activeElement?.closest(WRITTEN));

/** Load the page anew, as soon as nobody writes in it and no dialog is open. */
export function renew() {
  clearTimeout(timer);
  if (isBusy()) timer = setTimeout(renew, AGAIN);
  else location.reload();
}
