package convert

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// eventLife is how long the server keeps an event; v1beta1 shows its end as the
// event's deletionTimestamp.
const eventLife = time.Hour

// EventFromCore converts an event.
func EventFromCore(in *corev1.Event) *wire.Event {
	e := &wire.Event{
		Meta:           metaFromCore(&in.ObjectMeta),
		InvolvedObject: referenceFromCore(in.InvolvedObject),
		Reason:         in.Reason,
		Message:        in.Message,
		Source:         in.Source.Component,
		Host:           in.Source.Host,
		Timestamp:      seconds(in.FirstTimestamp),
		FirstTimestamp: seconds(in.FirstTimestamp),
		LastTimestamp:  seconds(in.LastTimestamp),
		Count:          int(in.Count),
	}
	if e.DeletionTimestamp == nil && !in.CreationTimestamp.IsZero() {
		end := metav1.NewTime(in.CreationTimestamp.Add(eventLife))
		e.DeletionTimestamp = &end
	}
	return e
}

// EventToCore returns stored, changed to what the client sent.
func EventToCore(in *wire.Event, stored *corev1.Event) *corev1.Event {
	out := orEmpty(stored)
	metaToCore(&in.Meta, &out.ObjectMeta)
	out.InvolvedObject = referenceToCore(in.InvolvedObject)
	out.Reason, out.Message = in.Reason, in.Message
	out.Source.Component, out.Source.Host = in.Source, in.Host
	out.FirstTimestamp = replaceTime(in.FirstTimestamp, out.FirstTimestamp)
	out.LastTimestamp = replaceTime(in.LastTimestamp, out.LastTimestamp)
	out.Count = int32(in.Count)
	if stored == nil {
		out.Type = corev1.EventTypeNormal
	}
	return out
}

func referenceFromCore(r corev1.ObjectReference) wire.ObjectReference {
	return wire.ObjectReference{
		Kind: r.Kind, Namespace: r.Namespace, Name: r.Name, UID: r.UID,
		APIVersion: r.APIVersion, ResourceVersion: r.ResourceVersion, FieldPath: r.FieldPath,
	}
}

func referenceToCore(r wire.ObjectReference) corev1.ObjectReference {
	return corev1.ObjectReference{
		Kind: r.Kind, Namespace: r.Namespace, Name: r.Name, UID: r.UID,
		APIVersion: r.APIVersion, ResourceVersion: r.ResourceVersion, FieldPath: r.FieldPath,
	}
}
