// The theme is a cookie, so that the server writes it into the page and nothing flashes.
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-set-theme]");

function show() {
  const now = root.dataset.theme || "auto";
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    root.dataset.theme = button.dataset.setTheme;
    document.cookie = `theme=${button.dataset.setTheme}; path=/; max-age=31536000; samesite=lax`;
    show();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}
show();
