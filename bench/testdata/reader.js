// Reads lines of base64, each a JSON text, and prints for each what JSON.parse
// makes of it: a canonical form, a tab, and the canonical form of its field id.
const hex = (s) => Buffer.from(s, 'utf8').toString('hex');

function canonical(v) {
  if (v === null || typeof v === 'boolean') return String(v);
  if (typeof v === 'string') return 's' + hex(v);
  if (typeof v === 'number') {
    if (!Number.isFinite(v)) return 'n' + v;
    if (Number.isInteger(v)) return 'n' + BigInt(v);
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(v);
    return 'f' + bits.toString('hex');
  }
  if (Array.isArray(v)) return '[' + v.map(canonical).join(',') + ']';
  return '{' + Object.keys(v).map((k) => hex(k) + ':' + canonical(v[k])).sort().join(',') + '}';
}

function read(line) {
  try {
    const v = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(line, 'base64')));
    const plain = v !== null && typeof v === 'object' && !Array.isArray(v);
    return canonical(v) + '\t' + (plain && v.id !== undefined ? canonical(v.id) : '');
  } catch {
    return 'refused\t';
  }
}

const lines = require("fs").readFileSync(0, "latin1").split("\n");
lines.pop();
console.log(lines.map(read).join('\n'));
