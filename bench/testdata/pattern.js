// Reads [pattern, [string, ...]] a line, as JSON, and prints for each a string
// of 0 and 1: whether the pattern is found in the string, as ECMA-262 says with
// the flag u, or without it where the flag forbids the pattern (annex B). A
// pattern that it refuses either way gives "-".
const lines = require("fs").readFileSync(0, "utf8").split("\n");
lines.pop();
console.log(lines.map((line) => {
  const [pattern, strings] = JSON.parse(line);
  for (const flags of ["u", ""]) {
    try {
      const re = new RegExp(pattern, flags);
      return strings.map((s) => (re.test(s) ? 1 : 0)).join("");
    } catch {
      // try the next flags
    }
  }
  return "-";
}).join("\n"));
