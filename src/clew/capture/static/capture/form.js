// A hosted form: work is proven while the person types, and one press sends once.
// The form does all its duties without this module; then a trap in time takes the proof's place.

const SLICE = 2000; // hashes between two looks at the page
const K = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const w = new Uint32Array(64);

/** First 32 bits of SHA-256 of a short ASCII text (FIPS 180-4): Web Crypto is missing on plain http. */
export function head(text) {
  w.fill(0);
  for (let i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  w[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  w[15] = 8 * text.length;
  for (let i = 16; i < 64; i++) {
    const p = w[i - 15], q = w[i - 2];
    w[i] = w[i - 16] + w[i - 7]
      + (((p >>> 7) | (p << 25)) ^ ((p >>> 18) | (p << 14)) ^ (p >>> 3))
      + (((q >>> 17) | (q << 15)) ^ ((q >>> 19) | (q << 13)) ^ (q >>> 10));
  }
  let a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372, d = 0xa54ff53a;
  let e = 0x510e527f, f = 0x9b05688c, g = 0x1f83d9ab, h = 0x5be0cd19;
  for (let i = 0; i < 64; i++) {
    const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t = (h + s + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const u = (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
      + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = (d + t) | 0;
    d = c; c = b; b = a; a = (t + u) | 0;
  }
  return (a + 0x6a09e667) >>> 0;
}

/** Find a number whose hash with the nonce begins with `bits` zero bits; the page stays quick. */
export async function prove(nonce, bits) {
  for (let n = 0; ; n++) {
    if (head(`${nonce}:${n}`) >>> (32 - bits) === 0) return String(n);
    if (n % SLICE === SLICE - 1) await new Promise((resolve) => setTimeout(resolve));
  }
}

function guard(form) {
  const proof = prove(form.dataset.nonce, Number(form.dataset.bits));
  const button = form.querySelector("button");
  let isComposing = false;
  let isSending = false;
  form.addEventListener("compositionstart", () => { isComposing = true; });
  form.addEventListener("compositionend", () => { setTimeout(() => { isComposing = false; }); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isComposing || isSending) return;
    isSending = true;
    button.setAttribute("aria-busy", "true");
    form.elements.proof.value = await proof;
    form.submit();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // back from the thanks: a new ticket for a new enquiry
  });
}

const form = document.querySelector("form[data-nonce]");
if (form) guard(form);

for (const options of document.querySelectorAll("form.c-opts")) {
  options.addEventListener("submit", (event) => {
    if (options.dataset.sent) event.preventDefault();
    options.dataset.sent = "yes";
  });
}
