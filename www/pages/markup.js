// @ts-check
// From the text of the editor to live nodes. The text is parsed into a document of its own, in which nothing runs and nothing is
// loaded, and what may stand in a form is built anew from there. So a script or a handler in the text never becomes one.

const trustedTypes = /** @type {any} */ (globalThis).trustedTypes
/** The one policy of this page; its result goes to `DOMParser` alone. */
const policy = trustedTypes?.createPolicy('playground', { createHTML: (/** @type {string} */ markup) => markup })

const ELEMENTS = new Set(`form fieldset legend label input select optgroup option datalist textarea button output tillseal-card
  div section header footer p span strong em b i small code br hr h1 h2 h3 h4 ul ol li dl dt dd`.split(/\s+/))
const ATTRIBUTES = new Set(`id class title lang dir hidden role tabindex for form list label type name value placeholder autocomplete
  autocapitalize spellcheck inputmode enterkeyhint required readonly disabled checked selected multiple min max step minlength
  maxlength pattern size rows cols novalidate formnovalidate brands holder`.split(/\s+/))
/** What a form has on a real page; here the playground gives the key, and nothing is sent. */
const MEANINGLESS = new Set(['action', 'method', 'enctype', 'data-tillseal', 'data-kid'])

/**
 * @param {string} markup
 * @returns {{ nodes: Node[], form: HTMLFormElement | null, left: string[] }} `left`: the names of what was left out.
 */
export function build(markup) {
  const parsed = new DOMParser().parseFromString(policy?.createHTML(markup) ?? markup, 'text/html')
  /** @type {Set<string>} */
  const left = new Set()
  const fragment = document.createDocumentFragment()
  fragment.append(...[...parsed.head.childNodes, ...parsed.body.childNodes].flatMap((node) => copied(node, left)))
  return { nodes: [...fragment.childNodes], form: fragment.querySelector('form'), left: [...left] }
}

/** @param {Node} node @param {Set<string>} left @returns {Node[]} */
function copied(node, left) {
  if (node instanceof Text) return [document.createTextNode(node.data)]
  if (!(node instanceof Element)) return []
  const name = node.localName
  if (!ELEMENTS.has(name)) {
    left.add(`<${name}>`)
    return []
  }
  const copy = document.createElement(name)
  for (const attribute of node.getAttributeNames()) {
    const isKnown = ATTRIBUTES.has(attribute) || /^(data|aria)-/.test(attribute)
    if (MEANINGLESS.has(attribute)) continue
    if (isKnown) copy.setAttribute(attribute, node.getAttribute(attribute) ?? '')
    else left.add(attribute)
  }
  copy.append(...[...node.childNodes].flatMap((child) => copied(child, left)))
  return [copy]
}
