// Figures of /metrics.

/** @typedef {{name: string, labels: Record<string, string>, value: number}} Sample */

/** Reads Prometheus' text format. @param {string} text @param {string} prefix of the names that are wanted @returns {Sample[]} */
export function samples(text, prefix) {
  const found = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(prefix)) continue;
    const [, name, labels = "", value] = /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (name === undefined) continue;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k, v]) => [k, v.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))]);
    found.push({ name: name.slice(prefix.length), labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return found;
}

/** The sum of one metric, where its labels are these. @param {Sample[]} of @param {string} name @param {Record<string, string>} [labels] */
export const total = (of, name, labels = {}) =>
  of.filter((s) => s.name === name && Object.entries(labels).every(([k, v]) => s.labels[k] === v)).reduce((n, s) => n + s.value, 0);

/** One metric by the values of a label. @param {Sample[]} of @param {string} name @param {string} label @returns {[string, number][]} */
export function by(of, name, label) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const s of of) if (s.name === name) sums.set(s.labels[label], (sums.get(s.labels[label]) ?? 0) + s.value);
  return [...sums].filter(([, n]) => n > 0).sort();
}
