// Claims, the volumes that they are bound to, and the classes that make them.
import { html, useMemo } from "../html.js";
import { resource, useLive } from "../live.js";
import { count } from "../format.js";
import { Age, Command, Loaded, PodLink, Rows, Section, State, Trouble, quoted } from "../parts.js";
import { Filters, Search } from "./filters.js";

const storage = "/apis/storage.k8s.io/v1";

/** @param {{query: Record<string, string>}} props */
export function Volumes({ query: { ns = "" } }) {
  const [claims, volumes, classes, pods] = useLive(resource("/api/v1", "persistentvolumeclaims", ns), resource("/api/v1", "persistentvolumes"), resource(storage, "storageclasses"), resource("/api/v1", "pods", ns));
  const users = useMemo(() => usersOf(pods.all), [pods.all]);
  return html`<div class="head"><h1>Volumes</h1><span class="dim" role="status">${count(claims.all.length, "claim")}, ${count(volumes.all.length, "volume")}</span></div>
    <${Filters}><${Search} label="Namespace" name="ns" value=${ns} late /><//>
    <${Trouble} of=${[claims, volumes, classes]} />
    <${Loaded} of=${[claims, volumes, classes]}>
      <${Section} title="Claims"><${Rows} label="Claims" heads=${["Claim", "Namespace", "State", "Size", "Class", "Volume", "Used by", "Age"]} empty="There are no claims."
        rows=${byName(claims.all).map((c) => [c.metadata.name, c.metadata.namespace, html`<${State} tone=${c.status?.phase === "Bound" ? "good" : c.status?.phase === "Lost" ? "bad" : "busy"}>${c.status?.phase}<//>`,
          c.status?.capacity?.storage ?? c.spec.resources?.requests?.storage, c.spec.storageClassName, c.spec.volumeName,
          (users.get(`${c.metadata.namespace}/${c.metadata.name}`) ?? []).map((p) => html`<${PodLink} ns=${p.metadata.namespace} name=${p.metadata.name} /> `), html`<${Age} since=${c.metadata.creationTimestamp} />`])} /><//>
      <${Section} title="Volumes"><${Rows} label="Volumes" heads=${["Volume", "State", "Size", "Class", "Claim", "When it is released", "Nodes"]} empty="There are no volumes."
        rows=${byName(volumes.all).map((v) => [v.metadata.name, html`<${State} tone=${v.status?.phase === "Failed" ? "bad" : v.status?.phase === "Bound" ? "good" : "idle"}>${v.status?.phase}<//>`, v.spec.capacity?.storage, v.spec.storageClassName,
          v.spec.claimRef && `${v.spec.claimRef.namespace}/${v.spec.claimRef.name}`, v.spec.persistentVolumeReclaimPolicy, nodesOf(v)])} /><//>
      <${Section} title="Classes"><${Rows} label="Classes" heads=${["Class", "Made by", "When", "When it is released"]} empty="There are no classes: volumes are made by hand."
        rows=${byName(classes.all).map((c) => [c.metadata.name, c.provisioner, c.volumeBindingMode, c.reclaimPolicy])} /><//>
    <//>
    <${Command}>${`kubectl get pvc ${ns ? `-n ${quoted(ns)}` : "-A"} && kubectl get pv,storageclasses`}<//>`;
}

/** @param {any[]} objects @returns {any[]} */
const byName = (objects) => [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));

/** The pods of each claim. @param {any[]} pods */
function usersOf(pods) {
  /** @type {Map<string, any[]>} */
  const users = new Map();
  for (const p of pods) {
    for (const v of p.spec.volumes ?? []) {
      const claim = v.persistentVolumeClaim?.claimName ?? (v.ephemeral && `${p.metadata.name}-${v.name}`);
      if (!claim) continue;
      const key = `${p.metadata.namespace}/${claim}`;
      users.set(key, [...(users.get(key) ?? []), p]);
    }
  }
  return users;
}

/** Where a volume can be used. @param {any} volume */
const nodesOf = (volume) => (volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [])
  .flatMap((/** @type {any} */ t) => t.matchExpressions ?? []).flatMap((/** @type {any} */ e) => e.values ?? []).join(", ");
