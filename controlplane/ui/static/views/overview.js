// The cluster at a glance.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { nodeState } from "../nodestate.js";
import { podState, podTone } from "../podstate.js";
import { allocatable, kinds, nothing, plus, takenByNode } from "../resources.js";
import { problems } from "../problems.js";
import { count } from "../format.js";
import { Bar, Command, Link, Loaded, Section, State, Trouble } from "../parts.js";
import { ProblemList } from "./problemlist.js";
import { tally } from "./filters.js";

export function Overview() {
  const [nodes, pods, claims] = useLive(resource("/api/v1", "nodes"), resource("/api/v1", "pods"), resource("/api/v1", "persistentvolumeclaims"));
  const has = useMemo(() => nodes.all.map(allocatable).reduce(plus, nothing), [nodes.all]);
  const taken = useMemo(() => [...takenByNode(pods.all).values()].reduce(plus, nothing), [pods.all]);
  const wrong = useMemo(() => problems({ nodes: nodes.all, pods: pods.all, claims: claims.all }), [nodes.all, pods.all, claims.all]);
  return html`<h1>Overview</h1><${Trouble} of=${[nodes, pods]} />
    <${Loaded} of=${[nodes, pods]}>
      <div class="columns even">
        <${Section} title="Requested of what nodes have"><div class="meters">${kinds.map(([kind, title, show]) => html`<div key=${kind}><span>${title}</span>
          <${Bar} label=${title} taken=${taken[kind]} of=${has[kind]} show=${show} /></div>`)}</div><//>
        <div>
          <${Section} title=${count(pods.all.length, "pod")}><${Tallies} words=${pods.all.map(podState)} tones=${new Map(pods.all.map((p) => [podState(p), podTone(p)]))} view="pods" /><//>
          <${Section} title=${count(nodes.all.length, "node")}><${Tallies} words=${nodes.all.map((n) => nodeState(n)[0])} tones=${new Map(nodes.all.map(nodeState))} view="nodes" /><//>
        </div>
      </div>
      <${Section} title="What is wrong" aside=${html`<span class="dim">${wrong.length ? count(wrong.length, "problem") : ""}</span>`}><${ProblemList} problems=${wrong} most=${12} /><//>
    <//>
    <${Command}>kubectl get nodes,pods -A<//>`;
}

/** How many are in each state. @param {{words: string[], tones: Map<string, import("../podstate.js").Tone>, view: string}} props */
const Tallies = ({ words, tones, view }) => html`<ul class="tallies">${[...tally(words)].sort(([, a], [, b]) => b - a).map(([state, n]) => html`<li key=${state}>
  <${State} tone=${tones.get(state)}><${Link} to=${[view]} query=${view === "pods" ? { state } : {}}>${n} ${state}<//><//></li>`)}${words.length === 0 && html`<li class="dim">none</li>`}</ul>`;
