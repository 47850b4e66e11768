// @ts-check
// What the shop adds to its form: inline messages, the state line and test details. The sealing itself is
// one attribute on the form and one script tag.

/** @typedef {{code: string, message: string, field?: string}} Refusal A TillsealError, as far as this page reads it. */

const form = /** @type {HTMLFormElement} */ (document.getElementById('checkout'))
const state = element('state')
const stateText = element('state-text')
const alertRegion = element('alert')
const pay = element('pay')

/** A card number that every card network's documentation uses for tests; it belongs to nobody. */
const testCard = { number: '4111 1111 1111 1111', expiry: '12/29', csc: '123', holder: 'Ada Lovelace' }
const testDetails = {
  email: 'ada@shop.example',
  tel: '+353 20 911 0000',
  name: 'Ada Lovelace',
  street: '12 Harbour Row',
  postcode: 'D02 X285',
  city: 'Dublin',
  country: 'IE',
  ...testCard,
}

/** What a shopper can do about a value that cannot be sealed, by the code's first word. */
const advice = new Map([
  ['pan', 'Check the card number: a digit is wrong, missing or too many.'],
  ['expiry', 'Enter the expiry date as on the card: month and year, such as 12/29.'],
  ['csc', 'Enter the 3 or 4 digits of the security code.'],
])

/** Once a payment is sealed, a second press must not send it twice; a lost connection gives the button back. */
const SENDING_MS = 8000
let sendingTimer = 0

widenSummary()
for (const button of document.querySelectorAll('button[data-fill]')) {
  const details = button.getAttribute('data-fill') === 'all' ? testDetails : testCard
  button.addEventListener('click', () => fill(details))
}

form.addEventListener('tillseal:ready', () => show('ready'))
form.addEventListener('tillseal:sealed', () => {
  show('sending')
  sendingTimer = window.setTimeout(() => show('ready'), SENDING_MS)
})
form.addEventListener('tillseal:error', (event) => {
  window.clearTimeout(sendingTimer)
  refuse(/** @type {CustomEvent<Refusal>} */ (event).detail)
})
form.addEventListener('submit', (event) => {
  alertRegion.replaceChildren()
  if (state.dataset.state === 'sending') {
    event.preventDefault()
    event.stopImmediatePropagation()
  } else if (state.dataset.state !== 'ready') {
    show('waiting')
  }
}, { capture: true })
// Without the module the form would be sent empty: say so here rather than on the server's page.
document.querySelector('script[src="/tillseal/tillseal.js"]')?.addEventListener('error', () => {
  show('failed')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    refuse({ code: 'module-load', message: 'The encryption module could not be loaded.' })
  })
})
form.addEventListener('input', (event) => clearField(/** @type {HTMLInputElement} */ (event.target)))
form.addEventListener('invalid', (event) => {
  event.preventDefault()
  const input = /** @type {HTMLInputElement} */ (event.target)
  showAtField(input, complaint(input))
  if (input === form.querySelector('input:invalid, select:invalid')) input.focus()
}, { capture: true })
// The browser brings back the page as it was left, in the middle of its sending.
window.addEventListener('pageshow', (event) => {
  if (event.persisted && state.dataset.state === 'sending') show('ready')
})

/** @param {'ready' | 'waiting' | 'sending' | 'failed'} next */
function show(next) {
  const texts = {
    ready: 'Ready. Your card is encrypted in this browser before it is sent.',
    waiting: 'One moment: encryption is getting ready …',
    sending: 'Your card is encrypted. Sending your order …',
    failed: 'Encryption is not available, so nothing can be sent.',
  }
  state.dataset.state = next
  stateText.textContent = texts[next]
  pay.toggleAttribute('data-busy', next === 'sending' || next === 'waiting')
}

/** @param {Refusal} refusal */
function refuse({ code, message, field }) {
  const input = field ? inputOf(field) : undefined
  if (input) {
    show('ready')
    showAtField(input, advice.get(code.split('-')[0]) ?? message)
    input.focus()
    return
  }
  const isPaying = state.dataset.state !== 'preparing'
  show('failed')
  if (!isPaying) return
  const summary = document.createElement('strong')
  summary.textContent = 'Nothing was sent and nothing was charged.'
  const reason = document.createElement('span')
  reason.textContent = 'This page could not encrypt your details. Check your connection and try again, or reload this page.'
  const detail = document.createElement('small')
  detail.textContent = `${message} (${code})`
  alertRegion.replaceChildren(summary, reason, detail)
}

/**
 * The input that a refusal names: by its autofill tokens, or by the shop's own `data-seal`.
 * @param {string} field
 */
function inputOf(field) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...form.elements])
  return inputs.find((input) => (input.dataset.seal ?? input.autocomplete) === field)
}

/** @param {HTMLInputElement} input */
function complaint(input) {
  if (input.validity.valueMissing) return 'Please fill this in.'
  if (input.validity.typeMismatch) return 'This does not look like an email address, such as ada@shop.example.'
  return input.validationMessage
}

/** @param {HTMLInputElement} input @param {string} text */
function showAtField(input, text) {
  input.setAttribute('aria-invalid', 'true')
  element(`${input.id}-error`).textContent = text
}

/** @param {HTMLInputElement} input */
function clearField(input) {
  if (!input.hasAttribute('aria-invalid')) return
  input.removeAttribute('aria-invalid')
  element(`${input.id}-error`).textContent = ''
}

/** @param {Record<string, string>} details */
function fill(details) {
  for (const [id, value] of Object.entries(details)) {
    const input = /** @type {HTMLInputElement} */ (element(id))
    input.value = value
    input.dispatchEvent(new Event('input', { bubbles: true }))
    input.dispatchEvent(new Event('change', { bubbles: true }))
  }
  pay.focus({ preventScroll: true })
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
