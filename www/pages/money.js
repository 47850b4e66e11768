// @ts-check

/**
 * An amount as people read it. It is in minor units, of which a currency has as many as ISO 4217 says: 1999 is €19.99, and ¥1,999.
 * @param {{ amount: number, currency: string }} order
 */
export function moneyOf({ amount, currency }) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
