// @ts-check
// A row of buttons as one stop of the Tab key: the arrow keys go along it (ARIA Authoring Practices, toolbar and tabs).

/**
 * @param {HTMLElement} row
 * @param {(button: HTMLElement) => void} [arrived] Called when the arrow keys reach a button.
 */
export function rove(row, arrived) {
  const buttons = /** @type {HTMLElement[]} */ ([...row.querySelectorAll('button')])
  /** @param {HTMLElement} chosen */
  const choose = (chosen) => {
    for (const button of buttons) button.tabIndex = button === chosen ? 0 : -1
  }
  choose(buttons.find((button) => button.ariaSelected === 'true') ?? buttons[0])
  row.addEventListener('focusin', (event) => choose(/** @type {HTMLElement} */ (event.target)))
  row.addEventListener('keydown', (event) => {
    const place = buttons.indexOf(/** @type {HTMLElement} */ (event.target))
    const ahead = getComputedStyle(row).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
    const back = ahead === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft'
    const next = { [ahead]: place + 1, [back]: place - 1, Home: 0, End: -1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    const button = buttons.at(next % buttons.length) ?? buttons[0]
    button.focus()
    arrived?.(button)
  })
}
