// Sign in with an account that the demo lends.

for (const account of document.querySelectorAll("[data-username]")) {
  account.addEventListener("click", () => {
    const form = document.querySelector("form[action$='/sign-in']");
    form.elements.login.value = account.dataset.username;
    form.elements.password.value = account.dataset.password;
    form.requestSubmit();
  });
}
