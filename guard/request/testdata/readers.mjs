// Reads lines of {"kind", "body" (base64), "type"} and writes, a line each,
// the names and values (base64) that Node reads: [[name, value], ...] or null.
import { createInterface } from 'node:readline';

const base64 = (b) => Buffer.from(b).toString('base64');

async function read({ kind, body, type }) {
  const raw = Buffer.from(body, 'base64');
  if (kind !== 'multipart') {
    return [...new URLSearchParams(raw.toString('latin1'))].map((p) => p.map(base64));
  }
  const form = await new Response(raw, { headers: { 'content-type': type } }).formData();
  const list = [];
  for (const [name, value] of form) {
    const content = typeof value === 'string' ? value : await value.arrayBuffer();
    list.push([base64(name), base64(content)]);
  }
  return list;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await read(JSON.parse(line)).catch(() => null)));
}
