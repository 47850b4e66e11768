// What an integrator writes who has Tillseal from npm. Compiled, never run.

import { attach } from 'tillseal'
import * as inline from 'tillseal/inline'
import german from 'tillseal/lang/de.js'
import { TillsealCard, useTillseal, type Change, type Checkout } from 'tillseal/react'

const same: typeof attach = inline.attach
const label: string = german['label-number']

export function Pay({ brands, session }: { brands: string[], session: string }) {
  const { ref, state, error, checkout } = useTillseal({ key: '/.well-known/tillseal.jwks', session, messages: { required: label } })
  const changed = ({ detail }: CustomEvent<Change>) => console.log(detail.field, detail.valid, detail.brand)
  const resend = (ready: Checkout) => fetch('/pay', { method: 'POST', body: new URLSearchParams(ready.sealed) })
  if (state === 'failed') return <p role="alert">{error.code === 'key-pin' ? 'Another key' : error.message}</p>
  return (
    <form ref={ref} method="post" action="/pay">
      <TillsealCard brands={brands} holder className="card" style={{ gap: 8 }} aria-busy={state === 'preparing'} onChange={changed} />
      <TillsealCard brands="visa mastercard" />
      <button disabled={!checkout}>Pay</button>
      {state === 'ready' && <button type="button" onClick={() => resend(checkout)}>Again</button>}
    </form>
  )
}

export function Wrong() {
  // @ts-expect-error There is no form without options.
  const { ref, checkout } = useTillseal()
  // @ts-expect-error There may be no checkout yet.
  checkout.seal()
  return (
    <>
      {/* @ts-expect-error Only a form is sealed. */}
      <div ref={ref} />
      {/* @ts-expect-error The element has no children. */}
      <TillsealCard>card</TillsealCard>
      {/* @ts-expect-error The event is not one of an input. */}
      <TillsealCard onChange={(event) => event.target.value} />
    </>
  )
}
