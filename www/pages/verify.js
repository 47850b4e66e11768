// @ts-check
// The page on which a shopper checks a receipt. It asks the shop for its public keys, and sends nothing.

import { moneyOf } from './money.js'
import { MOST, ProofError, prove } from './proof.js'

/** Good, bad, or not to be told: each with its headline and its words. @type {Record<import('./proof.js').Fault, [string, string, string]>} */
const FAULTS = {
  malformed: ['bad', 'Not a receipt', 'This is not the text of a receipt, or not the whole of it as it was. A receipt is three runs of letters and digits with dots between them.'],
  session: ['bad', 'A session, not a receipt', 'Our server made this for a checkout page, before anybody paid. It proves no payment.'],
  other: ['bad', 'Not a receipt', 'This is a signed text, but none that this shop calls a receipt.'],
  'key-unknown': ['bad', 'Not signed by this shop', 'It names a key that this shop does not have: it may be another shop’s receipt, or from before this demonstration was started again.'],
  signature: ['bad', 'Altered, or forged', 'The signature does not hold. Something in it was changed after our server signed it, or another key signed it in our name.'],
  unknown: ['unknown', 'It cannot be checked just now', 'The shop’s public keys could not be loaded, or this browser cannot verify signatures. The receipt may well be genuine: try again.'],
}
/** The receipt page says the same. @type {Record<string, string>} */
const DECISIONS = { accept: 'Accepted', review: 'Taken; a person looks at it first' }

const form = /** @type {HTMLFormElement} */ (element('form'))
const file = /** @type {HTMLInputElement} */ (element('file'))
const text = /** @type {HTMLTextAreaElement} */ (element('text'))
const drop = element('drop')
/** Counts the checks: the answer to an earlier one comes too late. */
let latest = 0

form.addEventListener('submit', (event) => {
  event.preventDefault()
  check()
})
text.addEventListener('paste', () => window.setTimeout(check))
file.addEventListener('change', () => {
  read(file.files?.[0])
  // So that the same file can be chosen again.
  file.value = ''
})
// Anywhere on the page: a browser would open a file that misses the box, and the page would be gone.
for (const type of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    const { dataTransfer } = /** @type {DragEvent} */ (event)
    if (type !== 'drop' && !dataTransfer?.types.includes('Files')) return
    if (type === 'drop' && !dataTransfer?.files.length) return
    event.preventDefault()
    drop.toggleAttribute('data-over', type === 'dragover' || type === 'dragenter')
    if (type === 'drop') read(dataTransfer?.files[0])
  })
}
window.addEventListener('hashchange', arrive)
arrive()

/** From the receipt page: its link carries the receipt behind `#`, where it is not sent. */
function arrive() {
  const fragment = location.hash.slice(1)
  // The skip link has one too.
  if (!fragment.includes('.')) return
  // It shall not stay in the address, which people copy and browsers keep.
  history.replaceState(null, '', location.pathname)
  text.value = fragment
  check()
}

/** @param {File | undefined} file */
async function read(file) {
  if (!file) return
  const start = await file.slice(0, 2 * MOST).text().catch(() => '')
  text.value = file.size > 2 * MOST ? '' : start.trim()
  check(start)
}

async function check(given = text.value) {
  const turn = latest += 1
  try {
    const receipt = await prove(given, loadKeys)
    if (turn === latest) show('good', 'Genuine', 'This shop’s server signed it, and nothing in it was changed since.', receipt)
  } catch (error) {
    const [state, headline, words] = FAULTS[error instanceof ProofError ? error.fault : 'malformed']
    if (turn === latest) show(state, headline, words)
  }
}

async function loadKeys() {
  const answer = await fetch('/.well-known/tillseal.jwks')
  if (!answer.ok) throw new Error(`${answer.status}`)
  return answer.json()
}

/** @param {string} state @param {string} headline @param {string} words @param {import('./proof.js').Receipt} [receipt] */
function show(state, headline, words, receipt) {
  const result = element('result')
  element('facts').replaceChildren(...(receipt ? factsOf(receipt) : []))
  element('whole').hidden = !receipt
  element('raw').textContent = receipt ? JSON.stringify(receipt, null, 2) : ''
  element('headline').textContent = headline
  element('words').textContent = words
  result.dataset.state = state
  // On a phone it is below the form.
  if (result.getBoundingClientRect().bottom > window.innerHeight) result.scrollIntoView({ block: 'nearest' })
}

/** @param {import('./proof.js').Receipt} receipt */
function factsOf({ aud, iat, order, last4, decision, audit }) {
  const time = document.createElement('time')
  const date = new Date(iat * 1000)
  time.dateTime = date.toISOString()
  // The reader's own time zone, and its name.
  time.textContent = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'long' }).format(date)
  return [
    ...(order ? [fact('Order', code(order.id)), fact('Amount', leftToRight(moneyOf(order)))] : []),
    fact('Time', time),
    ...(last4 ? [fact('Card', leftToRight(`•••• ${last4}`))] : []),
    fact('Verdict', DECISIONS[decision] ?? decision),
    fact('Paid at', code(aud)),
    fact('In the audit log', `Entry ${audit.position} of `, code(audit.log)),
    fact('Fingerprint of that entry', code(audit.leaf)),
  ]
}

/** @param {string} title @param {(string | Node)[]} content */
function fact(title, ...content) {
  const [pair, term, description] = ['div', 'dt', 'dd'].map((name) => document.createElement(name))
  term.textContent = title
  description.append(...content)
  pair.append(term, description)
  return pair
}

/** @param {string} words */
const code = (words) => leftToRight(words, 'code')

/** @param {string} words */
function leftToRight(words, name = 'span') {
  const element = document.createElement(name)
  element.dir = 'ltr'
  element.textContent = words
  return element
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}
