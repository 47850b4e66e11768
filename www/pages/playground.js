// @ts-check
// The playground: a form is written here, filled in here, sealed and opened here. Nothing is sent.

import { attach } from '/tillseal/tillseal.js'
import { CARDS, controlsOf, fill, layOut, nameOf, valuesOf } from './cards.js'
import { build } from './markup.js'
import { open } from './open.js'
import { rove } from './rove.js'
import { SAMPLES, VALUES } from './samples.js'

/** How long the editor must rest before the form is built anew, in milliseconds. */
const REST = 250
/** The oldest events make room. */
const MOST_EVENTS = 100

const editor = /** @type {HTMLTextAreaElement} */ (element('editor'))
const sample = /** @type {HTMLSelectElement} */ (element('sample'))
const live = element('live')
const remark = element('remark')
const log = element('log')
const opened = element('opened')
const started = performance.now()

/** @type {HTMLFormElement | null} */
let form = null
let detach = () => {}
let timer = 0

const keys = makeKeys()
keys.catch(() => say('This browser shows WebCrypto to secure pages only: open the playground on localhost or by https.'))
for (const name of ['ready', 'change', 'sealed', 'error']) live.addEventListener(`tillseal:${name}`, (event) => note(name, event))
live.addEventListener('submit', take)
sample.append(...SAMPLES.map(({ id, title }) => new Option(title, id)))
sample.addEventListener('change', () => start(sample.value))
layOut(element('tray'), () => form)
element('fill').addEventListener('click', () => { if (form) fill(form, { ...VALUES, ...valuesOf(CARDS[0]) }) })
element('clear').addEventListener('click', () => log.replaceChildren())
editor.addEventListener('input', () => {
  window.clearTimeout(timer)
  timer = window.setTimeout(rebuild, REST)
})
editor.addEventListener('keydown', indent)
showCode()
start(location.hash.slice(1))

/** @param {string} id Of a sample. */
function start(id) {
  const { id: known, markup } = SAMPLES.find((sample) => sample.id === id) ?? SAMPLES[0]
  sample.value = known
  editor.value = markup
  history.replaceState(null, '', `#${known}`)
  rebuild()
}

/** The form of the editor takes the place of the one before, and what was typed stays. */
async function rebuild() {
  const typed = form ? Object.fromEntries(controlsOf(form).map((control) => [nameOf(control), control.value])) : {}
  detach()
  const { nodes, form: next, left } = build(editor.value)
  live.replaceChildren(...nodes)
  form = next
  say(!next ? 'There is no form in this markup yet.' : left.length ? `Left out here: ${left.join(', ')}.` : '')
  if (!next) return
  fill(next, typed)
  const { jwk } = await keys
  if (form !== next) return
  const attaching = attach(next, { key: jwk })
  // What goes wrong is an event, too.
  detach = () => { attaching.then((checkout) => checkout.detach(), () => {}) }
  attaching.catch(() => {})
}

/** A submit goes nowhere: its payload is shown, and opened. @param {SubmitEvent} event */
async function take(event) {
  event.preventDefault()
  const sealed = new FormData(/** @type {HTMLFormElement} */ (event.target)).get('sealed')
  if (typeof sealed !== 'string') return
  const segments = sealed.split('.')
  const spans = segments.map((segment, place) => span(`s${place + 1}`, segment))
  element('sealed').replaceChildren(...spans.flatMap((part, place) => (place ? ['.', part] : [part])))
  element('size').textContent = `${sealed.length.toLocaleString('en')} characters`
  element('header').textContent = JSON.stringify(JSON.parse(atob(segments[0].replaceAll('-', '+').replaceAll('_', '/'))), null, 2)
  try {
    opened.textContent = JSON.stringify(await open(sealed, (await keys).privateKey), null, 2)
  } catch (error) {
    opened.textContent = `It does not open: ${error}`
  }
  element('result').dataset.has = 'payload'
}

/** A key pair as long as this page: the private half cannot leave the browser. */
async function makeKeys() {
  const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  // RFC 7638: the hash of these members, in this order.
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify({ crv, kty, x, y })))
  const kid = btoa(String.fromCharCode(...new Uint8Array(digest))).replaceAll('+', '-').replaceAll('/', '_').replace('=', '')
  return { privateKey, jwk: { kty: String(kty), crv, x, y, alg: 'ECDH-ES', kid } }
}

/** @param {string} name @param {Event} event */
function note(name, event) {
  const { detail } = /** @type {CustomEvent} */ (event)
  const shown = name === 'error' ? { code: detail.code, field: detail.field, message: detail.message } : detail
  if (name === 'error' && !detail.field) say('This form cannot be sealed as it is: the last event says why.')
  const line = document.createElement('p')
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  line.append(span('when', `${seconds} s`), span('what', `tillseal:${name}`), span('detail', JSON.stringify(shown, null, 1).replaceAll(/\n */g, ' ')))
  line.dataset.event = name
  log.append(line)
  if (log.children.length > MOST_EVENTS) log.firstElementChild?.remove()
  log.scrollTop = log.scrollHeight
}

/** Tab indents; after Escape it goes on to the next field. @param {KeyboardEvent} event */
function indent(event) {
  if (event.key === 'Escape') editor.dataset.leaves = ''
  else if (event.key !== 'Shift' && event.key !== 'Tab') delete editor.dataset.leaves
  if (event.key !== 'Tab' || event.shiftKey || 'leaves' in editor.dataset) return
  event.preventDefault()
  // Not setRangeText, which the browser could not undo.
  document.execCommand('insertText', false, '  ')
}

/** The openers: the one that this page runs, and those for servers. */
function showCode() {
  const tabs = element('tabs')
  const code = element('code')
  const copy = element('copy')
  const select = async (/** @type {HTMLElement} */ tab) => {
    for (const other of tabs.children) other.ariaSelected = String(other === tab)
    code.setAttribute('aria-labelledby', tab.id)
    const file = await fetch(tab.dataset.file ?? '')
    const text = file.ok ? await file.text() : 'This file could not be loaded.'
    if (tab.ariaSelected === 'true') code.textContent = text.trim()
  }
  for (const tab of tabs.children) tab.addEventListener('click', () => select(/** @type {HTMLElement} */ (tab)))
  rove(tabs, select)
  select(/** @type {HTMLElement} */ (tabs.children[0]))
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent ?? '')
      copy.textContent = 'Copied'
    } catch {
      // Not allowed here: the person copies what we mark.
      window.getSelection()?.selectAllChildren(code)
      copy.textContent = 'Marked'
    }
    window.setTimeout(() => { copy.textContent = 'Copy' }, 2000)
  })
}

/** @param {string} text */
function say(text) {
  remark.textContent = text
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const made = document.createElement('span')
  made.className = className
  made.textContent = text
  return made
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}
