// @ts-check
// What the shop adds to its form: the state line, a guard against paying twice, test details and a choice of language.
// The sealing, the formatting and every message at a field are one attribute on the form and one script tag.

import { CARDS, fill, layOut, valuesOf } from './cards.js'

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur']
/** How long an order may go without an answer before the page offers to send it again, in milliseconds. */
const PATIENCE = 8000
const ADDRESS = {
  email: 'ada@shop.example',
  tel: '+353 20 911 0000',
  'shipping name': 'Ada Lovelace',
  'shipping address-line1': '12 Harbour Row',
  'shipping postal-code': 'D02 X285',
  'shipping address-level2': 'Dublin',
  'shipping country': 'IE',
}
const STATES = {
  preparing: 'Your card is encrypted in this browser before it is sent.',
  ready: 'Ready. Your card is encrypted in this browser before it is sent.',
  waiting: 'Encryption is getting ready …',
  sending: 'Your card is encrypted. Sending your order …',
  failed: 'Encryption is not available, so nothing can be sent.',
  ended: 'This checkout has ended, so nothing can be sent from it.',
}

const form = /** @type {HTMLFormElement} */ (element('checkout'))
const state = element('state')
const unanswered = element('unanswered')
/** The entries of the last submit: a sealed payload may be sent again as it is. @type {[string, FormDataEntryValue][]} */
let sent = []
let timer = 0

// Before the module looks at the page, which then speaks this language.
speak(new URLSearchParams(location.search).get('lang') ?? 'en')
widenSummary()
layOut(element('tray'), () => form)
element('fill').addEventListener('click', () => {
  fill(form, { ...ADDRESS, ...valuesOf(CARDS[0]) })
  element('pay').focus({ preventScroll: true })
})

form.addEventListener('tillseal:ready', () => show('ready'))
form.addEventListener('tillseal:sealed', () => {
  show('sending')
  timer = window.setTimeout(() => {
    show('ready')
    unanswered.hidden = false
  }, PATIENCE)
})
form.addEventListener('tillseal:error', (event) => {
  const { code, field } = /** @type {CustomEvent<{ code: string, field?: string }>} */ (event).detail
  if (code === 'session-expired') {
    show('ended')
    element('ended').hidden = false
  } else {
    show(field ? 'ready' : 'failed')
  }
})
form.addEventListener('submit', (event) => {
  if (state.dataset.state === 'sending') {
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  sent = []
  if (state.dataset.state !== 'ready' && state.dataset.state !== 'ended') show('waiting')
}, { capture: true })
// On its way up, the event has passed the module. Chromium fires it a second time, for its `navigate` event: the first is what is sent.
document.addEventListener('formdata', ({ formData }) => { if (!sent.length) sent = [...formData] })
element('again').addEventListener('click', sendAgain)
// The browser brings back the page as it was left, in the middle of its sending.
window.addEventListener('pageshow', ({ persisted }) => { if (persisted && state.dataset.state === 'sending') show('ready') })
// Without the module the form would be sent empty: say so here rather than on the server's page.
document.querySelector('script[src="/tillseal/tillseal.js"]')?.addEventListener('error', () => {
  show('failed')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    show('failed')
    element('alert').textContent = 'Nothing was sent: the encryption module could not be loaded. Check your connection and reload this page.'
  })
})

/** @param {keyof typeof STATES} next */
function show(next) {
  window.clearTimeout(timer)
  unanswered.hidden = true
  state.dataset.state = next
  element('state-text').textContent = STATES[next]
  element('pay').toggleAttribute('data-busy', next === 'sending' || next === 'waiting')
}

/** The same payload: a server takes each only once, so nobody pays twice. */
function sendAgain() {
  const copy = document.createElement('form')
  copy.method = 'post'
  copy.action = form.action
  for (const [name, value] of sent) {
    const input = document.createElement('input')
    Object.assign(input, { type: 'hidden', name, value })
    copy.append(input)
  }
  document.body.append(copy)
  show('sending')
  copy.submit()
  copy.remove()
}

/** @param {string} lang */
function speak(lang) {
  const choice = /** @type {HTMLSelectElement} */ (element('language'))
  choice.value = lang
  choice.addEventListener('change', () => { location.search = new URLSearchParams({ lang: choice.value }).toString() })
  if (!choice.value) choice.value = 'en'
  document.documentElement.lang = choice.value
  document.documentElement.dir = RIGHT_TO_LEFT.includes(choice.value) ? 'rtl' : 'ltr'
}

/** The order is folded on a phone and always open beside the form. */
function widenSummary() {
  const details = /** @type {HTMLDetailsElement} */ (document.querySelector('.summary details'))
  const wide = window.matchMedia('(min-width: 60rem)')
  const follow = () => { details.open = wide.matches }
  wide.addEventListener('change', follow)
  follow()
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}
