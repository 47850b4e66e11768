// @ts-check
/** Turns what happens on the page into numbers for the module: when, and what kind of thing, never which key or what text. */

import { factsOf, hasGpc } from './facts.js'
import { controlsOf, namingOf } from './inputs.js'

/** @typedef {import('./inputs.js').Control} Control */

// The kinds of events, and the ways into a field, of src/listen.rs.
const MOVE = 0, OVER = 1, DOWN = 2, UP = 3, CLICK = 4, KEY_DOWN = 5, KEY_UP = 6, INPUT = 7, SILENT = 8, FOCUS = 9, BLUR = 10
const HIDE = 11, SHOW = 12, AWAY = 13, SCROLL = 14, TURN = 15, SCRIPTED = 16, PRESS = 17
const TYPED = 0, COMPOSED = 1, DELETED = 2, PASTED = 3, AUTOFILLED = 4, CHOSEN = 5, SCRIPT = 6

const TIERS = ['none', 'essential', 'behaviour', 'device']

/** So many events wait for the module at most. */
const MOST = 500

/** Scrolling is one thing as long as it does not rest for so many milliseconds. */
const REST = 300

/** Listens to one form and to the page around it. */
export class Listener {
  #form
  #inputs
  /** @type {any} */
  #module
  #tier
  #choices
  #facts = /** @type {unknown[] | undefined} */ (undefined)
  /** What happened before the module was there. @type {any[][]} */
  #waiting = []
  /** How many characters a control was last seen to hold. @type {WeakMap<Control, number>} */
  #sizes = new WeakMap()
  /** The module knows a field by the place of its name in this list: what names it, `data-seal` and `autocomplete`. @type {string[]} */
  #names = []
  #current = /** @type {unknown} */ (undefined)
  /** When the keys that are down went down. @type {Map<string, number>} */
  #keys = new Map()
  /** How the text is about to come in. */
  #entry = /** @type {number | undefined} */ (undefined)
  #scrolled = -REST

  /**
   * @param {HTMLFormElement} form
   * @param {import('./checkout.js').Options} options
   * @param {{ isWriting: boolean }} inputs
   * @param {AbortSignal} signal
   */
  constructor(form, { signals, threeDS }, inputs, signal) {
    this.#form = form
    this.#inputs = inputs
    const gpc = hasGpc()
    const tier = signals || (gpc ? 'essential' : 'device')
    this.#tier = TIERS.indexOf(tier)
    this.#choices = [!!signals, gpc, !!threeDS]
    if (this.#tier < 0) console.warn(`tillseal: signals "${tier}" is no tier: nothing is collected.`)
    if (this.#tier < 1) return
    for (const control of controlsOf(form)) this.#sizes.set(control, sizeOf(control))
    const listen = (/** @type {EventTarget} */ target, /** @type {string} */ types, /** @type {(event: any, time: number) => void} */ listener) => {
      for (const type of types.split(' ')) {
        target.addEventListener(type, (event) => listener(event, event.timeStamp), { capture: true, passive: true, signal })
      }
    }
    listen(document, 'pointermove pointerover pointerdown pointerup click', (event, time) => this.#onPointer(event, time))
    listen(document, 'keydown keyup', (event, time) => this.#onKey(event, time))
    listen(form, 'beforeinput input', (event, time) => this.#onInput(event, time))
    listen(form, 'focusin', (event, time) => this.#at(event, time))
    // Not while the window loses the focus: it comes back to the same place.
    listen(form, 'focusout', (_, time) => document.hasFocus() && this.#leave(time))
    listen(document, 'visibilitychange', (_, time) => this.#tell(document.hidden ? HIDE : SHOW, time))
    listen(window, 'blur', (event, time) => event.target === window && this.#tell(AWAY, time))
    listen(document, 'scroll', (_, time) => {
      if (time - this.#scrolled > REST) this.#tell(SCROLL, time)
      this.#scrolled = time
    })
    if (screen.orientation) listen(screen.orientation, 'change', (_, time) => this.#tell(TURN, time))
  }

  /** Hands over what happened so far, and from now on each thing at once. @param {any} module Not every stand-in observes. */
  start(module) {
    if (!module.observe || this.#tier < 1) return
    this.#module = module
    this.#close(0)
    for (const [kind, time, a, b, c] of this.#waiting.splice(0)) this.#tell(kind, time, a, b, c)
  }

  /** What is sealed from now on, as JSON; nothing where nothing is collected. @returns {string | undefined} */
  now() {
    const time = performance.now()
    // A script may have changed what no event told of.
    for (const control of controlsOf(this.#form)) this.#compare(control, time)
    return this.#close(time)
  }

  /** Tells the module of the page, and of all fields in the order of the form, so that a step back is one. @param {number} time */
  #close(time) {
    for (const control of controlsOf(this.#form)) {
      const name = nameOf(control)
      if (name[1] && !this.#names.includes(name)) this.#names.push(name)
    }
    // Once: to ask for some of them makes the browser lay the page out.
    const [texts, ...numbers] = this.#facts ??= factsOf(this.#tier, this.#choices)
    return this.#module?.signals([texts, ...this.#names].join('\0'), ...numbers, time)
  }

  /**
   * @param {number} kind
   * @param {number} time
   * @param {any} [a] A number, or a control.
   */
  #tell(kind, time, a = 0, b = 0, c = 0) {
    if (this.#module) this.#module.observe(kind, time, typeof a === 'number' ? a : this.#numberOf(a), b, c)
    // Moves are many, and must not crowd out the rest.
    else if (this.#waiting.length < (kind ? MOST : MOST / 2)) this.#waiting.push([kind, time, a, b, c])
  }

  /** @param {Control} control */
  #numberOf(control) {
    const name = nameOf(control)
    if (name[1] && !this.#names.includes(name)) this.#close(0)
    // What has no name is no field: a number too large for any.
    return this.#names.indexOf(name) >>> 0
  }

  /** @param {PointerEvent} event @param {number} time */
  #onPointer(event, time) {
    const { type, clientX, clientY, pointerType } = event
    if (!event.isTrusted) this.#tell(SCRIPTED, time)
    else if (type === 'click') this.#tell(CLICK, time)
    else if (!event.isPrimary) return
    else if (type === 'pointermove') this.#tell(MOVE, time, clientX, clientY)
    else if (type === 'pointerdown') this.#tell(DOWN, time, clientX, clientY, pointerType !== 'mouse' ? 1 : event.pressure ? 0 : -1)
    else if (type === 'pointerup') this.#tell(UP, time, clientX, clientY)
    else if (pointerType === 'mouse') this.#tell(OVER, time)
  }

  /** @param {KeyboardEvent} event @param {number} time */
  #onKey(event, time) {
    const { code, key } = event
    const isDown = event.type === 'keydown'
    if (!event.isTrusted) return isDown && this.#tell(SCRIPTED, time)
    this.#at(event, time)
    // A program that fills in may send events without a key.
    if (!this.#current || !key) return
    if (!isDown) {
      const since = this.#keys.get(code)
      if (since !== undefined) this.#tell(KEY_UP, time, time - since)
      this.#keys.delete(code)
    } else if (event.repeat || (key.length > 1 && code !== 'Backspace' && code)) {
      this.#tell(PRESS, time)
    } else {
      this.#tell(KEY_DOWN, time, 0, 0, this.#keys.size)
      // A key on a screen is no key that is held.
      if (code) this.#keys.set(code, time)
    }
  }

  /** @param {InputEvent} event @param {number} time */
  #onInput(event, time) {
    const [control] = /** @type {any[]} */ (event.composedPath())
    const entry = entryOf(event, control)
    if (event.type === 'beforeinput') {
      if (event.isTrusted && !this.#inputs.isWriting) this.#entry = entry
      return
    }
    // What a person did may reach the field by our hand: the event before told how.
    const told = this.#entry
    this.#entry = undefined
    const how = this.#inputs.isWriting ? told : event.isTrusted && event.inputType ? (told ?? entry) : entry
    this.#sizes.set(control, sizeOf(control))
    if (how === undefined) return
    this.#at(event, time)
    const isNumber = how === TYPED && namingOf(control).token === 'cc-number'
    this.#tell(INPUT, time, control, how, isNumber ? (/\s\d$/.test(control.value) ? 2 : 1) : 0)
  }

  /**
   * Where the person is: a move inside of a shadow root fires no event outside, but the next thing that happens does.
   * @param {Event} event
   * @param {number} time
   */
  #at(event, time) {
    const [control] = /** @type {any[]} */ (event.composedPath())
    if (control === this.#current) return
    const isOurs = this.#sizes.has(control) || controlsOf(this.#form).includes(control)
    if (!isOurs || !nameOf(control)[1]) return this.#leave(time)
    this.#current = control
    this.#keys.clear()
    this.#compare(control, time)
    this.#tell(FOCUS, time, control)
  }

  /** @param {number} time */
  #leave(time) {
    if (this.#current) this.#tell(BLUR, time)
    this.#current = undefined
  }

  /** @param {Control} control @param {number} time */
  #compare(control, time) {
    const size = sizeOf(control)
    const before = this.#sizes.get(control)
    this.#sizes.set(control, size)
    if (size !== (before ?? size)) this.#tell(SILENT, time, control)
  }
}

/** @param {Control} control */
function nameOf(control) {
  const { seal, tokens } = namingOf(control)
  return `${seal}\0${tokens}`
}

/** Without what a layout adds; of a choice nothing, which pages make by themselves. @param {any} control @returns {number} */
const sizeOf = (control) => (isChoice(control) ? 0 : (control.value ?? '').replace(/[^\p{L}\p{N}]/gu, '').length)

/** @param {Element} control */
const isChoice = (control) => control.matches('select,[type=checkbox],[type=radio],button')

/**
 * How an event changes a field; nothing where it takes back or brings back what was.
 * @param {InputEvent} event
 * @param {any} control
 */
function entryOf({ isTrusted, inputType: type = '', isComposing }, control) {
  if (control.matches(':autofill')) return AUTOFILLED
  if (!isTrusted) return SCRIPT
  if (isChoice(control)) return CHOSEN
  if (isComposing || type === 'insertCompositionText') return COMPOSED
  if (/^delete/.test(type)) return DELETED
  if (/Paste|Drop|Yank/.test(type)) return PASTED
  if (/^$|Replacement/.test(type)) return AUTOFILLED
  return /^history/.test(type) ? undefined : TYPED
}
