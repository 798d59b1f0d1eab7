"use strict";
// The script of the gate's page. gatehouse.solve(puzzle) is for pages of your
// own: it promises the proof of a puzzle.
(function (root) {
	// SHA-256 of a short text (FIPS 180-4 section 6.2).
	const K = [], H = [];
	for (let n = 2; K.length < 64; n++) {
		let prime = true;
		for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
		if (!prime) continue;
		const part = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
		if (H.length < 8) H.push(part(Math.sqrt(n)));
		K.push(part(Math.cbrt(n)));
	}
	const W = new Int32Array(64);
	function block(state, bytes, at) {
		for (let i = 0; i < 16; i++) {
			const j = at + 4 * i;
			W[i] = bytes[j] << 24 | bytes[j + 1] << 16 | bytes[j + 2] << 8 | bytes[j + 3];
		}
		for (let i = 16; i < 64; i++) {
			const a = W[i - 15], b = W[i - 2];
			const s0 = (a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ a >>> 3;
			const s1 = (b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ b >>> 10;
			W[i] = W[i - 16] + s0 + W[i - 7] + s1 | 0;
		}
		let [a, b, c, d, e, f, g, h] = state;
		for (let i = 0; i < 64; i++) {
			const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
			const t1 = h + s1 + (e & f ^ ~e & g) + K[i] + W[i] | 0;
			const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
			const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
			h = g; g = f; f = e; e = d + t1 | 0; d = c; c = b; b = a; a = t1 + t2 | 0;
		}
		const v = [a, b, c, d, e, f, g, h];
		for (let i = 0; i < 8; i++) state[i] = state[i] + v[i] | 0;
	}
	function sha256(text) {
		const size = (text.length + 9 + 63) >> 6 << 6, bytes = new Uint8Array(size);
		for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
		bytes[text.length] = 0x80;
		new DataView(bytes.buffer).setUint32(size - 4, text.length * 8);
		const state = H.slice();
		for (let at = 0; at < size; at += 64) block(state, bytes, at);
		return state;
	}
	function enough(state, bits) {
		for (const word of state) {
			if (bits <= 0) return true;
			const zeros = Math.clz32(word);
			if (zeros < Math.min(32, bits)) return false;
			bits -= 32;
		}
		return true;
	}
	// solve tries numbers in slices, so that the page stays alive.
	async function solve(puzzle) {
		const bits = Number(puzzle.split(".")[2]);
		for (let n = 0; ; n += 20000) {
			for (let i = n; i < n + 20000; i++) {
				const proof = puzzle + "." + i;
				if (enough(sha256(proof), bits)) return proof;
			}
			await new Promise((done) => setTimeout(done));
		}
	}
	root.gatehouse = { solve };
	const meta = root.document && root.document.querySelector('meta[name="gatehouse-puzzle"]');
	if (!meta) return;
	const say = (text) => { root.document.getElementById("gatehouse").textContent = text; };
	let times = 0;
	try {
		times = Number(root.sessionStorage.getItem("gatehouse")) + 1;
		root.sessionStorage.setItem("gatehouse", String(times % 6));
	} catch { times = 1; }
	if (!root.navigator.cookieEnabled) return say("Your browser takes no cookies, and the proof of its work is one.");
	if (times > 5) return say("The proof of the work was not taken. Come again later.");
	solve(meta.content).then((proof) => {
		const secure = root.location.protocol === "https:" ? "; Secure" : "";
		root.document.cookie = "gatehouse-proof=" + proof + "; Path=/; Max-Age=60; SameSite=Strict" + secure;
		root.location.reload();
	});
})(globalThis);
