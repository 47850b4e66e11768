// @ts-check
// What cheats do with a payload, a checkout page or a receipt that they have, and what the shop answers. A program pays here, in forms
// that nobody sees: a checkout page needs no more than its session and its address.

import { attach } from '/tillseal/tillseal.js'
import { ProofError, prove } from './proof.js'
import { made } from './told.js'

/** A card of a range that is kept for tests, by `autocomplete`. */
const CARD = { 'cc-number': '4242424242424242', 'cc-exp': '12/31', 'cc-csc': '123' }
const KEY = '/.well-known/tillseal.jwks'

/** @typedef {{ action: string, session: string }} Page */
/** @typedef {(code: string, words: string) => void} Tell */

/** @type {Record<string, (tell: Tell) => Promise<void>>} */
const CHEATS = { replay, second, swap, alter }

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-cheat]'))) {
  button.addEventListener('click', () => start(button))
}

/** @param {HTMLButtonElement} button */
async function start(button) {
  if (button.hasAttribute('data-busy')) return
  const answers = /** @type {HTMLElement} */ (button.parentElement?.querySelector('.answers'))
  answers.replaceChildren()
  button.toggleAttribute('data-busy', true)
  const tell = (/** @type {string} */ code, /** @type {string} */ words) => answers.append(made('li', '', made('code', '', code), made('span', '', words)))
  try {
    await CHEATS[button.dataset.cheat ?? ''](tell)
  } catch (error) {
    tell('–', `It could not be tried. ${error instanceof Error ? error.message : ''}`)
  } finally {
    button.removeAttribute('data-busy')
  }
}

/** @param {Tell} tell */
async function replay(tell) {
  const page = await openCheckout()
  const entries = await seal(page)
  await pay(page.action, entries, tell)
  await pay(page.action, entries, tell)
}

/** @param {Tell} tell */
async function second(tell) {
  const page = await openCheckout()
  await pay(page.action, await seal(page), tell)
  await pay(page.action, await seal(page), tell)
}

/** @param {Tell} tell */
async function swap(tell) {
  const [one, other] = await Promise.all([openCheckout(), openCheckout()])
  await pay(other.action, await seal(one), tell)
}

/** @param {Tell} tell */
async function alter(tell) {
  const page = await openCheckout()
  const { receipt } = await pay(page.action, await seal(page), tell)
  if (!receipt) return
  const token = await (await fetch(`${receipt}/receipt.jwt`)).text()
  const [header, payload, signature] = token.split('.')
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
  claims.order.amount *= 10
  const altered = btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  for (const [what, text] of [['As it came', token], ['Altered', [header, altered, signature].join('.')]]) {
    const isGenuine = await prove(text, async () => (await fetch(KEY)).json()).then(() => true, (error) => {
      if (error instanceof ProofError && error.fault === 'signature') return false
      throw error
    })
    tell(isGenuine ? 'genuine' : 'signature', isGenuine ? `${what}: the signature holds.` : `${what}: the signature does not hold.`)
  }
}

/** What a checkout page has that a payment needs. @returns {Promise<Page>} */
async function openCheckout() {
  const page = await (await fetch('/')).text()
  const [action, session] = ['action', 'data-session'].map((name) => page.match(`${name}="([^"]+)"`)?.[1] ?? '')
  return { action, session }
}

/** @param {Page} page */
async function seal({ session }) {
  const form = document.createElement('form')
  form.append(...Object.entries(CARD).map(([token, value]) => {
    const input = document.createElement('input')
    input.setAttribute('autocomplete', token)
    input.ariaLabel = token
    input.value = value
    return input
  }))
  const checkout = await attach(form, { key: KEY, session })
  const entries = checkout.seal()
  checkout.detach()
  return entries
}

/** @param {string} action @param {Record<string, string>} entries @param {Tell} tell */
async function pay(action, entries, tell) {
  const answer = await fetch(action, { method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(entries) })
  const told = await answer.json()
  if (answer.ok) tell(`${answer.status}`, `Taken: order ${told.order}, entry ${told.audit.position} of the audit log.`)
  else tell(`${answer.status} ${told.code}`, told.detail)
  return told
}
