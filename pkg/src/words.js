// @ts-check
/** What a shopper reads, in the language of the page. Each language is a file of its own, loaded when it is needed. */

import EN from './lang/en.js'

/** @typedef {Record<string, string>} Words */

/** Written out, so that bundlers see them. */
const LANGUAGES = /** @type {Record<string, () => Promise<{ default: Words }>>} */ ({
  ar: () => import('./lang/ar.js'),
  bg: () => import('./lang/bg.js'),
  bn: () => import('./lang/bn.js'),
  ca: () => import('./lang/ca.js'),
  cs: () => import('./lang/cs.js'),
  da: () => import('./lang/da.js'),
  de: () => import('./lang/de.js'),
  el: () => import('./lang/el.js'),
  es: () => import('./lang/es.js'),
  et: () => import('./lang/et.js'),
  fa: () => import('./lang/fa.js'),
  fi: () => import('./lang/fi.js'),
  fr: () => import('./lang/fr.js'),
  ga: () => import('./lang/ga.js'),
  he: () => import('./lang/he.js'),
  hi: () => import('./lang/hi.js'),
  hr: () => import('./lang/hr.js'),
  hu: () => import('./lang/hu.js'),
  id: () => import('./lang/id.js'),
  is: () => import('./lang/is.js'),
  it: () => import('./lang/it.js'),
  ja: () => import('./lang/ja.js'),
  ko: () => import('./lang/ko.js'),
  lt: () => import('./lang/lt.js'),
  lv: () => import('./lang/lv.js'),
  ms: () => import('./lang/ms.js'),
  nb: () => import('./lang/nb.js'),
  nl: () => import('./lang/nl.js'),
  pl: () => import('./lang/pl.js'),
  pt: () => import('./lang/pt.js'),
  'pt-br': () => import('./lang/pt-BR.js'),
  ro: () => import('./lang/ro.js'),
  ru: () => import('./lang/ru.js'),
  sk: () => import('./lang/sk.js'),
  sl: () => import('./lang/sl.js'),
  sr: () => import('./lang/sr.js'),
  sv: () => import('./lang/sv.js'),
  sw: () => import('./lang/sw.js'),
  ta: () => import('./lang/ta.js'),
  th: () => import('./lang/th.js'),
  tr: () => import('./lang/tr.js'),
  uk: () => import('./lang/uk.js'),
  ur: () => import('./lang/ur.js'),
  vi: () => import('./lang/vi.js'),
  zh: () => import('./lang/zh.js'),
  'zh-hant': () => import('./lang/zh-Hant.js'),
})

/** Other names of the same. */
const ALIASES = /** @type {Record<string, string>} */ ({
  no: 'nb', nn: 'nb', iw: 'he', in: 'id', 'zh-tw': 'zh-hant', 'zh-hk': 'zh-hant', 'zh-mo': 'zh-hant',
})

/**
 * The words of the element's language; English where there are none, or none can be loaded.
 * @param {Element} element
 * @returns {Promise<Words>}
 */
export async function wordsOf(element) {
  const parts = languageOf(element).toLowerCase().split('-')
  for (; parts.length; parts.pop()) {
    const tag = parts.join('-')
    const load = LANGUAGES[ALIASES[tag] ?? tag]
    if (load) return load().then((file) => ({ ...EN, ...file.default }), () => EN)
  }
  return EN
}

/**
 * From the nearest `lang`, also beyond the shadow root that the element is in.
 * @param {Element} element
 */
function languageOf(element) {
  for (let node = element; node; node = /** @type {ShadowRoot} */ (node.getRootNode()).host) {
    const found = node.closest('[lang]')
    if (found) return /** @type {HTMLElement} */ (found).lang
  }
  return ''
}
