// Small pieces that all views are made of.
import { html, useEffect, useRef, useState } from "./html.js";
import { age, clock } from "./format.js";
import { to } from "./route.js";

/** @typedef {import("./podstate.js").Tone} Tone */

/** @param {{to: string[], query?: Record<string, string>, children?: any}} props */
export const Link = ({ to: parts, query, children }) => html`<a href=${to(parts, query)}>${children}</a>`;

/** @param {{ns: string, name: string}} props */
export const PodLink = ({ ns, name }) => html`<${Link} to=${["pods", ns, name]}>${name}<//>`;

/** @param {{name?: string}} props */
export const NodeLink = ({ name }) => (name ? html`<${Link} to=${["nodes", name]}>${name}<//>` : html`<span class="dim">none</span>`);

/** A word about a state: its tone is not told by colour alone. @param {{tone: Tone, children?: any}} props */
export const State = ({ tone, children }) => html`<span class="state ${tone}"><i aria-hidden="true"></i>${children}</span>`;

/** @type {Set<() => void>} */
const ticking = new Set();
setInterval(() => ticking.forEach((tick) => tick()), 1000);

/** Has a component drawn again each second. */
function useSeconds() {
  const [, draw] = useState(0);
  useEffect(() => {
    const tick = () => draw((n) => n + 1);
    ticking.add(tick);
    return () => void ticking.delete(tick);
  }, []);
}

/** @param {{since?: string}} props */
export function Age({ since }) {
  useSeconds();
  return html`<time dateTime=${since} title=${clock(since)}>${age(since)}</time>`;
}

/**
 * How much of something is taken.
 * @param {{taken: number, of: number, show: (n: number) => string, label: string}} props
 */
export function Bar({ taken, of, show, label }) {
  const share = of > 0 ? Math.min(1, taken / of) : 0;
  const text = `${show(taken)} of ${show(of)}`;
  return html`<div class="bar" title=${`${label}: ${text}`}>
    <meter aria-label=${label} min="0" max="1" high="0.9" value=${share}>${text}</meter><span>${text}</span>
  </div>`;
}

/** What keeps a view from being up to date. @param {{of: (import("./live.js").Collection)[]}} props */
export function Trouble({ of }) {
  const errors = [...new Set(of.map((c) => c.error?.message).filter(Boolean))];
  if (!errors.length) return null;
  return html`<div class="trouble" role="alert">${errors.map((e) => html`<p>${e}</p>`)}</div>`;
}

/** What needs all of these: nothing is shown of it without one. @param {{of: (import("./live.js").Collection)[], children?: any}} props */
export const Loaded = ({ of, children }) => {
  if (of.every((c) => c.loaded)) return children;
  return of.some((c) => !c.loaded && c.error) ? null : html`<p class="dim" role="status">Loading…</p>`;
};

/** The command that shows or does the same. @param {{children: string}} props */
export function Command({ children }) {
  const [copied, set] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(children);
    set(true);
    setTimeout(() => set(false), 1500);
  };
  return html`<div class="command"><code tabindex="0">${children}</code>
    ${navigator.clipboard && html`<button type="button" class="quiet" onClick=${copy} aria-label="Copy the command">${copied ? "copied" : "copy"}</button>`}</div>`;
}

/** A word for a shell. @param {string} s */
export const quoted = (s) => (/^[\w.,:=@%+/-]+$/.test(s) ? s : `'${s.replaceAll("'", `'\\''`)}'`);

/** @param {{rows: [string, any][]}} props rows without a value are left out */
export const Facts = ({ rows }) => html`<dl class="facts">
  ${rows.filter(([, v]) => v !== undefined && v !== null && v !== "").map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd>${v}</dd></div>`)}
</dl>`;

/** @param {{title: string, children?: any, id?: string, aside?: any}} props */
export const Section = ({ title, children, id, aside }) => html`<section id=${id}><div class="head"><h2>${title}</h2>${aside}</div>${children}</section>`;

/** Labels, if there are any. @param {Record<string, string> | undefined} of */
export const labels = (of) => {
  const all = Object.entries(of ?? {}).sort();
  return all.length ? html`<span class="labels">${all.map(([k, v]) => html`<code key=${k}>${v ? `${k}=${v}` : k}</code>`)}</span>` : undefined;
};

/** A table that is short. @param {{heads: string[], rows: any[][], empty: string, label: string}} props */
export const Rows = ({ heads, rows, empty, label }) =>
  rows.length
    ? html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table class="plain"><thead><tr>${heads.map((t) => html`<th scope="col">${t}</th>`)}</tr></thead>
        <tbody>${rows.map((r) => html`<tr>${r.map((c) => html`<td>${c}</td>`)}</tr>`)}</tbody></table></div>`
    : html`<p class="dim">${empty}</p>`;

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {any} text what will happen
 * @property {string} command what does the same
 * @property {string} label of the button
 * @property {(say: (progress: string) => void, stop: AbortSignal) => Promise<any>} act
 */

/** @type {((q: Question) => void)} */
let show = () => {};

/** Asks before something is written, does it with the person's own rights, and shows the refusal. @param {Question} q */
export const ask = (q) => show(q);

/** Where questions appear. */
export function Questions() {
  const [q, setQuestion] = useState(/** @type {Question | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [said, setSaid] = useState("");
  const [progress, setProgress] = useState("");
  const stop = useRef(new AbortController());
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  show = (next) => {
    setError("");
    setQuestion(next);
  };
  useEffect(() => {
    if (q) dialog.current?.showModal();
  }, [q]);
  const close = () => {
    stop.current.abort();
    dialog.current?.close();
    setQuestion(null);
  };
  const act = async () => {
    if (!q) return;
    setBusy(true);
    setError("");
    setProgress("");
    stop.current = new AbortController();
    try {
      await q.act(setProgress, stop.current.signal);
      close();
      setSaid(`Done: ${q.title}`);
      setTimeout(() => setSaid(""), 4000);
    } catch (e) {
      setError(/** @type {Error} */ (e).message);
    } finally {
      setBusy(false);
    }
  };
  return html`<div class="said" role="status">${said}</div>
    ${q && html`<dialog ref=${dialog} aria-labelledby="question" onClose=${close}>
      <h2 id="question">${q.title}</h2>
      <div>${q.text}</div>
      <${Command}>${q.command}<//>
      ${error && html`<p class="trouble" role="alert">${error}</p>`}
      ${busy && progress && html`<p role="status">${progress}</p>`}
      <div class="actions">
        <button type="button" class="danger" disabled=${busy} onClick=${act}>${busy ? "Working…" : q.label}</button>
        <button type="button" onClick=${close}>Cancel</button>
      </div>
    </dialog>`}`;
}
