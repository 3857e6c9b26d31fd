// Where the keys go when what had the focus is no longer there: browsers give it to nothing then,
// and whoever uses keys, or hears the page, is at its beginning again.

/** Let the nearest place that is left have the focus; what a page focuses by itself comes after. */
export function keepFocus(root: HTMLElement): void {
  /** What had the focus last, and all around it. */
  let places: readonly Element[] = [];
  root.addEventListener("focusin", ({ target }) => {
    places = target instanceof Element ? [...around(target, root)] : [];
  });
  new MutationObserver(() => {
    const [last] = places;
    if (last === undefined || last.isConnected || document.activeElement !== document.body) return;
    const left = places.find((place) => place.isConnected);
    focusNear(left ?? root);
  }).observe(root, { childList: true, subtree: true });
}

/** Give the focus to what has a place for it around an element, else to the content of the page. */
export function focusNear(element: Element): void {
  const place = element.closest("[tabindex]") ?? document.querySelector("main");
  if (place instanceof HTMLElement) place.focus({ preventScroll: true });
}

function* around(element: Element, root: HTMLElement): Generator<Element> {
  for (let one: Element | null = element; one && one !== root; one = one.parentElement) yield one;
}
