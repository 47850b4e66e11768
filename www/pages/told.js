// @ts-check
// What a page tells of how its form was filled, in words: the values of a payload's claim `signals` by the list of /signals.json.

/** @typedef {{ name: string, type: string, unit?: string, edges?: number[], meaning: string }} Entry */
/** @typedef {{ name: string, tier: string, meaning: string, values: Entry[] }} Group */
/** @typedef {{ tiers: { name: string, meaning: string }[], groups: Group[] }} Manifest */
/** @typedef {{ title: string, code: string, words: string[], isZero: boolean }} Line `words` are several for a field. */

/** @type {Record<string, string>} */
const SIGNS = { milliseconds: '\u00a0ms', seconds: '\u00a0s', percent: '\u00a0%', pixels: '\u00a0px', hours: '\u00a0h' }
/** What is shown of the claim itself elsewhere. */
const OF_THE_CLAIM = 'claim'
/** The group whose members are fields. */
const FIELDS = 'fields'

/** @returns {Promise<Manifest>} */
export async function loadManifest() {
  const answer = await fetch('/signals.json')
  if (!answer.ok) throw new Error(`/signals.json: ${answer.status}`)
  return answer.json()
}

/**
 * A value in words: a number is the lower edge of its bucket, and 0 where nothing is told. The receipt says the same.
 * @param {Entry} entry
 * @param {unknown} value
 * @returns {string}
 */
export function wordsOf({ type, unit = '', edges = [] }, value) {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || unit === 'yes or no') return value ? 'yes' : 'no'
  const sign = SIGNS[unit] ?? ''
  const low = Number(value ?? 0)
  if (type !== 'bucket') return value === undefined ? 'nothing' : `${low}${sign}`
  const next = edges.find((edge) => edge > low)
  if (!low) return unit === 'count' || next === undefined ? 'none' : `none, or under ${next}${sign}`
  if (next === undefined) return `${low}${sign} or more`
  if (unit !== 'count') return `${low}–${next}${sign}`
  return next - low === 1 ? `${low}` : `${low}–${next - 1}`
}

/**
 * What the claim's tier tells, group by group: a line for each value, or for each field.
 * @param {Manifest} manifest
 * @param {Record<string, any>} signals
 * @returns {{ group: Group, lines: Line[] }[]}
 */
export function linesOf({ groups }, signals) {
  const told = groups.filter(({ name }) => name !== OF_THE_CLAIM && signals[name])
  return told.map((group) => ({ group, lines: group.name === FIELDS ? fieldLines(group, signals) : valueLines(group, signals) }))
}

/** @param {Group} group @param {Record<string, any>} signals @returns {Line[]} */
const valueLines = ({ name: group, values }, signals) => values.map((entry) => {
  const { name, type, meaning } = entry
  const value = signals[group][name]
  const isZero = value === undefined || value === 'none' || (type === 'bucket' && !value)
  return { title: plain(meaning), code: name, words: [wordsOf(entry, value)], isZero }
})

/** How each field was filled, and then what is not zero. @param {Group} group @param {Record<string, any>} signals @returns {Line[]} */
const fieldLines = ({ values: [entry, ...values] }, { fields }) => Object.entries(fields).map(([code, told]) => {
  const others = values.filter(({ name }) => told[name]).map((value) => `${value.name} ${wordsOf(value, told[value.name])}`)
  return { title: '', code, words: [wordsOf(entry, told[entry.name]), ...others], isZero: told[entry.name] === 'none' && !others.length }
})

/** A table of the values, which is kept up to date: only what changes is written anew, so that nobody who reads it loses the place. */
export class Table {
  element = made('table', 'told')
  #manifest
  #isWhole
  /** What the rows stand for. */
  #shape = ''
  /** @type {HTMLElement[]} */
  #cells = []

  /** @param {Manifest} manifest @param {boolean} isWhole What is zero has its row too. */
  constructor(manifest, isWhole) {
    this.#manifest = manifest
    this.#isWhole = isWhole
  }

  /** @param {Record<string, any>} signals */
  show(signals) {
    const parts = linesOf(this.#manifest, signals)
      .map(({ group, lines }) => ({ group, lines: this.#isWhole ? lines : lines.filter(({ isZero }) => !isZero) }))
    const shape = parts.flatMap(({ group, lines }) => [group.name, ...lines.map(({ code }) => code)]).join('\n')
    if (shape !== this.#shape) this.#build(parts)
    this.#shape = shape
    parts.flatMap(({ lines }) => lines).forEach(({ words, isZero }, place) => {
      const cell = this.#cells[place]
      const text = words.join('\n')
      if (cell.dataset.words !== text) cell.replaceChildren(...words.map(leftToRight))
      cell.dataset.words = text
      cell.parentElement?.toggleAttribute('data-zero', isZero)
    })
  }

  /** @param {{ group: Group, lines: Line[] }[]} parts */
  #build(parts) {
    this.#cells = []
    const head = made('thead', '', made('tr', '', heading('col', 'Value'), heading('col', 'Told')))
    this.element.replaceChildren(head, ...parts.map(({ group, lines }) => {
      const name = made('tr', 'group', heading('rowgroup', group.name), made('td', '', lines.length ? '' : 'all zero'))
      return made('tbody', '', name, about(group), ...lines.map((line) => this.#row(line)))
    }))
  }

  /** @param {Line} line */
  #row({ title, code }) {
    const cell = made('td')
    this.#cells.push(cell)
    return made('tr', '', heading('row', ...(title ? [made('span', 'meaning', title)] : []), made('code', '', code)), cell)
  }
}

/** What a group means; of the fields, also what stands in each of their rows. @param {Group} group */
function about({ name, meaning, values }) {
  const keys = name === FIELDS ? values.map((value) => made('span', '', made('code', '', value.name), ` ${plain(value.meaning)}`)) : []
  const cell = made('td', '', plain(meaning), ...keys)
  cell.setAttribute('colspan', '2')
  return made('tr', 'about', cell)
}

/** Numbers and their units, in any page. @param {string} words */
function leftToRight(words) {
  const element = made('span', '', words)
  element.dir = 'ltr'
  return element
}

/**
 * @param {string} name
 * @param {string} [className]
 * @param {(string | Node)[]} content
 */
export function made(name, className, ...content) {
  const element = document.createElement(name)
  if (className) element.className = className
  element.append(...content)
  return element
}

/** @param {string} scope @param {(string | Node)[]} content */
function heading(scope, ...content) {
  const element = made('th', '', ...content)
  element.setAttribute('scope', scope)
  return element
}

/** Without the marks of Markdown. @param {string} text */
const plain = (text) => text.replaceAll('`', '')
