// A keyboard on the screen must not cover the composer: the page becomes as high as what is left, where the browser
// does not do so itself (Safari).
const LEAST_KEYBOARD_PX = 100;

export const fitViewport = () => {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    // Zoomed in, the view is a part of the page, and the page keeps its height.
    const isCovered = view.scale === 1 && window.innerHeight - view.height > LEAST_KEYBOARD_PX;
    document.documentElement.style.setProperty("--ds-height", isCovered ? `${view.height}px` : "100dvh");
    if (isCovered) window.scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
  fit();
};
