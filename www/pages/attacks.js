// @ts-check
// What programs inside of a page do to fill in its form. None of it is more than a beginner's work: the browser marks every event that
// a script makes (`isTrusted`), and a value that no event announced stands there by itself.

/** Between two made-up keys, in milliseconds: faster than people, and as even as a clock. */
const BEAT = 30
/** Between two made-up places of the pointer, in milliseconds, and how many lead to a field. */
const TICK = 8
const STEPS = 14

/** A card of a range that is kept for tests, and a person who does not exist, by `autocomplete`. */
const VALUES = { name: 'Ada Lovelace', email: 'ada@shop.example', 'cc-number': '4242424242424242', 'cc-exp': '12/31', 'cc-csc': '123' }

/** @type {Record<string, (form: HTMLFormElement) => void | Promise<void>>} */
export const ATTACKS = { script: fillByScript, events: fillByEvents, keys: typeEvenly, mouse: moveMouse }

/** @param {HTMLFormElement} form */
function fillByScript(form) {
  for (const [input, value] of targetsOf(form)) input.value = value
}

/** @param {HTMLFormElement} form */
function fillByEvents(form) {
  for (const [input, value] of targetsOf(form)) {
    input.focus({ preventScroll: true })
    press(input, 'keydown', value[0])
    write(input, value, 'insertText')
    press(input, 'keyup', value[0])
    input.dispatchEvent(new Event('change', { bubbles: true }))
  }
}

/** @param {HTMLFormElement} form */
async function typeEvenly(form) {
  for (const [input, value] of targetsOf(form)) {
    input.focus({ preventScroll: true })
    // The form puts the slash into a date by itself.
    for (const key of value.replace('/', '')) {
      press(input, 'keydown', key)
      write(input, input.value + key, 'insertText', key)
      press(input, 'keyup', key)
      await pause(BEAT)
    }
  }
}

/** @param {HTMLFormElement} form */
async function moveMouse(form) {
  const dot = document.createElement('div')
  dot.className = 'dot'
  document.body.append(dot)
  let from = { x: 0, y: 0 }
  for (const [input, value] of targetsOf(form)) {
    const { left, top, width, height } = input.getBoundingClientRect()
    const to = { x: left + width / 2, y: top + height / 2 }
    for (let step = 1; step <= STEPS; step += 1) {
      const x = from.x + ((to.x - from.x) * step) / STEPS
      const y = from.y + ((to.y - from.y) * step) / STEPS
      dot.style.translate = `${x}px ${y}px`
      point(document.elementFromPoint(x, y) ?? form, 'pointermove', x, y)
      await pause(TICK)
    }
    for (const type of ['pointerdown', 'pointerup', 'click']) point(input, type, to.x, to.y)
    input.focus({ preventScroll: true })
    write(input, value, 'insertText')
    from = to
  }
  dot.remove()
}

/** @param {HTMLFormElement} form @returns {[HTMLInputElement, string][]} */
function targetsOf(form) {
  // By the attribute: Firefox hides some tokens from the property.
  return Object.entries(VALUES).map(([token, value]) => [/** @type {HTMLInputElement} */ (form.querySelector(`[autocomplete="${token}"]`)), value])
}

/** @param {HTMLInputElement} input @param {string} value @param {string} inputType @param {string} [data] */
function write(input, value, inputType, data = value) {
  input.value = value
  input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType, data }))
}

/** @param {HTMLElement} target @param {string} type @param {string} key */
function press(target, type, key) {
  const code = /\d/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`
  target.dispatchEvent(new KeyboardEvent(type, { key, code, bubbles: true, composed: true, cancelable: true }))
}

/** @param {Element} target @param {string} type @param {number} clientX @param {number} clientY */
function point(target, type, clientX, clientY) {
  const how = { clientX, clientY, bubbles: true, composed: true, cancelable: true, isPrimary: true, pointerType: 'mouse', pointerId: 1 }
  target.dispatchEvent(new PointerEvent(type, how))
}

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds) })
