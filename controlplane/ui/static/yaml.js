// Objects as YAML.

/** @param {any} value @param {string} [indent] @returns {string} */
export function yaml(value, indent = "") {
  if (Array.isArray(value)) return value.map((v) => `${indent}- ${inner(v, indent + "  ", true)}`).join("\n");
  return Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => `${indent}${scalar(k)}:${inner(v, indent + (Array.isArray(v) ? "" : "  "), false)}`)
    .join("\n");
}

/** @param {any} v @param {string} indent @param {boolean} item whether v is one of a list, and so begins on its line */
function inner(v, indent, item) {
  const space = item ? "" : " ";
  if (v === null || typeof v !== "object") return space + (typeof v === "string" ? text(v, indent) : String(v));
  if (Object.keys(v).length === 0) return space + (Array.isArray(v) ? "[]" : "{}");
  return item ? yaml(v, indent).trimStart() : "\n" + yaml(v, indent);
}

/** @param {string} s @param {string} indent */
function text(s, indent) {
  // A block keeps lines as they are; its first must not begin with a space.
  if (/^[^\s][\x20-\x7e\n\t\u00a0-\u2027\u2030-\ufefe]*[^\s]\n?$/.test(s) && s.trimEnd().includes("\n"))
    return (s.endsWith("\n") ? "|" : "|-") + "\n" + s.replace(/\n$/, "").split("\n").map((l) => (l ? indent + "  " + l : "")).join("\n");
  return scalar(s);
}

/** A string as it is where nothing else could be meant, and else in quotes. @param {string} s */
function scalar(s) {
  const plain = /^[A-Za-z/][\w./:@%+=~-]*( [\w./@%+=~(),-]+)*$/.test(s) && !/:( |$)/.test(s) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(s);
  return plain ? s : JSON.stringify(s).replace(/[\x7f-\x9f\u2028\u2029\ufeff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}
