// @ts-check
// Forms to start from, each as it would stand in a page.

/** What the playground's own button fills in, beside a test card, by the field's name. */
export const VALUES = {
  email: 'ada@shop.example',
  tel: '+353 20 911 0000',
  name: 'Ada Lovelace',
  'shipping name': 'Ada Lovelace',
  'shipping address-line1': '12 Harbour Row',
  'shipping postal-code': 'D02 X285',
  'shipping address-level2': 'Dublin',
  iban: 'DE89 3704 0044 0532 0130 00',
  'tax-id': 'IE6388047V',
  'gift-message': 'Mind the tide!',
}

/** @type {{ id: string, title: string, markup: string }[]} */
export const SAMPLES = [
  {
    id: 'shortest',
    title: 'The shortest form',
    markup: `<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks">
  <tillseal-card></tillseal-card>
  <button>Pay</button>
</form>`,
  },
  {
    id: 'plain',
    title: 'Plain inputs with labels',
    markup: `<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks">
  <label>Email <input type="email" autocomplete="email" required></label>
  <label>Card number <input autocomplete="cc-number" required></label>
  <label>Expiry date <input autocomplete="cc-exp" placeholder="MM/YY" required></label>
  <label>Security code <input autocomplete="cc-csc" required></label>
  <button>Pay</button>
</form>`,
  },
  {
    id: 'fields',
    title: 'Fields of your own, and an IBAN',
    markup: `<!-- data-seal names a field that autofill does not know. -->
<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks">
  <label>Full name <input autocomplete="name" required></label>
  <label>IBAN <input data-seal="iban" required></label>
  <label>Tax number <input data-seal="tax-id"></label>
  <label>Message on the card <textarea data-seal="gift-message" rows="2"></textarea></label>
  <button>Pay by direct debit</button>
</form>`,
  },
  {
    id: 'brands',
    title: 'Limited brands',
    markup: `<!-- Any other card is told at once that it is not taken. -->
<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks">
  <tillseal-card brands="visa mastercard" holder></tillseal-card>
  <button>Pay</button>
</form>`,
  },
  {
    id: 'german',
    title: 'In German',
    markup: `<form method="post" action="/pay" lang="de"
  data-tillseal="/.well-known/tillseal.jwks">
  <label>E-Mail <input type="email" autocomplete="email" required></label>
  <tillseal-card></tillseal-card>
  <button>Bezahlen</button>
</form>`,
  },
  {
    id: 'arabic',
    title: 'In Arabic, right to left',
    markup: `<form method="post" action="/pay" lang="ar" dir="rtl"
  data-tillseal="/.well-known/tillseal.jwks">
  <label>البريد الإلكتروني
    <input type="email" autocomplete="email" dir="ltr" required></label>
  <tillseal-card holder></tillseal-card>
  <button>ادفع</button>
</form>`,
  },
  {
    id: 'choice',
    title: 'Co-badged: the shopper chooses',
    markup: `<!-- The choice shows for a card of two brands, such as Cartes Bancaires and Visa. -->
<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks">
  <label>Card number <input autocomplete="cc-number" required></label>
  <label data-brand-choice hidden>Pay with <select autocomplete="cc-type"></select></label>
  <label>Expiry date <input autocomplete="cc-exp" required></label>
  <label>Security code <input autocomplete="cc-csc" required></label>
  <button>Pay</button>
</form>`,
  },
  {
    id: 'messages',
    title: 'Messages of your own',
    markup: `<form method="post" action="/pay"
  data-tillseal="/.well-known/tillseal.jwks"
  data-message-required="We need this one.">
  <label>Email <input type="email" autocomplete="email" required
    data-message-email-shape="Hm, where is the @?"></label>
  <label>Card number <input autocomplete="cc-number" required
    data-message-pan-check-digit="One digit is off. Look again?"></label>
  <p class="error" data-error-for="cc-number"></p>
  <label>Expiry date <input autocomplete="cc-exp" required></label>
  <label>Security code <input autocomplete="cc-csc" required></label>
  <button>Pay</button>
</form>`,
  },
]
