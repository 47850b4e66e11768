// @ts-check
/** What the page knows of its browser. What of it a payload may say, and how exactly, the module decides. */

/** The words of device.rs, as a text has them. @param {RegExp} words @param {string} text */
const wordOf = (words, text) => words.exec(text)?.[0].toLowerCase() ?? 'other'

const browser = () => wordOf(/Firefox|FxiOS|Chrome|CriOS|EdgiOS|Safari/, navigator.userAgent)

/** @param {string} text */
const systemOf = (text) => wordOf(/android|iphone|ipad|windows|mac|cros|linux(?!.*android)/i, text)

/** An iPad says that it is a Macintosh, none of which has a touch screen. */
const system = () => (navigator.maxTouchPoints > 1 ? systemOf(navigator.userAgent).replace('mac', 'ipad') : systemOf(navigator.userAgent))

/** Chromium alone has them, and under https. */
const hints = () => /** @type {any} */ (navigator).userAgentData

/** Whether user agent and client hints, where there are any, speak of two browsers. */
function isContradiction() {
  const { brands, platform, mobile } = hints()
  const named = systemOf(platform)
  return !!brands[0] && (browser() !== 'chrome' || (named !== 'other' && named !== system()) || mobile !== /Mobile/.test(navigator.userAgent))
}

/** What is so or not, in the order of the bits of src/listen.rs, behind three that are the page's choices. */
const IS_SO = [
  () => navigator.webdriver,
  () => /Headless/.test(navigator.userAgent + JSON.stringify(hints())),
  isContradiction,
  () => matchMedia('(any-hover:hover)').matches,
  () => navigator.javaEnabled(),
]
const NUMBERS = [
  () => navigator.maxTouchPoints,
  () => innerWidth,
  () => new Date().getTimezoneOffset(),
  () => screen.colorDepth,
  () => screen.height,
  () => screen.width,
]
const TEXTS = [browser, system, () => navigator.language, () => navigator.userAgent]

/** @param {() => unknown} fact */
function read(fact) {
  try {
    return fact()
  } catch {
    // No such property, or an extension that forbids it: the module has a word for that.
  }
}

/** Global Privacy Control: the person asks that as little as possible be told. */
export const hasGpc = () => /** @type {any} */ (navigator).globalPrivacyControl === true

/**
 * What the module's `signals` takes, but for the time.
 * @param {number} tier
 * @param {boolean[]} choices Whether the merchant chose the tier, GPC, whether 3-D Secure data is asked for.
 * @param {string[]} controls `data-seal` and `autocomplete` of each.
 */
export const factsOf = (tier, choices, controls) => [
  [...TEXTS.map(read), ...controls].join('\0'),
  tier,
  [...choices, ...IS_SO.map(read)].reduce((/** @type {number} */ bits, isSo, bit) => bits | (isSo ? 1 << bit : 0), 0),
  ...NUMBERS.map(read),
]
