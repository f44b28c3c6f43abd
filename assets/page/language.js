// The switch between languages: remembers the choice and loads the page anew, in the other one.
(() => {
  // Framed by another site, as Spaces are, a cookie has to say so to be kept.
  const place = location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#page-tools [data-language]"); // the editor of code has such elements too
    if (!button) return;
    document.cookie = `ds-language=${button.dataset.language}; path=/; max-age=31536000; ${place}`;
    location.reload();
  });
})();
