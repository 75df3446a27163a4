// Why a pod has no node yet.
import { html } from "../html.js";
import { condition } from "../podstate.js";
import { Section } from "../parts.js";

/** @param {{pod: any}} props */
export function Placement({ pod }) {
  const c = condition(pod, "PodScheduled");
  return html`<${Section} title="Why it is pending"><p class="why">${c?.status === "False" ? c.message : "Nothing has been said about it yet."}</p><//>`;
}
