// Looks for a secret in bytes, in every disguise that a browser or a careless script could give it.

/** Where `haystack` holds `secret`: the names of the disguises found, empty where there is none. */
export function leaks(haystack, secret) {
  const text = Buffer.isBuffer(haystack) ? haystack.toString('latin1') : haystack;
  const texts = new Set([text, unescaped(text), unescaped(unescaped(text))]);
  const found = new Set();
  for (const [name, needle] of disguises(secret)) {
    for (const searched of texts) {
      if (searched.includes(needle)) found.add(name);
    }
  }
  return [...found];
}

/** A PAN is looked for as its digits, in groups of four, and with any separators between its digits. */
export function panLeaks(haystack, pan) {
  const digits = pan.replace(/\D/g, '');
  const text = unescaped(Buffer.isBuffer(haystack) ? haystack.toString('latin1') : haystack);
  const spaced = new RegExp([...digits].join('[^0-9A-Za-z]{0,3}'));
  const found = [digits, digits.match(/.{1,4}/g).join(' '), digits.match(/.{1,4}/g).join('-')];
  return [...found.flatMap((form) => leaks(haystack, form)), ...(spaced.test(text) ? ['separated'] : [])];
}

/**
 * Four digits turn up in random base64url by chance, so a CSC is looked for outside of sealed payloads, in plain as
 * a word of its own.
 */
export function cscLeaks(haystack, csc) {
  const text = Buffer.isBuffer(haystack) ? haystack.toString('latin1') : haystack;
  const open = unescaped(text.replace(/\b[\w-]{40,}\.[\w-]*\.[\w-]*\.[\w-]{40,}\.[\w-]*/g, ''));
  const reversed = [...csc].reverse().join('');
  const word = new RegExp(`(?<![0-9A-Za-z_.-])(?:${csc}|${reversed})(?![0-9A-Za-z_.-])`);
  const encoded = disguises(csc).filter(([name]) => name.startsWith('base64') || name.startsWith('hex'));
  return [
    ...(word.test(open) ? ['plain'] : []),
    ...encoded.filter(([, needle]) => open.includes(needle)).map(([name]) => name),
  ];
}

function disguises(secret) {
  const bytes = Buffer.from(secret, 'utf8');
  const plain = bytes.toString('latin1');
  const wide = Buffer.from(secret, 'utf16le');
  const base64 = [0, 1, 2].map((offset) => [`base64 at offset ${offset}`, base64At(bytes, offset)]);
  return [
    ['plain', plain],
    ['reversed', [...plain].reverse().join('')],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['UTF-16', wide.toString('latin1')],
    ...base64,
    ...base64.map(([name, needle]) => [name.replace('base64', 'base64url'), needle.replace(/\+/g, '-').replace(/\//g, '_')]),
  ];
}

/** The base64 characters that depend on `bytes` alone where `offset` bytes (mod 3) stand before them. */
function base64At(bytes, offset) {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((padded.length * 8) / 6);
  return padded.toString('base64').slice(first, end);
}

/** Percent-encoding and the `+` of forms undone, byte by byte. */
function unescaped(text) {
  return text.replace(/\+/g, ' ').replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
