// @ts-check
/** React 18 and 19: a hook that seals a form, and the card element as a component. Both may be rendered on a server. */
'use client'

import { createElement, useEffect, useRef, useState } from 'react'
import { attach } from './tillseal.js'

/**
 * @typedef {import('./tillseal.js').Options} Options
 * @typedef {import('./tillseal.js').TillsealError} TillsealError
 * @typedef {Awaited<ReturnType<typeof attach>>} Checkout
 *
 * What is known of a field: `detail` of the event `tillseal:change`. `field` is its autofill token, `code` one of docs/errors.md or
 * empty, `brand` an id like `visa`, or empty.
 * @typedef {{ field: string, valid: boolean, complete: boolean, code: string, brand?: string }} Change
 *
 * `brands`: the ids of those that are taken; `holder`: ask for the name on the card too. What else there is goes to the element.
 * @typedef {Omit<import('react').HTMLAttributes<HTMLElement>, 'children' | 'onChange'> & {
 *   brands?: string | string[],
 *   holder?: boolean,
 *   onChange?: (event: CustomEvent<Change>) => void,
 * }} TillsealCardProps
 *
 * @typedef {{ state: 'preparing', checkout?: undefined, error?: undefined }
 *   | { state: 'ready', checkout: Checkout, error?: undefined }
 *   | { state: 'failed', checkout?: undefined, error: TillsealError }} Progress
 */

const PREPARING = /** @type {Progress} */ ({ state: 'preparing' })

/**
 * Seals the form that gets `ref`, from its mount to its unmount.
 * @param {Options} options Compared by what they hold: write them in place.
 * @returns {Progress & { ref: import('react').RefCallback<HTMLFormElement> }}
 */
export function useTillseal(options) {
  const [form, ref] = useState(/** @type {HTMLFormElement | null} */ (null))
  const [progress, setProgress] = useState(PREPARING)
  useEffect(() => {
    setProgress(PREPARING)
    if (!form) return
    // StrictMode mounts twice: what the first mount comes to is nobody's concern.
    let isMounted = true
    const attaching = attach(form, options)
    attaching.then(
      (checkout) => isMounted && setProgress({ state: 'ready', checkout }),
      (error) => isMounted && setProgress({ state: 'failed', error }),
    )
    return () => {
      isMounted = false
      attaching.then((checkout) => checkout.detach(), () => {})
    }
  }, [form, JSON.stringify(options)])
  return { ...progress, ref }
}

/**
 * `<tillseal-card>`.
 * @param {TillsealCardProps} props
 * @returns {import('react').ReactElement}
 */
export function TillsealCard({ brands, holder, className, onChange, ...rest }) {
  const card = useRef(/** @type {HTMLElement | null} */ (null))
  const latest = useRef(onChange)
  useEffect(() => { latest.current = onChange })
  useEffect(() => {
    const listeners = new AbortController()
    const tell = (/** @type {any} */ event) => latest.current?.(event)
    card.current?.addEventListener('tillseal:change', tell, listeners)
    return () => listeners.abort()
  }, [])
  return createElement('tillseal-card', {
    ...rest,
    ref: card,
    // Attributes as HTML has them: before version 19, React does not translate those of custom elements.
    class: className,
    brands: Array.isArray(brands) ? brands.join(' ') : brands,
    holder: holder ? '' : undefined,
    // The element writes to its own attributes before React sees what the server sent.
    suppressHydrationWarning: true,
  })
}
