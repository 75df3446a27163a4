// Events, the last one first.
import { html } from "../html.js";
import { resource, useLive } from "../live.js";
import { Age, Loaded, State, Trouble } from "../parts.js";

/** When it was seen last. @param {any} e @returns {string} */
export const seen = (e) => e.series?.lastObservedTime ?? e.lastTimestamp ?? e.eventTime ?? e.metadata.creationTimestamp;

/** @param {any} e */
const times = (e) => e.series?.count ?? e.count ?? 1;

/** @param {{ns?: string, selector: string}} props */
export function Events({ ns, selector }) {
  const [events] = useLive(resource("/api/v1", "events", ns, { fieldSelector: selector }));
  const sorted = [...events.all].sort((a, b) => Date.parse(seen(b)) - Date.parse(seen(a)));
  return html`<${Trouble} of=${[events]} /><${Loaded} of=${[events]}>
    ${sorted.length === 0 ? html`<p class="dim">No events are kept: they expire after a while.</p>` : html`<ol class="timeline">
      ${sorted.slice(0, 200).map((e) => html`<li key=${e.metadata.uid}>
        <span class="when"><${Age} since=${seen(e)} /></span>
        <${State} tone=${e.type === "Warning" ? "bad" : "idle"}>${e.reason}<//>
        <span class="message">${e.message}${times(e) > 1 && html` <span class="dim">${times(e)} times</span>`}</span></li>`)}
    </ol>`}<//>`;
}
