// Scripts that fill a form from inside the page. Each runs in the page; nothing that it dispatches is trusted.

/** Finds an element; ` >>> ` leads into a shadow root. Each script below gets this as text, since it runs in the page. */
export const FIND = `(selector) => selector.split(' >>> ')
  .reduce((root, step) => (root.shadowRoot ?? root).querySelector(step), document)`;

/** The shortest bot: values, and a request to submit. */
export const ASSIGN = `(values, submit) => {
  const find = ${FIND};
  for (const [selector, text] of Object.entries(values)) find(selector).value = text;
  find(submit).form.requestSubmit(find(submit));
}`;

/** What is written for pages of frameworks: their own setter is passed by, and they are told of it. */
export const ANNOUNCE = `(values, submit) => {
  const find = ${FIND};
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
  for (const [selector, text] of Object.entries(values)) {
    const field = find(selector);
    field.focus();
    set.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    field.blur();
  }
  find(submit).click();
}`;

/** Every event that a person's hands would cause, at a person's times; the browser signs none of them. */
export const PLAY = `async (values, submit) => {
  const find = ${FIND};
  const sleep = (median) => new Promise((done) => setTimeout(done, median * Math.exp(0.7 * (Math.random() + Math.random() - 1))));
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
  const all = { bubbles: true, cancelable: true, composed: true, view: window };
  let place = { x: 40, y: 10 };
  const point = (type, to, more) => {
    const Made = type.startsWith('pointer') ? PointerEvent : MouseEvent;
    const place = { clientX: to.x, clientY: to.y, screenX: to.x + screenX, screenY: to.y + screenY + 85 };
    return to.target.dispatchEvent(new Made(type, { ...all, ...place, pointerId: 1, pointerType: 'mouse', isPrimary: true, ...more }));
  };
  const click = async (target) => {
    target.scrollIntoView({ block: 'center' });
    const box = target.getBoundingClientRect();
    const goal = { x: box.x + box.width * (0.3 + 0.4 * Math.random()), y: box.y + box.height * (0.3 + 0.4 * Math.random()) };
    const steps = 20 + Math.floor(Math.random() * 20);
    for (let step = 1; step <= steps; step += 1) {
      const way = (step / steps) ** 3 * (10 - 15 * (step / steps) + 6 * (step / steps) ** 2);
      const x = Math.round(place.x + (goal.x - place.x) * way);
      const y = Math.round(place.y + (goal.y - place.y) * way + 12 * Math.sin(way * Math.PI));
      const over = document.elementFromPoint(x, y) ?? document.body;
      for (const type of ['pointermove', 'mousemove']) point(type, { x, y, target: over });
      await sleep(12);
    }
    place = goal;
    const at = { ...goal, target };
    for (const type of ['pointerdown', 'mousedown']) point(type, at, { buttons: 1, detail: 1, pressure: 0.5 });
    target.focus();
    await sleep(90);
    for (const type of ['pointerup', 'mouseup']) point(type, at, { detail: 1 });
    point('click', at, { detail: 1 });
  };
  for (const [selector, text] of Object.entries(values)) {
    const field = find(selector);
    await click(field);
    await sleep(400);
    for (const key of text) {
      const keyCode = key.toUpperCase().charCodeAt(0);
      const stroke = { ...all, key, code: /[a-z]/i.test(key) ? 'Key' + key.toUpperCase() : 'Digit' + key, keyCode, which: keyCode };
      field.dispatchEvent(new KeyboardEvent('keydown', stroke));
      field.dispatchEvent(new KeyboardEvent('keypress', stroke));
      // A page that takes the key over itself says so.
      if (field.dispatchEvent(new InputEvent('beforeinput', { ...all, data: key, inputType: 'insertText' }))) {
        set.call(field, field.value + key);
        field.dispatchEvent(new InputEvent('input', { ...all, data: key, inputType: 'insertText' }));
      }
      await sleep(85);
      field.dispatchEvent(new KeyboardEvent('keyup', stroke));
      await sleep(80);
    }
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
  await click(find(submit));
}`;
