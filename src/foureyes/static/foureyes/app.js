// What the pages do beyond htmx. Everything here only helps: each page works without it.

const root = document.documentElement;

/* Theme: the form posts without this script; with it the page changes at once. */
document.addEventListener("submit", (event) => {
  const theme = event.submitter?.dataset.theme;
  if (!theme) return;
  event.preventDefault();
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
});
