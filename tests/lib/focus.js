// Runs in the page.

/** Gives the focus to an element; ` >>> ` leads into a shadow root. */
export function focusOn(selector) {
  const path = selector.split(' >>> ');
  path.reduce((root, step) => (root.shadowRoot ?? root).querySelector(step), document).focus();
}
