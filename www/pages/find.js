// @ts-check
// Looks for a text in other text as plainly as an eavesdropper would, and in the usual disguises.

/** @typedef {{start: number, end: number}} Span */

/**
 * Where `needle` stands in `text`: as typed, without its spaces, percent-encoded, in base64 (at any of its
 * three alignments) or backwards; letters in either case. Spans are sorted and do not overlap.
 * @param {string} text
 * @param {string} needle
 * @returns {Span[]}
 */
export function find(text, needle) {
  const lower = text.toLowerCase()
  const plain = plainShapes(needle).flatMap((shape) => occurrences(lower, shape.toLowerCase()))
  const spans = plain.concat(base64Shapes(needle).flatMap((shape) => occurrences(text, shape)))
  spans.sort((a, b) => a.start - b.start || b.end - a.end)
  return spans.filter((span, place) => spans.slice(0, place).every((earlier) => earlier.end <= span.start))
}

/** @param {string} needle */
function plainShapes(needle) {
  const typed = [needle, needle.replace(/[\s-]/g, '')]
  const shapes = typed.flatMap((shape) => [
    shape,
    [...shape].reverse().join(''),
    encodeURIComponent(shape),
    new URLSearchParams([['', shape]]).toString().slice(1),
  ])
  return shapes.filter((shape) => shape !== '')
}

/**
 * The characters of base64 that depend on the needle alone, whatever stands before and after it; fewer than
 * four of them would turn up by chance.
 * @param {string} needle
 */
function base64Shapes(needle) {
  const shapes = [needle, needle.replace(/[\s-]/g, '')].flatMap((shape) => {
    const bytes = new TextEncoder().encode(shape)
    return [0, 1, 2].map((shift) => {
      const shifted = String.fromCharCode(...new Uint8Array(shift), ...bytes)
      const first = Math.ceil((shift * 8) / 6)
      const last = Math.floor(((shift + bytes.length) * 8) / 6)
      return btoa(shifted).slice(first, last)
    })
  })
  const long = shapes.filter((shape) => shape.length >= 4)
  return long.flatMap((shape) => [shape, shape.replaceAll('+', '-').replaceAll('/', '_')])
}

/**
 * @param {string} text
 * @param {string} shape
 * @returns {Span[]}
 */
function occurrences(text, shape) {
  /** @type {Span[]} */
  const spans = []
  for (let start = text.indexOf(shape); start >= 0; start = text.indexOf(shape, start + shape.length)) {
    spans.push({ start, end: start + shape.length })
  }
  return spans
}
