// What one looks for in a list. It is a part of the address, so it can be passed on.
import { html } from "../html.js";
import { setQuery } from "../route.js";

/** @param {{children?: any}} props */
export const Filters = ({ children }) => html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>${children}</form>`;

/** @param {string} name */
const set = (name) => (/** @type {any} */ e) => setQuery({ [name]: e.target.value.trim() });

/** A field; late: it is not looked for while it is typed. @param {{label: string, name: string, value: string, hint?: string, late?: boolean}} props */
export const Search = ({ label, name, value, hint, late }) => html`<label>${label}<input type="search" value=${value} placeholder=${hint}
  autocomplete="off" spellcheck=${false} ...${late ? { onChange: set(name) } : { onInput: set(name) }} /></label>`;

/** A choice among words that occur, with how often. @param {{label: string, name: string, value: string, words: Map<string, number>}} props */
export const Choice = ({ label, name, value, words }) => html`<label>${label}<select value=${value} onChange=${set(name)}><option value="">any</option>
  ${[...new Set([...words.keys(), ...(value ? [value] : [])])].sort().map((w) => html`<option key=${w} value=${w}>${w} (${words.get(w) ?? 0})</option>`)}</select></label>`;

/** How often each word occurs. @param {string[]} words */
export function tally(words) {
  /** @type {Map<string, number>} */
  const n = new Map();
  for (const w of words) n.set(w, (n.get(w) ?? 0) + 1);
  return n;
}
