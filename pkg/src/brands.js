// @ts-check
/** Brands by their id: what people call them, and a small sign, drawn by us. */

export const BRANDS = /** @type {Record<string, string>} */ ({
  visa: 'Visa',
  mastercard: 'Mastercard',
})

const SVG = 'http://www.w3.org/2000/svg'

/** By brand: the card's colour, then shapes. `o`: circle x, y, radius, colour; `r`: bar x, width, colour; `t`: text, colour. */
const SIGNS = /** @type {Record<string, string>} */ ({
  visa: '#1a1f71 tVISA,#fff',
})

/**
 * The sign of a brand, or of any card.
 * @param {string} brand
 * @returns {SVGElement}
 */
export function sign(brand) {
  const svg = document.createElementNS(SVG, 'svg')
  const draw = (/** @type {string} */ name, /** @type {Record<string, unknown>} */ attributes) => {
    const shape = document.createElementNS(SVG, name)
    for (const [attribute, value] of Object.entries(attributes)) shape.setAttribute(attribute, String(value))
    return svg.appendChild(shape)
  }
  svg.setAttribute('viewBox', '0 0 38 24')
  svg.setAttribute('aria-hidden', 'true')
  return svg
}
