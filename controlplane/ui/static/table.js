// A table of thousands of rows, of which only those in sight are drawn.
import { html, useEffect, useMemo, useRef, useState } from "./html.js";

const height = 30; // of a row, as in the style sheet
const spare = 10; // rows drawn above and below those in sight

/**
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: T) => string | number} by what rows are sorted by
 * @property {(row: T) => any} [cell] what is shown; by itself if not given
 * @property {string} [kind] class names: wide (not on narrow screens), number, small
 */

/**
 * @param {{label: string, columns: Column<any>[], rows: any[], id: (row: any) => string, sort?: number, empty: string, version?: any}} props
 *   version changes when rows that are the same are to be sorted again
 */
export function Table({ label, columns, rows, id, sort = 0, empty, version }) {
  const [order, setOrder] = useState({ column: sort, down: false });
  const [view, setView] = useState({ top: 0, height: 800 });
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const sorted = useMemo(() => inOrder(rows, columns[order.column].by, order.down), [rows, order, version]);

  useEffect(() => {
    const b = box.current;
    if (!b) return;
    const look = () => setView({ top: Math.floor(b.scrollTop / height), height: b.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(b);
    b.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      b.removeEventListener("scroll", look);
    };
  }, []);

  const from = Math.max(0, Math.min(view.top, sorted.length - 1) - spare);
  const until = Math.min(sorted.length, view.top + Math.ceil(view.height / height) + spare);
  const pick = (/** @type {number} */ i) => setOrder({ column: i, down: order.column === i && !order.down });
  return html`<div class="window" ref=${box} tabindex="0" role="region" aria-label=${label}>
    <table aria-rowcount=${sorted.length + 1}>
      <thead><tr aria-rowindex="1">${columns.map((c, i) => html`<th key=${c.title} scope="col" class=${c.kind}
        aria-sort=${i === order.column ? (order.down ? "descending" : "ascending") : undefined}>
        <button type="button" onClick=${() => pick(i)}>${c.title}<span aria-hidden="true">${i === order.column ? (order.down ? " ↓" : " ↑") : ""}</span></button></th>`)}</tr></thead>
      <tbody>
        ${from > 0 && html`<tr key="above" aria-hidden="true" style=${{ height: from * height + "px" }}><td colspan=${columns.length}></td></tr>`}
        ${sorted.slice(from, until).map((row, i) => html`<tr key=${id(row)} aria-rowindex=${from + i + 2}>
          ${columns.map((c) => html`<td key=${c.title} class=${c.kind}>${(c.cell ?? c.by)(row)}</td>`)}</tr>`)}
        ${until < sorted.length && html`<tr key="below" aria-hidden="true" style=${{ height: (sorted.length - until) * height + "px" }}><td colspan=${columns.length}></td></tr>`}
      </tbody>
    </table>
    ${sorted.length === 0 && html`<p class="dim empty">${empty}</p>`}
  </div>`;
}

/** @param {any[]} rows @param {(row: any) => string | number} by @param {boolean} down */
function inOrder(rows, by, down) {
  const keyed = rows.map((row) => ({ row, key: by(row) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  if (down) keyed.reverse();
  return keyed.map((k) => k.row);
}
