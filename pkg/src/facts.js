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

/** Who asks for a fact: the tier `device`, 3-D Secure. What nobody asks for is not read. */
const DEVICE = 1, THREE_DS = 2

/** @typedef {[number, () => unknown][]} Facts */

/** What is so or not, in the order of the bits of src/listen.rs, behind three that are the page's choices. @type {Facts} */
const IS_SO = [
  [DEVICE, () => navigator.webdriver],
  [DEVICE, () => /Headless/.test(navigator.userAgent + JSON.stringify(hints()))],
  [DEVICE, isContradiction],
  [DEVICE, () => matchMedia('(any-hover:hover)').matches],
  [THREE_DS, () => navigator.javaEnabled()],
]
/** @type {Facts} */
const NUMBERS = [
  [DEVICE, () => navigator.maxTouchPoints],
  [DEVICE, () => innerWidth],
  [DEVICE | THREE_DS, () => new Date().getTimezoneOffset()],
  [THREE_DS, () => screen.colorDepth],
  [THREE_DS, () => screen.height],
  [THREE_DS, () => screen.width],
]
/** @type {Facts} */
const TEXTS = [
  [DEVICE, browser],
  [DEVICE, system],
  [DEVICE | THREE_DS, () => navigator.language],
  [THREE_DS, () => navigator.userAgent],
]

/** Global Privacy Control: the person asks that as little as possible be told. */
export const hasGpc = () => /** @type {any} */ (navigator).globalPrivacyControl === true

/**
 * What the module's `signals` takes, but for the names of the fields behind the text and for the time.
 * @param {number} tier
 * @param {boolean[]} choices Whether the merchant chose the tier, GPC, whether 3-D Secure data is asked for.
 */
export function factsOf(tier, choices) {
  const wanted = (tier > 2 ? DEVICE : 0) | (choices[2] ? THREE_DS : 0)
  const read = (/** @type {Facts} */ facts) => facts.map(([who, fact]) => {
    try {
      return who & wanted ? fact() : undefined
    } catch {
      // No such property, or an extension that forbids it: the module has a word for that.
    }
  })
  return [
    read(TEXTS).join('\0'),
    tier,
    [...choices, ...read(IS_SO)].reduce((/** @type {number} */ bits, isSo, bit) => bits | (isSo ? 1 << bit : 0), 0),
    ...read(NUMBERS),
  ]
}
