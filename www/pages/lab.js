// @ts-check
// The attack lab: a program fills in the form, or you do, and the shop's server says what it makes of it.

import { attach } from '/tillseal/tillseal.js'
import { ATTACKS } from './attacks.js'
import { Table, linesOf, loadManifest, made } from './told.js'

/** @typedef {{ code: string, weight: number, words: string }} Reason */
/** @typedef {{ automation: { probability: number, reasons: Reason[] }, flagged: boolean, signals: Record<string, any> | null }} Verdict */

const KEY = '/.well-known/tillseal.jwks'

const form = /** @type {HTMLFormElement} */ (element('form'))
const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-attack]'))
const failure = element('failure')
const result = element('result')

const manifest = loadManifest()
manifest.catch(() => {})
/** @type {Verdict | undefined} */
let before
/** @type {Table | undefined} */
let table
let isBusy = false

/** A count of what happens in the form, from now on. */
let checkout = attach(form, { key: KEY })
checkout.catch(explain)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  during(judge)
})
for (const button of buttons) {
  button.addEventListener('click', () => during(async () => {
    button.toggleAttribute('data-busy', true)
    try {
      await startAnew()
      await ATTACKS[button.dataset.attack ?? ''](form)
      await judge()
    } finally {
      button.removeAttribute('data-busy')
    }
  }))
}
element('reset').addEventListener('click', () => during(async () => {
  await startAnew()
  before = undefined
  delete result.dataset.has
  element('sentence').textContent = ''
  form.querySelector('input')?.focus()
}))

/** One thing at a time. @param {() => Promise<void>} work */
async function during(work) {
  if (isBusy) return
  isBusy = true
  failure.textContent = ''
  try {
    await work()
  } catch (error) {
    explain(error)
  } finally {
    isBusy = false
  }
}

/** Empties the form, and forgets what happened in it: the press that started an attack is not the attack's. */
async function startAnew() {
  await checkout.then((checkout) => checkout.detach(), () => {})
  form.reset()
  checkout = attach(form, { key: KEY })
  await checkout
}

async function judge() {
  const entries = (await checkout).seal()
  const headers = { accept: 'application/json' }
  const answer = await fetch('/lab', { method: 'POST', headers, body: new URLSearchParams(entries) })
  const verdict = await answer.json()
  if (!answer.ok) throw new Error(verdict.detail)
  show(verdict, await manifest)
}

/** @param {Verdict} verdict @param {import('./told.js').Manifest} manifest */
function show(verdict, manifest) {
  const { automation: { probability, reasons }, flagged, signals } = verdict
  const likely = rounded(probability)
  element('likelihood').dataset.leaning = flagged ? 'program' : probability < 0.5 ? 'person' : 'open'
  element('sentence').replaceChildren(made('strong', '', likely), ' likely a program')
  element('flagged').textContent = flagged ? 'Flagged: at 90\u00a0% or more.' : 'Not flagged: that begins at 90\u00a0%.'
  element('gauge').ariaValueNow = String(Math.round(probability * 100))
  element('gauge').ariaValueText = likely
  element('level').setAttribute('width', String(Math.max(1, probability * 100)))
  element('reasons').replaceChildren(...reasons.map(({ code, weight, words }) => {
    const side = weight > 0 ? 'program' : 'person'
    const item = made('li', '', made('span', 'words', words), made('span', 'leans', `for a ${side} `, made('code', '', code)))
    item.dataset.side = side
    return item
  }))
  element('nothing').hidden = reasons.length > 0
  showChanges(verdict, manifest)
  table ??= new Table(manifest, false)
  table.show(signals ?? {})
  element('values').replaceChildren(table.element)
  element('raw').textContent = JSON.stringify(signals, null, 2)
  result.dataset.has = 'verdict'
  before = verdict
  // On a phone it is below the form.
  if (result.getBoundingClientRect().top > window.innerHeight / 2) result.scrollIntoView()
}

/** What is another than at the verdict before. @param {Verdict} verdict @param {import('./told.js').Manifest} manifest */
function showChanges(verdict, manifest) {
  element('changed').hidden = !before
  if (!before) return
  const was = factsOf(before, manifest)
  const is = factsOf(verdict, manifest)
  const isOther = (/** @type {string} */ key) => {
    const [one, other] = [was.get(key), is.get(key)]
    // A group that is not told, and one that is but holds nothing, come to the same.
    return String(one?.words) !== String(other?.words) && !((one?.isZero ?? true) && (other?.isZero ?? true))
  }
  const changed = [...new Map([...is, ...was]).keys()].filter(isOther)
  element('changes').replaceChildren(...changed.map((key) => {
    const { title, code } = /** @type {Line} */ (is.get(key) ?? was.get(key))
    const heading = made('th', '', ...(title ? [made('span', 'meaning', title)] : []), made('code', '', code))
    heading.setAttribute('scope', 'row')
    const cells = [was, is].map((facts) => made('td', '', ...(facts.get(key)?.words ?? ['–']).map((words) => made('span', '', words))))
    return made('tr', '', heading, ...cells)
  }))
  element('same').hidden = changed.length > 0
  element('change-list').hidden = changed.length === 0
}

/** @typedef {import('./told.js').Line} Line */

/** @param {Verdict} verdict @param {import('./told.js').Manifest} manifest @returns {Map<string, Line>} */
function factsOf({ automation: { probability, reasons }, signals }, manifest) {
  return new Map([
    ['likely', { title: 'Likely a program', code: 'probability', words: [rounded(probability)], isZero: false }],
    ...reasons.map(({ code, words }) => /** @type {[string, Line]} */ ([code, { title: words, code, words: ['a reason'], isZero: false }])),
    ...linesOf(manifest, signals ?? {}).flatMap(({ group: { name }, lines }) =>
      lines.map((line) => /** @type {[string, Line]} */ ([`${name} ${line.code}`, { ...line, code: `${name} ${line.code}` }]))),
  ])
}

/** A likelihood as people say it: never quite none, and never certain. @param {number} probability */
function rounded(probability) {
  const percent = Math.round(probability * 100)
  return percent < 1 ? 'under 1\u00a0%' : percent > 99 ? 'over 99\u00a0%' : `${percent}\u00a0%`
}

/** @param {unknown} error */
function explain(error) {
  failure.textContent = `There is no verdict. ${error instanceof Error ? error.message : ''}`
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}
