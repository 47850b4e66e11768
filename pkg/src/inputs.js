// @ts-check
/**
 * The inputs of a form while a person fills it in: formats what is typed, says what is wrong and when, in the page's language.
 * What is right, and where the caret goes, the module decides.
 */

import { nameOf } from './brands.js'
import { TillsealError } from './error.js'
import { wordsOf } from './words.js'
import EN from './lang/en.js'

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** What an input of this kind gets where its author left it out. */
const ATTRIBUTES = /** @type {Record<string, Record<string, string>>} */ ({
  'cc-number': { inputmode: 'numeric', maxlength: '23', spellcheck: 'false' },
  'cc-exp': { inputmode: 'numeric', maxlength: '7' },
  'cc-csc': { inputmode: 'numeric', maxlength: '4' },
  iban: { maxlength: '42', autocapitalize: 'characters', spellcheck: 'false' },
  email: { inputmode: 'email' },
  tel: { inputmode: 'tel' },
})

/** Our elements by the form outside of their shadow root, which lists only its own tree's. */
const guests = /** @type {WeakMap<HTMLFormElement, Set<any>>} */ (new WeakMap())

/**
 * @param {HTMLFormElement} form
 * @param {object} element
 */
export function join(form, element) {
  const cards = guests.get(form) ?? new Set()
  guests.set(form, cards.add(element))
}

/**
 * The controls of a form, those inside of our element among them.
 * @param {HTMLFormElement} form
 * @returns {Control[]}
 */
export function controlsOf(form) {
  const cards = [...(guests.get(form) ?? [])].filter((card) => card.isConnected)
  return [...new Set([...form.elements, ...cards])].flatMap((/** @type {any} */ element) => element.controls ?? element)
}

/**
 * The attributes that say what a control holds; not its properties, because Firefox hides some tokens.
 * @param {Element} control
 */
export function namingOf(control) {
  const seal = control.getAttribute('data-seal') ?? ''
  const tokens = control.getAttribute('autocomplete') ?? ''
  const name = seal || tokens.trim().toLowerCase()
  return { seal, tokens, name, token: name.slice(name.lastIndexOf(' ') + 1) }
}

/**
 * @param {EventTarget} target
 * @param {string} what
 * @param {unknown} [detail]
 */
export function tell(target, what, detail) {
  target.dispatchEvent(new CustomEvent(`tillseal:${what}`, { bubbles: true, composed: true, detail }))
}

/** The value's own setter: React replaces the instance's, and would then miss the change. @param {any} control @param {string} value */
const write = (control, value) =>
  /** @type {any} */ (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), 'value')).set.call(control, value)

/** Out of sight, but not for screen readers. */
const HIDDEN = 'position:absolute;top:0;clip-path:inset(50%)'

/** Stands between the texts that the module is handed as one. */
const NUL = '\0'

let ids = 0

/** The inputs of one form. */
export class Inputs {
  #form
  #overrides
  #signal
  #module = /** @type {any} */ (undefined)
  #now = /** @type {any} */ (undefined)
  /** What is known of each control: what is wrong, in words, and whether the person was told. */
  #states = /** @type {WeakMap<Control, any>} */ (new WeakMap())
  #words = /** @type {Record<string, string>} */ (EN)
  #region = document.createElement('div')
  #alert
  #brand = ''
  #timer = 0
  #offered = ''
  /** By its last token. */
  #latest = /** @type {Record<string, Control>} */ ({})
  /** Events are ours while this holds. */
  isWriting = false
  #validates = false

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, string> | undefined} overrides Messages by code, instead of ours.
   * @param {AbortSignal} signal
   */
  constructor(form, overrides, signal) {
    this.#form = form
    this.#overrides = overrides
    this.#signal = signal
    const own = /** @type {HTMLElement | null} */ (form.querySelector('[data-tillseal-alert]'))
    this.#alert = own ?? document.createElement('div')
    this.#alert.role = 'alert'
    this.#region.role = 'status'
    this.#region.style.cssText = HIDDEN
    // A live region must be there before its text.
    form.append(this.#region, own ? '' : this.#alert)
    signal.addEventListener('abort', () => {
      this.#region.remove()
      if (!own) this.#alert.remove()
    })
    wordsOf(form).then((words) => {
      this.#words = words
      if (words !== EN) for (const control of this.#controls()) this.#look(control)
    })
  }

  /** Takes the inputs over. @param {any} module @param {() => number} now In seconds since 1970-01-01 UTC. */
  start(module, now) {
    if (this.#module) return
    this.#module = module
    this.#now = now
    const form = this.#form
    const signal = this.#signal
    // We ask the browser to validate, once our own fields are right, so that its bubbles do not cover our messages.
    this.#validates = !form.noValidate
    form.noValidate = true
    signal.addEventListener('abort', () => { form.noValidate = !this.#validates })
    // Capture: before the page's own listeners, which may read the value.
    const listen = (/** @type {string} */ type, /** @type {(event: any, control: any) => void} */ listener) =>
      form.addEventListener(type, (event) => listener(event, event.composedPath()[0]), { capture: true, signal })
    listen('beforeinput', (event, control) => this.#onBeforeInput(event, control))
    listen('input', (event, control) => this.#onInput(event, control))
    // An input method's last input event is still a part of its composition.
    listen('compositionend', ({ type }, control) => this.#onInput(/** @type {any} */ ({ inputType: type }), control))
    listen('focusin', () => this.#controls())
    form.addEventListener('reset', () => setTimeout(() => this.#reset()), { signal })
    this.#controls()
  }

  /**
   * At a submit: shows what is wrong, and goes to the first wrong field.
   * @param {HTMLElement | null} submitter
   * @returns {TillsealError | undefined} What is wrong with that field.
   */
  report(submitter) {
    this.alert()
    if (!this.#isValidating(submitter)) return
    const wrong = []
    for (const control of this.#controls()) {
      const { validity } = control
      // What was right when it was left is not judged again.
      if (!this.#states.get(control).isDone || !validity.valid) this.#look(control, true)
      if (control.willValidate && !validity.valid) wrong.push(control)
    }
    return this.#tell(wrong)
  }

  /** Whether the browser, too, finds the form valid; it shows what is not. @param {HTMLElement | null} submitter */
  isValid(submitter) {
    return !this.#isValidating(submitter) || this.#form.reportValidity()
  }

  /** @param {HTMLElement | null} submitter */
  #isValidating(submitter) {
    return this.#validates && !submitter?.matches('[formnovalidate]')
  }

  /**
   * Shows what went wrong: at the field that it is about, else for the form as a whole.
   * @param {TillsealError} error
   */
  show(error) {
    const control = this.#controls().find((control) => namingOf(control).name === error.field)
    if (!control) return this.alert(error.field || error.code === 'unsupported' ? error.code : 'unavailable')
    this.#states.get(control).message = this.#say(control, error.code)
    this.#tell([control])
  }

  /** What the form as a whole has to say to the shopper. @param {string} [code] Nothing, to take it back. */
  alert(code) {
    this.#alert.textContent = code ? this.#say(this.#form, code) : ''
  }

  /** The controls that are sealed, new ones taken over. */
  #controls() {
    const controls = controlsOf(this.#form)
    const last = controls.findLast((control) => control.matches('input'))
    for (const control of controls) this.#adopt(control, last)
    return controls.filter((control) => this.#states.has(control))
  }

  /** @param {any} control @param {Control | undefined} last */
  #adopt(control, last) {
    if (!this.#module || this.#states.has(control)) return
    const { seal, tokens, name, token } = namingOf(control)
    if (!name || control.closest('[data-plain]')) return
    if (!this.#module.judge([seal, tokens].join(NUL), 0, false)) return
    this.#states.set(control, {})
    this.#latest[token] = control
    const missing = { ...ATTRIBUTES[token], enterkeyhint: control === last ? 'done' : 'next' }
    for (const [attribute, value] of Object.entries(missing)) {
      if (control.matches('input') && !control.hasAttribute(attribute)) control.setAttribute(attribute, value)
    }
    if (!control.labels?.length && !control.matches('[aria-label], [aria-labelledby], [title], [type=hidden]')) {
      console.warn(`tillseal: ${name} has no label for screen readers.`)
    }
    this.#signal.addEventListener('abort', () => {
      this.#hide(control)
      if (control.validationMessage === this.#states.get(control).custom) control.setCustomValidity('')
    })
    // Not on the form: it hears of no move inside of a shadow root.
    control.addEventListener('blur', () => document.hasFocus() && this.#leave(control), { signal: this.#signal })
    this.#tidy(control)
    this.#look(control)
  }

  /** @param {InputEvent} event @param {HTMLInputElement} control */
  #onBeforeInput(event, control) {
    if (this.isWriting || !event.cancelable || event.isComposing || !this.#states.has(control) || control.selectionStart === null) return
    const data = event.data ?? event.dataTransfer?.getData('text') ?? ''
    const { selectionStart, selectionEnd } = control
    const words = [namingOf(control).token, event.inputType, data, control.value]
    const answer = this.#module.edit(words.join(NUL), selectionStart, selectionEnd ?? selectionStart)
    if (!answer) return
    const [text, caret] = split(answer)
    // What the browser would do all the same, it does best.
    const gone = selectionStart === selectionEnd && event.inputType === 'deleteContentBackward' ? 1 : 0
    const before = control.value.slice(0, selectionStart - gone) + data
    if (text === before + control.value.slice(selectionEnd ?? undefined) && caret === before.length) return
    event.preventDefault()
    this.#replace(control, text, caret)
  }

  /**
   * Makes an edit of our own, by the browser's editing command: only that can be undone.
   * @param {HTMLInputElement} control
   * @param {string} text
   * @param {number} caret
   */
  #replace(control, text, caret) {
    const old = control.value
    let start = 0
    while (start < old.length && old[start] === text[start]) start += 1
    let kept = 0
    while (kept < Math.min(old.length, text.length) - start && old.at(-1 - kept) === text.at(-1 - kept)) kept += 1
    const typed = text.slice(start, text.length - kept)
    if (old !== text) {
      this.isWriting = true
      select(control, start, old.length - kept)
      document.execCommand(typed ? 'insertText' : 'delete', false, typed)
      if (control.value !== text) {
        write(control, text)
        control.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }))
      }
      this.isWriting = false
    }
    select(control, caret, caret)
  }

  /** @param {InputEvent} event @param {any} control */
  #onInput(event, control) {
    if (!this.#states.has(control)) return
    // Autofill, a composition, a script; what the browser takes back, it takes back as it was.
    if (!this.isWriting && !event.isComposing && !event.inputType?.startsWith('history')) this.#tidy(control, event.inputType)
    if (namingOf(control).token === 'cc-type') this.#choose(control.value)
    this.#look(control)
  }

  /**
   * Formats a value that came in as a whole.
   * @param {HTMLInputElement} control
   * @param {string} [inputType] Of what a person did, so that it can be undone.
   */
  #tidy(control, inputType) {
    const { value, selectionStart } = control
    const caret = selectionStart ?? value.length
    const answer = value && this.#module.edit([namingOf(control).token, 'insertText', '', value].join(NUL), caret, caret)
    if (!answer) return
    const [text, after] = split(answer)
    if (text === value) return
    if (inputType) return this.#replace(control, text, after)
    write(control, text)
    if (control.matches(':focus')) control.setSelectionRange(after, after)
  }

  /**
   * Judges a control anew; what was shown of it goes when it is mended.
   * @param {Control} control
   * @param {boolean} [isFinished]
   */
  #look(control, isFinished = false) {
    // A timer may outlive us.
    if (this.#signal.aborted) return
    const state = this.#states.get(control)
    const { seal, tokens, name, token } = namingOf(control)
    const host = hostOf(control)
    const accepted = host?.getAttribute('brands') ?? (control.closest('[data-brands]') ?? this.#form).getAttribute('data-brands') ?? ''
    const today = new Date(this.#now() * 1000)
    const month = 12 * today.getFullYear() + today.getMonth() + 1
    const answer = this.#module.judge([seal, tokens, this.#brand, accepted, control.value].join(NUL), month, isFinished)
    const [judged, detail] = answer.split(' ')
    const code = judged === '-' ? '' : judged
    const message = code ? this.#say(control, code, detail) : ''
    // The author's own complaints stay.
    if (message !== (state.custom ?? '') && (!control.validity.customError || control.validationMessage === state.custom)) control.setCustomValidity(message)
    state.custom = message
    const { valid, valueMissing, typeMismatch } = control.validity
    const fault = state.fault = code || (valueMissing ? 'required' : typeMismatch && token === 'email' ? 'email-shape' : valid ? '' : 'field-invalid')
    state.message = message || (fault === 'field-invalid' ? control.validationMessage : fault && this.#say(control, fault))
    if (!state.message || (code.endsWith('-incomplete') && !isFinished)) this.#hide(control)
    if (state.isShown) state.place.textContent = state.message
    if (token === 'cc-number') this.#offer(control, detail.split(',').filter(Boolean), !!control.value && !code)
    set(control, 'state', state.isShown ? 'invalid' : !control.value ? 'empty' : valid ? 'valid' : 'typing')
    const known = { field: name, valid, code: fault, brand: token === 'cc-number' ? this.#brand : undefined, complete: valid && !!control.value }
    const key = JSON.stringify(known)
    if (state.key === key) return
    host?.reflect()
    if (state.key) tell(control, 'change', known)
    state.key = key
  }

  /**
   * The brands that the number may have. Where more than one remains, the shopper chooses.
   * @param {Control} number
   * @param {string[]} brands
   * @param {boolean} isComplete
   */
  #offer(number, brands, isComplete) {
    const offered = isComplete && brands.length > 1 ? brands : []
    const select = /** @type {HTMLSelectElement | undefined} */ (this.#find('cc-type'))
    if (select && offered.join() !== this.#offered) {
      this.#offered = offered.join()
      select.replaceChildren(...offered.map((brand) => new Option(nameOf(brand), brand)))
      const place = /** @type {HTMLElement} */ (select.closest('[data-brand-choice]') ?? select)
      place.hidden = !offered.length
    }
    this.#choose(brands.length === 1 ? brands[0] : (offered.length && select?.value) || '', number)
  }

  /**
   * @param {string} brand
   * @param {Control | undefined} [number]
   */
  #choose(brand, number = this.#find('cc-number')) {
    if (number) set(number, 'brand', brand)
    if (brand === this.#brand) return
    this.#brand = brand
    const csc = this.#find('cc-csc')
    if (csc) this.#look(csc, !csc.matches(':focus'))
  }

  /** @param {string} token */
  #find(token) {
    const control = this.#latest[token]
    return control?.isConnected ? control : undefined
  }

  /** @param {Control} control */
  #leave(control) {
    // Under a finger nothing may move: the press would miss its button.
    if (document.querySelector(':active')) {
      return addEventListener('pointerup', () => setTimeout(() => this.#leave(control)), { once: true, signal: this.#signal })
    }
    if (control.matches(':focus')) return
    this.#look(control, true)
    const state = this.#states.get(control)
    // An empty field is told at the submit: a person may come back to it.
    if (!control.value || !state.message || state.isShown) return
    this.#reveal(control)
    this.#announce(state.message)
  }

  /** Says it once: not while the focus moves, which would drown it, nor when that leads to the same words. @param {string} [text] */
  #announce(text) {
    clearTimeout(this.#timer)
    this.#region.textContent = ''
    if (text) this.#timer = setTimeout(() => { this.#region.textContent = text }, 200)
  }

  /**
   * Shows what is wrong with these controls, and goes to the first.
   * @param {Control[]} wrong
   */
  #tell(wrong) {
    const [first] = wrong
    if (!first) return
    const isThere = first.matches(':focus')
    for (const control of wrong) this.#reveal(control)
    first.focus()
    // Where the focus goes, a screen reader reads the field with its message; the others it hears from here, once.
    const unheard = isThere ? wrong : wrong.slice(1)
    this.#announce(unheard.map((control) => this.#states.get(control).message).join(' '))
    const { fault, message } = this.#states.get(first)
    return new TillsealError(fault, { field: namingOf(first).name, message })
  }

  /** @param {Control} control */
  #reveal(control) {
    const state = this.#states.get(control)
    state.isShown = true
    const place = this.#placeOf(control, state)
    place.textContent = state.message
    place.hidden = false
    control.setAttribute('aria-invalid', 'true')
    set(control, 'state', 'invalid')
    hostOf(control)?.reflect()
  }

  /** @param {Control} control */
  #hide(control) {
    const state = this.#states.get(control)
    if (!state.isShown) return
    state.isShown = false
    state.place.textContent = ''
    control.removeAttribute('aria-invalid')
  }

  /**
   * The element that the control is described by: the author's, else one of ours behind the control.
   * @param {Control} control
   * @param {any} state
   * @returns {HTMLElement}
   */
  #placeOf(control, state) {
    if (state.place) return state.place
    const root = /** @type {ParentNode} */ (hostOf(control) ? control.getRootNode() : this.#form)
    const { name } = namingOf(control)
    let place = /** @type {HTMLElement | null} */ (root.querySelector(`[data-error-for="${name}"]`))
    if (!place) {
      place = document.createElement('span')
      place.dataset.errorFor = name
      ;(control.closest('label') ?? control).after(place)
    }
    place.id ||= `tillseal-${(ids += 1)}`
    const described = control.getAttribute('aria-describedby') ?? ''
    if (!described.split(' ').includes(place.id)) control.setAttribute('aria-describedby', `${described} ${place.id}`.trim())
    state.place = place
    return place
  }

  #reset() {
    for (const control of this.#controls()) {
      this.#hide(control)
      this.#look(control)
    }
    this.#announce()
    this.alert()
  }

  /**
   * @param {Element} element
   * @param {string} code
   * @param {string} [number]
   */
  #say(element, code, number = '') {
    const own = element.getAttribute(`data-message-${code}`) ?? this.#form.getAttribute(`data-message-${code}`)
    return (own ?? this.#overrides?.[code] ?? this.#words[code] ?? new TillsealError(/** @type {any} */ (code)).message).replace('{n}', number)
  }
}

/** Moves the selection, which makes the browser lay the page out. @param {HTMLInputElement} control @param {number} start @param {number} end */
function select(control, start, end) {
  if (control.selectionStart !== start || control.selectionEnd !== end) control.setSelectionRange(start, end)
}

/** Sets a data attribute, whose change makes the browser look for styles. @param {Control} control @param {string} name @param {string} value */
function set({ dataset }, name, value) {
  if (dataset[name] !== value) dataset[name] = value
}

/** Our element around a control, if it is in one. @param {Element} control @returns {any} */
function hostOf(control) {
  const { host } = /** @type {ShadowRoot} */ (control.getRootNode())
  return host && 'controls' in host ? host : undefined
}

/** @param {string} answer @returns {[string, number]} */
function split(answer) {
  const space = answer.indexOf(' ')
  return [answer.slice(space + 1), Number(answer.slice(0, space))]
}
