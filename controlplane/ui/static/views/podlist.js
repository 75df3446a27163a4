// A few pods, in a view of something else.
import { html } from "../html.js";
import { podProblem, podState, podTone, readyCount } from "../podstate.js";
import { NodeLink, PodLink, Rows, State } from "../parts.js";

const most = 200;

/** @param {{pods: any[], label: string, empty: string, node?: boolean}} props node: whether they may be on several */
export const PodList = ({ pods, label, empty, node = true }) => html`<${Rows} label=${label} heads=${["Pod", "State", "Ready", ...(node ? ["Node"] : []), "What is wrong"]} empty=${empty}
  rows=${pods.slice(0, most).map((p) => [html`<${PodLink} ns=${p.metadata.namespace} name=${p.metadata.name} />`, html`<${State} tone=${podTone(p)}>${podState(p)}<//>`, readyCount(p).join("/"), ...(node ? [html`<${NodeLink} name=${p.spec.nodeName} />`] : []), podProblem(p)])} />
  ${pods.length > most && html`<p class="dim">${pods.length - most} more are not shown here.</p>`}`;
