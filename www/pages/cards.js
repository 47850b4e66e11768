// @ts-check
// Test cards of every brand, and filling a form as autofill does: a value, then its input event.

import { rove } from './rove.js'

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** Brand, its name, and a number from its range that belongs to nobody. Of a co-badged card, the brand is the one chosen. */
export const CARDS = [
  ['visa', 'Visa', '4242424242424242'],
  ['mastercard', 'Mastercard', '5555555555554444'],
  ['american-express', 'Amex', '378282246310005'],
  ['diners-club', 'Diners Club', '36227206271667'],
  ['discover', 'Discover', '6011111111111117'],
  ['jcb', 'JCB', '3566002020360505'],
  ['unionpay', 'UnionPay', '6200000000000005'],
  ['maestro', 'Maestro', '6759649826438453'],
  ['cartes-bancaires', 'Cartes Bancaires', '4000002500001001'],
  ['girocard', 'girocard', '6725000000000000014'],
  ['bancontact', 'Bancontact', '6703444444444449'],
  ['dankort', 'Dankort', '5019555544445555'],
  ['elo', 'Elo', '6362970000457013'],
  ['hiper', 'Hiper', '6370950000000005'],
  ['hipercard', 'Hipercard', '6062828888666688'],
  ['naranja', 'Naranja', '5895620000000010'],
  ['mir', 'Mir', '2200000000000012'],
  ['rupay', 'RuPay', '6074500000000015'],
  ['eftpos', 'eftpos', '6280000360000978'],
  ['verve', 'Verve', '5060990580000217499'],
  ['troy', 'Troy', '9792030394440796'],
  ['uzcard', 'Uzcard', '8600495473316478'],
  ['humo', 'Humo', '9860000000000018'],
].map(([brand, name, number]) => ({ brand, name, number }))

/** What a form gets that a test card fills in, by the field's name. @param {{brand: string, number: string}} card */
export const valuesOf = ({ brand, number }) => ({
  'cc-number': number,
  'cc-type': brand,
  'cc-exp': '12/31',
  'cc-csc': brand === 'american-express' ? '1234' : '123',
  'cc-name': 'Ada Lovelace',
})

/** The controls of a form, those inside `<tillseal-card>` among them. @param {HTMLFormElement} form @returns {Control[]} */
export const controlsOf = (form) => [...form.elements].flatMap((/** @type {any} */ element) => element.controls ?? element)

/** @param {Control} control */
export const nameOf = (control) => control.dataset.seal ?? control.getAttribute('autocomplete') ?? ''

/** @param {HTMLFormElement} form @param {Record<string, string>} values By the field's name. */
export function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = controlsOf(form).find((control) => nameOf(control) === name)
    // A choice of brand is offered only where there is one.
    const isOffered = !(control instanceof HTMLSelectElement) || [...control.options].some((option) => option.value === value)
    if (!control || !isOffered) continue
    control.value = value
    control.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertReplacementText' }))
    control.dispatchEvent(new Event('change', { bubbles: true }))
  }
}

/**
 * Lays out the test cards, each one click away.
 * @param {HTMLElement} tray
 * @param {() => HTMLFormElement | null} form The form to fill in.
 */
export function layOut(tray, form) {
  const note = document.createElement('span')
  note.role = 'status'
  note.className = 'unseen'
  tray.append(...CARDS.map((card) => {
    const chip = document.createElement('button')
    chip.type = 'button'
    chip.dataset.card = card.brand
    chip.textContent = card.name
    chip.addEventListener('click', () => {
      const into = form()
      if (!into) return
      fill(into, valuesOf(card))
      for (const other of tray.children) other.toggleAttribute('data-taken', other === chip)
      note.textContent = `The test card of ${card.name} is filled in.`
    })
    return chip
  }))
  tray.after(note)
  rove(tray)
}
