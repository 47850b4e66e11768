// @ts-check
// The receipt: looking for a text in the request, and showing the card when a person asks for it.

import { find } from './find.js'

const raw = element('raw')
const rawText = raw.textContent ?? ''
const rawNodes = [...raw.childNodes]
const needle = /** @type {HTMLInputElement} */ (element('needle'))
const found = element('found')
const invitation = found.textContent

const opened = element('opened')
const reveal = element('reveal')
const openedError = element('opened-error')
const secrets = [.../** @type {NodeListOf<HTMLElement>} */ (opened.querySelectorAll('[data-secret]'))]
const masks = secrets.map((secret) => secret.textContent)

element('find').addEventListener('submit', (event) => event.preventDefault())
needle.addEventListener('input', look)
reveal.addEventListener('click', toggle)
for (const button of opened.querySelectorAll('.seek')) {
  button.addEventListener('click', () => {
    needle.value = button.previousElementSibling?.textContent ?? ''
    look()
    needle.focus()
  })
}

function look() {
  const wanted = needle.value.trim()
  if (wanted === '') {
    raw.replaceChildren(...rawNodes)
    found.textContent = invitation
    delete found.dataset.found
    return
  }
  const spans = find(rawText, wanted)
  found.dataset.found = spans.length > 0 ? 'yes' : 'no'
  found.textContent = verdict(wanted, spans.length)
  if (spans.length === 0) {
    raw.replaceChildren(...rawNodes)
    return
  }
  mark(spans)
}

/**
 * @param {string} wanted
 * @param {number} count
 */
function verdict(wanted, count) {
  if (count === 0) return 'Not in these bytes: not as typed, percent-encoded, in base64 or reversed.'
  const times = count === 1 ? 'Found once.' : `Found ${count} times.`
  return wanted.length < 4 ? `${times} So short a text turns up by chance.` : times
}

/** @param {import('./find.js').Span[]} spans */
function mark(spans) {
  /** @type {(string | HTMLElement)[]} */
  const pieces = []
  let from = 0
  for (const { start, end } of spans) {
    const piece = document.createElement('mark')
    piece.textContent = rawText.slice(start, end)
    pieces.push(rawText.slice(from, start), piece)
    from = end
  }
  raw.replaceChildren(...pieces, rawText.slice(from))
}

async function toggle() {
  openedError.textContent = ''
  const shows = reveal.getAttribute('aria-pressed') === 'true'
  if (shows) {
    put(masks, false)
    return
  }
  try {
    const response = await fetch(opened.dataset.opened ?? '')
    const answer = await response.json()
    if (!response.ok) throw new Error(answer.detail)
    put(secrets.map((secret) => answer.fields[secret.dataset.secret ?? '']), true)
  } catch (error) {
    openedError.textContent = `The card cannot be shown. ${error instanceof Error ? error.message : ''}`
  }
}

/**
 * @param {(string | null)[]} texts
 * @param {boolean} shows
 */
function put(texts, shows) {
  reveal.setAttribute('aria-pressed', String(shows))
  secrets.forEach((secret, place) => {
    secret.textContent = texts[place]
    const seek = secret.nextElementSibling
    if (seek instanceof HTMLElement) seek.hidden = !shows
  })
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}
