// @ts-check
// The panel beside the form: what a payload would tell now of how the form was filled. A shop needs none of this to seal.

import { attach } from '/tillseal/tillseal.js'
import { Table, loadManifest } from './told.js'

/** How often the values are read while the panel is open, in milliseconds. */
const PAUSE = 500

const form = /** @type {HTMLFormElement} */ (document.getElementById('checkout'))
const panel = /** @type {HTMLDetailsElement} */ (document.getElementById('watch'))
const values = /** @type {HTMLElement} */ (document.getElementById('watch-values'))
const remark = /** @type {HTMLElement} */ (document.getElementById('watch-remark'))

/** @type {Promise<import('./told.js').Manifest> | undefined} */
let loading
/** @type {Table | undefined} */
let table
let timer = 0

// The page's own markup has no names, by which a browser would send something in plain; but one of these excludes the others.
for (const tier of panel.querySelectorAll('input')) tier.name = 'tier'
// From the start, so that nothing is missed: the same as the form's attributes make, but we get hold of it.
let checkout = attach(form)
checkout.catch(() => {})

panel.addEventListener('toggle', async () => {
  window.clearInterval(timer)
  if (!panel.open) return
  timer = window.setInterval(look, PAUSE)
  await look()
  // On a desk it shares its column with the order, and takes the place of that.
  const column = /** @type {HTMLElement} */ (panel.parentElement)
  column.scrollTop = panel.offsetTop
})
panel.addEventListener('change', async ({ target }) => {
  const { value } = /** @type {HTMLInputElement} */ (target)
  const signals = /** @type {import('/tillseal/tillseal.js').Options['signals']} */ (value)
  checkout = attach(form, { signals })
  checkout.then(look, () => {})
})

async function look() {
  try {
    loading ??= loadManifest()
    const manifest = await loading
    const { signals } = await checkout
    if (!signals) return say('In this browser the form is sealed without these values.')
    table ??= new Table(manifest, true)
    table.show(signals)
    if (!table.element.isConnected) values.replaceChildren(table.element)
    const { meaning } = manifest.tiers.find(({ name }) => name === signals.tier) ?? { meaning: '' }
    const reason = signals.choice === 'merchant' ? 'chosen here' : signals.gpc ? 'because your browser sends Global Privacy Control' : 'the default'
    say(`Now: ${signals.tier}, ${reason}. ${meaning}`)
  } catch {
    loading = undefined
    say('These values cannot be shown just now.')
  }
}

/** @param {string} text */
function say(text) {
  if (remark.textContent !== text) remark.textContent = text
}
