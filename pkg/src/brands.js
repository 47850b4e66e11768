// @ts-check
/** Brands by their id: what people call them, and a small sign, drawn by us. */

/** Name, colour of the card, colour of the name; where the sign is no name: circles (x, radius, colour) or bars (x, width, colour). */
const SIGNS = /** @type {Record<string, [string, string, string, string?]>} */ ({
  visa: ['Visa', '#1434cb', '#fff'],
  mastercard: ['Mastercard', '#fff', '', 'o14,7,#eb001b o24,7,#f79e1b'],
  'american-express': ['American Express', '#016fd0', '#fff'],
  'diners-club': ['Diners Club', '#fff', '', 'o19,9,#004a97 r16,6,#fff'],
  discover: ['Discover', '#fff', '', 'o19,8,#f76b1c'],
  jcb: ['JCB', '#fff', '', 'r8,6,#0e4c96 r16,6,#d7001f r24,6,#0b7c30'],
  unionpay: ['UnionPay', '#fff', '', 'r6,10,#e21836 r14,10,#00447c r22,10,#007b84'],
  maestro: ['Maestro', '#fff', '', 'o14,7,#0099df o24,7,#ed0006'],
  elo: ['Elo', '#111', '#fff'],
  mir: ['Mir', '#fff', '#0f754e'],
  hiper: ['Hiper', '#f37421', '#111'],
  hipercard: ['Hipercard', '#b3131b', '#fff'],
  'cartes-bancaires': ['CB', '#0a4b9c', '#fff'],
  girocard: ['girocard', '#fff', '#1d3a8a'],
  rupay: ['RuPay', '#fff', '#097a44'],
  eftpos: ['eftpos', '#1b1464', '#fff'],
  dankort: ['Dankort', '#c8102e', '#fff'],
  verve: ['Verve', '#00425f', '#fff'],
  troy: ['troy', '#fff', '#00717d'],
  uzcard: ['Uzcard', '#1f3b8f', '#fff'],
  humo: ['Humo', '#fff', '#8a6508'],
  naranja: ['Naranja X', '#ff6200', '#111'],
  bancontact: ['Bancontact', '#fff', '#005498'],
})

/** What people call a brand. @param {string} brand */
export const nameOf = (brand) => SIGNS[brand]?.[0] ?? brand

/**
 * The sign of a brand, or of any card; 38 to 24.
 * @param {string} brand
 */
export function sign(brand) {
  const [name, ground, ink, shapes = ''] = SIGNS[brand] ?? ['', 'none', '', '']
  const svg = draw(undefined, 'svg', { viewBox: '0 0 38 24', 'aria-hidden': 'true' })
  // Of any card, the magnetic stripe and a line of print.
  const d = name ? 'M.5.5h37v23H.5z' : 'M.5.5h37v23H.5zM1 6h36v4H1zM5 17h8'
  draw(svg, 'path', { d, fill: ground, stroke: 'currentColor', 'stroke-opacity': 0.4 })
  for (const [, kind, x, size, fill] of shapes.matchAll(/([or])(\d+),(\d+),(\S+)/g)) {
    if (kind === 'o') draw(svg, 'circle', { cx: x, cy: 12, r: size, fill })
    else draw(svg, 'rect', { x, y: 4, width: size, height: 16, rx: 2, fill })
  }
  if (ink) {
    const look = { 'font-weight': 700, 'text-anchor': 'middle' }
    const text = draw(svg, 'text', { x: 19, y: 15.5, 'font-size': Math.min(11, 54 / name.length), fill: ink, ...look })
    text.textContent = name
  }
  return svg
}

/**
 * @param {Element | undefined} parent
 * @param {string} name
 * @param {Record<string, unknown>} attributes
 */
function draw(parent, name, attributes) {
  const shape = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [attribute, value] of Object.entries(attributes)) shape.setAttribute(attribute, String(value))
  parent?.append(shape)
  return shape
}
