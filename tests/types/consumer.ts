// What an integrator writes, as far as the types are concerned. Compiled, never run.

import { attach, TillsealError } from '../../pkg/dist/types/tillseal.js'

const form = document.forms[0]!

const checkout = await attach(form, { key: '/.well-known/tillseal.jwks', kid: 'thumbprint' })
const entries: Record<string, string> = checkout.seal()
checkout.detach()

await attach(form)
await attach(form, { key: new URL('/.well-known/tillseal.jwks', location.href) })
await attach(form, { key: { kty: 'EC' } })
await attach(form, { key: { keys: [] } })
await attach(form, { recipients: [{ name: 'processor', key: '/processor.jwks', fields: ['cc-*'] }] })
await attach(form, { key: '/.well-known/tillseal.jwks', session: 'eyJhbGciOiJFUzI1NiIs' })

form.addEventListener('tillseal:error', (event) => {
  const { detail } = event as CustomEvent<TillsealError>
  const field: string | undefined = detail.field
  if (detail.code === 'pan-check-digit') console.log(detail.message, field)
  if (detail.code === 'session-expired') location.reload()
  // @ts-expect-error The codes are a closed set.
  if (detail.code === 'pan-is-odd') console.log(detail.message)
})

// @ts-expect-error Entries are texts.
const sum: number = entries['sealed']
// @ts-expect-error There is no form without an element.
await attach('form')
// @ts-expect-error A recipient names the fields that it may read.
await attach(form, { recipients: [{ name: 'processor', key: '/processor.jwks' }] })
// @ts-expect-error A session is a text.
await attach(form, { session: { iss: 'https://till.example' } })
// @ts-expect-error The secret half stays inside.
checkout.module
