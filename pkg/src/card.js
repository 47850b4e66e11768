// @ts-check
/** `<tillseal-card>`: number, expiry date and security code as one element, which works in anybody's form and shadow root. */

import { join, tell } from './inputs.js'
import { sign } from './brands.js'
import { wordsOf } from './words.js'

const STYLE = `
:host{display:block;font:inherit;--wrong:var(--tillseal-error,color-mix(in srgb,red 70%,CanvasText))}
[part=grid]{display:grid;grid:auto/1fr 1fr;column-gap:var(--tillseal-gap,.875rem)}
[part~=field]{display:grid;grid:subgrid/100%;grid-row:span 3}
[part~=number],[part~=name],[part~=brand-choice]{grid-column:1/-1}
:host([hidden]),[hidden]{display:none!important}
label{align-self:end;min-height:1lh;margin-block-end:.3rem;font-size:.9375em;font-weight:500}
div{position:relative}
input,select{box-sizing:border-box;width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;font-size:max(1rem,1em);
color:var(--tillseal-color,FieldText);background:var(--tillseal-background,Field);
border:1px solid var(--tillseal-border,#767676);border-radius:var(--tillseal-radius,.5rem);
text-align:-webkit-match-parent;text-align:match-parent;font-variant-numeric:tabular-nums}
::placeholder{color:inherit;opacity:.65}
[part~=number] input{padding-inline-end:3.5rem}
[part~=number]:dir(rtl) input{padding-inline:3.5rem .75rem}
:focus-visible{outline:2px solid var(--tillseal-accent,#38f);outline-offset:1px}
[aria-invalid]{border-color:var(--wrong);box-shadow:inset 0 0 0 1px var(--wrong)}
[part=sign]{position:absolute;inset-block:0;inset-inline-end:.625rem;display:flex;align-items:center;pointer-events:none}
svg{width:2.375rem;height:1.5rem;border-radius:.2rem}
p{grid-area:3/1;min-height:1lh;margin:.25rem 0 calc(var(--tillseal-gap,.875rem)/2);font-size:.875em}
[part=hint]{color:var(--tillseal-hint)}
[part=hint]:has(+:not(:empty)){visibility:hidden}
[part=error]{color:var(--wrong)}
`

/** Name, autofill token and part of each field, in their order. */
const FIELDS = [
  ['number', 'cc-number'],
  ['brand', 'cc-type'],
  ['expiry', 'cc-exp'],
  ['csc', 'cc-csc'],
  ['name', 'cc-name'],
]

/** Server rendering imports this too. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {})

/**
 * The card group. Attributes: `brands`, the ids of those that are taken, and `holder`, to ask for the name on the card too.
 * Styled by `--tillseal-…` custom properties and by the parts `field`, `label`, `input`, `select`, `sign`, `hint` and `error`.
 */
export class TillsealCard extends Base {
  static formAssociated = true
  #internals = this.attachInternals()
  #root = this.attachShadow({ mode: 'open', delegatesFocus: true })
  /** @type {(HTMLInputElement | HTMLSelectElement)[]} */
  #controls = []
  #sign = make('span', { part: 'sign' })
  /** @type {Record<string, string>} */
  #words = {}

  constructor() {
    super()
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.addEventListener('keydown', (event) => this.#onKey(/** @type {KeyboardEvent} */ (event)))
    // Also while nobody judges the inputs: the browser shall not ask for what is filled in.
    this.#root.addEventListener('input', () => this.reflect())
  }

  connectedCallback() {
    if (!this.#controls.length) this.#build()
    wordsOf(this).then((words) => this.#label(words))
    // A form outside of the shadow root that this element is in.
    for (let node = /** @type {any} */ (this); node && !this.form; node = node.getRootNode().host) {
      const form = node.closest('form')
      if (form) join(this.#outer = form, this)
    }
    if (this.form) tell(this.form, 'card')
    this.reflect()
  }

  #outer = /** @type {HTMLFormElement | undefined} */ (undefined)

  /** The form that the card is paid with. */
  get form() {
    return this.#internals.form ?? this.#outer
  }

  /** Its inputs, as `form.elements` lists those of a form. */
  get controls() {
    return this.#controls
  }

  /** Mirrors what is known of the inputs to the element: validity, states, `data-brand`, `data-state`. */
  reflect() {
    const wrong = this.#controls.find(({ validity, willValidate }) => willValidate && !validity.valid)
    this.#internals.setValidity(wrong?.validity ?? {}, wrong?.validationMessage, wrong)
    const states = this.#controls.map((control) => control.dataset.state)
    const state = ['invalid', 'typing'].find((state) => states.includes(state)) ?? (wrong ? 'empty' : 'valid')
    const brand = this.#controls[0].dataset.brand ?? ''
    if (state !== this.dataset.state) {
      try {
        this.#internals.states?.clear()
        this.#internals.states?.add(state)
      } catch {
        // Before Chrome 125 only names with two dashes; data-state says the same.
      }
      this.dataset.state = state
    }
    if (brand !== this.dataset.brand) {
      this.dataset.brand = brand
      this.#sign.replaceChildren(sign(brand))
    }
    const size = brand === 'american-express' ? 4 : 3
    const hint = /** @type {HTMLElement} */ (this.#root.getElementById('csc-hint'))
    const text = this.#words[`hint-csc-${size}`] ?? ''
    if (hint.textContent !== text) hint.textContent = text
  }

  /** @param {boolean} isDisabled */
  formDisabledCallback(isDisabled) {
    for (const control of this.#controls) control.disabled = isDisabled
  }

  formResetCallback() {
    for (const control of this.#controls) control.value = ''
  }

  #build() {
    const grid = make('div', { part: 'grid', role: 'group' })
    for (const [id, token] of FIELDS) {
      if (id === 'name' && !this.hasAttribute('holder')) continue
      const isChoice = id === 'brand'
      const control = /** @type {HTMLInputElement} */ (make(isChoice ? 'select' : 'input', {
        id, part: isChoice ? 'input select' : 'input', autocomplete: token, 'aria-describedby': id === 'csc' ? 'csc-hint' : '',
      }))
      control.required = !isChoice
      if (!isChoice && id !== 'name') control.dir = 'ltr'
      const box = make('div', {})
      box.append(control)
      if (id === 'number') box.append(this.#sign)
      const field = make('div', { part: `field ${isChoice ? 'brand-choice' : id}` })
      field.append(make('label', { part: 'label', for: id }), box)
      if (id === 'csc') field.append(make('p', { part: 'hint', id: 'csc-hint' }))
      field.append(make('p', { part: 'error', 'data-error-for': token }))
      if (isChoice) {
        field.dataset.brandChoice = ''
        field.hidden = true
      }
      grid.append(field)
      this.#controls.push(control)
    }
    this.#root.append(grid)
    this.#sign.append(sign(''))
  }

  /** @param {Record<string, string>} words */
  #label(words) {
    this.#words = words
    this.reflect()
    for (const label of this.#root.querySelectorAll('label')) label.textContent = words[`label-${label.htmlFor}`]
    this.#root.firstElementChild?.setAttribute('aria-label', words['label-card'])
    const expiry = /** @type {HTMLInputElement} */ (this.#root.getElementById('expiry'))
    expiry.placeholder = words['placeholder-expiry']
  }

  /** Enter submits, as in any input of the form. @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== 'Enter' || event.isComposing || !(event.target instanceof HTMLInputElement)) return
    const { form } = this
    const buttons = [...(form?.elements ?? [])].filter((element) => element.matches('button:not([type]), [type=submit], [type=image]'))
    if (buttons[0]?.matches(':disabled')) return
    form?.requestSubmit(/** @type {HTMLElement} */ (buttons[0]))
  }
}

/** @param {string} tag @param {Record<string, string>} attributes */
function make(tag, attributes) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value) element.setAttribute(name, value)
  }
  return element
}
